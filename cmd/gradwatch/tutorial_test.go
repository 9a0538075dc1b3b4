//go:build tensorflow

package main

import (
	"bytes"
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
	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/cli"
	"gradwatch/internal/format"
	"gradwatch/internal/record"
	"gradwatch/internal/runner"
	"gradwatch/internal/terminal"
	"gradwatch/internal/testenv"
	"gradwatch/internal/tutorial"
)

func tutorialFiles() []string {
	return []string{"accuracy.png", "data.png", "decision.png", "gradient-by-layer.png", "gradients.png", "seeds.png", "weights.png"}
}

// TestTutorial does it twice: the second time beside the first, and about its own
// runs.
func TestTutorial(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, suffix := range []string{"", "-2"} {
		seed, flags := len(suffix)+1, []string{"tutorial", "--epochs", "12"}
		if suffix != "" {
			flags = append(flags, "--seed", fmt.Sprint(seed))
		}
		r := succeed(t, flags...)
		if diff := cmp.Diff(tutorialFiles(), names(t, "logs/tutorial"+suffix)); diff != "" {
			t.Errorf("pictures (-want +got):\n%s", diff)
		}
		for _, name := range tutorialFiles() {
			checkPNG(t, filepath.Join("logs/tutorial"+suffix, name))
		}
		testenv.CheckColumns(t, r.stdout, terminal.Width)
		for _, l := range tutorial.Models() {
			checkModel(t, r, l.Preset, suffix)
			checkSeeds(t, l.Preset, suffix, uint32(seed), suffix != "")
		}
		for _, want := range []string{
			fmt.Sprintf("with 30 seeds, %d to %d, in", seed, seed+29),
			"12 epochs.", "Pictures in logs/tutorial" + suffix + "\n", "tensorboard --logdir logs\n", "kernel_0_grad",
			"\nThe tutorial's figures are for 500 epochs.\n", "tensorboard --logdir logs-seeds",
			map[string]string{"": "is the typical one", "-2": "is that of seed 3, as asked for"}[suffix],
		} {
			if !strings.Contains(strings.ReplaceAll(r.stdout, "\n", " "), strings.ReplaceAll(want, "\n", " ")) {
				t.Errorf("got %s\nwant it to hold %q", r.stdout, want)
			}
		}
	}
	succeed(t, "tutorial", "--epochs", "1", "--quiet", "--overwrite")
	for folder, want := range map[string][]string{
		"logs": {"relu-5", "relu-5-2", "tanh-5", "tanh-5-2", "tutorial", "tutorial-2"},
		"logs-seeds": {
			"relu-5-30-seeds", "relu-5-30-seeds-2", "tanh-1", "tanh-1-2", "tanh-1-30-seeds", "tanh-1-30-seeds-2",
			"tanh-5-30-seeds", "tanh-5-30-seeds-2",
		},
	} {
		if diff := cmp.Diff(want, names(t, folder)); diff != "" {
			t.Errorf("runs in %s (-want +got):\n%s", folder, diff)
		}
	}
}

// TestTutorialKeepsRuns does not replace a run that the user made, in either folder.
func TestTutorialKeepsRuns(t *testing.T) {
	for _, folder := range []string{"logs/tanh-5", "logs-seeds/relu-5-30-seeds"} {
		t.Run(folder, func(t *testing.T) {
			t.Chdir(t.TempDir())
			succeed(t, "train", "--preset", "tanh-5", "--epochs", "1", "--quiet", "--logdir", filepath.Dir(folder), "--run", filepath.Base(folder))
			before := names(t, folder)
			r := gradwatch(t.Context(), "tutorial", "--epochs", "1", "--overwrite")
			want := "gradwatch: --overwrite: " + folder + " is a run that the tutorial has not made: want it moved, or another --logdir\n"
			if r.status != cli.ExitRequest || r.stderr != want {
				t.Errorf("got status %d, %q, want %d, %q", r.status, r.stderr, cli.ExitRequest, want)
			}
			if diff := cmp.Diff(before, names(t, folder)); diff != "" {
				t.Errorf("the run's files (-before +after):\n%s", diff)
			}
			if got := names(t, filepath.Dir(folder)); len(got) != 1 {
				t.Errorf("got folders %q, want the run alone", got)
			}
		})
	}
}

// tutorialDir is the log folder of a run of the tutorial.
func tutorialDir(name string) string {
	if strings.HasPrefix(name, "tanh-1") || strings.Contains(name, "-seeds") {
		return filepath.Join("logs-seeds", name)
	}
	return filepath.Join("logs", name)
}

// checkModel checks a model's files, its lines of progress and what the summary says
// of it.
func checkModel(t *testing.T, r result, preset, suffix string) {
	t.Helper()
	files := map[string][]string{
		preset + suffix:               slices.DeleteFunc(tutorialRunFiles(runFiles()), func(name string) bool { return name == "checkpoints" }),
		preset + "-30-seeds" + suffix: tutorialRunFiles(withoutPictures()),
	}
	for name, want := range files {
		if diff := cmp.Diff(want, names(t, tutorialDir(name))); diff != "" {
			t.Errorf("files of %s (-want +got):\n%s", name, diff)
		}
	}
	checkSummary(t, r.stdout, preset, suffix)
	for _, name := range []string{preset, preset + " x 30"} {
		if got := strings.Count(r.stderr, name+"  epoch "); got < runner.LinesPerRun {
			t.Errorf("got %d lines of progress of %s, want %d", got, name, runner.LinesPerRun)
		}
	}
}

