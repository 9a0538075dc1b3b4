//go:build tensorflow

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gradwatch/internal/cli"
	"gradwatch/internal/conventions"
	"gradwatch/internal/diagnose"
)

// TestOwnEventFiles reads runs of train by their event files alone. All that these have of error signals and units, under flow/, means
// nothing to it. What the full verdict says of gradients it says of the same layer, and of a healthy run no error.
func TestOwnEventFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, c := range map[string]struct {
		flags string
		kind  diagnose.Kind // that both must find as an error; empty for a healthy run
	}{
		"tanh-5":   {"--preset tanh-5", diagnose.Vanishing},
		"relu-5":   {"--preset relu-5", ""},
		"fades":    {"--epochs 40 --layers 5,5,5,5,5,5,5,5 --activation sigmoid", diagnose.Vanishing},
		"explodes": {"--preset relu-5 --epochs 40 --learning-rate 1e6", diagnose.Exploding},
		"diverges": {"--layers 5 --activation linear --dataset circles --epochs 40 --learning-rate 1e30", diagnose.Divergence},
	} {
		folder := filepath.Join("logs", name)
		train := append([]string{"train", "--run", name, "--plots=false"}, strings.Fields(c.flags)...)
		if r := gradwatch(t.Context(), train...); r.status != cli.ExitDone && c.kind != diagnose.Divergence {
			t.Fatalf("%s: got status %d\n%s", name, r.status, r.stderr)
		}
		full := readSummary(t, folder).Verdict
		if err := os.Mkdir(name, 0o777); err != nil {
			t.Fatal(err)
		}
		for _, file := range names(t, folder) {
			if file == "events" {
				paths, _ := filepath.Glob(filepath.Join(folder, "events.out.tfevents.*"))
				for _, path := range paths {
					content, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					write(t, filepath.Join(name, filepath.Base(path)), string(content))
				}
			}
		}
		var got conventions.Diagnosis
		if err := json.Unmarshal([]byte(succeed(t, "diagnose", "--format", "json", name).stdout), &got); err != nil {
			t.Fatal(err)
		}
		if c.kind == "" {
			if got.Verdict != "ok" || full.Verdict != "ok" {
				t.Errorf("%s: got %s, %+v, from the event files and %s from all; want ok", name, got.Verdict, got.Findings, full.Verdict)
			}
			continue
		}
		first := func(findings []diagnose.Finding) diagnose.Finding {
			for _, f := range findings {
				if f.Kind == c.kind {
					return f
				}
			}
			return diagnose.Finding{}
		}
		mine, whole := first(got.Findings), first(full.Findings)
		if mine.Kind == "" || whole.Kind == "" || got.Verdict != "error" || c.kind == diagnose.Vanishing && mine.Layer != whole.Layer {
			t.Errorf("%s: got %+v from the event files, %+v from all", name, got.Findings, full.Findings)
		}
		if strings.Contains(mine.Tag, "flow/") {
			t.Errorf("%s: got tag %s, which only gradwatch writes", name, mine.Tag)
		}
	}
}
