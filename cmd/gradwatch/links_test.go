//go:build tensorflow

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/record"
)

// stoppedRun trains a run for four epochs and makes it one of eight that was stopped: so
// --resume goes on with it. Returned is its folder.
func stoppedRun(t *testing.T, flags ...string) string {
	t.Helper()
	args := append([]string{"train", "--quiet", "--plots=false", "--epochs", "4", "--samples", "40", "--hidden-layers", "1", "--units", "2", "--diagnose-freq", "1", "--run", "run"}, flags...)
	succeed(t, args...)
	folder := "logs/run"
	edit := func(path string, change func(map[string]any)) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content := make(map[string]any)
		if err := json.Unmarshal(text, &content); err != nil {
			t.Fatal(err)
		}
		change(content)
		if text, err = json.Marshal(content); err != nil {
			t.Fatal(err)
		}
		write(t, path, string(text))
	}
	longer := func(c map[string]any) { c["configuration"].(map[string]any)["epochs"] = 8 }
	edit(folder+"/summary.json", func(c map[string]any) { c["state"] = record.Stopped; longer(c) })
	edit(folder+"/checkpoints/epoch-000004/manifest.json", func(c map[string]any) {
		longer(c)
		for _, table := range c["records"].([]any) { // the history has another order since the run has ended
			delete(table.(map[string]any), "sha256")
		}
	})
	return folder
}

