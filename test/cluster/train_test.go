//go:build tensorflow

package cluster

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/record"
	"gradwatch/internal/testenv"
)

// epochs is how long the runs are that are interfered with.
const epochs = 60

// train returns the arguments of such a run; those given later go before.
func train(name string, more ...string) []string {
	return append([]string{
		"train", "--plots=false", "--run", name, "--epochs", strconv.Itoa(epochs), "--layers", "32,32", "--optimizer", "adam",
		"--histogram-freq", "20",
	}, more...)
}

// onCluster returns what has a run train on the cluster.
func onCluster(timeout string) []string {
	return []string{"--cluster", "cluster.json", "--cluster-timeout", timeout, "--checkpoint-freq", "5"}
}

// compare compares what two runs recorded, byte by byte.
func compare(t *testing.T, want, got string) {
	t.Helper()
	compareFiles(t, want, got, "weights.json", "history.csv", "flow.csv", "units.csv")
}

func compareFiles(t *testing.T, want, got string, names ...string) {
	t.Helper()
	for _, name := range names {
		var contents [2]string
		for i, run := range []string{want, got} {
			content, err := os.ReadFile(filepath.Join(run, name))
			if err != nil {
				t.Fatal(err)
			}
			contents[i] = string(content)
		}
		if diff := cmp.Diff(contents[0], contents[1]); diff != "" {
			t.Errorf("%s (-left alone +interfered with):\n%s", name, diff)
		}
	}
}

// TestTowers trains on one worker and on two what this process trains by itself: with
// the same result, to rounding; several replicas too.
func TestTowers(t *testing.T) {
	c := newCast(t, 2)
	for _, tc := range []struct{ name, args string }{
		{"one replica", "--layers 16,16 --batch-size 50"},
		{"three replicas", "--layers 8,8 --optimizer adam --repeats 3 --train-metrics running --global-clip-norm 0.5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			args := func(name string) []string {
				return append([]string{"train", "--plots=false", "--epochs", "6", "--run", name}, strings.Fields(tc.args)...)
			}
			name := strings.Fields(tc.name)[0]
			do(t, c.folder, 0, args(name+"-here")...)
			p := do(t, c.folder, 0, append(args(name+"-there"), "--cluster", "cluster.json")...)
			if want := "2 workers: " + name + "-there  epoch 6/6"; !strings.Contains(p.Stderr.String(), want) {
				t.Errorf("progress: got %q, want %q in it", p.Stderr.String(), want)
			}
			here, there := history(t, c.path("logs", name+"-here")), history(t, c.path("logs", name+"-there"))
			if len(here.Rows) != len(there.Rows) {
				t.Fatalf("got %d rows, want %d", len(there.Rows), len(here.Rows))
			}
			for i, want := range here.Rows {
				got := there.Rows[i]
				near(t, i, "loss", got.Loss, want.Loss)
				near(t, i, "val_loss", got.ValLoss, want.ValLoss)
				for k := range want.GradientL2 {
					near(t, i, "gradient", got.GradientL2[k], want.GradientL2[k])
					near(t, i, "kernel", got.KernelL1[k], want.KernelL1[k])
				}
			}
		})
	}
}

