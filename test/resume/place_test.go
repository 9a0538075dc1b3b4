//go:build tensorflow

package resume

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"gradwatch/internal/testenv"
)

// place is where runs are made: a folder, and what brings a command there.
type place struct {
	folder string   // as this process sees it
	enter  []string // what comes before a command; nothing where it needs nothing
}

// start starts the program in the place, or another command that becomes it.
func (p *place) start(t *testing.T, before []string, args ...string) *testenv.Process {
	t.Helper()
	command := append(append(append([]string{}, p.enter...), before...), gradwatch)
	folder := p.folder
	if p.enter != nil {
		folder = "" // the command goes there by itself
	}
	return testenv.Start(t, folder, nil, append(command, args...)...)
}

// do runs a command in the place.
func (p *place) do(t *testing.T, command ...string) {
	t.Helper()
	command = append(append([]string{}, p.enter...), command...)
	c := exec.Command(command[0], command[1:]...)
	if p.enter == nil {
		c.Dir = p.folder
	}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v: %s", command, err, out)
	}
}

func (p *place) path(name string) string { return filepath.Join(p.folder, name) }

// newPlace returns a folder of the test's own.
func newPlace(t *testing.T) *place {
	t.Helper()
	return &place{folder: t.TempDir()}
}

// diskMegabytes is the size of a small disk.
const diskMegabytes = 64

// newDisk returns a small disk of the test's own: a tmpfs in a mount namespace. Where
// the system allows no namespaces the test is skipped, which those with a limit on a
// file's size are not.
func newDisk(t *testing.T) *place {
	t.Helper()
	flags, enter := []string{"-m"}, []string{"-m"}
	if os.Getuid() != 0 {
		flags, enter = []string{"-Urm"}, []string{"-U", "-m", "--preserve-credentials"}
	}
	inside := t.TempDir()
	mount := fmt.Sprintf(`mount -t tmpfs -o size=%dm none "$0" && echo ready && exec cat`, diskMegabytes)
	holder := exec.Command("unshare", append(flags, "sh", "-c", mount, inside)...)
	holder.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if _, err := holder.StdinPipe(); err != nil { // cat waits for its end
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Skipf("no small disk here: %v", err)
	}
	t.Cleanup(func() {
		_ = holder.Process.Kill()
		_ = holder.Wait() // killed
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Skipf("no small disk here: unshare and mount say %q, %v", line, err)
	}
	pid := fmt.Sprint(holder.Process.Pid)
	command := append(append([]string{"nsenter", "-t", pid}, enter...), "sh", "-c", `cd "$0" && exec "$@"`, inside)
	return &place{folder: filepath.Join("/proc", pid, "root", inside), enter: command}
}

// unprivileged returns what comes before a command so that permissions hold for it.
func unprivileged(t *testing.T) []string {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	command := []string{"setpriv", "--inh-caps=-dac_override,-dac_read_search", "--bounding-set=-dac_override,-dac_read_search"}
	if out, err := exec.Command(command[0], append(command[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("root's rights can't be taken away here: %v: %s", err, out)
	}
	return command
}