// tutorialRunFiles adds the file by which the tutorial knows its own runs.
func tutorialRunFiles(files []string) []string {
	return append([]string{tutorial.Mark}, files...)
}

// checkSeeds checks that a model's single run is bit by bit one of its many seeds, which
// begin with seed, and the first of them where the user has chosen it; and that of the two
// the former alone has histograms.
func checkSeeds(t *testing.T, preset, suffix string, seed uint32, chosen bool) {
	t.Helper()
	one, many := tutorialDir(preset+suffix), tutorialDir(preset+"-30-seeds"+suffix)
	single, seeds := readSummary(t, one), readSummary(t, many)
	if got := seeds.Seeds; len(got) != 30 || got[0] != seed || got[29] != seed+29 {
		t.Errorf("%s: got seeds %d, want %d to %d", many, got, seed, seed+29)
	}
	place := single.Seeds[0] - seed
	if chosen && place != 0 || place >= 30 {
		t.Fatalf("%s: got seed %d, want one from %d on, that where it was chosen", one, single.Seeds[0], seed)
	}
	shown, all := readWeights(t, one), readWeights(t, many)
	if diff := cmp.Diff(all[place], shown[0]); diff != "" {
		t.Errorf("weights of seed %d (-%s +%s):\n%s", single.Seeds[0], many, one, diff)
	}
	for folder, want := range map[string]bool{one: true, many: false} {
		if got := holdsText(t, folder, "dense_1/kernel_0_grad"); got != want {
			t.Errorf("%s: got gradient histograms %t, want %t", folder, got, want)
		}
	}
	if !holdsText(t, many, "spread/val_accuracy_lower") {
		t.Errorf("%s: got no spread for TensorBoard", many)
	}
}

func readWeights(t *testing.T, folder string) [][]record.Layer {
	t.Helper()
	weights, err := record.ReadWeights(filepath.Join(folder, "weights.json"))
	if err != nil {
		t.Fatal(err)
	}
	return weights
}

func readSummary(t *testing.T, folder string) *record.Summary {
	t.Helper()
	summary, err := record.ReadSummary(filepath.Join(folder, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// holdsText tells whether a run's event files hold a text, a tag for example.
func holdsText(t *testing.T, folder, text string) bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "events.out.tfevents.*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: got event files %q, %v", folder, paths, err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			return true
		}
	}
	return false
}

// TestTutorialRefused asks for seeds beyond the last.
func TestTutorialRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	r := gradwatch(t.Context(), "tutorial", "--seed", "4294967290")
	want := "gradwatch: --seed \"4294967290\": want one that leaves 30 seeds up to 4294967295\n"
	if r.status != cli.ExitRequest || r.stderr != want {
		t.Errorf("got status %d, %q, want %d, %q", r.status, r.stderr, cli.ExitRequest, want)
	}
	if got := names(t, "."); len(got) > 0 {
		t.Errorf("got files %q, want none", got)
	}
}

// TestTutorialCancelled ends the context, as main does at a signal, when the
// first run is under way.
func TestTutorialCancelled(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		waitForRows("logs-seeds/relu-5-30-seeds/history.csv", 31)
		cancel(cli.Stopped{Signal: syscall.SIGINT})
	}()
	r := gradwatch(ctx, "tutorial", "--epochs", "1000000", "--quiet")
	if want := cli.ExitSignal + int(syscall.SIGINT); r.status != want {
		t.Errorf("got status %d, want %d", r.status, want)
	}
	want := regexp.MustCompile(`^gradwatch: stopped by signal: interrupt; logs and logs-seeds keep the [1-6] runs? that had begun\n$`)
	if !want.MatchString(r.stderr) || r.stdout != "" {
		t.Errorf("got %q and %q on stdout, want it to match %s and no story", r.stderr, r.stdout, want)
	}
	if got := readSummary(t, "logs-seeds/relu-5-30-seeds").State; got != record.Stopped {
		t.Errorf("got state %q, want %q", got, record.Stopped)
	}
}

// checkSummary compares the numbers of the summary with the runs' own files.
func checkSummary(t *testing.T, story, preset, suffix string) {
	t.Helper()
	name := preset + suffix
	history, err := record.ReadHistory(filepath.Join(tutorialDir(name), "history.csv"))
	if err != nil {
		t.Fatal(err)
	}
	last := history.Rows[len(history.Rows)-1]
	seed := readSummary(t, tutorialDir(name)).Seeds[0]
	var test []float64
	for _, r := range readSummary(t, tutorialDir(preset+"-30-seeds"+suffix)).Result {
		test = append(test, float64(r.ValAccuracy))
	}
	mean, deviation := stat.MeanStdDev(test, nil)
	row := regexp.MustCompile(fmt.Sprintf(`(?m)^%s +\d x 5, \w+ +%d  %.3f  %.3f ± %.3f  %.3f–%.3f  +\d+ +0\.\d+$`,
		name, seed, last.ValAccuracy, mean, deviation, slices.Min(test), slices.Max(test)))
	if !row.MatchString(story) {
		t.Errorf("got %s\nwant it to match %s", story, row)
	}
	if history.Layers < 6 {
		return
	}
	for k := range history.Layers {
		var first []float64
		for _, row := range history.Rows[:10] {
			first = append(first, row.GradientL2[k])
		}
		slices.Sort(first)
		want := format.Size((first[4] + first[5]) / 2)
		if cell := regexp.MustCompile(fmt.Sprintf(`(?m)^dense_%d .*\b%s\b`, k+1, want)); !cell.MatchString(story) {
			t.Errorf("got %s\nwant %s in the row of dense_%d, for %s", story, want, k+1, name)
		}
	}
}
