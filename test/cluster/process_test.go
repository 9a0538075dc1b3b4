//go:build tensorflow

package cluster

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gradwatch/internal/testenv"
)

// patience is how long a test waits for what takes some seconds at most.
const patience = time.Minute

// process is the program, at work.
type process struct {
	*exec.Cmd
	stdout, stderr output
	ended          chan struct{} // closed when it has
}

// output is what a process has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start starts the program in a folder. At the test's end it and its engine are
// killed, stopped as they may be.
func start(t *testing.T, folder string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(gradwatch, args...), ended: make(chan struct{})}
	p.Dir = folder
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	failed := make(chan error)
	starts <- func() { failed <- p.Start() }
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Wait() // the state tells
		close(p.ended)
	}()
	t.Cleanup(func() {
		engine := p.engine()
		_ = p.Process.Kill()
		kill(engine, syscall.SIGKILL)
		<-p.ended
		if engine != 0 && !waitFor(gone(engine)) {
			t.Errorf("the engine, process %d, outlives the test", engine)
		}
	})
	return p
}

// do starts the program and waits for its end, which is to have that status.
func do(t *testing.T, folder string, status int, args ...string) *process {
	t.Helper()
	p := start(t, folder, args...)
	p.wait(t, status)
	return p
}

// wait waits for the program's end.
func (p *process) wait(t *testing.T, status int) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(2 * patience):
		t.Fatalf("%v has not ended: %s", p.Args, p.stderr.String())
	}
	if code := p.ProcessState.ExitCode(); code != status {
		t.Fatalf("%v: got status %d, want %d: %s", p.Args, code, status, p.stderr.String())
	}
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// engine returns the process of the program's engine; 0 while there is none.
func (p *process) engine() int {
	return testenv.Child(p.Process.Pid)
}

// kill sends a process a signal, if it is one.
func kill(pid int, signal syscall.Signal) {
	if pid != 0 {
		_ = syscall.Kill(pid, signal) // an error: it is gone
	}
}

// waitFor waits until done, and reports whether that came.
func waitFor(done func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if done() {
			return true
		}
	}
	return false
}

// gone reports whether a process is, or waits only to be collected.
func gone(pid int) func() bool {
	return func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return true
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		return strings.HasPrefix(after, "Z")
	}
}

// cast is the workers of a cluster on the loopback interface.
type cast struct {
	owner     *testing.T // at whose end they end
	folder    string     // the working folder of all, which holds cluster.json and logs
	addresses []string
	workers   []*process
}

// newCast starts the workers of a cluster.
func newCast(t *testing.T, workers int) *cast {
	t.Helper()
	c := &cast{owner: t, folder: t.TempDir()}
	ports := freePorts(t, workers+1)
	text := fmt.Sprintf(`{"chief": "127.0.0.1:%d", "workers": [`, ports[0])
	for i, port := range ports[1:] {
		c.addresses = append(c.addresses, fmt.Sprintf("127.0.0.1:%d", port))
		text += fmt.Sprintf("%.*s%q", min(i, 1), ",", c.addresses[i])
	}
	if err := os.WriteFile(filepath.Join(c.folder, "cluster.json"), []byte(text+"]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.workers = make([]*process, workers)
	for i := range workers {
		c.begin(i)
	}
	for i := range workers {
		c.ready(t, i)
	}
	return c
}

// begin starts a worker, or starts it again.
func (c *cast) begin(i int) {
	c.workers[i] = start(c.owner, c.folder, "worker", "--cluster", "cluster.json", "--task", strconv.Itoa(i), "--threads", "1")
}

// ready waits until a worker listens.
func (c *cast) ready(t *testing.T, i int) {
	t.Helper()
	p := c.workers[i]
	waitFor(func() bool { return p.hasEnded() || strings.Contains(p.stdout.String(), "listens on "+c.addresses[i]) })
	if p.hasEnded() || p.stdout.String() == "" {
		t.Fatalf("worker %d does not listen: %s", i, p.stderr.String())
	}
}

// path returns that of a file in the folder.
func (c *cast) path(parts ...string) string {
	return filepath.Join(append([]string{c.folder}, parts...)...)
}

// freePorts returns ports on which nobody listens, below those that the system gives
// to connections.
func freePorts(t *testing.T, count int) []int {
	t.Helper()
	var ports []int
	for len(ports) < count {
		port := 12000 + rand.IntN(20000)
		listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer func() { _ = listener.Close() }() // all at the end, so that no port comes twice
		ports = append(ports, port)
	}
	return ports
}
