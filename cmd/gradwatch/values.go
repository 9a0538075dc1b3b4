package main

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
)

// value is a flag's value that is kept in a field of another struct.
type value[T any] struct {
	target      *T
	parse       func(text string) (T, error)
	format      func(T) string
	placeholder string // what stands for the value in a help text
}

func (v *value[T]) Set(text string) error {
	parsed, err := v.parse(text)
	if err == nil {
		*v.target = parsed
	}
	return err
}

func (v *value[T]) String() string { return v.format(*v.target) }

func (v *value[T]) Type() string { return v.placeholder }

// wrong returns the error of a flag whose value can't be read or can't be held by
// a config.Run. What is wanted comes from the check of a run with a spoiled field.
func wrong(flag, text string, spoil func(*config.Run)) error {
	probe := config.Default()
	spoil(&probe)
	err := probe.Validate()
	var field *invalid.Error
	if errors.As(err, &field) {
		return invalid.New(flag, text, field.Want)
	}
	return err
}

// field picks a field of a run.
type field[T any] func(*config.Run) *T

// spoiled returns a function that sets the field to a value that no check accepts.
func (f field[T]) spoiled(bad T) func(*config.Run) {
	return func(r *config.Run) { *f(r) = bad }
}

func integerValue(flag string, run *config.Run, pick field[int]) *value[int] {
	return &value[int]{
		target: pick(run),
		parse: func(text string) (int, error) {
			n, err := strconv.Atoi(text)
			if err != nil {
				return 0, wrong(flag, text, pick.spoiled(math.MinInt))
			}
			return n, nil
		},
		format:      strconv.Itoa,
		placeholder: "N",
	}
}

func numberValue(flag string, run *config.Run, pick field[float64]) *value[float64] {
	return &value[float64]{
		target: pick(run),
		parse: func(text string) (float64, error) {
			x, err := numeric.Parse(text, 64)
			if err != nil {
				return 0, wrong(flag, text, pick.spoiled(math.NaN()))
			}
			return x, nil
		},
		format:      formatNumber,
		placeholder: "X",
	}
}

func formatNumber(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func seedValue(flag string, target *uint32) *value[uint32] {
	return &value[uint32]{
		target: target,
		parse: func(text string) (uint32, error) {
			n, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				return 0, &invalid.Error{
					Field: flag, Value: text,
					Want: "an integer from 0 to " + strconv.FormatUint(config.MaxSeed, 10),
				}
			}
			return uint32(n), nil
		},
		format:      func(n uint32) string { return strconv.FormatUint(uint64(n), 10) },
		placeholder: "N",
	}
}

// textValue refuses an empty text where the field's empty value stands for a
// choice that the run makes itself: it is more likely a variable without a value.
func textValue(flag, placeholder string, run *config.Run, pick field[string]) *value[string] {
	return &value[string]{
		target: pick(run),
		parse: func(text string) (string, error) {
			if text == "" {
				return "", wrong(flag, text, pick.spoiled("\x00"))
			}
			return text, nil
		},
		format:      func(text string) string { return text },
		placeholder: placeholder,
	}
}

// listValue reads names separated by commas.
func listValue(target *[]string) *value[[]string] {
	return &value[[]string]{
		target: target,
		parse: func(text string) ([]string, error) {
			names := strings.Split(text, ",")
			for i := range names {
				names[i] = strings.TrimSpace(names[i])
			}
			return names, nil
		},
		format:      func(names []string) string { return strings.Join(names, ",") },
		placeholder: "NAME,...",
	}
}

// countValue reads an integer from 1 to most.
func countValue(flag string, target *int, most int, spoil func(*config.Run)) *value[int] {
	return &value[int]{
		target: target,
		parse: func(text string) (int, error) {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || n > most {
				return 0, wrong(flag, text, spoil)
			}
			return n, nil
		},
		format:      strconv.Itoa,
		placeholder: "N",
	}
}

// widthsValue reads the widths of the hidden layers.
func widthsValue(flag string, target *[]int) *value[[]int] {
	want := &invalid.Error{Field: flag, Want: "the widths of up to " + strconv.Itoa(config.MaxLayers) +
		" hidden layers, separated by commas, each from 1 to " + strconv.Itoa(config.MaxUnits)}
	return &value[[]int]{
		target: target,
		parse: func(text string) ([]int, error) {
			fields := strings.Split(text, ",")
			widths := make([]int, len(fields))
			for i, field := range fields {
				n, err := strconv.Atoi(strings.TrimSpace(field))
				if err != nil || n < 1 || n > config.MaxUnits || len(fields) > config.MaxLayers {
					return nil, invalid.New(want.Field, text, want.Want)
				}
				widths[i] = n
			}
			return widths, nil
		},
		format: func(widths []int) string {
			texts := make([]string, len(widths))
			for i, n := range widths {
				texts[i] = strconv.Itoa(n)
			}
			return strings.Join(texts, ",")
		},
		placeholder: "N,N,...",
	}
}
