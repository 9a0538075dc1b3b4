//go:build tensorflow

package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/record"
)

func TestExport(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "points.csv", "a,b,c,label\n1,2,3,0\n2,3,4,1\n5,4,3,0\n3,3,3,1\n")
	succeed(t, "train", "--quiet", "--epochs", "2", "--repeats", "2", "--seed", "7", "--dataset", "points.csv", "--run", "it")
	if err := os.Remove("points.csv"); err != nil { // a run's folder is enough
		t.Fatal(err)
	}
	r := succeed(t, "export", "logs/it")
	if want := "logs/it/saved_model: replica 0 of 2, seed 7\n"; r.stdout != want || r.stderr != "" {
		t.Errorf("got %q and %q, want %q", r.stdout, r.stderr, want)
	}
	first, err := os.ReadFile("logs/it/saved_model/saved_model.pb")
	if err != nil {
		t.Fatal(err)
	}
	refused := gradwatch(t.Context(), "export", "--replica", "1", "logs/it")
	want := "gradwatch: --out \"logs/it/saved_model\": is there already: want a new folder, or --overwrite\n"
	if refused.status != cli.ExitRequest || refused.stderr != want {
		t.Errorf("got status %d and %q, want 2 and %q", refused.status, refused.stderr, want)
	}
	succeed(t, "export", "--replica", "1", "--overwrite", "logs/it/")
	succeed(t, "export", "--out", "models/deep/one", "logs/it")
	again, err := os.ReadFile("models/deep/one/saved_model.pb")
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(first) {
		t.Error("got another file of the same replica, want the same")
	}
	if diff := cmp.Diff([]string{"assets.extra", "saved_model.pb"}, names(t, "logs/it/saved_model")); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	text, err := os.ReadFile("logs/it/saved_model/assets.extra/gradwatch.json")
	if err != nil {
		t.Fatal(err)
	}
	var about struct {
		Run     string
		Replica int
		Seed    uint32
		Inputs  []string
	}
	if err := json.Unmarshal(text, &about); err != nil {
		t.Fatal(err)
	}
	if about.Run != "it" || about.Replica != 1 || about.Seed != 8 || strings.Join(about.Inputs, " ") != "a b c" {
		t.Errorf("got %+v, want run it, replica 1, seed 8, inputs a, b and c", about)
	}
}

// TestExportRequests asks for what can't be: one line, and nothing is written.
func TestExportRequests(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--quiet", "--epochs", "1", "--plots=false", "--run", "it")
	succeed(t, "train", "--quiet", "--epochs", "1", "--plots=false", "--run", "going")
	change(t, "logs/going/summary.json", `"state": "done"`, `"state": "running"`)
	write(t, "file", "mine")
	before := files(t)
	for _, tc := range []struct{ args, want string }{
		{"export", `0 arguments: want one, a run's folder, such as logs/tanh-5`},
		{"export logs", `run "logs": want the folder of a run, which holds a summary.json`},
		{"export file", `run "file": want the folder of a run, which holds a summary.json`},
		{"export --replica 1 logs/it", `--replica "1": want 0: the run has one model`},
		{"export --replica -1 logs/it", `--replica "-1": want the number of a replica, from 0`},
		{"export --out file logs/it", `--out "file": is there and is no SavedModel: want a new folder`},
		{"export --overwrite --out logs/it logs/it", `--out "logs/it": is there and is no SavedModel: want a new folder`},
		{"export --out= logs/it", `--out "": want a path`},
		{"export logs/going", `run "logs/going": want one that has ended: this one is under way, or was killed; go on with: \S*gradwatch train --resume logs/going`},
	} {
		r := gradwatch(t.Context(), strings.Fields(tc.args)...)
		want := regexp.MustCompile("^gradwatch: " + tc.want + "\n$")
		if r.status != cli.ExitRequest || !want.MatchString(r.stderr) || r.stdout != "" {
			t.Errorf("%s: got status %d, %q\nwant 2 and %s", tc.args, r.status, r.stderr, want)
		}
	}
	if diff := cmp.Diff(before, files(t)); diff != "" {
		t.Errorf("files changed:\n%s", diff)
	}
}

// change replaces text in a file, which must be there.
func change(t *testing.T, path, old, next string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s has no %q", path, old)
	}
	write(t, path, strings.Replace(string(text), old, next, 1))
}

// TestExportBesideDiverged exports a replica beside one that diverged.
func TestExportBesideDiverged(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--quiet", "--epochs", "1", "--plots=false", "--repeats", "2", "--run", "it")
	succeed(t, "train", "--quiet", "--epochs", "1", "--plots=false", "--repeats", "2", "--run", "wild")
	change(t, "logs/wild/summary.json", `"loss": 0`, `"loss": "NaN", "was": 0`)
	wild := gradwatch(t.Context(), "export", "logs/wild")
	want := "gradwatch: run \"logs/wild\": replica 0 diverged: it has no weights to predict with\n"
	if wild.status != cli.ExitRequest || wild.stderr != want {
		t.Errorf("got status %d and %q, want 2 and %q", wild.status, wild.stderr, want)
	}
	replicas, err := record.ReadWeights("logs/it/weights.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("logs/it/weights.json")
	if err != nil {
		t.Fatal(err)
	}
	number, _ := json.Marshal(replicas[0][0].Kernel[0][0])
	write(t, "logs/it/weights.json", strings.Replace(string(text), string(number), "null", 1))
	r := gradwatch(t.Context(), "export", "logs/it")
	if r.status != cli.ExitFailed || !strings.Contains(r.stderr, "replica 0: kernel of dense_1, row 0: number 0 is null") {
		t.Errorf("got status %d and %q, want 1 and a word of the null", r.status, r.stderr)
	}
	succeed(t, "export", "--replica", "1", "logs/it")
}