// away moves a file or a folder of the run to a folder beside the log folder, and
// leaves a link to it; what isn't there is made: a file, or of a name that ends with a
// slash a folder.
func away(t *testing.T, run, name string) {
	t.Helper()
	if err := os.MkdirAll("outside", 0o777); err != nil {
		t.Fatal(err)
	}
	name, folder := strings.CutSuffix(name, "/")
	target := filepath.Join("outside", filepath.Base(name))
	if err := os.Rename(filepath.Join(run, name), target); err != nil {
		if folder {
			err = os.Mkdir(target, 0o777)
		} else {
			err = os.WriteFile(target, []byte("mine\n"), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	absolute, err := filepath.Abs(target)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(absolute, filepath.Join(run, name)); err != nil {
		t.Fatal(err)
	}
}

// outside returns what lies beyond the log folder.
func outside(t *testing.T) map[string]string {
	t.Helper()
	found := files(t)
	for path := range found {
		if !strings.HasPrefix(path, "outside") {
			delete(found, path)
		}
	}
	return found
}

// TestLinksOutOfARun replaces what a run's folder holds by links that lead out, and goes
// on with it: whether it is refused or not, nothing is written through them.
func TestLinksOutOfARun(t *testing.T) {
	t.Chdir(t.TempDir())
	stopped, err := filepath.Abs(stoppedRun(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{ // "" where it goes on all the same
		"history.csv":                            "a link",
		"flow.csv":                               "a link",
		"units.csv":                              "a link",
		"summary.json":                           "a link that leads out of the folder, which isn't followed",
		"weights.json":                           "",
		"checkpoints":                            "path escapes",
		"checkpoints/epoch-000004":               "no checkpoint can be used",
		"checkpoints/epoch-000004/manifest.json": "no checkpoint can be used",
		"checkpoints/.epoch-000008.partial/":     "",
		".lock":                                  "a link that leads out of the folder",
		"events.out.tfevents.9999999999.x.1.0":   "is no file: want it removed",
		"seed-2/":                                "is no folder, or a link to one",
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			run := "logs/run"
			if name == "seed-2/" {
				stoppedRun(t, "--repeats", "2", "--log-replicas")
			} else if err := os.CopyFS(run, os.DirFS(stopped)); err != nil {
				t.Fatal(err)
			}
			away(t, run, name)
			before := outside(t)
			got := gradwatch(t.Context(), "train", "--plots=true", "--quiet", "--resume", run)
			switch {
			case want == "" && got.status != cli.ExitDone:
				t.Errorf("got status %d, %s", got.status, got.stderr)
			case want != "" && (got.status != cli.ExitFailed || !strings.Contains(got.stderr, want)):
				t.Errorf("got status %d, %s, want 1 and %s", got.status, got.stderr, want)
			}
			if diff := cmp.Diff(before, outside(t)); diff != "" {
				t.Errorf("beyond the log folder (-before +after):\n%s", diff)
			}
			for path := range files(t) {
				if strings.HasPrefix(path, "logs") && strings.Contains(path, ".partial") || strings.HasPrefix(filepath.Base(path), ".history") || strings.HasPrefix(filepath.Base(path), ".summary") {
					t.Errorf("left behind: %s", path)
				}
			}
		})
	}
}

// TestDiagnoseStaysInside checks that the content of a file beyond the folder isn't
// shown, not even in an error.
func TestDiagnoseStaysInside(t *testing.T) {
	t.Chdir(t.TempDir())
	run := stoppedRun(t)
	for _, name := range []string{"history.csv", "flow.csv", "units.csv", "summary.json"} {
		kept := filepath.Join(run, name+".kept")
		if err := os.Rename(filepath.Join(run, name), kept); err != nil {
			t.Fatal(err)
		}
		away(t, run, name)
		for _, args := range [][]string{{"diagnose", run}, {"diagnose", "--watch", run}, {"diagnose", "--try-fixes", run}} {
			got := gradwatch(t.Context(), args...)
			if got.status != cli.ExitFailed || !strings.Contains(got.stderr, "which isn't followed") || strings.Contains(got.stderr+got.stdout, "mine") {
				t.Errorf("%s, %v: got status %d, %s", name, args, got.status, got.stderr)
			}
		}
		if err := os.Rename(kept, filepath.Join(run, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename("logs", "elsewhere"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere/run", "link"); err != nil { // the path is the user's choice
		t.Fatal(err)
	}
	succeed(t, "diagnose", "link")
	succeed(t, "train", "--quiet", "--plots=false", "--resume", "link")
}

// TestPredictStaysInside replaces the files that predictions and a SavedModel come from
// by links that lead out.
func TestPredictStaysInside(t *testing.T) {
	t.Chdir(t.TempDir())
	run := stoppedRun(t)
	write(t, "points.csv", "x1,x2\n0.1,0.2\n")
	for _, name := range []string{"weights.json", "summary.json"} {
		kept := filepath.Join(run, name+".kept")
		if err := os.Rename(filepath.Join(run, name), kept); err != nil {
			t.Fatal(err)
		}
		away(t, run, name)
		for _, args := range [][]string{{"predict", run, "points.csv"}, {"export", run}} {
			got := gradwatch(t.Context(), args...)
			if got.status != cli.ExitFailed || !strings.Contains(got.stderr, "which isn't followed") || strings.Contains(got.stderr+got.stdout, "mine") {
				t.Errorf("%s, %v: got status %d, %s", name, args, got.status, got.stderr)
			}
		}
		if err := os.Rename(kept, filepath.Join(run, name)); err != nil {
			t.Fatal(err)
		}
	}
	succeed(t, "predict", run, "points.csv")
}

// TestLinksOutOfAStudy does the same with a study's folder.
func TestLinksOutOfAStudy(t *testing.T) {
	for name, want := range map[string]string{
		"study.json":  "a link that leads out of the folder, which isn't followed",
		"study.csv":   "a link that leads out of the folder, which isn't followed",
		"summary.csv": "",
		"study.png":   "",
		"units=2/":    "1 of 2 configurations failed",
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			succeed(t, "study", "--quiet", "--vary", "units=2,3", "--hidden-layers", "1", "--epochs", "2", "--samples", "40", "--name", "s")
			if name != "study.csv" { // both configurations are missing
				text, err := os.ReadFile("studies/s/study.csv")
				if err != nil {
					t.Fatal(err)
				}
				header, _, _ := strings.Cut(string(text), "\n")
				write(t, "studies/s/study.csv", header+"\n")
			}
			away(t, "studies/s", name)
			before := outside(t)
			got := gradwatch(t.Context(), "study", "--quiet", "--resume", "studies/s")
			switch {
			case want == "" && got.status != cli.ExitDone:
				t.Errorf("got status %d, %s", got.status, got.stderr)
			case want != "" && (got.status != cli.ExitFailed || !strings.Contains(got.stderr, want)):
				t.Errorf("got status %d, %s, want 1 and %s", got.status, got.stderr, want)
			}
			if diff := cmp.Diff(before, outside(t)); diff != "" {
				t.Errorf("beyond the log folder (-before +after):\n%s", diff)
			}
		})
	}
}

// TestRunNames asks for runs that would lie elsewhere.
func TestRunNames(t *testing.T) {
	for _, name := range []string{"..", "../x", "a/../../x", "/x", "a//b", "a/", "./a", "a\x00b", "a\nb", `a\b`, "out/x", "out", strings.Repeat("x", 300), "\xff"} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, folder := range []string{"logs", "outside"} {
				if err := os.Mkdir(folder, 0o777); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink("../outside", "logs/out"); err != nil {
				t.Fatal(err)
			}
			before := files(t)
			for i, args := range [][]string{
				{"train", "--quiet", "--plots=false", "--epochs", "1", "--samples", "20", "--overwrite", "--run", name}, {"study", "--logdir", "logs", "--vary", "units=2", "--epochs", "1", "--name", name},
			} {
				wanted := cli.ExitRequest
				if name == "out" { // a link where the run's folder would be: it is not a run
					wanted = cli.ExitFailed
					if i == 1 {
						continue // a study gets the name out-2
					}
				}
				got := gradwatch(t.Context(), args...)
				if got.status != wanted || strings.Count(got.stderr, "\n") != 1 {
					t.Errorf("%v: got status %d, %s, want %d", args, got.status, got.stderr, wanted)
				}
			}
			if diff := cmp.Diff(before, files(t)); diff != "" {
				t.Errorf("files (-before +after):\n%s", diff)
			}
		})
	}
}

// TestNoTemporaryFilesAfterErrors fails to write each kind of file, and looks for what is
// left.
func TestNoTemporaryFilesAfterErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, folder := range []string{"points.png/full", "logs/run/accuracy.png/full", "logs/run/weights.json/full"} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if got := gradwatch(t.Context(), "data", "--samples", "20", "--out", "points", "--overwrite"); got.status != cli.ExitRequest {
		t.Errorf("data: got status %d, %s", got.status, got.stderr)
	}
	for path, want := range map[string]string{"weights.json": "write ", "accuracy.png": "picture accuracy.png of "} {
		if err := os.RemoveAll("logs"); err != nil {
			t.Fatal(err)
		}
		run := stoppedRun(t)
		if err := os.RemoveAll(filepath.Join(run, path)); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(run, path, "full"), 0o777); err != nil {
			t.Fatal(err)
		}
		got := gradwatch(t.Context(), "train", "--quiet", "--resume", run)
		if got.status != cli.ExitFailed || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: got status %d, %s", path, got.status, got.stderr)
		}
		for name := range files(t) {
			if base := filepath.Base(name); base != "." && strings.HasPrefix(base, ".") {
				t.Errorf("%s: left behind: %s", path, name)
			}
		}
	}
}
