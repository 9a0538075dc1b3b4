package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := untilSignal(context.Background())
	defer stop()
	signal.Ignore(syscall.SIGXFSZ) // a file at its limit is an error of writing, which says more than a signal
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
	return f.run(ctx, args)
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
