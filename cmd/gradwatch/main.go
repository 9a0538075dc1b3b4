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

	"gradwatch/internal/cli"
	"gradwatch/internal/terminal"
)

func main() {
	ctx, stop := cli.UntilSignal(context.Background())
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
		return cli.ExitFailed
	}
	f := &cli.Env{Program: program, Stdout: stdout, Stderr: stderr}
	ended := make(chan int, 1)
	go func() { ended <- runCommand(ctx, f, args) }()
	asked, patience := ctx.Done(), blockedAfter
	if saves(args) {
		asked, patience = cli.SecondSignal(ctx), blockedSavingAfter
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
		return cli.Status(context.Cause(ctx))
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
