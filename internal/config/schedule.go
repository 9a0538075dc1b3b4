package config

import (
	"math"
	"strings"

	"gradwatch/internal/invalid"
)

// Schedule says how the learning rate changes while training, by Keras's formulas. Lengths
// are in epochs, not only whole ones: keras.optimizers.schedules count them in steps.
type Schedule struct {
	Name string
	// Parameters are the names of what follows the colon; empty where nothing
	// follows.
	Parameters string
	// Formula is the rate at time t, in epochs, from a rate r.
	Formula string
	// Keras is the name of the schedule in Keras.
	Keras string
	// Values are the parameters of a schedule that was parsed.
	Values []float64

	// at returns the rate at a step, from 0, for values that ParseSchedule has checked and
	// for so many steps an epoch; nil where the rate does not depend only on the step.
	at func(rate float64, values []float64, step, perEpoch float64) float64
}

// ConstantSchedule and PlateauSchedule are the names of the schedules that don't
// follow from the step: none, and the one that depends on what is measured.
const (
	ConstantSchedule = "constant"
	PlateauSchedule  = "plateau"
)

// Schedules returns the schedules, in the order in which help lists them.
func Schedules() []Schedule {
	return []Schedule{
		{Name: ConstantSchedule, Formula: "r", Keras: "a number"},
		{
			Name: "step", Parameters: "EPOCHS,FACTOR", Formula: "r FACTOR^floor(t/EPOCHS)", Keras: "ExponentialDecay, staircase",
			at: func(rate float64, v []float64, step, perEpoch float64) float64 {
				return rate * math.Pow(v[1], math.Floor(step/(v[0]*perEpoch)))
			},
		},
		{
			Name: "exponential", Parameters: "EPOCHS,FACTOR", Formula: "r FACTOR^(t/EPOCHS)", Keras: "ExponentialDecay",
			at: func(rate float64, v []float64, step, perEpoch float64) float64 {
				return rate * math.Pow(v[1], step/(v[0]*perEpoch))
			},
		},
		{
			Name: "inverse-time", Parameters: "EPOCHS,FACTOR", Formula: "r / (1 + FACTOR t/EPOCHS)", Keras: "InverseTimeDecay",
			at: func(rate float64, v []float64, step, perEpoch float64) float64 {
				return rate / (1 + v[1]*step/(v[0]*perEpoch))
			},
		},
		{
			Name: "polynomial", Parameters: "EPOCHS,END,POWER", Formula: "END + (r - END) (1 - t/EPOCHS)^POWER, then END", Keras: "PolynomialDecay",
			at: func(rate float64, v []float64, step, perEpoch float64) float64 {
				part := min(1, step/(v[0]*perEpoch))
				return (rate-v[1])*math.Pow(1-part, v[2]) + v[1]
			},
		},
		{
			Name: "cosine", Parameters: "EPOCHS,ALPHA", Formula: "r (ALPHA + (1 - ALPHA) (1 + cos(pi t/EPOCHS))/2), then r ALPHA", Keras: "CosineDecay",
			at: func(rate float64, v []float64, step, perEpoch float64) float64 {
				return cosine(rate, step/(v[0]*perEpoch), v[1])
			},
		},
		{
			Name: "warmup-cosine", Parameters: "WARMUP,EPOCHS,ALPHA", Formula: "from 0 to r in WARMUP, then as cosine", Keras: "CosineDecay, warmup_target",
			at: func(rate float64, v []float64, step, perEpoch float64) float64 {
				if warmup := v[0] * perEpoch; step < warmup {
					return rate * step / warmup
				}
				return cosine(rate, (step-v[0]*perEpoch)/(v[1]*perEpoch), v[2])
			},
		},
		{
			Name: "piecewise", Parameters: "EPOCH,RATE,...", Formula: "r up to EPOCH, then RATE up to the next EPOCH", Keras: "PiecewiseConstantDecay",
			at: func(rate float64, v []float64, step, perEpoch float64) float64 {
				for i := 0; i < len(v) && step > v[i]*perEpoch; i += 2 { // Keras's: beyond the boundary
					rate = v[i+1]
				}
				return rate
			},
		},
		{
			Name: "warmup", Parameters: "WARMUP", Formula: "from 0 to r in WARMUP, then r", Keras: "CosineDecay, warmup_target, alpha 1",
			at: func(rate float64, v []float64, step, perEpoch float64) float64 {
				return rate * min(1, step/(v[0]*perEpoch))
			},
		},
		{Name: PlateauSchedule, Parameters: "PATIENCE,FACTOR", Formula: "r times FACTOR after PATIENCE epochs without a val_loss that is 0.0001 lower", Keras: "ReduceLROnPlateau"},
	}
}

