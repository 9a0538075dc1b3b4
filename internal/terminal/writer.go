package terminal

import (
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// Output is standard output or standard error, of which several goroutines write lines.
// It keeps the first error of writing, which those who print don't look at.
type Output struct {
	io.Writer
	mu  sync.Mutex
	err error
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.Writer.Write(p)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

// Failed returns the first error.
func (o *Output) Failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// bare returns what an output writes to.
func bare(w io.Writer) io.Writer {
	if o, ok := w.(*Output); ok {
		return o.Writer
	}
	return w
}

// IsTerminal reports whether what is written to w is shown on a terminal.
func IsTerminal(w io.Writer) bool {
	file, ok := bare(w).(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
