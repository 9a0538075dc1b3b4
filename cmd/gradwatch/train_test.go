//go:build tensorflow

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/record"
	"gradwatch/internal/runner"
	"gradwatch/internal/terminal"
	"gradwatch/internal/testenv"
)

// runFiles are the files of a run of two inputs.
func runFiles() []string {
	return []string{
		"accuracy.png", "checkpoints", "decision.png", "events", "events", "flow.csv", "flow.png", "gradients.png", "history.csv", "loss.png",
		"summary.json", "units.csv", "weights.json", "weights.png",
	}
}

// withoutPictures are those of a run that is not drawn.
func withoutPictures() []string {
	return []string{"checkpoints", "events", "flow.csv", "history.csv", "summary.json", "units.csv", "weights.json"}
}

// without returns the files but those of these names.
func without(files []string, left ...string) []string {
	return slices.DeleteFunc(files, func(name string) bool { return slices.Contains(left, name) })
}

func TestTrain(t *testing.T) {
	t.Chdir(t.TempDir())
	r := succeed(t, "train", "--preset", "relu-5", "--epochs", "20")
	if diff := cmp.Diff(runFiles(), names(t, "logs/relu-5")); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for _, name := range runFiles() {
		if strings.HasSuffix(name, ".png") {
			checkPNG(t, filepath.Join("logs/relu-5", name))
		}
	}
	want := regexp.MustCompile(`^relu-5: 5 x 5 units, relu on circles, 500 rows to train on and 500 to test
seed 1, 20 epochs, cpu with 1 thread; \d+\.\d\d s

            train   test
accuracy    0\.\d{3}  0\.\d{3}
loss        0\.\d{3}  0\.\d{3}

Verdict: (ok|warning|error), the model has (not )?learned
(  .+\n)*
Layers at epoch \d+, on the training rows: (.+\n)+
          gradient  signal              decay    idle   saturated  update
(dense_\d   \S+ +\S+ +█*.+\n){6}
logs/relu-5
\S*tensorboard --logdir logs
(To see what helps:  .+
)?To predict:  .+
$`)
	if !want.MatchString(r.stdout) {
		t.Errorf("got %s\nwant it to match %s", r.stdout, want)
	}
	testenv.CheckColumns(t, r.stdout, terminal.Width)
	lines := strings.Split(strings.TrimSpace(r.stderr), "\n")
	if len(lines) != runner.LinesPerRun {
		t.Errorf("got %d lines of progress, want %d:\n%s", len(lines), runner.LinesPerRun, r.stderr)
	}
	form := regexp.MustCompile(`^relu-5  epoch 20/20  loss \d\.\d{3}  accuracy \d\.\d{3}  test accuracy \d\.\d{3}$`)
	if last := lines[len(lines)-1]; !form.MatchString(last) {
		t.Errorf("got last line %q, want it to match %s", last, form)
	}
	checkResult(t, r.stdout, "logs/relu-5")
}

// checkResult compares the printed accuracies with the run's own files.
func checkResult(t *testing.T, stdout, folder string) {
	t.Helper()
	history, err := record.ReadHistory(filepath.Join(folder, "history.csv"))
	if err != nil {
		t.Fatal(err)
	}
	last := history.Rows[len(history.Rows)-1]
	for _, want := range []string{
		fmt.Sprintf("accuracy    %.3f  %.3f\n", last.Accuracy, last.ValAccuracy),
		fmt.Sprintf("loss        %.3f  %.3f\n", last.Loss, last.ValLoss),
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("got %s\nwant it to hold %q", stdout, want)
		}
	}
}

