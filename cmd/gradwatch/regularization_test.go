//go:build tensorflow

package main

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// TestTrainRegularization trains with penalties, dropout, class weights, a schedule and early
// stopping at once: each seed stops by itself, and says so.
func TestTrainRegularization(t *testing.T) {
	t.Chdir(t.TempDir())
	r := succeed(t, "train", "--epochs", "30", "--repeats", "4", "--run", "r", "--l2", "0.001", "--dropout", "0.1", "--class-weight", "balanced",
		"--learning-rate", "0.1", "--learning-rate-schedule", "step:5,0.7", "--early-stopping", "3", "--restore-best-weights")
	stopped := regexp.MustCompile(`(?m)^stopped early: (\d) of 4 seeds; (\d+) to (\d+) epochs, median \d+; the weights of each one's best are restored$`)
	found := stopped.FindStringSubmatch(r.stdout)
	if found == nil {
		t.Fatalf("got\n%s\nwant a line that matches %s", r.stdout, stopped)
	}
	if diff := cmp.Diff(runFiles(), names(t, "logs/r")); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	history, err := record.ReadHistory(filepath.Join("logs/r", runfolder.HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	if want := (record.Extras{Penalty: true, LearningRate: true}); history.Extras != want {
		t.Errorf("got columns %+v, want %+v", history.Extras, want)
	}
	shortest, longest, early := 30, 0, 0
	for replica := range 4 {
		n := len(history.Replica(replica))
		shortest, longest = min(shortest, n), max(longest, n)
		if n < 30 {
			early++
		}
	}
	if got := strings.Join(found[1:], " "); early == 0 || shortest == longest || got != strings.Join([]string{strconv.Itoa(early), strconv.Itoa(shortest), strconv.Itoa(longest)}, " ") {
		t.Errorf("it says %q; the history has %d that stopped, %d to %d epochs; want some, apart", got, early, shortest, longest)
	}
	if got := succeed(t, "diagnose", "logs/r").stdout; !strings.Contains(got, "r: done, "+printable.Count(longest, "epoch")) {
		t.Errorf("got\n%s\nwant %d epochs", got, longest)
	}
}

// TestStudyRegularization varies them.
func TestStudyRegularization(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "study", "--epochs", "12", "--repeats", "2", "--hidden-layers", "2", "--name", "s", "--learning-rate", "0.3",
		"--vary", "dropout=0;0.2,0.4", "--vary", "class-weight=none;0=1,1=2", "--vary", "early-stopping=0,1")
	rows := table(t, "studies/s/study.csv")
	if len(rows) != 16 {
		t.Fatalf("got %d rows, want 16", len(rows))
	}
	early := 0
	for _, row := range rows {
		epochs := number(t, row["epochs"])
		if row["early-stopping"] == "0" && epochs != 12 {
			t.Errorf("got %v epochs without early stopping, want 12", epochs)
		}
		if epochs < 12 {
			early++
		}
	}
	if early == 0 {
		t.Error("no seed has stopped early")
	}
	checkAsAlone(t, "studies/s", "--epochs 12 --repeats 2 --hidden-layers 2 --learning-rate 0.3", "dropout", "class-weight", "early-stopping")
}
