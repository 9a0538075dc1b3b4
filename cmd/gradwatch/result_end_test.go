//go:build tensorflow

package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gradwatch/internal/cli"
	"gradwatch/internal/format"
)

// constantSigmoid asks for a model whose units are saturated on all of 250 rows: the sum
// of 250 shares of 1/250 is above 1 in float32.
func constantSigmoid(more ...string) []string {
	return append([]string{
		"train", "--samples", "500", "--layers", "4", "--activation", "sigmoid", "--bias-initializer", "constant:20", "--epochs", "1", "--run", "run",
	}, more...)
}

// TestSaturatedOnAllRows draws a run whose units are saturated on all rows, and says what
// to do next.
func TestSaturatedOnAllRows(t *testing.T) {
	t.Chdir(t.TempDir())
	r := succeed(t, constantSigmoid()...)
	for _, want := range []string{"\nVerdict: error", " diagnose --try-fixes logs/run\n", " predict logs/run FILE.csv  (pictures: logs/run/*.png)\n"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("got %q, want it to hold %q", r.stdout, want)
		}
	}
	if _, err := os.Stat("logs/run/flow.png"); err != nil {
		t.Error(err)
	}
}

// TestQuietPrintsFolder wants the run's folder alone, and the exit status of its verdict.
func TestQuietPrintsFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	r := gradwatch(t.Context(), constantSigmoid("--quiet", "--exit-code")...)
	if want := (result{cli.ExitFound, "logs/run\n", ""}); r != want {
		t.Errorf("got %+v, want %+v", r, want)
	}
}

// TestPictureFails puts a folder where a picture is to go: the run ends with its result,
// all other pictures, and a line that names that one.
func TestPictureFails(t *testing.T) {
	t.Chdir(t.TempDir())
	p := startIn(t, "logs/run", 2, "train", "--epochs", "800", "--histogram-freq", "0", "--run", "run")
	if err := os.MkdirAll(filepath.Join("logs", "run", "loss.png", "mine"), 0o777); err != nil {
		t.Fatal(err)
	}
	if got := p.Wait(t); got != cli.ExitFailed {
		t.Errorf("got status %d, want %d", got, cli.ExitFailed)
	}
	if text := p.Stdout.String(); !strings.Contains(text, "\naccuracy ") || !strings.Contains(text, "\nVerdict: ") {
		t.Errorf("got %q, want the result and the verdict", text)
	}
	if text := p.Stderr.String(); !strings.Contains(text, "\ngradwatch: picture loss.png of logs/run: ") {
		t.Errorf("got %q, want a line that names the picture", text)
	}
	if _, err := os.Stat("logs/run/accuracy.png"); err != nil {
		t.Error(err)
	}
}

// TestLossText writes losses of all sizes so that they can be read.
func TestLossText(t *testing.T) {
	for _, tc := range []struct {
		loss float64
		want string
	}{
		{0, "0.000"},
		{0.6931, "0.693"},
		{-0.25, "-0.250"},
		{0.000043, "4.300e-05"},
		{99999, "99999.000"},
		{2996170530586624, "2.996e+15"},
		{math.NaN(), "nan"},
		{math.Inf(1), "+inf"},
	} {
		if got := format.Loss(tc.loss); got != tc.want {
			t.Errorf("%v: got %q, want %q", tc.loss, got, tc.want)
		}
	}
}

// TestVersionFlag compares --version with the version command's first line.
func TestVersionFlag(t *testing.T) {
	first, _, _ := strings.Cut(succeed(t, "version").stdout, "\n")
	if got := succeed(t, "--version").stdout; got != first+"\n" {
		t.Errorf("got %q, want %q", got, first+"\n")
	}
}
