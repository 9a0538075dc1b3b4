//go:build tensorflow

package resume

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/testenv"
	"gradwatch/internal/testenv/tensorboard"
)

// faultEpochs is long enough for something to happen under way: about a second.
const faultEpochs = 600

// faultRun returns the arguments of the run that faults happen to.
func faultRun(name string, more ...string) []string {
	args := []string{
		"train", "--preset", "relu-5", "--epochs", fmt.Sprint(faultEpochs), "--quiet", "--plots=false", "--histogram-freq", "10", "--run", name,
	}
	return append(args, more...)
}

// wholeRun returns the folder of that run as it is without a fault. It is trained once for all tests.
func wholeRun(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(shared, "logs", "whole")
	if testenv.Rows(folder) == faultEpochs {
		return folder
	}
	p := &place{folder: shared}
	if run := p.start(t, nil, faultRun("whole")...); run.Wait(t) != 0 {
		t.Fatalf("the run without a fault: %s", run.Stderr.String())
	}
	return folder
}

// faultCase is something that happens to a run's folder while it trains, and ends it.
type faultCase struct {
	name  string
	place func(t *testing.T) *place
	// before comes before the command; nothing for nil.
	before func(t *testing.T) []string
	// prepare is called before the run begins.
	prepare func(t *testing.T, p *place)
	happens func(t *testing.T, p *place) // while the engine stands still; nil where it comes by itself
	undo    func(t *testing.T, p *place)
	// says is what stands in the message between the name of the file and how to go on.
	says string
	// saved is true where what was recorded up to the fault can still be saved.
	saved bool
	args  []string
}

const faultFolder = "logs/run"

func faultCases() []faultCase {
	remove := func(names string) func(*testing.T, *place) {
		return func(t *testing.T, p *place) {
			t.Helper()
			p.do(t, "sh", "-c", "rm "+faultFolder+"/"+names)
		}
	}
	move := func(from, to string) func(*testing.T, *place) {
		return func(t *testing.T, p *place) {
			t.Helper()
			p.do(t, "mv", from, to)
		}
	}
	checkpointed := []string{"--checkpoint-freq", "20"}
	return []faultCase{
		{
			name: "a limit on a file's size", says: `/logs/run/events\S+: .*file too large.*`, saved: true,
			before: func(*testing.T) []string { return []string{"sh", "-c", `ulimit -f 600 && exec "$0" "$@"`} },
		},
		{
			name: "the disk is full", says: `/logs/run/\S+: .*no space left on device.*`, args: checkpointed,
			place: newDisk,
			prepare: func(t *testing.T, p *place) {
				t.Helper()
				p.do(t, "sh", "-c", fmt.Sprintf("head -c %d /dev/zero >filler", diskMegabytes<<20-600_000))
			},
			undo: func(t *testing.T, p *place) {
				t.Helper()
				p.do(t, "rm", "filler")
			},
		},
		{
			name: "the event file is removed", says: `event file /\S+/logs/run/events\S+: was removed while it was written`, saved: true,
			happens: remove("events*"),
		},
		{
			name: "the history is removed", says: `/logs/run/history.csv: was removed while it was written`, saved: true,
			happens: remove("history.csv"),
		},
		{
			name: "all files are removed but the summary", says: `/logs/run/\S+: was removed while it was written`, saved: true,
			happens: remove("[!s]*.* " + faultFolder + "/.lock"),
		},
		{
			name: "the log folder is moved", says: `/logs/run\S*: the run's folder was removed or moved while it was written; logs/run is no longer there`,
			happens: move("logs", "elsewhere"), undo: move("elsewhere", "logs"), args: checkpointed,
		},
		{
			name: "the log folder becomes read-only", says: `write checkpoint /\S+/logs/run/checkpoints/epoch-\d+: .*permission denied`, args: checkpointed,
			before: unprivileged,
			happens: func(t *testing.T, p *place) {
				t.Helper()
				p.do(t, "chmod", "-R", "a-w", "logs")
			},
			undo: func(t *testing.T, p *place) {
				t.Helper()
				p.do(t, "chmod", "-R", "u+w", "logs")
			},
		},
	}
}

