//go:build tensorflow

package train

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/checkpoint"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/testenv/tensorboard"
)

// resumeCase is a run that is stopped and gone on with.
type resumeCase struct {
	name string
	set  func(*config.Run)
	plan config.Plan // the run's own for the zero value
	// diverges says that one of several replicas does.
	diverges bool
}

func resumeCases(t *testing.T) []resumeCase {
	t.Helper()
	cases := []resumeCase{
		{name: "one replica", set: func(*config.Run) {}},
		{name: "no shuffle", set: func(r *config.Run) { r.Shuffle, r.TrainMetrics = false, config.RunningMetrics }},
		{
			name: "two groups, adam, logged apart",
			set:  func(r *config.Run) { r.Repeats, r.Optimizer, r.LogReplicas = 3, "adam", true },
			plan: config.Plan{Threads: 1, Groups: 2, Overlap: true},
		},
		{name: "layer normalization", set: func(r *config.Run) { r.LayerNorm, r.Residual = true, true }},
		{name: "batch normalization", set: func(r *config.Run) { r.BatchNorm, r.Residual = true, true }},
		{name: "nadam", set: func(r *config.Run) { r.Repeats, r.Optimizer, r.Decay = 2, "nadam", 0.01 }},
		{name: "adamw", set: func(r *config.Run) { r.Optimizer, r.LearningRateSchedule = "adamw", "warmup:3" }},
		{name: "rmsprop", set: func(r *config.Run) { r.Optimizer, r.DiagnoseFreq = "rmsprop", 0 }},
		{name: "a replica has diverged", set: func(r *config.Run) {
			r.Repeats = 3
			weights := mustRun(t, *r).Weights
			weights[1][2].Kernel[0][0] = 1e30 // overflows in the first steps
			r.InitialWeights = writeWeights(t, weights)
		}, diverges: true},
	}
	for name, set := range regularizedRuns() {
		cases = append(cases, resumeCase{name: name, set: func(r *config.Run) {
			set(r)
			r.Repeats = 3
		}, plan: config.Plan{Threads: 1, Groups: 2, Overlap: true}})
	}
	return cases
}

// TestResume stops runs and goes on with them: they end as if they had never been
// stopped.
func TestResume(t *testing.T) {
	for _, tc := range resumeCases(t) {
		t.Run(tc.name, func(t *testing.T) {
			run := small(t)
			run.Epochs = 9
			tc.set(&run)
			whole, err := Run(t.Context(), run, Options{Plan: tc.plan})
			if err != nil {
				t.Fatal(err)
			}
			if diverged := whole.Summary.Divergence != nil; diverged != tc.diverges {
				t.Fatalf("got divergence %v, want one: %t", whole.Summary.Divergence, tc.diverges)
			}
			part := stopAfter(t, run, tc.plan, 3)
			again := part
			for _, epochs := range []int{6, run.Epochs} {
				if again.Summary.State == record.Done {
					break // all replicas have stopped early
				}
				again = resumeUntil(t, part, tc.plan, epochs)
			}
			compareRuns(t, whole, again)
		})
	}
}

// stopAfter begins a run and stops it after so many epochs, or a few more.
func stopAfter(t *testing.T, run config.Run, plan config.Plan, epochs int) *Result {
	t.Helper()
	return until(t, run, Options{Plan: plan}, epochs)
}

// resumeUntil goes on with a run, up to so many epochs, or a few more.
func resumeUntil(t *testing.T, part *Result, plan config.Plan, epochs int) *Result {
	t.Helper()
	return until(t, part.Summary.Configuration, Options{
		Plan: plan, Resume: part.Folder, Notice: func(line string) { t.Errorf("got notice %q, want none", line) },
	}, epochs)
}

func until(t *testing.T, run config.Run, options Options, epochs int) *Result {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	options.Epoch = func(epoch int, _ []record.Row) {
		if epoch+1 == epochs {
			stop()
		}
	}
	result, err := Run(ctx, run, options)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// copyRun returns a run with a copy of its folder, which a test may change.
func copyRun(t *testing.T, run *Result) *Result {
	t.Helper()
	copied := *run
	copied.Folder = filepath.Join(t.TempDir(), filepath.Base(run.Folder))
	if err := os.CopyFS(copied.Folder, os.DirFS(run.Folder)); err != nil {
		t.Fatal(err)
	}
	return &copied
}

// compareRuns compares what two runs have left, byte by byte.
func compareRuns(t *testing.T, want, got *Result) {
	t.Helper()
	if got.Folder == want.Folder {
		t.Fatal("the runs are one")
	}
	for _, name := range []string{runfolder.HistoryFile, runfolder.FlowFile, runfolder.UnitsFile, runfolder.WeightsFile} {
		if diff := cmp.Diff(content(t, want, name), content(t, got, name)); diff != "" {
			t.Errorf("%s differs: %s", name, diff)
		}
	}
	if got.Summary.State != want.Summary.State {
		t.Errorf("got state %s, want %s", got.Summary.State, want.Summary.State)
	}
	for _, pair := range [][2]any{
		{want.Summary.Result, got.Summary.Result},
		{want.Summary.Divergence, got.Summary.Divergence},
		{want.Summary.Verdict, got.Summary.Verdict},
	} {
		if diff := cmp.Diff(encode(t, pair[0]), encode(t, pair[1])); diff != "" {
			t.Errorf("the summary differs: %s", diff)
		}
	}
	series, err := tensorboard.ReadSeries(t.Context(), want.Folder, got.Folder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(series[0], series[1]); diff != "" {
		t.Errorf("TensorBoard shows other steps: %s", diff)
	}
	if _, err := os.Stat(filepath.Join(got.Folder, runfolder.LockFile)); err == nil {
		t.Error("the lock is still there")
	}
}

func content(t *testing.T, result *Result, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(result.Folder, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// TestCheckpoints writes one every second epoch and keeps two.
func TestCheckpoints(t *testing.T) {
	run := small(t)
	run.Epochs, run.CheckpointFreq, run.MaxCheckpoints = 7, 2, 2
	result := mustRun(t, run)
	entries, err := os.ReadDir(filepath.Join(result.Folder, checkpoint.Folder))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got, want := strings.Join(names, " "), "epoch-000006 epoch-000007"; got != want {
		t.Errorf("got checkpoints %q, want %q", got, want)
	}
}
