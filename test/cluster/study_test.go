//go:build tensorflow

package cluster

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/testenv"
)

// TestStudy compares a study on a cluster, one worker of which is killed in the midst
// of it, with one here: configuration by configuration the same bits.
func TestStudy(t *testing.T) {
	c := newCast(t, 2)
	study := func(name string, more ...string) []string {
		return append([]string{
			"study", "--name", name, "--vary", "hidden-layers=1:3", "--vary", "optimizer=sgd,adam", "--repeats", "2", "--epochs", "60",
		}, more...)
	}
	do(t, c.folder, 0, study("here")...)
	p := start(t, c.folder, study("there", "--cluster", "cluster.json", "--cluster-timeout", "30s")...)
	// A worker has begun its first task when a folder for it is there; the other's has
	// ended when there is a result.
	if !testenv.WaitFor(func() bool { return p.Ended() || strings.Contains(p.Stderr.String(), "1/6") }) || p.Ended() {
		t.Fatalf("the study ended, or did not begin: %s", p.Stderr.String())
	}
	testenv.Kill(c.workers[1].Engine(), syscall.SIGKILL)
	wait(t, p, 0)
	// It is gone amid a task or, between two, does not answer.
	if want := "worker 1 (" + c.addresses[1] + ") "; !strings.Contains(p.Stderr.String(), want) {
		t.Errorf("got %q, want %q in it", p.Stderr.String(), want)
	}
	if here, there := results(t, c.path("studies", "here", "study.csv")), results(t, c.path("studies", "there", "study.csv")); here != there {
		t.Errorf("study.csv (-here +there):\n%s", cmp.Diff(here, there))
	}
	entries, err := os.ReadDir(c.path("studies", "here"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			compareFiles(t, c.path("studies", "here", entry.Name()), c.path("studies", "there", entry.Name()), "weights.json")
		}
	}
}

// results returns a study's table without the column of seconds.
func results(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(content)) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		lines = append(lines, strings.Join(fields[:len(fields)-2], ",")) // seconds, then the message
	}
	return strings.Join(lines, "\n")
}

// TestStudiesAtOnce has two studies train on one worker at the same time, models with
// variables of the same names: neither gets what is the other's.
func TestStudiesAtOnce(t *testing.T) {
	c := newCast(t, 1)
	study := func(name, where string) []string {
		seeds := map[string]string{"a": "1", "b": "2"}[name]
		args := []string{"study", "--name", name + "-" + where, "--seed", seeds, "--vary", "units=5,6", "--epochs", "60"}
		if where == "there" {
			args = append(args, "--cluster", "cluster.json")
		}
		return args
	}
	a, b := start(t, c.folder, study("a", "there")...), start(t, c.folder, study("b", "there")...)
	wait(t, a, 0)
	wait(t, b, 0)
	for _, name := range []string{"a", "b"} {
		do(t, c.folder, 0, study(name, "here")...)
		if here, there := results(t, c.path("studies", name+"-here", "study.csv")), results(t, c.path("studies", name+"-there", "study.csv")); here != there {
			t.Errorf("study %s (-here +there):\n%s", name, cmp.Diff(here, there))
		}
	}
}
