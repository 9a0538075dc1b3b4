//go:build tensorflow

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"gradwatch/internal/config"
	"gradwatch/internal/engine"
	"gradwatch/internal/runner"
	"gradwatch/internal/terminal"
)

// TestLines counts the lines of runs of several lengths.
func TestLines(t *testing.T) {
	for epochs, want := range map[int]int{1: 1, 7: 7, 10: 10, 15: 10, 500: 10} {
		var out bytes.Buffer
		shows := terminal.NewProgress(&out, false, false)
		track := runner.NewProgress(shows, &config.Run{Epochs: epochs}, "run")
		for e := range epochs {
			track.Epoch(&engine.Progress{Epoch: e})
		}
		track.End()
		shows.Close()
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != want {
			t.Errorf("%d epochs: got %d lines, want %d", epochs, len(lines), want)
		}
		if end := fmt.Sprintf("epoch %d/%d", epochs, epochs); !strings.Contains(lines[len(lines)-1], end) {
			t.Errorf("%d epochs: got last line %q, want it to hold %q", epochs, lines[len(lines)-1], end)
		}
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0:00", 7 * time.Second: "0:07", 61 * time.Second: "1:01", time.Hour + 2*time.Minute + 3*time.Second: "1:02:03",
	} {
		if got := terminal.Clock(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

// openTerminal returns both ends of a new pseudo-terminal of that many columns.
func openTerminal(t *testing.T, columns uint16) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// onTerminal runs the built program with all its output on a terminal.
func onTerminal(t *testing.T, columns uint16, args ...string) string {
	t.Helper()
	master, slave := openTerminal(t, columns)
	defer master.Close()
	cmd := exec.Command(filepath.Join(programs, "gradwatch"), args...)
	cmd.Env = append(os.Environ(), "TERM=xterm")
	cmd.Stdout, cmd.Stderr = slave, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close() // the program has its own
	var out bytes.Buffer
	_, _ = io.Copy(&out, master) // ends with an error once the program has
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

// escapes are a terminal's control sequences.
var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[a-zA-Z]")

// TestBarsOnTerminal looks at what a terminal of 80 columns and a narrow one get.
func TestBarsOnTerminal(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	for _, columns := range []uint16{80, 60} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			t.Chdir(t.TempDir())
			out := onTerminal(t, columns, "train", "--epochs", "800", "--histogram-freq", "0")
			bars := 0
			for _, line := range regexp.MustCompile(`[\r\n]+`).Split(escapes.ReplaceAllString(out, ""), -1) {
				if !strings.Contains(line, "/800") {
					continue
				}
				bars++
				if width := utf8.RuneCountInString(line); width > int(columns) {
					t.Errorf("got a bar of %d columns, want at most %d: %q", width, columns, line)
				}
			}
			if bars < 3 {
				t.Errorf("got %d bars, want some:\n%q", bars, out)
			}
			if want := regexp.MustCompile(`epoch +\d+/800  ━.*\d:\d\d left`); !want.MatchString(out) {
				t.Errorf("got %q, want it to match %s", out, want)
			}
			// What was drawn last is the result, on a line that the bar has left.
			if !strings.Contains(escapes.ReplaceAllString(out, ""), "\nrelu-5x5: 5 x 5 units") &&
				!strings.Contains(escapes.ReplaceAllString(out, ""), "\rrelu-5x5: 5 x 5 units") {
				t.Errorf("got %q, want the result at the beginning of a line", out)
			}
		})
	}
}

// TestColours wants colours on a terminal alone, and none there with NO_COLOR.
func TestColours(t *testing.T) {
	master, slave := openTerminal(t, 80)
	defer master.Close()
	defer slave.Close()
	for _, tc := range []struct {
		name, noColor, term string
		w                   io.Writer
		want                bool
	}{
		{"terminal", "", "xterm", slave, true},
		{"NO_COLOR", "1", "xterm", slave, false},
		{"dumb", "", "dumb", slave, false},
		{"file", "", "xterm", &bytes.Buffer{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", tc.noColor)
			t.Setenv("TERM", tc.term)
			if got := terminal.NewStyle(tc.w).On; got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// TestTellBesideEpochs has two goroutines write lines to standard error at once, as a
// cluster that reports its workers beside a run's epochs: each line is whole.
func TestTellBesideEpochs(t *testing.T) {
	var written bytes.Buffer
	stderr := &terminal.Output{Writer: &written}
	shows := terminal.NewProgress(stderr, false, false)
	track := runner.NewProgress(shows, &config.Run{Epochs: 100}, "run")
	var group sync.WaitGroup
	group.Go(func() {
		for e := range 100 {
			track.Epoch(&engine.Progress{Epoch: e})
		}
	})
	group.Go(func() {
		for range 100 {
			shows.Notify("gradwatch: told")
		}
	})
	group.Wait()
	told, epochs := 0, 0
	for _, line := range strings.Split(strings.TrimSpace(written.String()), "\n") {
		switch {
		case line == "gradwatch: told":
			told++
		case strings.HasPrefix(line, "run  epoch "):
			epochs++
		}
	}
	if told != 100 || epochs != runner.LinesPerRun {
		t.Errorf("got %d lines that were told and %d of epochs, want 100 and %d", told, epochs, runner.LinesPerRun)
	}
}
