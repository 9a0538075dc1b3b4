package config

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
)

// Field is one setting of a [Run]. The rows of [Fields] are the one table of them: flags,
// their help, [Run.Validate], [Run.BatchKey] and [Run.HParams] read it, and a test compares
// it with the struct. A new setting is a struct field and a row.
type Field struct {
	// Name is the field's name in JSON, which is its flag's without dashes.
	Name string
	// Group is the title under which help lists the flag, one of [Groups].
	Group string
	// Help says what the setting does, in one line.
	Help string
	// Placeholder stands for the value in help: N, X, NAME; "" for a switch.
	Placeholder string
	// Choices are the accepted names in help's order, of a list those of its items; nil where other values are accepted.
	Choices []string
	uses
	values
}

// uses say who reads a setting beside Validate.
type uses uint

const (
	// ofModel: a preset of which it changes is another model, and not called by its name.
	ofModel uses = 1 << iota
	// inName: a value other than the default is part of [Run.FolderName].
	inName
	// beside: runs that differ in it can train side by side in one graph.
	beside
	// hyper: it is one of [Run.HParams].
	hyper
	// ofFile: it says how a CSV file is read, and has no meaning for generated points.
	ofFile
)

func (u uses) has(use uses) bool { return u&use != 0 }

// OfModel reports whether a preset of which the setting is changed is another model, which
// is not called by the preset's name.
func (u uses) OfModel() bool { return u.has(ofModel) }

// InName reports whether a value other than the default is part of [Run.FolderName].
func (u uses) InName() bool { return u.has(inName) }

// values are a setting's values of one type.
type values interface {
	text(r *Run) string
	value(r *Run) any
	// set returns what is wanted where the text can't be read.
	set(r *Run, text string) *invalid.Error
	check(r *Run) *invalid.Error
	clear(r *Run)
}

// Text returns the run's value as its flag takes it; "" for a default that has no text.
func (f *Field) Text(r *Run) string { return f.text(r) }

// Value returns the run's value as a float64, a bool or, of another type, its text.
func (f *Field) Value(r *Run) any { return f.value(r) }

// Set sets the run's value to that which the text of a flag means. It returns an
// [*invalid.Error] for a text that is no value of the field's type; [Field.Check] refuses
// values beyond its range.
func (f *Field) Set(r *Run, text string) error {
	if wrong := f.set(r, text); wrong != nil {
		return invalid.New(f.Name, text, wrong.Want)
	}
	return nil
}

// Check returns an [*invalid.Error] where the run's value is not accepted, whatever its
// other values are.
func (f *Field) Check(r *Run) error {
	wrong := f.check(r)
	switch {
	case wrong == nil:
		return nil
	case wrong.Field != "":
		return wrong
	default:
		return invalid.New(f.Name, f.text(r), wrong.Want)
	}
}

// LookupField returns the row of [Fields] with that name.
func LookupField(name string) (Field, bool) {
	return lookup(fields(), name, func(f Field) string { return f.Name })
}

// kind is how values of one type are read, written and checked.
type kind[T any] struct {
	at     func(*Run) *T
	parse  func(text string) (T, bool)
	format func(T) string
	// refuse returns what is wanted; nil for a value that is accepted.
	refuse func(T) *invalid.Error
	// bad is a value that refuse refuses: what is wanted of a text that can't be parsed,
	// unless wanted says it.
	bad    T
	wanted string
}

func (k kind[T]) text(r *Run) string { return k.format(*k.at(r)) }

func (k kind[T]) value(r *Run) any {
	switch v := any(*k.at(r)).(type) {
	case int:
		return float64(v)
	case uint32:
		return float64(v)
	case float64, bool:
		return v
	default:
		return k.text(r)
	}
}

func (k kind[T]) set(r *Run, text string) *invalid.Error {
	v, ok := k.parse(text)
	switch {
	case ok:
		*k.at(r) = v
		return nil
	case k.wanted != "":
		return &invalid.Error{Want: k.wanted}
	default:
		return k.refuse(k.bad)
	}
}

func (k kind[T]) check(r *Run) *invalid.Error {
	if k.refuse == nil {
		return nil
	}
	return k.refuse(*k.at(r))
}

func (k kind[T]) clear(r *Run) {
	var zero T
	*k.at(r) = zero
}

// integer is a whole number from low to high.
func integer(at func(*Run) *int, low, high int) kind[int] {
	return kind[int]{
		at: at, format: strconv.Itoa, bad: math.MinInt,
		parse: func(text string) (int, bool) {
			n, err := strconv.Atoi(text)
			return n, err == nil
		},
		refuse: func(n int) *invalid.Error {
			if n >= low && n <= high {
				return nil
			}
			return integerWanted(n, low, high)
		},
	}
}

// integerOr is a whole number of at least low, or a word that stands for special. Where the
// word is "", the special value has no text.
func integerOr(at func(*Run) *int, word string, special, low, high int, wanted func(n int) *invalid.Error) kind[int] {
	k := integer(at, low, high)
	k.refuse = func(n int) *invalid.Error {
		if n == special || n >= low && n <= high {
			return nil
		}
		return wanted(n)
	}
	k.parse = func(text string) (int, bool) {
		if text == word && word != "" {
			return special, true
		}
		n, err := strconv.Atoi(text)
		return n, err == nil && n >= low
	}
	k.format = func(n int) string {
		if n == special {
			return word
		}
		return strconv.Itoa(n)
	}
	return k
}

