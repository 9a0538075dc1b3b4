package config

import (
	"slices"
	"strings"

	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
)

// Distribution is what an initializer draws from.
type Distribution string

// The distributions of initializers.
const (
	Constant        Distribution = "constant"
	Uniform         Distribution = "uniform"
	Normal          Distribution = "normal"
	TruncatedNormal Distribution = "truncated normal" // cut at two standard deviations
	Orthogonal      Distribution = "orthogonal"
	Identity        Distribution = "identity"
)

// Fan is the layer size by which an initializer scales its variance.
type Fan string

// The fans of variance-scaling initializers; NoFan for the others.
const (
	NoFan      Fan = ""
	FanIn      Fan = "fan-in"
	FanAverage Fan = "fan-average"
)

// Initializer draws the first values of a kernel or a bias, by Keras's name and
// rule.
type Initializer struct {
	Name string
	// Parameters are the names of what follows the colon, "LOW,HIGH"; empty
	// where nothing follows.
	Parameters   string
	Distribution Distribution
	// A and B are low and high (uniform), mean and standard deviation (normal
	// and truncated normal), or the value (constant); unused with a Fan.
	A, B float64
	// Scale over the fan is the variance, where Fan is set.
	Fan   Fan
	Scale float64
}

// Initializers returns the initializers, in the order in which help lists them. Names, scales and default parameters are Keras 3's; the forms
// with parameters are ours.
func Initializers() []Initializer {
	return []Initializer{
		{Name: "glorot_uniform", Distribution: Uniform, Fan: FanAverage, Scale: 1},
		{Name: "glorot_normal", Distribution: TruncatedNormal, Fan: FanAverage, Scale: 1},
		{Name: "he_uniform", Distribution: Uniform, Fan: FanIn, Scale: 2},
		{Name: "he_normal", Distribution: TruncatedNormal, Fan: FanIn, Scale: 2},
		{Name: "lecun_uniform", Distribution: Uniform, Fan: FanIn, Scale: 1},
		{Name: "lecun_normal", Distribution: TruncatedNormal, Fan: FanIn, Scale: 1},
		{Name: "random_uniform", Distribution: Uniform, A: -0.05, B: 0.05},
		{Name: "random_normal", Distribution: Normal, A: 0, B: 0.05},
		{Name: "truncated_normal", Distribution: TruncatedNormal, A: 0, B: 0.05},
		{Name: "orthogonal", Distribution: Orthogonal},
		{Name: "identity", Distribution: Identity},
		{Name: "zeros", Distribution: Constant, A: 0},
		{Name: "ones", Distribution: Constant, A: 1},
		{Name: "uniform", Parameters: "LOW,HIGH", Distribution: Uniform},
		{Name: "normal", Parameters: "MEAN,STDDEV", Distribution: Normal},
		{Name: "constant", Parameters: "VALUE", Distribution: Constant},
	}
}

// InitializerNames returns the accepted forms: glorot_uniform, ...,
// uniform:LOW,HIGH.
func InitializerNames() []string { return initializerForms(Initializers()) }

func initializerForms(table []Initializer) []string {
	return names(table, func(i Initializer) string {
		if i.Parameters != "" {
			return i.Name + ":" + i.Parameters
		}
		return i.Name
	})
}

// biasInitializers returns the rows of [Initializers] that a bias can have: those
// that don't make a matrix.
func biasInitializers() []Initializer {
	return slices.DeleteFunc(Initializers(), func(i Initializer) bool {
		return i.Distribution == Orthogonal || i.Distribution == Identity
	})
}

// ParseInitializer reads one of [InitializerNames], with numbers in the place
// of the parameters. The error is an [*invalid.Error] without a field.
func ParseInitializer(text string) (Initializer, error) {
	return parseInitializer(text, Initializers())
}

// ParseBiasInitializer reads the same, but for orthogonal and identity, which make
// matrices.
func ParseBiasInitializer(text string) (Initializer, error) {
	return parseInitializer(text, biasInitializers())
}

func parseInitializer(text string, table []Initializer) (Initializer, error) {
	name, parameters, parametrized := strings.Cut(text, ":")
	row, ok := lookup(table, name, func(i Initializer) string { return i.Name })
	if !ok || parametrized != (row.Parameters != "") {
		return Initializer{}, invalid.Want("one of %s", strings.Join(initializerForms(table), ", "))
	}
	if !parametrized {
		return row, nil
	}
	values, ok := finiteNumbers(parameters, strings.Count(row.Parameters, ",")+1)
	if !ok {
		return Initializer{}, invalid.Want("%s:%s with finite numbers", name, row.Parameters)
	}
	row.A = values[0]
	if len(values) > 1 {
		row.B = values[1]
	}
	switch {
	case row.Distribution == Uniform && row.A >= row.B:
		return Initializer{}, invalid.Want("%s:%s with LOW below HIGH", name, row.Parameters)
	case row.Distribution == Normal && row.B < 0:
		return Initializer{}, invalid.Want("%s:%s with STDDEV at least 0", name, row.Parameters)
	}
	return row, nil
}

// finiteNumbers reads exactly count finite numbers, as float32 holds them,
// separated by commas.
func finiteNumbers(text string, count int) (values []float64, ok bool) {
	fields := strings.Split(text, ",")
	if len(fields) != count {
		return nil, false
	}
	for _, field := range fields {
		value, err := numeric.Parse(field, 32)
		if err != nil {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}
