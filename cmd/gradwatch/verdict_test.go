//go:build tensorflow

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"gradwatch/internal/diagnose"
	"gradwatch/internal/record"
)

// TestVerdicts trains what is wrong in a known way, and compares the first finding, or that there is no error.
func TestVerdicts(t *testing.T) {
	t.Chdir(t.TempDir())
	r := rand.New(rand.NewPCG(3, 1))
	var price, minority strings.Builder
	price.WriteString("x,price\n")
	minority.WriteString("a,b,y\n")
	for i := range 800 {
		x := 2*r.Float64() - 1
		if i < 400 {
			fmt.Fprintf(&price, "%.4f,%.0f\n", x, 200000+80000*x)
		}
		class := 0
		if r.Float64() < 0.04 {
			class = 1
		}
		fmt.Fprintf(&minority, "%.4f,%.4f,%d\n", r.NormFloat64()+float64(class), r.NormFloat64(), class)
	}
	write(t, "price.csv", price.String())
	write(t, "minority.csv", minority.String())
	const none = diagnose.Kind("")
	for _, tc := range []struct {
		flags string
		want  diagnose.Kind
		say   string
	}{
		{"--preset tanh-1 --epochs 20", diagnose.TooShort, "320 steps"},
		{"--preset tanh-1 --epochs 40", diagnose.TooShort, "an estimate"},
		{"--preset tanh-1 --epochs 100", diagnose.TooShort, "still falls"},
		{"--layers 8 --activation linear --epochs 100", diagnose.LinearModel, "nonlinear activation"},
		{"--early-stopping 50", diagnose.StoppedEarly, "--early-stopping"},
		{"--dataset circles --layers 8 --activation tanh --momentum 0 --epochs 20 --seed 2", diagnose.TooShort, "nearest neighbours get"},
		{"--dataset moons --layers 8 --learning-rate 0.0001 --momentum 0 --epochs 20", diagnose.TooShort, "a larger learning rate"},
		{"--dataset blobs --layers 8 --learning-rate 0.0001 --momentum 0 --epochs 5", diagnose.TooShort, "80 steps"},
		{"--dataset price.csv --task regression --scale-target none --layers 32,32 --optimizer adam --epochs 50", diagnose.UnscaledTarget, "--scale-target standard"},
		{"--dataset price.csv --task regression --scale-target none --layers 16,16 --learning-rate 0.1 --momentum 0 --epochs 5", diagnose.UnscaledTarget, "too large"},
		{"--dataset price.csv --task regression --layers 16 --epochs 30", none, ""},
		{"--dataset minority.csv --layers 8 --epochs 60 --optimizer sgd --learning-rate-schedule constant --l2 0 --test-fraction 0.5 --shuffle-rows=false --scale minmax", none, ""},
		{"--learning-rate 1e20 --epochs 5", diagnose.Divergence, "The learning rate, 1.0e+20, is probably too large"},
		{"--batch-norm --residual --preset tanh-5 --epochs 300", diagnose.Unstable, "in the last 30 epochs"},
		{"--dataset blobs --layers 8 --optimizer adam --learning-rate 0.001 --epochs 20", none, ""},
	} {
		t.Run(tc.flags, func(t *testing.T) {
			gradwatch(t.Context(), append([]string{"train", "--run", "it", "--overwrite", "--plots=false", "--quiet"}, strings.Fields(tc.flags)...)...)
			verdict := readSummary(t, "logs/it").Verdict
			var first diagnose.Finding
			if len(verdict.Findings) > 0 && verdict.Findings[0].Severity != diagnose.Note {
				first = verdict.Findings[0]
			}
			if tc.want == none && verdict.Verdict == string(diagnose.Error) || tc.want != none && (first.Kind != tc.want || first.Cause != nil) {
				t.Errorf("got %s, %+v, want %q first", verdict.Verdict, verdict.Findings, tc.want)
			}
			if !strings.Contains(first.Message, tc.say) {
				t.Errorf("got %q, want it to say %q", first.Message, tc.say)
			}
			if verdict.Verdict == record.OK && verdict.Learned < verdict.Replicas {
				t.Error("got ok of a model that has not learned")
			}
			for i, f := range verdict.Findings {
				if f.Cause != nil && (*f.Cause >= i || verdict.Findings[*f.Cause].Severity != diagnose.Error || f.Severity == diagnose.Error) {
					t.Errorf("finding %d: got cause %d, want an error before it, and no error that follows from it", i, *f.Cause)
				}
				if f.Kind == diagnose.DeadUnits && verdict.Findings[0].Kind == diagnose.Divergence {
					t.Errorf("got dead units of a model that diverged: %s", f.Message)
				}
				if strings.Contains(tc.flags, "regression") && strings.Contains(f.Message, "class") {
					t.Errorf("got %q of a regression", f.Message)
				}
			}
			// diagnose says the same later.
			var later diagnosis
			if err := json.Unmarshal([]byte(succeed(t, "diagnose", "--format", "json", "logs/it").stdout), &later); err != nil {
				t.Fatal(err)
			}
			if got, want := diagnose.Markdown(later.Report), diagnose.Markdown(verdict); got != want {
				t.Errorf("diagnose says\n%s\ntrain said\n%s", got, want)
			}
		})
	}
}