// integerWanted says what is wanted instead of n; of a bound that no use comes near, only
// where n is beyond it.
func integerWanted(n, low, high int) *invalid.Error {
	switch {
	case high < maxEpochs:
		return invalid.Want("an integer from %d to %d", low, high)
	case n > high:
		return invalid.Want("an integer of at most %d", high)
	default:
		return invalid.Want("an integer of at least %d", low)
	}
}

// number is a number that float32 holds, of at least 0, and for which also accepts is true.
func number(at func(*Run) *float64, wanted string, accepts func(float64) bool) kind[float64] {
	return kind[float64]{
		at: at, format: formatNumber, bad: math.NaN(),
		parse: func(text string) (float64, bool) {
			x, err := numeric.Parse(text, 64)
			return x, err == nil
		},
		refuse: func(x float64) *invalid.Error {
			if x >= 0 && numeric.FitsFloat32(x) && accepts(x) {
				return nil
			}
			return &invalid.Error{Want: wanted}
		},
	}
}

func anyNumber(float64) bool { return true }

// orAuto takes the word auto, too, which stands for special.
func orAuto(k kind[float64], special float64) kind[float64] {
	parse, format, refuse := k.parse, k.format, k.refuse
	k.parse = func(text string) (float64, bool) {
		if text == auto {
			return special, true
		}
		x, ok := parse(text)
		return x, ok && x != special
	}
	k.format = func(x float64) string {
		if x == special {
			return auto
		}
		return format(x)
	}
	k.refuse = func(x float64) *invalid.Error {
		if x == special {
			return nil
		}
		return refuse(x)
	}
	return k
}

// positive is a number above 0, or 0, which stands for a default or for none. Between 0 and
// float32's smallest are none: training takes those for 0.
func positive(at func(*Run) *float64, wanted string) kind[float64] {
	k := number(at, wanted, anyNumber)
	refuse := k.refuse
	k.refuse = func(x float64) *invalid.Error {
		if x > 0 && x < leastFloat32 {
			return &invalid.Error{Want: wantedFloat32}
		}
		return refuse(x)
	}
	return k
}

// numberOrAuto is such a number, or nil, which auto stands for.
func numberOrAuto(at func(*Run) **float64, wanted string, accepts func(float64) bool) kind[*float64] {
	k := number(nil, wanted, accepts)
	return kind[*float64]{
		at: at, wanted: wanted,
		parse: func(text string) (*float64, bool) {
			if text == auto {
				return nil, true
			}
			x, ok := k.parse(text)
			return &x, ok
		},
		format: func(x *float64) string {
			if x == nil {
				return auto
			}
			return formatNumber(*x)
		},
		refuse: func(x *float64) *invalid.Error {
			if x == nil {
				return nil
			}
			return k.refuse(*x)
		},
	}
}

func formatNumber(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// toggle is a switch.
func toggle(at func(*Run) *bool) kind[bool] {
	return kind[bool]{
		at: at, format: strconv.FormatBool, wanted: "true or false",
		parse: func(text string) (bool, bool) {
			b, err := strconv.ParseBool(text)
			return b, err == nil
		},
	}
}

// seed is the seed of a random stream.
func seed(at func(*Run) *uint32) kind[uint32] {
	return kind[uint32]{
		at: at, format: func(n uint32) string { return strconv.FormatUint(uint64(n), 10) },
		wanted: "an integer from 0 to " + strconv.FormatUint(MaxSeed, 10),
		parse: func(text string) (uint32, bool) {
			n, err := strconv.ParseUint(text, 10, 32)
			return uint32(n), err == nil
		},
	}
}

// text is a text that refuse accepts. An empty one can't be given, even where the field's
// stands for a default: it is more likely a variable without a value.
func text(at func(*Run) *string, refuse func(string) *invalid.Error) kind[string] {
	return kind[string]{
		at: at, refuse: refuse, bad: "\x00", format: func(text string) string { return text },
		parse: func(text string) (string, bool) { return text, text != "" },
	}
}

// choice is one of some names.
func choice(at func(*Run) *string, names []string) kind[string] {
	return text(at, func(text string) *invalid.Error { return oneOf(text, names) })
}

func oneOf(text string, names []string) *invalid.Error {
	if slices.Contains(names, text) {
		return nil
	}
	return invalid.Want("one of %s", strings.Join(names, ", "))
}

// parsed is a text that parse accepts.
func parsed[T any](at func(*Run) *string, parse func(string) (T, error)) kind[string] {
	return text(at, func(text string) *invalid.Error {
		var wrong *invalid.Error
		if _, err := parse(text); errors.As(err, &wrong) {
			return wrong
		}
		return nil
	})
}

// list is values separated by commas, each of which parse reads.
func list[T any](at func(*Run) *[]T, parse func(string) (T, bool), format func(T) string) kind[[]T] {
	return kind[[]T]{
		at:     at,
		format: func(values []T) string { return join(values, format) },
		parse: func(text string) ([]T, bool) {
			var values []T
			for part := range strings.SplitSeq(text, ",") {
				v, ok := parse(strings.TrimSpace(part))
				if !ok {
					return nil, false
				}
				values = append(values, v)
			}
			return values, true
		},
	}
}

// join writes values as a flag takes them.
func join[T any](values []T, format func(T) string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = format(v)
	}
	return strings.Join(texts, ",")
}

func joinInts(values []int) string { return join(values, strconv.Itoa) }

func joinNumbers(values []float64) string { return join(values, formatNumber) }