// cosine returns the rate when a part of the decay is over.
func cosine(rate, part, alpha float64) float64 {
	return rate * (alpha + (1-alpha)*(1+math.Cos(math.Pi*min(1, part)))/2)
}

// ScheduleNames returns the accepted forms: constant, step:EPOCHS,FACTOR, ...
func ScheduleNames() []string {
	return names(Schedules(), Schedule.form)
}

func (s Schedule) form() string {
	if s.Parameters == "" {
		return s.Name
	}
	return s.Name + ":" + s.Parameters
}

// ParseSchedule reads one of [ScheduleNames], with numbers in the place of the
// parameters. The error is an [*invalid.Error] without a field.
func ParseSchedule(text string) (Schedule, error) {
	name, parameters, parametrized := strings.Cut(text, ":")
	row, ok := lookup(Schedules(), name, func(s Schedule) string { return s.Name })
	if !ok || parametrized != (row.Parameters != "") {
		return Schedule{}, invalid.Want("one of %s", strings.Join(ScheduleNames(), ", "))
	}
	if !parametrized {
		return row, nil
	}
	count := strings.Count(row.Parameters, ",") + 1
	if strings.HasSuffix(row.Parameters, ",...") {
		count = max(2, 2*((strings.Count(parameters, ",")+1)/2)) // pairs
	}
	if row.Values, ok = finiteNumbers(parameters, count); !ok {
		return Schedule{}, invalid.Want("%s with finite numbers", row.form())
	}
	if want := row.wanted(); want != "" {
		return Schedule{}, invalid.Want("%s with %s", row.form(), want)
	}
	return row, nil
}

// wanted says what is wanted of the values; empty where they are right.
func (s Schedule) wanted() string {
	if strings.HasSuffix(s.Parameters, ",...") {
		before := 0.0
		for i := 0; i < len(s.Values); i += 2 {
			if s.Values[i] <= before || s.Values[i+1] <= 0 {
				return "epochs that rise from above 0, and rates above 0"
			}
			before = s.Values[i]
		}
		return ""
	}
	for i, parameter := range strings.Split(s.Parameters, ",") {
		value := s.Values[i]
		switch {
		case parameter == "ALPHA" && !(value >= 0 && value <= 1):
			return "ALPHA from 0 to 1"
		case parameter == "END" && value < 0:
			return "END at least 0"
		case parameter == "PATIENCE" && (value < 1 || value != math.Trunc(value)):
			return "PATIENCE a whole number of at least 1"
		case s.Name == PlateauSchedule && parameter == "FACTOR" && !(value > 0 && value < 1):
			return "FACTOR above 0 and below 1"
		case parameter != "ALPHA" && parameter != "END" && value <= 0:
			return parameter + " above 0"
		}
	}
	return ""
}

// Changes reports whether the rate changes during a run.
func (s Schedule) Changes() bool { return s.Name != ConstantSchedule }

// Plateau returns the patience and the factor of a plateau schedule; ok is false of
// another.
func (s Schedule) Plateau() (patience int, factor float64, ok bool) {
	if s.Name != PlateauSchedule {
		return 0, 0, false
	}
	return int(s.Values[0]), s.Values[1], true
}

// At returns the learning rate of a training step, counted from 0, where perEpoch is the
// number of steps of an epoch and rate the first step's. The rate of a plateau schedule
// depends on what was measured: At returns the first step's for every step.
func (s Schedule) At(rate float64, step, perEpoch int) float64 {
	if s.at == nil {
		return rate
	}
	return s.at(rate, s.Values, float64(step), float64(perEpoch))
}

// Schedule returns the run's learning rate schedule, which Decay is, too. The run must be
// valid.
func (r *Run) Schedule() Schedule {
	if r.Decay != 0 {
		return Schedule{
			Name: "decay", Parameters: "DECAY", Formula: "r / (1 + DECAY step)", Keras: "decay", Values: []float64{r.Decay},
			at: func(rate float64, v []float64, step, _ float64) float64 { return rate / (1 + v[0]*step) },
		}
	}
	s, err := ParseSchedule(r.LearningRateSchedule)
	if err != nil {
		return Schedules()[0]
	}
	return s
}
