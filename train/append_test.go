//go:build tensorflow

package train

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gradwatch/train/eventfile"

	"gradwatch/internal/events"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/testenv/tensorboard"
)

// TestAppend adds events to a run that has ended, twice, and reads them back: each
// in a file of its own, and what the run wrote is as it was.
func TestAppend(t *testing.T) {
	run := small(t)
	result := mustRun(t, run)
	before := readEvents(t, result.Folder)
	for i, text := range []string{"first", "second"} {
		var s events.Summary
		s.Text("note", text)
		if err := eventfile.Append(result.Folder, 3+i, s.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	files := make(map[string]bool)
	var notes []string
	rest := 0
	for _, e := range readEvents(t, result.Folder) {
		switch {
		case e.Tag == "note":
			files[e.File] = true
			notes = append(notes, string(e.Strings[0]))
			if e.Step != int64(2+len(notes)) || e.Plugin != "text" {
				t.Errorf("got %s of %s at step %d, want a text at step %d", e.Tag, e.Plugin, e.Step, 2+len(notes))
			}
		case e.Kind != "version":
			rest++
		}
	}
	if strings.Join(notes, " ") != "first second" || len(files) != 2 {
		t.Errorf("got notes %q in %d files, want first and second in two", notes, len(files))
	}
	if rest != len(before)-1 {
		t.Errorf("got %d events beside the notes, want the run's %d", rest, len(before)-1)
	}
}

func readEvents(t *testing.T, folder string) []tensorboard.Event {
	t.Helper()
	all, err := tensorboard.ReadEvents(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// TestAppendToNoRun names the folder that it can't write to.
func TestAppendToNoRun(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	if err := eventfile.Append(none, 0, nil); err == nil || !strings.Contains(err.Error(), none) {
		t.Errorf("got %v, want an error that names %s", err, none)
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("the folder was made")
	}
	run := small(t)
	result := mustRun(t, run)
	file := filepath.Join(result.Folder, runfolder.SummaryFile)
	if err := eventfile.Append(file, 0, nil); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want an error that names %s", err, file)
	}
}
