package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"gradwatch/internal/terminal"
)

func main() {
	ctx, stop := untilSignal(context.Background())
	defer stop()
	signal.Ignore(syscall.SIGXFSZ) // a file at its limit is an error of writing, which says more than a signal
	terminal.FitWidth(os.Stdout)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the command without its process: it returns the exit status. Results go
// to stdout, progress and logs to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	program, err := os.Executable()
	if err != nil {
		fmt.Fprintf(stderr, "gradwatch: find the program's own folder: %v\n", err)
		return exitFailed
	}
	f := &front{program: program, stdout: stdout, stderr: stderr}
	ended := make(chan int, 1)
	go func() { ended <- runCommand(ctx, f, args) }()
	asked, patience := ctx.Done(), blockedAfter
	if saves(args) {
		asked, patience = again(ctx), blockedSavingAfter
	}
	select {
	case code := <-ended:
		return code
	case <-asked:
	}
	select {
	case code := <-ended:
		return code
	case <-time.After(patience):
		return status(context.Cause(ctx))
	}
}

// A command that a signal asks to stop may be blocked where nothing can wake it, such as
// by a terminal that nobody types into or a pipe that nobody reads. After so long the
// process ends all the same, and its engine with it; of one that saves what it has
// trained, only after a second signal.
const (
	blockedAfter       = 700 * time.Millisecond
	blockedSavingAfter = 5 * time.Second
)

// saves reports whether the command trains, which a first signal has it save.
func saves(args []string) bool {
	if len(args) == 0 {
		return false
	}
	return slices.Contains([]string{"train", "study", "tutorial", "diagnose"}, args[0])
}

// stopped is why a context ended: a signal came.
type stopped struct{ signal syscall.Signal }

func (s stopped) Error() string { return "stopped by signal: " + s.signal.String() }

// secondSignal is the key of a context's channel that the second signal closes.
type secondSignal struct{}

// again returns a channel that is closed when a second signal asks to stop; nil where
// no signals are heeded.
func again(ctx context.Context) <-chan struct{} {
	second, _ := ctx.Value(secondSignal{}).(chan struct{})
	return second
}

// untilSignal returns a context that the first interrupt or termination signal
// ends, with a stopped as its cause.
func untilSignal(parent context.Context) (ctx context.Context, stop func()) {
	second := make(chan struct{})
	ctx, cancel := context.WithCancelCause(context.WithValue(parent, secondSignal{}, second))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		for first := true; ; first = false {
			select {
			case s := <-signals:
				if !first {
					close(second)
					return
				}
				cancel(stopped{s.(syscall.Signal)})
			case <-ended:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(ended)
		cancel(nil)
	}
}
