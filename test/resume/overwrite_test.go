//go:build tensorflow

package resume

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/testenv"
)

// overwriting returns the arguments of a run that replaces the one that is there.
func overwriting(epochs int) []string {
	return []string{
		"train", "--preset", "relu-5", "--seed", "2", "--epochs", fmt.Sprint(epochs), "--checkpoint-freq", "50", "--quiet", "--plots=false",
		"--run", "run", "--overwrite",
	}
}

// makeOld trains the run that is to be replaced, and returns what it has.
func makeOld(t *testing.T, p *place) map[string]string {
	t.Helper()
	if old := p.start(t, nil, "train", "--preset", "relu-5", "--epochs", "3", "--quiet", "--plots=false", "--run", "run"); old.Wait(t) != 0 {
		t.Fatalf("the old run: %s", old.Stderr.String())
	}
	return unlocked(t, p)
}

// unlocked returns the files of the run, but for its lock.
func unlocked(t *testing.T, p *place) map[string]string {
	t.Helper()
	found := contents(t, p.path(faultFolder))
	maps.DeleteFunc(found, func(path, _ string) bool { return filepath.Base(path) == ".lock" })
	return found
}

// logged returns the names in the log folder.
func logged(t *testing.T, p *place) string {
	t.Helper()
	entries, err := os.ReadDir(p.path("logs"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

// isOld reports whether the run that was to be replaced is there.
func isOld(t *testing.T, p *place) bool {
	t.Helper()
	return seedOf(t, p) == 1
}

// seedOf returns the seed of the run that is there.
func seedOf(t *testing.T, p *place) int {
	t.Helper()
	text, err := os.ReadFile(p.path(faultFolder + "/summary.json"))
	var summary struct {
		Configuration struct {
			Seed int `json:"seed"`
		} `json:"configuration"`
	}
	if err == nil {
		err = json.Unmarshal(text, &summary)
	}
	if err != nil {
		t.Fatalf("no run is there: %v; the log folder has %s", err, logged(t, p))
	}
	return summary.Configuration.Seed
}

// TestOverwriteFaults lets real faults end the start of a run that is to replace another,
// which stays as it was.
func TestOverwriteFaults(t *testing.T) {
	t.Run("the disk is full", func(t *testing.T) {
		p := newDisk(t)
		before := makeOld(t, p)
		p.do(t, "sh", "-c", "head -c 1G /dev/zero >filler 2>/dev/null || true")
		run := p.start(t, nil, overwriting(100)...)
		if run.Wait(t) == 0 || !strings.Contains(run.Stderr.String(), "/logs/run is as it was\n") ||
			strings.Count(run.Stderr.String(), "\n") != 1 {
			t.Errorf("got status %d, %q, want one line", run.Wait(t), run.Stderr.String())
		}
		if diff := cmp.Diff(before, unlocked(t, p)); diff != "" || logged(t, p) != "run" {
			t.Errorf("the log folder has %s; the old run (-before +after):\n%s", logged(t, p), diff)
		}
		p.do(t, "rm", "filler")
		if run := p.start(t, nil, overwriting(100)...); run.Wait(t) != 0 || isOld(t, p) || logged(t, p) != "run" {
			t.Errorf("without the fault: %s; the log folder has %s", run.Stderr.String(), logged(t, p))
		}
	})
	t.Run("few descriptors", func(t *testing.T) {
		p := newPlace(t)
		before := makeOld(t, p)
		failed := 0
		for limit := 12; isOld(t, p) && limit < 80; limit += 3 {
			run := p.start(t, []string{"sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, limit)}, overwriting(10)...)
			if run.Wait(t) == 0 {
				continue
			}
			failed++
			if isOld(t, p) {
				if diff := cmp.Diff(before, unlocked(t, p)); diff != "" {
					t.Fatalf("%d descriptors: the old run (-before +after):\n%s", limit, diff)
				}
			}
		}
		if failed < 3 || isOld(t, p) {
			t.Errorf("%d starts failed, want some; the old run is there: %t", failed, isOld(t, p))
		}
		if run := p.start(t, nil, overwriting(10)...); run.Wait(t) != 0 || logged(t, p) != "run" {
			t.Errorf("%s; the log folder has %s", run.Stderr.String(), logged(t, p))
		}
	})
}

// TestOverwriteKilled kills runs that are to replace another, at random moments of their
// start: the old run is there as it was, or the new one, which can be gone on with. The
// next command leaves nothing else.
func TestOverwriteKilled(t *testing.T) {
	kept, replaced := 0, 0
	for round := range 8 {
		p := newPlace(t)
		before := makeOld(t, p)
		run := p.start(t, nil, overwriting(100_000)...)
		if round%2 == 0 { // about when the new one takes its place
			testenv.WaitFor(func() bool { return run.Ended() || !isOld(t, p) })
			time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
		} else {
			time.Sleep(time.Duration(rand.IntN(900)) * time.Millisecond)
		}
		engine := run.Engine()
		_ = run.Kill()
		if engine != 0 && rand.IntN(2) == 0 {
			_ = syscall.Kill(engine, syscall.SIGKILL) // else it ends by itself
		}
		run.Wait(t)
		if engine != 0 && !testenv.WaitFor(testenv.Gone(engine)) {
			t.Fatal("the engine outlives its front")
		}
		if isOld(t, p) {
			kept++
			if diff := cmp.Diff(before, unlocked(t, p)); diff != "" {
				t.Fatalf("the old run (-before +after):\n%s", diff)
			}
		} else {
			replaced++
			again := p.start(t, nil, "train", "--resume", faultFolder, "--quiet", "--plots=false")
			if !testenv.WaitFor(func() bool { return again.Ended() || testenv.Rows(p.path(faultFolder)) > 60 }) || again.Ended() {
				t.Fatalf("the new run does not go on: %s", again.Stderr.String())
			}
			_ = again.Signal(syscall.SIGTERM)
			again.Wait(t)
		}
		if next := p.start(t, nil, "train", "--epochs", "1", "--quiet", "--plots=false", "--run", "next"); next.Wait(t) != 0 {
			t.Fatal(next.Stderr.String())
		}
		if got := logged(t, p); got != "next run" {
			t.Errorf("the log folder has %s, want the two runs alone", got)
		}
	}
	t.Logf("the old run was there %d times, the new one %d times", kept, replaced)
}

// TestOverwriteAtOnce starts two runs that are to replace the same one: one does, the
// other is refused in a line. The one that does trains until the other has ended.
func TestOverwriteAtOnce(t *testing.T) {
	p := newPlace(t)
	makeOld(t, p)
	for seed := 2; seed < 7; seed++ {
		args := append(overwriting(100_000), "--seed", fmt.Sprint(seed))
		runs := []*testenv.Process{p.start(t, nil, args...), p.start(t, nil, args...)}
		if !testenv.WaitFor(func() bool { return runs[0].Ended() || runs[1].Ended() }) {
			t.Fatal("both train, want one to be refused")
		}
		refused, other := runs[0], runs[1]
		if other.Ended() {
			refused, other = other, refused
		}
		if text := refused.Stderr.String(); refused.Wait(t) != 1 ||
			!strings.HasSuffix(text, "another process is working on it: wait for its end, or stop it\n") || strings.Count(text, "\n") != 1 {
			t.Errorf("got status %d, %q, want one line", refused.Wait(t), text)
		}
		trains := func() bool { return seedOf(t, p) == seed && testenv.Rows(p.path(faultFolder)) > 5 }
		if !testenv.WaitFor(func() bool { return other.Ended() || trains() }) || other.Ended() {
			t.Fatalf("the other run does not train: %s", other.Stderr.String())
		}
		if got := logged(t, p); got != "run" {
			t.Errorf("the log folder has %s, want the run alone", got)
		}
		_ = other.Signal(syscall.SIGTERM)
		if got, want := other.Wait(t), 128+int(syscall.SIGTERM); got != want {
			t.Errorf("got status %d, want %d: %s", got, want, other.Stderr.String())
		}
	}
}
