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

// untilSignal returns a context that the first interrupt or termination signal
// ends, with a stopped as its cause.
func untilSignal(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			cancel(stopped{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}