func history(t *testing.T, folder string) *record.History {
	t.Helper()
	h, err := record.ReadHistory(filepath.Join(folder, "history.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func near(t *testing.T, row int, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-4*math.Abs(want)+1e-7) {
		t.Errorf("row %d, %s: got %v, want %v", row, what, got, want)
	}
}

// TestSurvival has a worker killed, stopped for a while and started again at once,
// and the chief killed, in the midst of a run: each time it ends as the run that was
// left alone, and the same two workers serve them all.
func TestSurvival(t *testing.T) {
	c := newCast(t, 2)
	do(t, c.folder, 0, train("whole", onCluster("30s")...)...)
	for _, tc := range []struct {
		name string
		harm func(t *testing.T, p *testenv.Process)
		says string
	}{
		{"killed", func(t *testing.T, p *testenv.Process) {
			t.Helper()
			testenv.Kill(c.workers[1].Engine(), syscall.SIGKILL)
			waitToldOf(t, p, "is gone: waiting up to 30s for it")
			c.begin(1)
		}, "all 2 workers answer: going on from the newest checkpoint"},
		{"stopped", func(t *testing.T, p *testenv.Process) {
			t.Helper()
			engine := c.workers[0].Engine()
			testenv.Kill(engine, syscall.SIGSTOP)
			waitToldOf(t, p, "does not answer: waiting up to 30s for it")
			testenv.Kill(engine, syscall.SIGCONT)
		}, "all 2 workers answer: going on from the newest checkpoint"},
		{"restarted", func(*testing.T, *testenv.Process) {
			engine := c.workers[1].Engine()
			testenv.Kill(engine, syscall.SIGKILL)
			c.workers[1].Wait(t)
			c.begin(1)
		}, "all 2 workers answer: going on from the newest checkpoint"},
		{"chief", func(t *testing.T, p *testenv.Process) {
			t.Helper()
			testenv.Kill(p.Engine(), syscall.SIGKILL)
			wait(t, p, 1)
		}, "go on with: gradwatch train --resume logs/chief --cluster cluster.json"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			folder := c.path("logs", tc.name)
			p := start(t, c.folder, train(tc.name, onCluster("30s")...)...)
			if !testenv.WaitFor(func() bool { return p.Ended() || testenv.Rows(folder) >= 12 }) || p.Ended() {
				t.Fatalf("the run ended, or did not begin: %s", p.Stderr.String())
			}
			tc.harm(t, p)
			if tc.name != "chief" {
				wait(t, p, 0)
			} else {
				do(t, c.folder, 0, "train", "--plots=false", "--resume", "logs/chief", "--cluster", "cluster.json")
			}
			if !strings.Contains(p.Stderr.String(), tc.says) {
				t.Errorf("got %q, want %q in it", p.Stderr.String(), tc.says)
			}
			compare(t, c.path("logs", "whole"), folder)
		})
	}
}

// waitToldOf waits until the program says so.
func waitToldOf(t *testing.T, p *testenv.Process, text string) {
	t.Helper()
	if !testenv.WaitFor(func() bool { return p.Ended() || strings.Contains(p.Stderr.String(), text) }) || p.Ended() {
		t.Fatalf("got %q, want %q in it", p.Stderr.String(), text)
	}
}

// TestAway has a worker killed and never started again: the run ends in time, says
// which worker it misses and how to go on, and can be gone on with here. A run that
// has not begun writes nothing.
func TestAway(t *testing.T) {
	c := newCast(t, 2)
	folder := c.path("logs", "away")
	p := start(t, c.folder, train("away", onCluster("2s")...)...)
	if !testenv.WaitFor(func() bool { return p.Ended() || testenv.Rows(folder) >= 7 }) || p.Ended() {
		t.Fatalf("the run ended, or did not begin: %s", p.Stderr.String())
	}
	testenv.Kill(c.workers[1].Engine(), syscall.SIGKILL)
	wait(t, p, 1)
	want := "gradwatch: worker 1 (" + c.addresses[1] + ") has not come back within 2s; go on with: gradwatch train --resume logs/away --cluster cluster.json\n"
	if !strings.HasSuffix(p.Stderr.String(), want) {
		t.Errorf("got %q, want it to end with %q", p.Stderr.String(), want)
	}
	again := do(t, c.folder, 1, train("never", onCluster("1s")...)...)
	if want := "gradwatch: worker 1 (" + c.addresses[1] + ") has not come back within 1s\n"; !strings.HasSuffix(again.Stderr.String(), want) {
		t.Errorf("got %q, want it to end with %q", again.Stderr.String(), want)
	}
	if _, err := os.Stat(c.path("logs", "never")); err == nil {
		t.Error("a run that has not begun left a folder")
	}
	here := do(t, c.folder, 0, "train", "--plots=false", "--resume", "logs/away")
	if want := "gradient towers 0, was 2"; !strings.Contains(here.Stderr.String(), want) {
		t.Errorf("got %q, want %q in it", here.Stderr.String(), want)
	}
	if got := testenv.Rows(folder); got != epochs {
		t.Errorf("got %d epochs, want %d", got, epochs)
	}
}
