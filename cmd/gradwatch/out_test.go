package main

import (
	"errors"
	"io"
	"testing"

	"gradwatch/internal/cli"
	"gradwatch/internal/runfolder"
)

// TestOutThatAppears keeps a file that another process writes under the name while the
// command works.
func TestOutThatAppears(t *testing.T) {
	t.Chdir(t.TempDir())
	err := writePredictions(&predictFlags{out: "p.csv"}, func(w io.Writer) error {
		write(t, "p.csv", "theirs")
		_, err := io.WriteString(w, "ours")
		return err
	})
	if want := `--out "p.csv": p.csv is there already: want another name, or --overwrite for a file`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got := files(t); len(got) != 2 || got["p.csv"] != "theirs" {
		t.Errorf("got %v, want p.csv as it was", got)
	}
	if err := writePredictions(&predictFlags{out: "p.csv", overwrite: true}, func(w io.Writer) error {
		_, err := io.WriteString(w, "ours")
		return err
	}); err != nil || files(t)["p.csv"] != "ours" {
		t.Errorf("--overwrite: got %v, %v", err, files(t))
	}
	folder, err := runfolder.Open(".")
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for _, overwrite := range []bool{false, true} {
		err := writeOut(folder, "x", "x.csv", overwrite, func(w io.Writer) error {
			write(t, "x.csv", "theirs")
			_, err := io.WriteString(w, "ours")
			return err
		})
		want := map[bool]string{false: "theirs", true: "ours"}[overwrite]
		if got := files(t)["x.csv"]; got != want || (err == nil) != overwrite || cli.Status(err) == cli.ExitFailed {
			t.Errorf("overwrite %t: got %q, %v, want %q", overwrite, got, err, want)
		}
	}
	if err := folder.Root().Remove("x.csv"); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := writePredictions(&predictFlags{out: "q.csv"}, func(io.Writer) error { return broken }); !errors.Is(err, broken) || len(files(t)) != 2 {
		t.Errorf("got %v, files %v, want the error and no new file", err, files(t))
	}
}
