//go:build tensorflow

package tensorboard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestServerOfAnEmptyFolder(t *testing.T) {
	server, err := Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	runs, err := server.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 0 {
		t.Errorf("got runs %q, want none", runs)
	}
	if _, err := server.Scalars(t.Context(), "no-run", "loss"); err == nil {
		t.Error("got no error for a run that isn't there, want one")
	}
	if got := living(t, server.command.Process.Pid); len(got) < 2 {
		t.Errorf("got processes %q, want TensorBoard and its data server", got)
	}
	server.Close()
	for deadline := time.Now().Add(stopTimeout); ; time.Sleep(20 * time.Millisecond) {
		left := living(t, server.command.Process.Pid)
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after Close: got processes %q, want none", left)
		}
	}
}

// living returns the names of the processes of a group that have not ended.
func living(t *testing.T, group int) []string {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // ended meanwhile
		}
		// pid (name) state parent group ...
		name, rest, _ := strings.Cut(string(text), ") ")
		var state string
		var parent, its int
		if _, err := fmt.Sscan(rest, &state, &parent, &its); err != nil {
			t.Fatalf("%s: %v", stat, err)
		}
		if its == group && state != "Z" {
			names = append(names, name)
		}
	}
	return names
}

func TestWaitReturnsTheLastReason(t *testing.T) {
	server := &Server{exited: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	notYet := errors.New("not yet")
	calls := 0
	err := server.Wait(ctx, func(context.Context) error {
		calls++
		if calls == 3 {
			cancel()
		}
		return notYet
	})
	if !errors.Is(err, notYet) || calls != 3 {
		t.Errorf("got error %v after %d calls, want %v after 3", err, calls, notYet)
	}
	if err := server.Wait(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Errorf("got error %v when ready, want none", err)
	}
}

func TestReadEventsWantsAnEventFile(t *testing.T) {
	events, err := ReadEvents(t.Context(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "no event file") {
		t.Errorf("got events %v and error %v, want an error that there is no event file", events, err)
	}
}
