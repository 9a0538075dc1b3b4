//go:build tensorflow

package cluster

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gradwatch/internal/testenv"
)

// start starts the program in a folder.
func start(t *testing.T, folder string, args ...string) *testenv.Process {
	t.Helper()
	return testenv.Start(t, folder, nil, append([]string{gradwatch}, args...)...)
}

// do starts the program and waits for its end, which is to have that status.
func do(t *testing.T, folder string, status int, args ...string) *testenv.Process {
	t.Helper()
	p := start(t, folder, args...)
	wait(t, p, status)
	return p
}

// wait waits for the program's end, which is to have that status.
func wait(t *testing.T, p *testenv.Process, status int) {
	t.Helper()
	if got := p.Wait(t); got != status {
		t.Fatalf("got status %d, want %d: %s", got, status, p.Stderr.String())
	}
}

// cast is the workers of a cluster on the loopback interface.
type cast struct {
	owner     *testing.T // at whose end they end
	folder    string     // the working folder of all, which holds cluster.json and logs
	addresses []string
	workers   []*testenv.Process
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
	c.workers = make([]*testenv.Process, workers)
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
	testenv.WaitFor(func() bool { return p.Ended() || strings.Contains(p.Stdout.String(), "listens on "+c.addresses[i]) })
	if p.Ended() || p.Stdout.String() == "" {
		t.Fatalf("worker %d does not listen: %s", i, p.Stderr.String())
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