// TestTrainForms trains with what changes the result or the files.
func TestTrainForms(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "three.csv", "a,b,c,label\n1,2,3,0\n2,3,4,1\n5,4,3,0\n3,3,3,1\n")
	ofTable := slices.Sorted(slices.Values(append(runFiles(), "confusion.csv", "roc.csv", "roc.png")))
	noChecks := without(runFiles(), "flow.csv", "flow.png", "units.csv")
	for _, tc := range []struct {
		args  string
		run   string // its folder
		files []string
		want  string // in the result
	}{
		{"--dataset three.csv --test-fraction 0.5 --shuffle-rows=false", "relu-128-64-three", ofTable, "\nadam, learning rate 0.003, cosine:2,0; batches of 32; L2 1; "},
		{"--plots=false --layers 3,2", "relu-3-2", withoutPictures(), "3, 2 units, relu"},
		{"--repeats 3 --seed 5", "relu-5x5", runFiles(), "3 seeds, 5 to 7, 2 epochs"},
		{"", "relu-5x5-2", runFiles(), "relu-5x5-2: 5 x 5 units"},
		{"--run relu-5x5 --overwrite", "relu-5x5", runFiles(), "seed 1, 2 epochs"},
		{"--logdir elsewhere --run deep/x --batch-size 100000", "../elsewhere/deep/x", runFiles(), "--logdir elsewhere\n"},
		{"--histogram-freq 0 --train-metrics running", "relu-5x5-3", runFiles(), "Verdict: "},
		{"--diagnose-freq 0 --gradient-data train", "relu-5x5-4", noChecks, "gradient    epoch 0  epoch 1   L2 norm of the kernel's, train rows\ndense_1 "},
	} {
		t.Run(tc.args, func(t *testing.T) {
			args := append([]string{"train", "--epochs", "2"}, strings.Fields(tc.args)...)
			r := succeed(t, args...)
			if !strings.Contains(r.stdout, tc.want) {
				t.Errorf("got %s\nwant it to hold %q", r.stdout, tc.want)
			}
			if diff := cmp.Diff(tc.files, names(t, filepath.Join("logs", tc.run))); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRepeats checks the distribution of several seeds against the history.
func TestRepeats(t *testing.T) {
	t.Chdir(t.TempDir())
	r := succeed(t, "train", "--preset", "tanh-1", "--epochs", "3", "--repeats", "4")
	history, err := record.ReadHistory("logs/tanh-1/history.csv")
	if err != nil {
		t.Fatal(err)
	}
	least, most, sum := 1.0, 0.0, 0.0
	for i := range history.Replicas {
		accuracy := history.Replica(i)[2].ValAccuracy
		least, most, sum = min(least, accuracy), max(most, accuracy), sum+accuracy
	}
	want := regexp.MustCompile(fmt.Sprintf(`(?m)^test        %.3f  0\.\d{3}   0\.\d{3}  %.3f  %.3f$`, sum/4, least, most))
	if !want.MatchString(r.stdout) {
		t.Errorf("got %s\nwant it to match %s", r.stdout, want)
	}
}

// TestDiverges trains at a rate at which no weight stays finite.
func TestDiverges(t *testing.T) {
	t.Chdir(t.TempDir())
	r := gradwatch(t.Context(), "train", "--learning-rate", "1e20", "--epochs", "20", "--quiet")
	if r.status != cli.ExitDiverged {
		t.Errorf("got status %d, want %d", r.status, cli.ExitDiverged)
	}
	want := regexp.MustCompile(`^gradwatch: training diverged at epoch \d+, step \d+: .+ is not finite; logs/relu-5x5 keeps the run\n$`)
	if !want.MatchString(r.stderr) {
		t.Errorf("got %q, want it to match %s", r.stderr, want)
	}
	// Of a model without finite weights there may be no decision to draw.
	got := slices.DeleteFunc(names(t, "logs/relu-5x5"), func(name string) bool { return name == "decision.png" })
	if diff := cmp.Diff(without(runFiles(), "decision.png", "checkpoints"), got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestCancelled ends the context, as main does at a signal, in the midst of a run.
func TestCancelled(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		waitForRows("logs/relu-5x5/history.csv", 3)
		cancel(cli.Stopped{Signal: syscall.SIGTERM})
	}()
	r := gradwatch(ctx, "train", "--epochs", "1000000", "--histogram-freq", "0", "--quiet")
	if want := cli.ExitSignal + int(syscall.SIGTERM); r.status != want {
		t.Errorf("got status %d, want %d", r.status, want)
	}
	want := regexp.MustCompile(`^gradwatch: stopped by signal: terminated; logs/relu-5x5 keeps \d+ of 1000000 epochs; go on with: gradwatch train --resume logs/relu-5x5\n$`)
	if !want.MatchString(r.stderr) {
		t.Errorf("got %q, want it to match %s", r.stderr, want)
	}
	summary, err := record.ReadSummary("logs/relu-5x5/summary.json")
	if err != nil {
		t.Fatal(err)
	}
	if summary.State != record.Stopped {
		t.Errorf("got state %q, want %q", summary.State, record.Stopped)
	}
}

// TestLinkedLogDir writes through a log folder that is itself a link, as the
// user laid it.
func TestLinkedLogDir(t *testing.T) {
	t.Chdir(t.TempDir())
	target := t.TempDir()
	if err := os.Symlink(target, "logs"); err != nil {
		t.Fatal(err)
	}
	succeed(t, "train", "--epochs", "1", "--quiet")
	if diff := cmp.Diff([]string{"relu-5x5"}, names(t, target)); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
}