// TestFaults lets real faults end a run: with status 1 and one line that names the
// file and how to go on. What was recorded before can be read, and when the fault is
// gone the run ends as one that was never disturbed.
func TestFaults(t *testing.T) {
	whole, kept := wholeRun(t), t.TempDir()
	var left faultsLeft
	for _, c := range faultCases() {
		t.Run(c.name, func(t *testing.T) {
			where := newPlace
			if c.place != nil {
				where = c.place
			}
			p := where(t)
			if c.prepare != nil {
				c.prepare(t, p)
			}
			c.fail(t, p)
			if c.undo != nil {
				c.undo(t, p)
			}
			last, recorded := newestCheckpoint(t, p.path(faultFolder)), testenv.Rows(p.path(faultFolder))
			if last == 0 || c.saved && last != recorded {
				t.Errorf("got a checkpoint of epoch %d, want one, and of %d if what was recorded can be saved (%t)", last, recorded, c.saved)
			}
			left.keep(t, p.path(faultFolder), kept)
			again := p.start(t, nil, "train", "--resume", faultFolder, "--quiet", "--plots=false")
			if again.Wait(t) != 0 {
				t.Fatalf("got status %d, want 0: %s", again.Wait(t), again.Stderr.String())
			}
			if strings.Contains(again.Stderr.String(), "starts over") {
				t.Errorf("got %q, want the run to go on", again.Stderr.String())
			}
			compareFiles(t, whole, p.path(faultFolder))
			left.keep(t, p.path(faultFolder), kept)
			left.cases, left.epochs = append(left.cases, c.name), append(left.epochs, last)
		})
	}
	if len(left.cases) == 0 {
		t.Fatal("none of the faults could be made")
	}
	left.compare(t, whole)
}

// faultsLeft are runs' folders as faults and going on have left them. TensorBoard's
// reader, which takes long to start, reads all of them at once.
type faultsLeft struct {
	folders []string // of each case two
	cases   []string
	epochs  []int // that were saved when the fault came
}

// keep copies a run's folder: a small disk goes with its test.
func (l *faultsLeft) keep(t *testing.T, folder, to string) {
	t.Helper()
	copied := filepath.Join(to, fmt.Sprint(len(l.folders)))
	if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	l.folders = append(l.folders, copied)
}

// compare checks that TensorBoard's reader has, at the fault, the losses of all
// epochs that were saved, and in the end the same as of the whole run.
func (l *faultsLeft) compare(t *testing.T, whole string) {
	t.Helper()
	series, err := tensorboard.ReadSeries(t.Context(), append([]string{whole}, l.folders...)...)
	if err != nil {
		t.Fatal(err)
	}
	want := steps(series[0])
	for i, name := range l.cases {
		losses := 0
		for _, s := range series[1+2*i] {
			if s.Run == "." && s.Tag == "loss" {
				losses = len(s.Steps)
			}
		}
		if losses < l.epochs[i] {
			t.Errorf("%s: TensorBoard's reader had %d losses, want at least %d", name, losses, l.epochs[i])
		}
		if diff := cmp.Diff(want, steps(series[2+2*i])); diff != "" {
			t.Errorf("%s: TensorBoard's Python reader (-whole +resumed):\n%s", name, diff)
		}
	}
}

// fail trains until the fault ends the run.
func (c *faultCase) fail(t *testing.T, p *place) {
	t.Helper()
	var before []string
	if c.before != nil {
		before = c.before(t)
	}
	run := p.start(t, before, faultRun("run", c.args...)...)
	if c.happens != nil {
		if !testenv.WaitFor(func() bool { return run.Ended() || testenv.Rows(p.path(faultFolder)) >= 60 && run.Engine() != 0 }) {
			t.Fatalf("the run does not begin: %s", run.Stderr.String())
		}
		engine := run.Engine()
		if err := syscall.Kill(engine, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		c.happens(t, p)
		if err := syscall.Kill(engine, syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	if got := run.Wait(t); got != 1 {
		t.Errorf("got status %d, want 1", got)
	}
	goOn := "; go on with: gradwatch train --resume logs/run"
	if strings.HasSuffix(c.says, "no longer there") {
		goOn = ""
	}
	saved := ""
	if c.saved {
		saved = `; its \d+ epochs are saved`
	}
	want := regexp.MustCompile(`(?i)^gradwatch: .*` + c.says + saved + goOn + "\n$")
	if !want.MatchString(run.Stderr.String()) {
		t.Errorf("got %q, want it to match %s", run.Stderr.String(), want)
	}
}

// newestCheckpoint returns the epoch of the newest checkpoint of a run; 0 for none.
func newestCheckpoint(t *testing.T, folder string) int {
	t.Helper()
	names := strings.Fields(checkpoints(t, folder))
	if len(names) == 0 {
		return 0
	}
	epoch := 0
	if _, err := fmt.Sscanf(names[len(names)-1], "epoch-%d", &epoch); err != nil {
		t.Fatalf("%q: %v", names, err)
	}
	return epoch
}

// TestFolderRemoved takes all of a run away: it ends, says so, and brings nothing
// back.
func TestFolderRemoved(t *testing.T) {
	p := newPlace(t)
	c := faultCase{
		says: `/logs/run\S*: the run's folder was removed or moved while it was written; logs/run is no longer there`,
		happens: func(t *testing.T, p *place) {
			t.Helper()
			p.do(t, "rm", "-r", faultFolder)
		},
		args: []string{"--checkpoint-freq", "20"},
	}
	c.fail(t, p)
	if entries, err := os.ReadDir(p.path("logs")); err != nil || len(entries) > 0 {
		t.Errorf("got %v, %v in the log folder, want nothing", entries, err)
	}
	if _, err := os.Stat(filepath.Join(p.folder, "logs", "run")); err == nil {
		t.Error("the folder is back")
	}
}
