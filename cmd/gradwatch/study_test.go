//go:build tensorflow

package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/engine"
	"gradwatch/internal/record"
)

// table reads a CSV file: its rows as maps from column to field.
func table(t *testing.T, path string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := make(map[string]string)
		for i, field := range line {
			row[lines[0][i]] = field
		}
		rows = append(rows, row)
	}
	return rows
}

// timeless reads a study.csv without its times.
func timeless(t *testing.T, path string) []map[string]string {
	t.Helper()
	rows := table(t, path)
	for _, row := range rows {
		if _, err := strconv.ParseFloat(row["seconds"], 64); err != nil {
			t.Errorf("got %q seconds", row["seconds"])
		}
		delete(row, "seconds")
	}
	return rows
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// checkAsAlone trains each configuration of a study by itself, and compares the
// last records: what trains side by side goes apart by rounding.
func checkAsAlone(t *testing.T, folder, base string, flags ...string) {
	t.Helper()
	const tolerance = 1e-4
	histories := make(map[string]*record.History)
	for _, row := range table(t, filepath.Join(folder, "study.csv")) {
		name := row["configuration"]
		if row["state"] == "diverged" {
			continue
		}
		if histories[name] == nil {
			args := append([]string{"train", "--quiet", "--plots=false", "--histogram-freq", "0", "--logdir", "alone", "--run", name},
				strings.Fields(base)...)
			for _, flag := range flags {
				args = append(args, "--"+strings.TrimPrefix(flag, "--"), row[flag])
			}
			succeed(t, args...)
			history, err := record.ReadHistory(filepath.Join("alone", name, "history.csv"))
			if err != nil {
				t.Fatal(err)
			}
			histories[name] = history
		}
		replica := int(number(t, row["replica"]))
		rows := histories[name].Replica(replica)
		last := rows[len(rows)-1]
		for column, want := range map[string]float64{
			"loss": last.Loss, "val_loss": last.ValLoss, "accuracy": last.Accuracy, "val_accuracy": last.ValAccuracy,
			"epochs": float64(len(rows)),
		} {
			if got := number(t, row[column]); math.Abs(got-want) > tolerance {
				t.Errorf("%s, replica %d, %s: got %g, alone %g", name, replica, column, got, want)
			}
		}
	}
}

// finishedFiles are what stays of a study's configuration.
func finishedFiles() []string {
	return without(withoutPictures(), "checkpoints", "flow.csv", "history.csv", "units.csv")
}

// TestStudyOfChangedData goes on with a study whose table was edited meanwhile.
func TestStudyOfChangedData(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.csv", "x,y\n1,0\n2,1\n3,0\n4,1\n5,0\n6,1\n")
	succeed(t, "study", "--quiet", "--dataset", "a.csv", "--epochs", "2", "--vary", "hidden-layers=1:2", "--name", "s")
	rows, err := os.ReadFile("studies/s/study.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(rows, []byte("\n"))
	write(t, "studies/s/study.csv", string(bytes.Join(lines[:2], nil)))
	write(t, "a.csv", "x,y\n1,0\n2,1\n3,0\n4,1\n5,0\n7,1\n")
	before := files(t)
	r := gradwatch(t.Context(), "study", "--resume", "studies/s")
	want := "gradwatch: --resume \"studies/s\": hidden-layers=1: a.csv: the data set has changed since: want the rows with which the others are trained\n"
	if r.status != cli.ExitRequest || r.stderr != want {
		t.Errorf("got status %d, %q, want %d, %q", r.status, r.stderr, cli.ExitRequest, want)
	}
	if diff := cmp.Diff(before, files(t)); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
}

// TestStudyThatDoesNotLearn recommends nothing.
func TestStudyThatDoesNotLearn(t *testing.T) {
	t.Chdir(t.TempDir())
	r := succeed(t, "study", "--quiet", "--epochs", "3", "--vary", "kernel-initializer=zeros,ones", "--vary", "hidden-layers=2")
	if !strings.Contains(r.stdout, "\nWith it no seed has learned, so no configuration is recommended.\n") || strings.Contains(r.stdout, "\n  gradwatch train") {
		t.Errorf("got %s\nwant no recommendation", r.stdout)
	}
}

func TestStudy(t *testing.T) {
	t.Chdir(t.TempDir())
	base := "--epochs 5 --repeats 2 --seed 3"
	r := succeed(t, append([]string{"study", "--vary", "hidden-layers=1:2", "--vary", "activation=tanh,relu"}, strings.Fields(base)...)...)
	folder := "studies/study-hidden-layers-activation"
	configurations := []string{
		"hidden-layers=1,activation=tanh", "hidden-layers=1,activation=relu",
		"hidden-layers=2,activation=tanh", "hidden-layers=2,activation=relu",
	}
	want := append(slices.Sorted(slices.Values(configurations)), "study.csv", "study.json", "study.png", "summary.csv")
	if diff := cmp.Diff(want, names(t, folder)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	checkPNG(t, filepath.Join(folder, "study.png"))
	if diff := cmp.Diff(finishedFiles(), names(t, filepath.Join(folder, configurations[0]))); diff != "" {
		t.Errorf("a configuration's files (-want +got):\n%s", diff)
	}
	var got []string
	for _, row := range table(t, filepath.Join(folder, "study.csv")) {
		got = append(got, row["configuration"]+" "+row["replica"]+" "+row["seed"])
	}
	var rows []string
	for _, name := range configurations {
		rows = append(rows, name+" 0 3", name+" 1 4")
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if summary := table(t, filepath.Join(folder, "summary.csv")); len(summary) != 4 || summary[3]["repeats"] != "2" {
		t.Errorf("got summary %v", summary)
	}
	form := regexp.MustCompile(`^study-hidden-layers-activation: 4 configurations, 2 seeds, 3 to 4; \d+\.\d s
all as: gradwatch train --epochs 5 --seed 3 --repeats 2

hidden-layers  activation  test accuracy  median  worst   best  train
            1  tanh        0\.\d{3} ± 0\.\d{3}   0\.\d{3}  0\.\d{3}  0\.\d{3}  0\.\d{3}
(.*\n){3}
best: --hidden-layers \d --activation \w{4}, test accuracy 0\.\d{3} ± 0\.\d{3}
With it no seed has learned, so no configuration is recommended.

studies/study-hidden-layers-activation: study.csv, summary.csv, study.png
\S*tensorboard --logdir studies/study-hidden-layers-activation
$`)
	if !form.MatchString(r.stdout) {
		t.Errorf("got %s\nwant it to match %s", r.stdout, form)
	}
	if line := regexp.MustCompile(`(?m)^4/4  --hidden-layers \d --activation \w{4}: test accuracy 0\.\d{3} ± 0\.\d{3}$`); !line.MatchString(r.stderr) {
		t.Errorf("got progress %s\nwant it to match %s", r.stderr, line)
	}
	checkAsAlone(t, folder, base, "hidden-layers", "activation")
	checkHParams(t, filepath.Join(folder, configurations[0]))
}

// checkHParams looks for what the HParams tab needs in a run's event file.
func checkHParams(t *testing.T, folder string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "events.out.tfevents.*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("got event files %v, %v, want one", found, err)
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"_hparams_/experiment", "_hparams_/session_start_info", "_hparams_/session_end_info", "test accuracy", "learning-rate"} {
		if !bytes.Contains(data, []byte(text)) {
			t.Errorf("no %s in the event file", text)
		}
	}
}

// TestStudyForms varies what makes other graphs, data or flags.
func TestStudyForms(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, tc := range []struct {
		name, base string
		vary       []string
		flags      []string // columns of study.csv
		rows       int
	}{
		{"one graph for all", "--epochs 5", []string{"learning-rate=0.001:0.1:x10", "seed=1:2"}, []string{"learning-rate", "--seed"}, 6},
		{"repeats", "--epochs 3", []string{"repeats=1:3"}, []string{"--repeats"}, 6},
		{"presets", "--epochs 3 --units 4", []string{"preset=tanh-1,relu-5"}, []string{"preset"}, 2},
		{"values with commas", "--epochs 2", []string{"layers=8,4;3"}, []string{"layers"}, 2},
		{"data", "--epochs 2 --samples 100", []string{"dataset=moons,xor", "noise=0.1,0.2"}, []string{"dataset", "noise"}, 4},
		{"flags given as words", "--epochs 2", []string{"optimizer=adam,rmsprop", "kernel-initializer=uniform:0,1;he_normal"}, []string{"optimizer", "kernel-initializer"}, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			args := append([]string{"study", "--quiet", "--name", tc.name}, strings.Fields(tc.base)...)
			for _, vary := range tc.vary {
				args = append(args, "--vary", vary)
			}
			if r := succeed(t, args...); r.stderr != "" {
				t.Errorf("got %q on stderr, want nothing with --quiet", r.stderr)
			}
			folder := filepath.Join("studies", tc.name)
			if rows := table(t, filepath.Join(folder, "study.csv")); len(rows) != tc.rows {
				t.Errorf("got %d rows, want %d", len(rows), tc.rows)
			}
			if err := os.RemoveAll("alone"); err != nil {
				t.Fatal(err)
			}
			checkAsAlone(t, folder, tc.base, tc.flags...)
			found, err := filepath.Glob(filepath.Join(folder, "*", "events.out.tfevents.*"))
			if err != nil || len(found) == 0 {
				t.Fatalf("got event files %v, %v", found, err)
			}
			if data, err := os.ReadFile(found[0]); err != nil || bytes.Contains(data, []byte("kernel_0_grad")) {
				t.Errorf("%s: %v, want no histograms unless asked for", found[0], err)
			}
		})
	}
}

// TestStudyDiverges has a configuration diverge in a graph with another, which must
// not notice: of three on two cores, the first and the last share one.
func TestStudyDiverges(t *testing.T) {
	t.Chdir(t.TempDir())
	r := succeed(t, "study", "--vary", "learning-rate=0.01,0.02,1e30", "--epochs", "5", "--repeats", "2")
	folder := "studies/study-learning-rate"
	rows := timeless(t, filepath.Join(folder, "study.csv"))
	for i, want := range []string{"done", "done", "done", "done", "diverged", "diverged"} {
		if rows[i]["state"] != want {
			t.Errorf("row %d: got %v, want state %s", i, rows[i], want)
		}
	}
	if rows[4]["val_accuracy"] != "NaN" || !strings.HasPrefix(rows[4]["message"], "2 of 2 replicas diverged, the first at epoch 0") {
		t.Errorf("got %v", rows[4])
	}
	if !regexp.MustCompile(`(?m)^ +1e30 +- +- +- +- +-  diverged$`).MatchString(r.stdout) {
		t.Errorf("got %s\nwant a row that says diverged", r.stdout)
	}
	checkPNG(t, filepath.Join(folder, "study.png"))
	checkAsAlone(t, folder, "--epochs 5 --repeats 2", "learning-rate")
	if r := succeed(t, "study", "--resume", folder); strings.Contains(r.stderr, "1e30") {
		t.Errorf("got %q: what diverged would diverge again", r.stderr)
	}
}

// breakingEngine lays out an engine that dies of a request that holds a text, and
// returns the program's path beside it.
func breakingEngine(t *testing.T, text string) string {
	t.Helper()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "gradwatch"), "")
	script := fmt.Sprintf(`#!/bin/bash
while IFS= read -r line; do
	if [[ $line == *'%s'* ]]; then
		kill -KILL $$
		exit
	fi
	printf '%%s\n' "$line"
done | %s
`, text, filepath.Join(programs, "gradwatch-engine"))
	if err := os.WriteFile(filepath.Join(folder, "gradwatch-engine"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	installation, err := engine.Find(filepath.Join(programs, "gradwatch"), "cpu")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(installation.Library, filepath.Join(folder, "lib")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "gradwatch")
}

// TestStudyCrash has one configuration of a graph take the engine down: the
// others come through, and a resumed study tries it again.
func TestStudyCrash(t *testing.T) {
	t.Chdir(t.TempDir())
	var stdout, stderr bytes.Buffer
	f := &cli.Env{Program: breakingEngine(t, `"seed":666,`), Stdout: &stdout, Stderr: &stderr}
	status := runCommand(t.Context(), f, []string{"study", "--vary", "seed=1:3,666,4:5", "--epochs", "3"})
	if status != cli.ExitFailed {
		t.Errorf("got status %d, want %d", status, cli.ExitFailed)
	}
	if want := "gradwatch: 1 of 6 configurations failed; try them again with: " + f.Command() + " study --resume studies/study-seed\n"; !strings.HasSuffix(stderr.String(), want) {
		t.Errorf("got %q, want %q at its end", stderr.String(), want)
	}
	rows := timeless(t, "studies/study-seed/study.csv")
	for i, row := range rows {
		want := "done"
		if i == 3 {
			want = "failed"
		}
		if row["state"] != want {
			t.Errorf("row %d: got %v, want state %s", i, row, want)
		}
	}
	if got, want := rows[3]["message"], "the engine ended unexpectedly (signal: killed)"; got != want {
		t.Errorf("got message %q, want %q", got, want)
	}
	if !strings.Contains(stdout.String(), "--seed 666: the engine ended unexpectedly") {
		t.Errorf("got %s\nwant the failure told", stdout.String())
	}
	r := succeed(t, "study", "--resume", "studies/study-seed")
	if strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, "6/6  --seed 666: test accuracy") {
		t.Errorf("got %q, want what failed alone", r.stderr)
	}
	checkAsAlone(t, "studies/study-seed", "--epochs 3", "--seed")
}

// TestStudyFails has a configuration's files be wrong in a way that only the
// engine sees.
func TestStudyFails(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--quiet", "--epochs", "1", "--run", "five")
	succeed(t, "train", "--quiet", "--epochs", "1", "--run", "two", "--hidden-layers", "2")
	r := gradwatch(t.Context(), "study", "--vary", "initial-weights=logs/five/weights.json,logs/two/weights.json", "--epochs", "2")
	if r.status != cli.ExitFailed {
		t.Errorf("got status %d, want %d: %s", r.status, cli.ExitFailed, r.stderr)
	}
	rows := timeless(t, "studies/study-initial-weights/study.csv")
	if rows[0]["state"] != "done" || rows[1]["state"] != "failed" || !strings.Contains(rows[1]["message"], "want the weights of 6 layers") {
		t.Errorf("got %v", rows)
	}
}
