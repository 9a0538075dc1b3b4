//go:build tensorflow

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
	"gradwatch/internal/sweep"
	"gradwatch/internal/sysmem"
)

// TestPeakMemory trains models of three sizes and compares the engine's peak, as the
// system counts it, with the estimate by which runs are refused.
func TestPeakMemory(t *testing.T) {
	for name, args := range map[string]string{
		"small":     "--epochs 5",
		"wide":      "--layers 2500,2500 --samples 500 --epochs 1",
		"many rows": "--samples 1000000 --epochs 1 --batch-size 8192 --layers 32,32",
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			flags := append([]string{"train", "--quiet", "--plots=false"}, strings.Fields(args)...)
			c := exec.Command(filepath.Join(programs, "gradwatch"), flags...)
			var stderr bytes.Buffer
			c.Stderr = &stderr
			if err := c.Run(); err != nil {
				t.Fatalf("%v\n%s", err, stderr.String())
			}
			const kB = 1024                                                          // in which Linux counts
			peak := float64(c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) * kB // of the front or, which is larger, its engine
			run := resolve(t, strings.Fields(args)...)
			estimate := run.Memory(config.Rows{Count: run.Samples, Inputs: 2})
			t.Logf("peak %s, estimate %s", sysmem.Text(peak), sysmem.Text(estimate.Total()))
			if ratio := peak / estimate.Total(); !(ratio > 0.5 && ratio < 2) {
				t.Errorf("got a peak of %s, estimated %s: %+v", sysmem.Text(peak), sysmem.Text(estimate.Total()), estimate)
			}
		})
	}
}

// TestTooLarge asks for more than any machine has: one line that says how much, before
// anything is written.
func TestTooLarge(t *testing.T) {
	for args, want := range map[string]string{
		"train --units 1000000 --hidden-layers 2":                    `--units "1000000": want less: 2 layers of it need about 104 TB of memory, and `,
		"train --layers 8,1000000,1000000":                           `--layers "8,1000000,1000000": want less: its layers need about 104 TB of memory, and `,
		"train --repeats 10000 --units 1000":                         `--repeats "10000": want less: so many models side by side need about `,
		"train --epochs 100000000 --repeats 1000":                    `--epochs "100000000": want less: the records of so many epochs need about `,
		"train --hidden-layers 1000 --units 1000 --repeats 100":      " need about ",
		"study --vary units=1000000,5 --hidden-layers 2 --repeats 2": `--vary "units=1000000,5": units "1000000": want less: 2 layers of it need about `,
	} {
		t.Run(args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			got := gradwatch(t.Context(), strings.Fields(args)...)
			if got.status != cli.ExitRequest || !strings.HasPrefix(got.stderr, "gradwatch: ") || !strings.Contains(got.stderr, want) || strings.Count(got.stderr, "\n") != 1 {
				t.Errorf("got status %d, %s, want 2 and %s", got.status, got.stderr, want)
			}
			if left := files(t); len(left) != 1 {
				t.Errorf("got files %v, want none", left)
			}
		})
	}
}

// TestTooLargeToRead names files that can't be read into memory, or have no end.
func TestTooLargeToRead(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"huge.csv", "huge.json"} {
		write(t, name, "")
		if err := os.Truncate(name, 1<<42); err != nil {
			t.Skip("the file system has no sparse files of this size")
		}
	}
	if err := syscall.Mkfifo("pipe", 0o666); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"train --initial-weights huge.json": "open huge.json: reading its 4.4 TB takes about 18 TB of memory",
		"train --dataset /dev/zero":         "read data set: open /dev/zero: no regular file, so it may have no end",
		"train --dataset ./pipe":            "read data set: open ./pipe: no regular file, so it may have no end",
		"train --initial-weights pipe":      "open pipe: no regular file, so it may have no end",
	} {
		got := gradwatch(t.Context(), strings.Fields(args)...)
		if got.status != cli.ExitFailed || !strings.HasPrefix(got.stderr, "gradwatch: "+want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: got status %d, %s, want %s", args, got.status, got.stderr, want)
		}
	}
	// It would be streamed.
	got := gradwatch(t.Context(), "train", "--dataset", "huge.csv")
	const want = "gradwatch: huge.csv:1: a NUL byte: want text, or --encoding utf-16le or utf-16be\n"
	if got.status != cli.ExitRequest || !strings.HasSuffix(got.stderr, want) {
		t.Errorf("huge.csv: got status %d, %s, want %s", got.status, got.stderr, want)
	}
}

