package study

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gradwatch/internal/invalid"
)

// Axis is a flag and the values that a study gives it.
type Axis struct {
	Flag   string   `json:"flag"`   // without dashes
	Values []string `json:"values"` // as they would stand on the command line
}

// maxValues bounds an axis: 1:1000000000 is a slip, not a study.
const maxValues = 10_000

// accepted names all forms of an axis.
const accepted = "FLAG=VALUES, with values such as a,b,c or 1:10 or 5:50:5 or 0.0001:0.1:x10 or, if they hold commas, 8,8,4;16,16"

var flagForm = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// ParseAxis reads what --vary takes: a flag, =, and its values.
//
//	activation=tanh,relu                 a list
//	layers=8,8,4;16,16                   a list of values that hold commas
//	layers=8,8,4;                        one such value
//	hidden-layers=1:10                   integers, both ends included; 10:1 counts down
//	units=5:50:5  noise=0.1:0.5:0.1      with a step, exact to the last decimal
//	learning-rate=0.0001:0.1:x10         with a factor, to 12 significant digits
//	hidden-layers=1:5,10,20              any of these in a list
//
// Only numbers make a range: uniform:0 is a name. Errors are a [*invalid.Error]
// of the field vary: no =, no or an empty value, one that comes twice (0.1 and
// 0.10 are the same), a step that leads nowhere, more than 10,000 values.
func ParseAxis(text string) (Axis, error) {
	wrong := func(want string) (Axis, error) {
		return Axis{}, invalid.New("vary", text, want)
	}
	flag, list, found := strings.Cut(text, "=")
	flag = strings.TrimPrefix(strings.TrimSpace(flag), "--")
	if !found || !flagForm.MatchString(flag) || strings.TrimSpace(list) == "" {
		return wrong(accepted)
	}
	if !utf8.ValidString(list) || strings.ContainsFunc(list, unicode.IsControl) {
		return wrong("values without control characters")
	}
	axis := Axis{Flag: flag}
	for _, item := range splitList(list) {
		values, err := expand(strings.TrimSpace(item), maxValues-len(axis.Values))
		if err != nil {
			return Axis{}, invalid.Of(err, "vary", text)
		}
		axis.Values = append(axis.Values, values...)
	}
	if value, twice := duplicate(axis.Values); twice {
		return wrong(onceOnly(value))
	}
	return axis, nil
}

// splitList splits at semicolons if there are any, else at commas. A semicolon
// at the end closes the last value.
func splitList(list string) []string {
	if strings.Contains(list, ";") {
		return strings.Split(strings.TrimSuffix(strings.TrimSpace(list), ";"), ";")
	}
	return strings.Split(list, ",")
}

// expand returns the values of a range, or the item itself. The error is an
// [*invalid.Error] without a field.
func expand(item string, room int) ([]string, error) {
	if item == "" {
		return nil, invalid.Want("a value before and after each comma or semicolon")
	}
	if room < 1 {
		return nil, invalid.Want("at most %d values", maxValues)
	}
	if strings.Contains(item, ":") && looksLikeRange(item) {
		return expandRange(item, room)
	}
	return []string{item}, nil
}

// duplicate returns the first value that occurs for the second time. Numbers are compared by
// their values: 0.1 and 0.10 are the same.
func duplicate(values []string) (string, bool) {
	seen := make(map[string]bool, len(values))
	for _, value := range values {
		key := value
		if x, ok := parseNumber(value); ok {
			key = x.RatString()
		}
		if seen[key] {
			return value, true
		}
		seen[key] = true
	}
	return "", false
}

func onceOnly(value string) string { return "each value once, not " + value + " twice" }

// Numbers returns the values as numbers; false if one isn't.
func (a Axis) Numbers() ([]float64, bool) {
	numbers := make([]float64, len(a.Values))
	for i, value := range a.Values {
		x, ok := parseNumber(value)
		if !ok {
			return nil, false
		}
		numbers[i], _ = x.Float64()
	}
	return numbers, true
}

// String returns the axis with its values listed, as ParseAxis reads it.
func (a Axis) String() string {
	separator := ","
	if slices.ContainsFunc(a.Values, func(value string) bool { return strings.Contains(value, ",") }) {
		separator = ";"
	}
	list := strings.Join(a.Values, separator)
	if separator == ";" && len(a.Values) == 1 {
		list += separator
	}
	return a.Flag + "=" + list
}

// numberForm is a decimal number; two digits of exponent are more than any flag
// takes, within float64's range, and keep exact arithmetic small, as longestNumber does.
var numberForm = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$`)

// longestNumber is the length of the longest text that is read as a number.
const longestNumber = 80

// parseNumber returns the exact value of a decimal number.
func parseNumber(text string) (*big.Rat, bool) {
	if len(text) > longestNumber || !numberForm.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}
