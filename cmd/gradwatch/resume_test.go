//go:build tensorflow

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/runner"
	"gradwatch/internal/testenv"
)

// TestTrainResume stops a run, moves its log folder and goes on with it, to its
// end and once more.
func TestTrainResume(t *testing.T) {
	t.Chdir(t.TempDir())
	p := startTraining(t)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.Wait(t)
	before, err := record.ReadHistory("logs/long/history.csv")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename("logs", "moved"); err != nil {
		t.Fatal(err)
	}
	setEpochs(t, "moved/long/summary.json", before.Epochs()+5)
	if r := gradwatch(t.Context(), "train", "--resume", "moved/long"); r.status != cli.ExitFailed ||
		!strings.Contains(r.stderr, "its configuration is not the one in summary.json") {
		t.Errorf("with an edited summary: got status %d, %q", r.status, r.stderr)
	}
	setEpochs(t, "moved/long/summary.json", 1_000_000)
	again := startIn(t, "moved/long", before.Epochs()+3, "train", "--resume", "moved/long")
	if r := gradwatch(t.Context(), "train", "--resume", "moved/long"); r.status != cli.ExitFailed ||
		!strings.HasSuffix(r.stderr, "another process is working on it: wait for its end, or stop it\n") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("two on one run: got status %d, %q", r.status, r.stderr)
	}
	if err := again.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got, want := again.Wait(t), cli.ExitSignal+int(syscall.SIGINT); got != want {
		t.Errorf("got status %d, want %d", got, want)
	}
	want := regexp.MustCompile(`(?m)^gradwatch: stopped by signal: interrupt; moved/long keeps \d+ of 1000000 epochs; go on with: gradwatch train --resume moved/long$`)
	if !want.MatchString(again.Stderr.String()) {
		t.Errorf("got %q, want it to match %s", again.Stderr.String(), want)
	}
	if !strings.Contains(again.Stdout.String(), "--logdir moved\n") {
		t.Errorf("got %q, want it to name the folder where the run lies now", again.Stdout.String())
	}
}

// setEpochs edits the number of epochs in a summary.
func setEpochs(t *testing.T, path string, epochs int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edited := regexp.MustCompile(`("batch-size": \d+,\s+)?"epochs": \d+,\s+"batch-size"`).
		ReplaceAllString(string(text), fmt.Sprintf(`"epochs": %d, "batch-size"`, epochs))
	if edited == string(text) {
		t.Fatalf("%s: no epochs to edit", path)
	}
	write(t, path, edited)
}

// TestResumeOfWhatHasEnded does nothing.
func TestResumeOfWhatHasEnded(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--epochs", "2", "--quiet")
	before := files(t)
	if r := succeed(t, "train", "--resume", "logs/relu-5x5/"); r.stdout != "logs/relu-5x5 is done: 2 epochs\n" || r.stderr != "" {
		t.Errorf("got %q and %q", r.stdout, r.stderr)
	}
	if r := succeed(t, "train", "--resume", "logs/relu-5x5", "--quiet"); r.stdout != "logs/relu-5x5\n" || r.stderr != "" {
		t.Errorf("quiet: got %q and %q, want the folder alone", r.stdout, r.stderr)
	}
	t.Run("in its folder", func(t *testing.T) {
		t.Chdir("logs/relu-5x5")
		if r := succeed(t, "train", "--resume", "."); !strings.HasSuffix(r.stdout, "/logs/relu-5x5 is done: 2 epochs\n") {
			t.Errorf("got %q", r.stdout)
		}
	})
	gradwatch(t.Context(), "train", "--learning-rate", "1e20", "--run", "wild", "--quiet")
	r := gradwatch(t.Context(), "train", "--resume", "logs/wild")
	want := regexp.MustCompile(`^gradwatch: logs/wild diverged after \d+ epochs?: there is nothing to go on with\n$`)
	if r.status != cli.ExitDiverged || !want.MatchString(r.stderr) {
		t.Errorf("got status %d, %q, want %d and %s", r.status, r.stderr, cli.ExitDiverged, want)
	}
	for path, content := range before {
		if after := files(t)[path]; after != content {
			t.Errorf("%s has changed", path)
		}
	}
}

