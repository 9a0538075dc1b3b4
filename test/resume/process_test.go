//go:build tensorflow

package resume

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"gradwatch/internal/testenv"
)

// patience is how long a test waits for what takes a second at most.
const patience = time.Minute

// process is the program, training.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	ended          chan struct{} // closed when it has
}

func start(t *testing.T, folder string, environment []string, args ...string) *process {
	t.Helper()
	return startCommand(t, folder, environment, append([]string{gradwatch}, args...)...)
}

// startCommand starts a command that becomes the program.
func startCommand(t *testing.T, folder string, environment []string, command ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(command[0], command[1:]...), ended: make(chan struct{})}
	p.Dir = folder
	p.Env = append(os.Environ(), environment...)
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Wait() // the state tells
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.ended
	})
	return p
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

// waitFor waits until done, and reports whether that came.
func waitFor(done func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if done() {
			return true
		}
	}
	return false
}

func gone(pid int) func() bool {
	return func() bool { return syscall.Kill(pid, 0) != nil }
}

// rows returns how many epochs a run's history has, of so many replicas.
func rows(folder string, replicas int) int {
	content, err := os.ReadFile(filepath.Join(folder, "history.csv"))
	if err != nil {
		return 0
	}
	return max(0, bytes.Count(content, []byte("\n"))-1) / replicas
}

// saving reports whether a checkpoint is being written.
func saving(folder string) bool {
	partial, err := filepath.Glob(filepath.Join(folder, "checkpoints", ".*.partial"))
	return err == nil && len(partial) > 0
}
