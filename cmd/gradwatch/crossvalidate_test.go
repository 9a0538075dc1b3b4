//go:build tensorflow

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestCrossValidate trains with each fold, and one of them alone with the same result.
func TestCrossValidate(t *testing.T) {
	if testing.Short() {
		t.Skip("trains")
	}
	t.Parallel()
	folder := t.TempDir()
	var rows strings.Builder
	for i := range 90 {
		fmt.Fprintf(&rows, "%d,%d,%s\n", i%10, i/10, []string{"low", "high"}[(i%10+i/10)/9])
	}
	file := filepath.Join(folder, "grid.csv")
	write(t, file, rows.String())
	args := []string{
		"--dataset", file, "--logdir", filepath.Join(folder, "logs"), "--layers", "4", "--epochs", "20", "--cross-validate", "3", "--run", "grid", "--validation-fraction", "0.2", "--quiet",
	}
	if r := succeed(t, append([]string{"train"}, args...)...); !strings.Contains(r.stdout, "mean of 3 folds: test accuracy") {
		t.Errorf("got %s, want the mean of 3 folds", r.stdout)
	}
	succeed(t, append([]string{"train", "--fold", "2"}, append(args, "--run", "one")...)...)
	one := readSummary(t, filepath.Join(folder, "logs", "one"))
	if one.TrainRows != 48 || one.ValidationRows != 12 || one.TestRows != 30 {
		t.Errorf("%d train, %d validate, %d test, want 48, 12 and 30", one.TrainRows, one.ValidationRows, one.TestRows)
	}
	results := read(t, filepath.Join(folder, "logs", "grid", "study.csv"))
	if want := fmt.Sprintf(",%.9g,", one.Result[0].TestAccuracy()); !strings.Contains(strings.Split(results, "\n")[2], want) {
		t.Errorf("fold 2 alone has %s, want it in:\n%s", want, results)
	}
}