func TestAffordable(t *testing.T) {
	small, large := config.Default(), config.Default()
	large.Layers = config.Repeat(2, 6000) // 4 GB
	data := runner.DataSize{Rows: 1000, TrainRows: 500, Features: 2, Classes: 2}
	trials := []*sweep.Trial{{Run: small, Data: data}, {Run: large, Data: data}, {Run: large, Data: data}}
	tasks := []study.Task{{Configurations: []int{0}, Replicas: 1}, {Configurations: []int{1}, Replicas: 1}, {Configurations: []int{2}, Replicas: 1}}
	// With 5 GB, one: the two of 4 GB might come at once.
	for free, want := range map[float64]int{0: 1, 5e9: 1, 8.7e9: 2, 9e9: 3, 1e12: 3} {
		if got := sweep.Affordable(trials, tasks, 8, free); got != want {
			t.Errorf("with %g bytes: got %d, want %d", free, got, want)
		}
	}
	if got := sweep.Affordable(trials, tasks, 2, 1e12); got != 2 {
		t.Errorf("of two cores: got %d, want 2", got)
	}
}

// TestTooWide refuses a table whose columns need more memory than there is once its first row is read: the
// last of its rows, which is damaged, is never reached.
func TestTooWide(t *testing.T) {
	t.Chdir(t.TempDir())
	columns := int(sysmem.Read().Total / 8192) // of which one takes 8 kB to predict by
	if columns > 30_000_000 {
		t.Skip("a row that needs more than this machine's memory is too large for a test")
	}
	row := strings.Repeat("1,", columns)
	write(t, "wide.csv", row+"0\n"+row+"1\n"+row+"\n")
	want := regexp.MustCompile(fmt.Sprintf(
		`^gradwatch: (--vary "units=5,6": |--)dataset "wide\.csv": want less: a model of wide\.csv, of %d inputs and at least 1 rows?, needs about .* of memory, and .*machine.*\n$`, columns))
	for _, command := range []string{"train --dataset wide.csv", "train --stream --dataset wide.csv", "study --dataset wide.csv --vary units=5,6"} {
		got := gradwatch(t.Context(), strings.Fields(command)...)
		if got.status != cli.ExitRequest || !want.MatchString(got.stderr) {
			t.Errorf("%s: got status %d, %.300s, want 2 and %s", command, got.status, got.stderr, want)
		}
		if left, err := os.ReadDir("."); err != nil || len(left) != 1 {
			t.Errorf("%s: got files %v (%v), want the table only", command, left, err)
		}
	}
}

// TestAddressSpace limits the address space by ulimit -v: one line that says so instead of the Go runtime's
// stacks, before anything is written.
func TestAddressSpace(t *testing.T) {
	for _, test := range []struct{ limit, command, want string }{
		{"200000", "--help", "gradwatch: the address space is limited to 200000 kB by ulimit -v; want at least 2000000\n"},
		{"1000000", "train --epochs 1", "gradwatch: the address space is limited to 1000000 kB by ulimit -v; want at least 2000000\n"},
		{"2200000", "train --epochs 1", "gradwatch: the address space is limited to 2200000 kB by ulimit -v; want at least 4000000\n"},
		{"2200000", "devices", "gradwatch: the address space is limited to 2200000 kB by ulimit -v; want at least 4000000\n"},
	} {
		t.Run(test.limit+" "+test.command, func(t *testing.T) {
			t.Chdir(t.TempDir())
			c := exec.CommandContext(t.Context(), "sh", "-c", "ulimit -v "+test.limit+" && exec "+filepath.Join(programs, "gradwatch")+" "+test.command)
			var stderr bytes.Buffer
			c.Stderr = &stderr
			_ = c.Run() // its status is looked at
			if got := stderr.String(); c.ProcessState.ExitCode() != cli.ExitFailed || got != test.want {
				t.Errorf("got status %d, %.500s, want %d, %s", c.ProcessState.ExitCode(), got, cli.ExitFailed, test.want)
			}
			if left, err := os.ReadDir("."); err != nil || len(left) != 0 {
				t.Errorf("got files %v (%v), want none", left, err)
			}
		})
	}
}
