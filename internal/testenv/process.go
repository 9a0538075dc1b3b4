package testenv

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience is how long a test waits for what takes some seconds at most.
const Patience = time.Minute

// longest is how long a test waits for a program's end.
const longest = 10 * time.Minute

// WaitFor waits until done, and reports whether that came within a minute.
func WaitFor(done func() bool) bool {
	for end := time.Now().Add(Patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if done() {
			return true
		}
	}
	return false
}

// Process is a program that a test has started.
type Process struct {
	Pid            int
	Stdout, Stderr Output
	command        *exec.Cmd
	ended          chan struct{} // closed when it has
}

// Start starts a command in a folder, with variables put over the test's environment. At the test's end the process and
// its engine are killed; if the test's own process is killed, the system kills the command.
func Start(t *testing.T, folder string, environment []string, command ...string) *Process {
	t.Helper()
	p := &Process{command: exec.Command(command[0], command[1:]...), ended: make(chan struct{})}
	p.command.Dir = folder
	p.command.Env = append(os.Environ(), environment...)
	p.command.Stdout, p.command.Stderr = &p.Stdout, &p.Stderr
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	failed := make(chan error)
	starter() <- func() { failed <- p.command.Start() }
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	p.Pid = p.command.Process.Pid
	go func() {
		_ = p.command.Wait() // the state has it
		close(p.ended)
	}()
	t.Cleanup(func() {
		engine := p.Engine()
		_ = p.Kill() // an error: it has ended
		Kill(engine, syscall.SIGKILL)
		<-p.ended
		if engine != 0 && !WaitFor(Gone(engine)) {
			t.Errorf("the engine, process %d, outlives the test", engine)
		}
	})
	return p
}

// starter runs functions on one thread that never ends: when the thread that started a process ends, Pdeathsig kills it.
var starter = sync.OnceValue(func() chan<- func() {
	starts := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range starts {
			start()
		}
	}()
	return starts
})

// Ended reports whether the process has.
func (p *Process) Ended() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Wait waits for the end of the process, and returns its exit status: -1 where a signal ended it.
func (p *Process) Wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(longest):
		t.Fatalf("%v has not ended: %s", p.command.Args, p.Stderr.String())
	}
	return p.command.ProcessState.ExitCode()
}

// Signal sends the process a signal.
func (p *Process) Signal(signal os.Signal) error { return p.command.Process.Signal(signal) }

// Kill kills the process.
func (p *Process) Kill() error { return p.command.Process.Kill() }

// Engine returns the process of the program's engine; 0 while there is none.
func (p *Process) Engine() int { return Child(p.Pid) }

// Output is what a process has printed so far.
type Output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

// Write takes what is printed.
func (o *Output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(p)
}

// String returns all that was printed.
func (o *Output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// Kill sends a process a signal, if pid is not 0.
func Kill(pid int, signal syscall.Signal) {
	if pid != 0 {
		_ = syscall.Kill(pid, signal) // an error: it is gone
	}
}

// Gone returns a function that reports whether a process has ended. Its parent may not have collected it yet.
func Gone(pid int) func() bool {
	return func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return true
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		return strings.HasPrefix(after, "Z")
	}
}

// Child returns the first process that a process has started, such as gradwatch's
// engine; 0 where it has none.
func Child(pid int) int {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // any thread may have started it
	if err != nil {
		return 0
	}
	for _, list := range lists {
		children, err := os.ReadFile(list)
		if err != nil {
			continue // a thread that ended
		}
		if fields := strings.Fields(string(children)); len(fields) > 0 {
			child, _ := strconv.Atoi(fields[0])
			return child
		}
	}
	return 0
}

// Rows returns how many rows the history in a run's folder has; 0 while there is none.
func Rows(folder string) int {
	content, err := os.ReadFile(filepath.Join(folder, "history.csv"))
	if err != nil {
		return 0
	}
	return max(0, bytes.Count(content, []byte("\n"))-1)
}
