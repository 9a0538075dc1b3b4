//go:build tensorflow

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"gradwatch/internal/record"
	"gradwatch/internal/testenv"
)

// TestPicturesShownOnResume kills front and engine when the last picture is drawn, and
// TensorBoard doesn't have them: going on with the run puts them there.
func TestPicturesShownOnResume(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GOMAXPROCS", "1") // draws slowly
	p := startIn(t, "logs/run", 100, slowPictures(150)...)
	drawing(t, p, "logs/run", record.Done)
	if err := syscall.Kill(p.engine, syscall.SIGSTOP); err != nil { // it is asked to write the pictures' event
		t.Fatal(err)
	}
	for _, name := range []string{"accuracy.png", "loss.png", "gradients.png", "weights.png", "decision.png"} {
		if !testenv.WaitFor(func() bool { _, err := os.Stat(filepath.Join("logs/run", name)); return err == nil }) {
			t.Fatalf("%s isn't drawn: %s", name, p.Stderr.String())
		}
	}
	for _, pid := range []int{p.engine, p.Process.Pid} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	p.Wait(t)
	testenv.WaitFor(testenv.Gone(p.engine))
	if got := shownPictures(t, "logs/run"); len(got) > 0 {
		t.Fatalf("TensorBoard has %q: the kill came too late", got)
	}
	const all = "accuracy.png, loss.png, gradients.png, weights.png, decision.png"
	want := "logs/run: put the pictures into TensorBoard that were missing there: " + all + "\nlogs/run is done: 150 epochs\n"
	if r := succeed(t, "train", "--resume", "logs/run"); r.stdout != want {
		t.Errorf("got %q, want %q", r.stdout, want)
	}
	if got := shownPictures(t, "logs/run"); len(got) != 5 {
		t.Errorf("TensorBoard has %q, want five pictures", got)
	}
	if r := succeed(t, "train", "--resume", "logs/run"); r.stdout != "logs/run is done: 150 epochs\n" {
		t.Errorf("once more: got %q", r.stdout)
	}
}

// shownPictures returns the tags of pictures that the bytes of a run's event files hold.
func shownPictures(t *testing.T, run string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(run, "events.out.tfevents.*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("got event files %q, %v", paths, err)
	}
	var tags []string
	for _, path := range paths {
		tags = append(tags, regexp.MustCompile(`pictures/[a-z]+`).FindAllString(read(t, path), -1)...)
	}
	return tags
}

// TestResumeOfAStream that has ended says so, and draws what is missing, without the data
// set.
func TestResumeOfAStream(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "data", "--dataset", "moons", "--samples", "200", "--out", "points")
	succeed(t, "train", "--stream", "--dataset", "points.csv", "--cache", "caches", "--epochs", "2", "--run", "stream", "--quiet")
	if r := succeed(t, "train", "--resume", "logs/stream"); r.stdout != "logs/stream is done: 2 epochs\n" || r.stderr != "" {
		t.Errorf("got %q and %q", r.stdout, r.stderr)
	}
	before := pictures(t, "logs/stream")
	for _, name := range []string{"points.csv", "logs/stream/loss.png"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	want := "logs/stream: drew the pictures that were missing: loss.png\nlogs/stream is done: 2 epochs\n"
	if r := succeed(t, "train", "--resume", "logs/stream"); r.stdout != want || r.stderr != "" {
		t.Errorf("got %q and %q, want %q", r.stdout, r.stderr, want)
	}
	if got := pictures(t, "logs/stream")["loss.png"]; got != before["loss.png"] {
		t.Error("loss.png is not what it was")
	}
}
