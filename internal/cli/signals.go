package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Stopped is why a context ended: a signal came.
type Stopped struct{ Signal syscall.Signal }

func (s Stopped) Error() string { return "stopped by signal: " + s.Signal.String() }

// secondSignal is the key of a context's channel that the second signal closes.
type secondSignal struct{}

// SecondSignal returns a channel that is closed when a second signal asks to stop; nil where
// no signals are heeded.
func SecondSignal(ctx context.Context) <-chan struct{} {
	second, _ := ctx.Value(secondSignal{}).(chan struct{})
	return second
}

// UntilSignal returns a context that the first interrupt or termination signal
// ends, with a stopped as its cause.
func UntilSignal(parent context.Context) (ctx context.Context, stop func()) {
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
				cancel(Stopped{s.(syscall.Signal)})
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
