package tensorboard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Server is a running TensorBoard.
type Server struct {
	// URL is its address, without a slash at the end.
	URL string

	command *exec.Cmd
	exited  chan struct{} // closed when the process has ended
	output  *output
}

// Starting takes about 3 s here. A machine under load may take many times that,
// and the first start after installing compiles Python's files.
const startTimeout = 2 * time.Minute

// stopTimeout is how long a stopping TensorBoard may take before it is killed.
const stopTimeout = 10 * time.Second

// Start runs TensorBoard on a free port of the loopback interface, as a user
// would but for host and port, and returns when it answers. It may not have
// read the runs yet, see [Server.Wait]. When ctx is done, Start gives up; a
// server that has started runs until Close, or until the test's process ends.
func Start(ctx context.Context, logDir string) (*Server, error) {
	path, err := program("tensorboard")
	if err != nil {
		return nil, err
	}
	s := &Server{
		command: exec.Command(path, "--logdir", filepath.Base(logDir), "--host", "127.0.0.1", "--port", "0"),
		exited:  make(chan struct{}),
		output:  &output{address: make(chan string, 1)},
	}
	s.command.Dir = filepath.Dir(logDir) // its pages then name the folder as in the user's case: logs
	s.command.Stdout, s.command.Stderr = s.output, s.output
	// The data server is TensorBoard's child, which holds our pipes too: a
	// process group of their own lets us end both.
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	s.command.WaitDelay = time.Second
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("start TensorBoard: %w", err)
	}
	go func() {
		_ = s.command.Wait() // its words say more than its exit status
		close(s.exited)
	}()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	select {
	case s.URL = <-s.output.address:
		return s, nil
	case <-s.exited:
		err = errors.New("it ended")
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.Close()
	return nil, fmt.Errorf("start TensorBoard: %w; it said: %s", err, s.output.words())
}

// Close ends TensorBoard and its data server.
func (s *Server) Close() {
	s.signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(stopTimeout):
	}
	s.signal(syscall.SIGKILL)
	<-s.exited
}

// signal goes to the whole process group. An error means that it is empty.
func (s *Server) signal(number syscall.Signal) { _ = syscall.Kill(-s.command.Process.Pid, number) }

// FastLoading reports whether TensorBoard reads the runs with its Rust loader,
// which it announces at its start. Without that loader for the machine it falls
// back to Python.
func (s *Server) FastLoading() bool {
	return strings.Contains(s.output.words(), "fast data loading")
}

// Wait calls ready until it returns nil: TensorBoard answers before it has read
// the runs, and reads new data only every few seconds. When ctx is done, or
// TensorBoard ends, Wait returns ready's last error.
func (s *Server) Wait(ctx context.Context, ready func(context.Context) error) error {
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	err := ready(ctx)
	last := err
	for err != nil {
		select {
		case <-ctx.Done():
			return fmt.Errorf("TensorBoard's data are not as expected in time: %w", last)
		case <-s.exited:
			return fmt.Errorf("TensorBoard ended; it said: %s", s.output.words())
		case <-poll.C:
		}
		err = ready(ctx)
		if ctx.Err() == nil {
			last = err // not that the time was up
		}
	}
	return nil
}

// servingLine is how TensorBoard tells its address; the slash ends the port.
var servingLine = regexp.MustCompile(`TensorBoard \S+ at (http://127\.0\.0\.1:\d+)/`)

// output keeps what TensorBoard prints and passes its address on once.
type output struct {
	mutex   sync.Mutex
	text    bytes.Buffer
	told    bool
	address chan string // of room 1
}

// Write takes TensorBoard's words.
func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.text.Write(p)
	if match := servingLine.FindSubmatch(o.text.Bytes()); match != nil && !o.told {
		o.told = true
		o.address <- string(match[1])
	}
	return len(p), nil
}

// words returns all that was printed.
func (o *output) words() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return strings.TrimSpace(o.text.String())
}
