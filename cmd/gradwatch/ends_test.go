//go:build tensorflow

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/record"
	"gradwatch/internal/testenv"
)

// checkNothingLeft looks through logs for locks, half checkpoints and temporary files,
// whose names begin with a dot.
func checkNothingLeft(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != "." && strings.HasPrefix(filepath.Base(path), ".") {
			t.Errorf("%s is left behind", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestEngineAborts ends the engine as TensorFlow's failed checks and the kernel do:
// each time one line says why and how to go on, and nothing is left behind.
func TestEngineAborts(t *testing.T) {
	for _, tc := range []struct {
		signal syscall.Signal
		why    string
	}{
		{syscall.SIGABRT, `exit status 2\): SIGABRT: abort`},
		{syscall.SIGSEGV, `exit status 2\): SIGSEGV: segmentation violation`},
		{syscall.SIGKILL, `signal: killed\)`}, // as the kernel does where memory ends
	} {
		t.Run(tc.signal.String(), func(t *testing.T) {
			t.Chdir(t.TempDir())
			p := startIn(t, "logs/long", 30, "train", "--epochs", "1000000", "--histogram-freq", "0", "--run", "long", "--quiet", "--checkpoint-freq", "10")
			if err := syscall.Kill(p.engine, tc.signal); err != nil {
				t.Fatal(err)
			}
			if got := p.Wait(t); got != cli.ExitFailed {
				t.Errorf("got status %d, want %d", got, cli.ExitFailed)
			}
			want := regexp.MustCompile(`^gradwatch: the engine ended unexpectedly \(` + tc.why +
				`; logs/long keeps what was recorded; go on with: gradwatch train --resume logs/long\n$`)
			if !want.MatchString(p.Stderr.String()) {
				t.Errorf("got %q, want it to match %s", p.Stderr.String(), want)
			}
			if len(names(t, "logs/long/checkpoints")) == 0 {
				t.Error("got no checkpoint")
			}
			checkNothingLeft(t)
		})
	}
}

// TestOutOfMemory asks for more than the process may have.
func TestOutOfMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	// Two layers of 9,000 take 324 MB for each copy of their weights.
	p := exec.Command("sh", "-c", `ulimit -v 4100000 && exec "$0" train --layers 9000,9000 --epochs 1 --run big --quiet`,
		filepath.Join(programs, "gradwatch"))
	out, err := p.CombinedOutput()
	if err == nil || p.ProcessState.ExitCode() != cli.ExitFailed {
		t.Errorf("got status %d, want %d", p.ProcessState.ExitCode(), cli.ExitFailed)
	}
	if text := string(out); !strings.HasPrefix(text, "gradwatch: ") || strings.Count(text, "\n") != 1 ||
		!regexp.MustCompile(`out of memory|OOM|bad_alloc`).MatchString(text) {
		t.Errorf("got %q, want a line that says that memory ran out", text)
	}
	if _, err := os.Stat("logs"); err == nil {
		checkNothingLeft(t)
	}
}

// TestFrontKilledInTime measures how long the engine of a front that was killed takes
// to save and end: less than a second, here up to five on a busy machine.
func TestFrontKilledInTime(t *testing.T) {
	t.Chdir(t.TempDir())
	p := startTraining(t)
	begin := time.Now()
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.Wait(t)
	if !testenv.WaitFor(testenv.Gone(p.engine)) {
		t.Fatalf("the engine, process %d, outlives its front", p.engine)
	}
	took := time.Since(begin)
	t.Logf("the engine ended after %v", took)
	if took > 5*time.Second {
		t.Errorf("the engine took %v to end", took)
	}
	checkSaved(t)
	checkNothingLeft(t)
}

// drawing waits until a front whose engine has written that its run is in a state
// draws pictures: then it takes processor time.
func drawing(t *testing.T, p *process, folder string, state record.State) {
	t.Helper()
	if !testenv.WaitFor(func() bool {
		summary, err := record.ReadSummary(filepath.Join(folder, "summary.json"))
		return err == nil && summary.State == state
	}) {
		t.Fatalf("the run is not %s: %s", state, p.Stderr.String())
	}
	idle := ticks(p.Process.Pid)
	if !testenv.WaitFor(func() bool { return ticks(p.Process.Pid) >= idle+5 }) {
		t.Fatal("nothing is drawn")
	}
}

// ticks returns the processor time of a process, in hundredths of a second; as much as
// can be where it has ended.
func ticks(pid int) int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if err != nil || len(fields) < 13 {
		return 1 << 30
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return user + system
}

// slowPictures asks for a run whose pictures take long to draw.
func slowPictures(epochs int) []string {
	return []string{
		"train", "--epochs", strconv.Itoa(epochs), "--repeats", "100", "--histogram-freq", "0", "--diagnose-freq", "0", "--run", "run", "--quiet",
	}
}

// TestSecondSignalWhileDrawing leaves at once when a run that was stopped by a signal
// gets another while its pictures are drawn.
func TestSecondSignalWhileDrawing(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GOMAXPROCS", "1") // draws one after the other
	p := startIn(t, "logs/run", 100*100, slowPictures(200_000)...)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	drawing(t, p, "logs/run", record.Stopped)
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got, want := p.Wait(t), cli.ExitSignal+int(syscall.SIGTERM); got != want {
		t.Errorf("got status %d, want %d", got, want)
	}
	want := regexp.MustCompile(`^gradwatch: stopped by signal: terminated; logs/run has \d+ of 200000 epochs and no pictures yet; go on with: gradwatch train --resume logs/run\n$`)
	if !want.MatchString(p.Stderr.String()) {
		t.Errorf("got %q, want it to match %s", p.Stderr.String(), want)
	}
	if pictures, _ := filepath.Glob("logs/run/*.png"); len(pictures) > 0 {
		t.Errorf("got pictures %q, want none", pictures)
	}
	if !testenv.WaitFor(testenv.Gone(p.engine)) {
		t.Errorf("the engine, process %d, is still there", p.engine)
	}
	checkNothingLeft(t)
}

// TestMissingPictures ends the front when its run has trained and its pictures are
// being drawn: by a signal, and killed. Going on with the run draws them.
func TestMissingPictures(t *testing.T) {
	const epochs = 150
	t.Chdir(t.TempDir())
	succeed(t, slowPictures(epochs)...)
	whole := pictures(t, "logs/run")
	t.Setenv("GOMAXPROCS", "1")
	for _, tc := range []struct {
		signal syscall.Signal
		status int
		says   string
	}{
		{syscall.SIGINT, 130, "gradwatch: stopped by signal: interrupt; logs/run has 150 of 150 epochs and no pictures yet; go on with: gradwatch train --resume logs/run\n"},
		{syscall.SIGKILL, -1, ""},
	} {
		t.Run(tc.signal.String(), func(t *testing.T) {
			t.Chdir(t.TempDir())
			p := startIn(t, "logs/run", 100, slowPictures(epochs)...)
			drawing(t, p, "logs/run", record.Done)
			if err := p.Process.Signal(tc.signal); err != nil {
				t.Fatal(err)
			}
			if got := p.Wait(t); got != tc.status || p.Stderr.String() != tc.says {
				t.Errorf("got status %d, %q, want %d, %q", got, p.Stderr.String(), tc.status, tc.says)
			}
			testenv.WaitFor(testenv.Gone(p.engine))
			r := succeed(t, "train", "--resume", "logs/run")
			if want := "logs/run: drew the pictures that were missing: accuracy.png, loss.png, gradients.png, weights.png, decision.png\n" +
				"logs/run is done: 150 epochs\n"; r.stdout != want {
				t.Errorf("got %q, want %q", r.stdout, want)
			}
			if diff := cmp.Diff(whole, pictures(t, "logs/run")); diff != "" {
				t.Error("the pictures are not those of a run that was not disturbed")
			}
			if r := succeed(t, "train", "--resume", "logs/run"); r.stdout != "logs/run is done: 150 epochs\n" {
				t.Errorf("once more: got %q", r.stdout)
			}
			checkNothingLeft(t)
		})
	}
}

// pictures returns a run's pictures by name.
func pictures(t *testing.T, folder string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.png"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("got pictures %q, %v", paths, err)
	}
	found := make(map[string]string)
	for _, path := range paths {
		found[filepath.Base(path)] = read(t, path)
	}
	return found
}

// TestStudyEngineKilled kills an engine under a study, which goes on with the next
// configuration, says what failed, and can be taken up again. A damaged checkpoint is
// told of then.
func TestStudyEngineKilled(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GOMAXPROCS", "1") // one engine
	const first = "studies/s/hidden-layers=1"
	p := startIn(t, first, 60*8, "study", "--vary", "hidden-layers=1,2,3", "--epochs", "400", "--repeats", "8",
		"--checkpoint-freq", "20", "--quiet", "--name", "s")
	if err := syscall.Kill(p.engine, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := p.Wait(t); got != cli.ExitFailed {
		t.Errorf("got status %d, want %d", got, cli.ExitFailed)
	}
	if want := "gradwatch: 1 of 3 configurations failed; try them again with: gradwatch study --resume studies/s\n"; p.Stderr.String() != want {
		t.Errorf("got %q, want %q", p.Stderr.String(), want)
	}
	var states []string
	for _, row := range timeless(t, "studies/s/summary.csv") {
		states = append(states, row["state"]+row["message"])
	}
	if want := []string{"failedthe engine ended unexpectedly (signal: killed)", "done", "done"}; cmp.Diff(want, states) != "" {
		t.Errorf("got states %q, want %q", states, want)
	}
	checkNothingLeft(t)
	saved := names(t, filepath.Join(first, "checkpoints"))
	if len(saved) < 2 {
		t.Fatalf("got checkpoints %q, want some", saved)
	}
	newest := saved[len(saved)-1]
	write(t, filepath.Join(first, "checkpoints", newest, "manifest.json"), "damaged")
	r := succeed(t, "study", "--resume", "studies/s", "--quiet")
	if want := "gradwatch: hidden-layers=1: checkpoint " + newest + " can't be used: "; !strings.HasPrefix(r.stderr, want) {
		t.Errorf("got %q, want it to begin with %q", r.stderr, want)
	}
	checkNothingLeft(t)
}