// TestResumeRequests asks for what can't be gone on with.
func TestResumeRequests(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, folder := range []string{"study", "broken", "odd"} {
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("begun", 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, "begun/.lock", "")
	write(t, "study/study.json", "{}")
	write(t, "broken/summary.json", `{"state": "run`)
	write(t, "odd/summary.json", `{"state": "running", "configuration": {"epochs": -3}}`)
	for _, tc := range []struct{ args, want string }{
		{"--resume none", `gradwatch: --resume "none": want a run's folder, which holds a summary.json`},
		{"--resume begun", `gradwatch: --resume "begun": the run was ended before it had a summary.json: train it again, it takes this folder`},
		{"--resume study", `gradwatch: --resume "study": it is a study's folder: want gradwatch study --resume`},
		{"--resume broken", `gradwatch: --resume: broken/summary.json, line 1: unexpected end of JSON input`},
		{"--resume odd", `gradwatch: --resume "odd": summary.json: epochs "-3": want an integer of at least 1`},
		{"--resume none --epochs 3", `gradwatch: --resume "none": want it without --epochs: a run goes on as it began`},
		{"--resume=", `gradwatch: --resume "": want a run's folder`},
		{"--keep 0", `gradwatch: --keep "0": want an integer of at least 1`},
		{"--checkpoint-freq -1", `gradwatch: --checkpoint-freq "-1": want an integer of at least 0`},
	} {
		r := gradwatch(t.Context(), append([]string{"train"}, strings.Fields(tc.args)...)...)
		if r.status != cli.ExitRequest || r.stderr != tc.want+"\n" {
			t.Errorf("%s: got status %d, %q, want %d, %q", tc.args, r.status, r.stderr, cli.ExitRequest, tc.want)
		}
	}
}

// TestSecondSignal leaves at once: with the first signal's status, and nothing left
// running. What was recorded can be gone on with.
func TestSecondSignal(t *testing.T) {
	t.Chdir(t.TempDir())
	p := startTraining(t)
	if err := syscall.Kill(p.engine, syscall.SIGSTOP); err != nil { // it can't heed the first
		t.Fatal(err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	testenv.WaitFor(func() bool { // the front has to see the first one before the second
		_ = p.Process.Signal(syscall.SIGTERM)
		return p.Ended()
	})
	if got, want := p.Wait(t), cli.ExitSignal+int(syscall.SIGTERM); got != want {
		t.Errorf("got status %d, want %d", got, want)
	}
	want := "gradwatch: stopped by signal: terminated, at once by a second signal; logs/long keeps what was recorded; " +
		"go on with: gradwatch train --resume logs/long\n"
	if !strings.HasSuffix(p.Stderr.String(), want) {
		t.Errorf("got %q, want it to end with %q", p.Stderr.String(), want)
	}
	if !testenv.WaitFor(testenv.Gone(p.engine)) {
		t.Errorf("the engine, process %d, is still there", p.engine)
	}
}

// TestStudyResumesRuns stops a study in the midst of a configuration, which goes on
// from its checkpoint and ends as it would have.
func TestStudyResumesRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	study := func(name string) []string {
		return []string{"study", "--vary", "hidden-layers=2:3", "--epochs", "300", "--repeats", "8", "--quiet", "--name", name}
	}
	const first = "hidden-layers=2"
	succeed(t, study("whole")...)
	p := startIn(t, filepath.Join("studies/part", first), 40*8, study("part")...)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got, want := p.Wait(t), cli.ExitSignal+int(syscall.SIGTERM); got != want {
		t.Fatalf("got status %d, want %d: %s", got, want, p.Stderr.String())
	}
	summary, err := record.ReadSummary(filepath.Join("studies/part", first, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	saved := fmt.Sprintf("epoch-%06d", summary.Epochs)
	if got := names(t, filepath.Join("studies/part", first, "checkpoints")); summary.State != record.Stopped || len(got) != 1 || got[0] != saved {
		t.Errorf("got state %s, checkpoints %q, want stopped and %s", summary.State, got, saved)
	}
	succeed(t, "study", "--resume", "studies/part", "--quiet")
	if diff := cmp.Diff(append([]string{"events"}, finishedFiles()...), names(t, filepath.Join("studies/part", first))); diff != "" {
		t.Errorf("files of what is finished (-want +got):\n%s", diff)
	}
	if found, err := filepath.Glob(filepath.Join("studies/part", first, "events.*")); len(found) != 2 {
		t.Errorf("got event files %q, %v, want two: that it went on", found, err)
	}
	for _, name := range []string{"weights.json"} {
		whole, part := read(t, filepath.Join("studies/whole", first, name)), read(t, filepath.Join("studies/part", first, name))
		if whole != part {
			t.Errorf("%s is not what it would have been", name)
		}
	}
	if diff := cmp.Diff(timeless(t, "studies/whole/study.csv"), timeless(t, "studies/part/study.csv")); diff != "" {
		t.Errorf("study.csv (-whole +part):\n%s", diff)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMoveTo(t *testing.T) {
	for _, tc := range []struct{ logdir, name, folder, wantDir, wantName string }{
		{"logs", "x", "logs/x", "logs", "x"},
		{"./logs/", "x", "logs/x/", "./logs/", "x"},
		{"logs", "study/x", "logs/study/x", "logs", "study/x"},
		{"logs", "study/x", "/old/study/x", "/old", "study/x"},
		{"logs", "x", "/old/logs/x", "/old/logs", "x"},
		{"logs", "x", "y", ".", "y"},
		{"logs", "x", "x", ".", "x"},
	} {
		run := config.Run{LogDir: tc.logdir, Name: tc.name}
		runner.MoveTo(&run, tc.folder)
		if run.LogDir != tc.wantDir || run.Name != tc.wantName {
			t.Errorf("%s/%s at %s: got %s and %s, want %s and %s", tc.logdir, tc.name, tc.folder, run.LogDir, run.Name, tc.wantDir, tc.wantName)
		}
		if filepath.Join(run.LogDir, run.Name) != filepath.Clean(tc.folder) {
			t.Errorf("%s is not %s in %s", tc.folder, run.Name, run.LogDir)
		}
	}
}

// TestResumeOfABrokenRun ends as the run itself with --exit-code.
func TestResumeOfABrokenRun(t *testing.T) {
	t.Chdir(t.TempDir())
	folder := trainTestRun(t, "fades", vanishing+" --epochs 5")
	for flags, want := range map[string]int{"": cli.ExitDone, "--exit-code": cli.ExitFound} {
		got := gradwatch(t.Context(), append([]string{"train", "--resume", folder}, strings.Fields(flags)...)...)
		if got.status != want || got.stderr != "" {
			t.Errorf("%s: got status %d and %q, want %d", flags, got.status, got.stderr, want)
		}
	}
}
