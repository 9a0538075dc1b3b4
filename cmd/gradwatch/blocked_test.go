//go:build tensorflow

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gradwatch/internal/cli"
	"gradwatch/internal/testenv"
)

// TestBlockedCommands stops commands that wait for what never comes: input from a
// openTerminal or a pipe, or room in a pipe that nobody reads.
func TestBlockedCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--quiet", "--run", "it", "--epochs", "2", "--samples", "100")
	write(t, "many.csv", "x1,x2\n"+strings.Repeat("1,2\n", 100_000))
	if err := syscall.Mkfifo("fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, args string
		input      string // that comes before nothing more does
		full       bool   // standard output is a pipe that nobody reads
		signals    int
		status     int
	}{
		{"input that does not begin", "predict logs/it -", "", false, 1, 128 + 15},
		{"input that ends nowhere", "predict logs/it -", "x1,x2\n1,2\n", false, 1, 128 + 15},
		{"a pipe that nobody writes to", "predict logs/it fifo", "", false, 1, 128 + 15},
		{"predictions that nobody reads", "predict logs/it many.csv", "", true, 1, 128 + 15},
		{"predictions to a file", "predict logs/it - --out p.csv", "x1,x2\n1,2\n", false, 1, 128 + 15},
		{"a help that nobody reads", "train --help", "", true, 2, 128 + 15},
		{"a verdict that nobody reads", "diagnose logs/it", "", true, 2, 128 + 15},
		{"a version that nobody reads", "version", "", true, 1, 128 + 15},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := exec.Command(filepath.Join(programs, "gradwatch"), strings.Fields(tc.args)...)
			input, err := c.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			reads, writes, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer reads.Close()
			defer writes.Close()
			if tc.full {
				fill(t, writes)
				c.Stdout = writes
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Process.Kill() }()
			if _, err := io.WriteString(input, tc.input); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second) // it begins and is blocked; earlier it ends all the same
			for range tc.signals {
				if err := c.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond) // signals that come at once are one
			}
			ended := make(chan struct{})
			go func() {
				_ = c.Wait() // the state tells
				close(ended)
			}()
			select {
			case <-ended:
			case <-time.After(testenv.Patience):
				t.Fatal("it goes on")
			}
			if got := c.ProcessState.ExitCode(); got != tc.status {
				t.Errorf("got status %d, want %d", got, tc.status)
			}
			_ = input.Close()
		})
	}
	for name := range files(t) {
		if strings.HasPrefix(filepath.Base(name), ".p.csv") || name == "p.csv" {
			t.Errorf("left behind: %s", name)
		}
	}
}

// fill writes into a pipe until it takes no more.
func fill(t *testing.T, pipe *os.File) {
	t.Helper()
	if err := pipe.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 4096)
	for {
		if _, err := pipe.Write(block); err != nil {
			return
		}
	}
}

// TestFullOutput reports that what a command says could not be written.
func TestFullOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--quiet", "--run", "it", "--epochs", "2", "--samples", "100")
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	for _, args := range []string{
		"version", "devices", "train --help", "--help", "help data", "diagnose logs/it", "data --overwrite",
		"train --quiet --epochs 2 --samples 100", "export logs/it", "study --vary units=2,3 --samples 50 --epochs 1 --quiet",
		"completion bash",
	} {
		var stderr strings.Builder
		f := &cli.Env{Program: filepath.Join(programs, "gradwatch"), Stdout: full, Stderr: &stderr}
		code := runCommand(t.Context(), f, strings.Fields(args))
		if said := stderr.String(); code != cli.ExitFailed || !strings.HasSuffix(said, "no space left on device\n") {
			t.Errorf("%s: got status %d, %q, want 1 and no space left on device", args, code, said)
		}
	}
}
