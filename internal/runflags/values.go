package runflags

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
)

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

func IntegerValue(flag string, run *config.Run, pick field[int]) *cli.Value[int] {
	return &cli.Value[int]{
		Target: pick(run),
		Parse: func(text string) (int, error) {
			n, err := strconv.Atoi(text)
			if err != nil {
				return 0, wrong(flag, text, pick.spoiled(math.MinInt))
			}
			return n, nil
		},
		Format:      strconv.Itoa,
		Placeholder: "N",
	}
}

func numberValue(flag string, run *config.Run, pick field[float64]) *cli.Value[float64] {
	return &cli.Value[float64]{
		Target: pick(run),
		Parse: func(text string) (float64, error) {
			x, err := numeric.Parse(text, 64)
			if err != nil {
				return 0, wrong(flag, text, pick.spoiled(math.NaN()))
			}
			return x, nil
		},
		Format:      formatNumber,
		Placeholder: "X",
	}
}

func formatNumber(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func SeedValue(flag string, target *uint32) *cli.Value[uint32] {
	return &cli.Value[uint32]{
		Target: target,
		Parse: func(text string) (uint32, error) {
			n, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				return 0, &invalid.Error{
					Field: flag, Value: text,
					Want: "an integer from 0 to " + strconv.FormatUint(config.MaxSeed, 10),
				}
			}
			return uint32(n), nil
		},
		Format:      func(n uint32) string { return strconv.FormatUint(uint64(n), 10) },
		Placeholder: "N",
	}
}

// textValue refuses an empty text where the field's empty value stands for a
// choice that the run makes itself: it is more likely a variable without a value.
func textValue(flag, placeholder string, run *config.Run, pick field[string]) *cli.Value[string] {
	return &cli.Value[string]{
		Target: pick(run),
		Parse: func(text string) (string, error) {
			if text == "" {
				return "", wrong(flag, text, pick.spoiled("\x00"))
			}
			return text, nil
		},
		Format:      func(text string) string { return text },
		Placeholder: placeholder,
	}
}

// listValue reads names separated by commas.
func listValue(target *[]string) *cli.Value[[]string] {
	return &cli.Value[[]string]{
		Target: target,
		Parse: func(text string) ([]string, error) {
			names := strings.Split(text, ",")
			for i := range names {
				names[i] = strings.TrimSpace(names[i])
			}
			return names, nil
		},
		Format:      func(names []string) string { return strings.Join(names, ",") },
		Placeholder: "NAME,...",
	}
}

// countValue reads an integer from 1 to most.
func countValue(flag string, target *int, most int, spoil func(*config.Run)) *cli.Value[int] {
	return &cli.Value[int]{
		Target: target,
		Parse: func(text string) (int, error) {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || n > most {
				return 0, wrong(flag, text, spoil)
			}
			return n, nil
		},
		Format:      strconv.Itoa,
		Placeholder: "N",
	}
}

// widthsValue reads the widths of the hidden layers.
func widthsValue(flag string, target *[]int) *cli.Value[[]int] {
	want := &invalid.Error{Field: flag, Want: "the widths of up to " + strconv.Itoa(config.MaxLayers) +
		" hidden layers, separated by commas, each from 1 to " + strconv.Itoa(config.MaxUnits)}
	return &cli.Value[[]int]{
		Target: target,
		Parse: func(text string) ([]int, error) {
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
		Format: func(widths []int) string {
			texts := make([]string, len(widths))
			for i, n := range widths {
				texts[i] = strconv.Itoa(n)
			}
			return strings.Join(texts, ",")
		},
		Placeholder: "N,N,...",
	}
}
