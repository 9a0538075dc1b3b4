package main

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gradwatch/internal/study"
)

// TestStudyOnTerminal looks at what terminals of 80 and 60 columns get.
func TestStudyOnTerminal(t *testing.T) {
	for _, columns := range []uint16{80, 60} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			t.Chdir(t.TempDir())
			out := onTerminal(t, columns, "study", "--vary", "hidden-layers=1:6", "--epochs", "300", "--name", "terminal")
			bars := 0
			for _, line := range regexp.MustCompile(`[\r\n]+`).Split(escapes.ReplaceAllString(out, "\r"), -1) {
				if !strings.Contains(line, " of 6 done") {
					continue
				}
				bars++
				if width := utf8.RuneCountInString(line); width > int(columns) {
					t.Errorf("got a bar of %d columns, want at most %d: %q", width, columns, line)
				}
			}
			if want := regexp.MustCompile(`terminal  \d of 6 done  ━.*\d:\d\d left`); bars < 3 || !want.MatchString(out) {
				t.Errorf("got %d bars, want some that match %s:\n%q", bars, want, out)
			}
		})
	}
}

// TestProgressEstimator follows a study of three tasks on two engines.
func TestProgressEstimator(t *testing.T) {
	g := newProgressEstimator(5, 1)
	tasks := []study.Task{
		{Configurations: []int{0, 1}, Cost: 4}, {Configurations: []int{2}, Cost: 2}, {Configurations: []int{3}, Cost: 2},
	}
	g.add(tasks, 2)
	if _, _, _, known := g.place(); known {
		t.Error("got a time left before anything was done")
	}
	g.begin = time.Now().Add(-time.Second)
	first, second := g.begins(tasks[0]), g.begins(tasks[1])
	g.set(first, 0.5)
	g.ends(second)
	g.count()
	finished, part, left, _ := g.place()
	// Half of the work is done in a second; the task under way is half done, and
	// may take as long again while the third is done beside it.
	if finished != 2 || math.Abs(part-0.5) > 1e-9 || left < 900*time.Millisecond || left > 1100*time.Millisecond {
		t.Errorf("got %d configurations, %g of the work, %v left, want 2, 0.5, 1s", finished, part, left)
	}
	g.ends(first)
	g.set(g.begins(tasks[2]), 0.5)
	// An eighth of the work is left, but on one engine it takes as long as a quarter.
	if _, part, left, _ := g.place(); math.Abs(part-0.875) > 1e-9 || left < 260*time.Millisecond || left > 310*time.Millisecond {
		t.Errorf("got %g of the work, %v left, want 0.875, 286ms", part, left)
	}
}
