//go:build tensorflow

package cluster

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"gradwatch/internal/testenv"
)

// TestWorkerListens looks where a worker's process listens: on its address alone,
// though TensorFlow's server would listen on all.
func TestWorkerListens(t *testing.T) {
	c := newCast(t, 1)
	got := listeners(t, c.workers[0].Engine())
	if len(got) != 1 || got[0] != c.addresses[0] {
		t.Errorf("got %v, want %s alone", got, c.addresses[0])
	}
	p := do(t, c.folder, 1, "worker", "--cluster", "cluster.json", "--task", "0")
	if want := "gradwatch: listen on " + c.addresses[0] + ": bind: address already in use\n"; p.Stderr.String() != want {
		t.Errorf("a second worker: got %q, want %q", p.Stderr.String(), want)
	}
}

// TestWorkerOnEveryInterface asks for it.
func TestWorkerOnEveryInterface(t *testing.T) {
	c := newCast(t, 1)
	testenv.Kill(c.workers[0].Pid, syscall.SIGTERM)
	wait(t, c.workers[0], 143)
	at := netip.MustParseAddrPort(c.addresses[0])
	every := fmt.Sprintf("0.0.0.0:%d", at.Port())
	p := start(t, c.folder, "worker", "--cluster", "cluster.json", "--task", "0", "--listen", every, "--insecure")
	if !testenv.WaitFor(func() bool { return p.Ended() || strings.Contains(p.Stdout.String(), "listens on "+every) }) || p.Ended() {
		t.Fatalf("the worker does not listen: %s", p.Stderr.String())
	}
	if got := listeners(t, p.Engine()); len(got) != 1 || got[0] != every {
		t.Errorf("got %v, want %s alone", got, every)
	}
}

// TestWorkerEnds checks that the engine ends with its front, and the front with its
// engine.
func TestWorkerEnds(t *testing.T) {
	c := newCast(t, 2)
	engine := c.workers[0].Engine()
	testenv.Kill(c.workers[0].Pid, syscall.SIGKILL)
	if !testenv.WaitFor(testenv.Gone(engine)) {
		t.Error("the front was killed, and its engine lives")
	}
	testenv.Kill(c.workers[1].Engine(), syscall.SIGKILL)
	wait(t, c.workers[1], 1)
	if want := "gradwatch: the engine ended unexpectedly (signal: killed)"; !strings.HasPrefix(c.workers[1].Stderr.String(), want) {
		t.Errorf("got %q, want %q before all", c.workers[1].Stderr.String(), want)
	}
}

// listeners returns the addresses on which a process listens, as the kernel lists
// them.
func listeners(t *testing.T, pid int) []string {
	t.Helper()
	own := make(map[string]bool) // its sockets' numbers
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || len(links) == 0 {
		t.Fatalf("process %d has no files: %v", pid, err)
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil {
			if number, found := strings.CutPrefix(target, "socket:["); found {
				own[strings.TrimSuffix(number, "]")] = true
			}
		}
	}
	var found []string
	for _, table := range []string{"tcp", "tcp6"} {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			const listens = "0A"
			if fields := strings.Fields(line); len(fields) > 9 && fields[3] == listens && own[fields[9]] {
				found = append(found, kernelAddress(t, fields[1]))
			}
		}
	}
	return found
}

// kernelAddress reads an address of /proc/net/tcp: words of four bytes, each in the
// machine's order, and a port.
func kernelAddress(t *testing.T, text string) string {
	t.Helper()
	host, port, _ := strings.Cut(text, ":")
	bytes, err := hex.DecodeString(host)
	if err != nil {
		t.Fatal(err)
	}
	for word := 0; word < len(bytes); word += 4 {
		w := bytes[word : word+4]
		w[0], w[1], w[2], w[3] = w[3], w[2], w[1], w[0]
	}
	ip, _ := netip.AddrFromSlice(bytes)
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		t.Fatal(err)
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(number)).String()
}

// TestSwappedWorkers gives the process that trains the addresses in another order than the workers: one line
// says who answers where.
func TestSwappedWorkers(t *testing.T) {
	c := newCast(t, 2)
	text, err := os.ReadFile(c.path("cluster.json"))
	if err != nil {
		t.Fatal(err)
	}
	swapped := strings.NewReplacer(c.addresses[0], c.addresses[1], c.addresses[1], c.addresses[0]).Replace(string(text))
	if err := os.WriteFile(c.path("swapped.json"), []byte(swapped), 0o600); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("at %s answers worker 1: want worker 0 there: give all tasks the same cluster file\n", c.addresses[1])
	p := do(t, c.folder, 1, "train", "--epochs", "2", "--quiet", "--cluster", "swapped.json", "--cluster-timeout", "5s")
	if got := p.Stderr.String(); got != "gradwatch: "+want {
		t.Errorf("train: got %q, want %q", got, want)
	}
	// A study's configuration is on one worker alone, whatever number that has.
	do(t, c.folder, 0, "study", "--epochs", "2", "--vary", "units=4,5", "--quiet", "--cluster", "swapped.json", "--cluster-timeout", "5s")
}
