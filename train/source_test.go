//go:build tensorflow

package train

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// TestDataChanged changes the data set while the run trains: it is said, and the run is
// of the rows that were read. A file of another time alone isn't spoken of.
func TestDataChanged(t *testing.T) {
	for _, streamed := range []bool{false, true} {
		for name, tc := range map[string]struct {
			change func(text []byte) []byte
			says   bool
		}{
			"a row more":         {func(text []byte) []byte { return append(text, "0.5,0.5,1\n"...) }, true},
			"a digit":            {func(text []byte) []byte { return []byte(strings.Replace(string(text), "0.5,", "0.6,", 1)) }, true},
			"written once more":  {slices.Clone[[]byte], false},
			"no longer a number": {func(text []byte) []byte { return []byte(strings.Replace(string(text), "0.5,", "x,", 1)) }, true},
		} {
			t.Run(name, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "points.csv")
				if err := os.WriteFile(path, []byte("x,y,label\n"+strings.Repeat("0.5,0.1,0\n0.2,0.9,1\n", 50)), 0o666); err != nil {
					t.Fatal(err)
				}
				run := small(t)
				run.Dataset, run.Stream, run.Cache, run.Epochs = path, streamed, t.TempDir(), 2
				var notices []string
				_, err := Run(t.Context(), run, Options{
					Notice: func(line string) { notices = append(notices, line) },
					Epoch: func(epoch int, _ []record.Row) {
						if epoch == 0 {
							edit(t, path, tc.change)
						}
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				want := []string{path + " was changed while the run was under way: the run is of the rows that were read at its start"}
				if tc.says != slices.Equal(notices, want) || !tc.says && notices != nil {
					t.Errorf("got notices %q, want %q: %t", notices, want, tc.says)
				}
			})
		}
	}
}

// TestRefusedRunLetsGo opens a stream for a run that is refused, and looks whether the
// cache is held.
func TestRefusedRunLetsGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "points.csv")
	if err := os.WriteFile(path, []byte("x,y,label\n"+strings.Repeat("0.5,0.1,0\n0.2,0.9,1\n", 50)), 0o666); err != nil {
		t.Fatal(err)
	}
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		held := 0
		for _, entry := range entries {
			if to, err := os.Readlink(filepath.Join("/proc/self/fd", entry.Name())); err == nil && strings.HasPrefix(to, filepath.Dir(path)) {
				held++
			}
		}
		return held
	}
	for name, set := range map[string]func(run *config.Run){
		"decision columns": func(run *config.Run) { run.DecisionColumns = []string{"x", "z"} },
		"memory":           func(run *config.Run) { run.Layers, run.Repeats = []int{30000, 30000, 30000}, 100 },
	} {
		run := small(t)
		run.Dataset, run.Stream, run.Cache = path, true, filepath.Join(filepath.Dir(path), "caches")
		set(&run)
		if _, err := Run(t.Context(), run, Options{}); err == nil {
			t.Errorf("%s: got no error", name)
		}
		if held := open(); held > 0 {
			t.Errorf("%s: %d files of the cache are open", name, held)
		}
	}
}

// TestSwappedForALink puts a link in the place of a run's folder before TensorFlow opens
// its files: nothing is written where it leads.
func TestSwappedForALink(t *testing.T) {
	run, outside := small(t), t.TempDir()
	run.Repeats, run.LogReplicas = 2, true
	if err := errors.Join(os.Mkdir(filepath.Join(outside, "seed-1"), 0o777), os.Mkdir(filepath.Join(outside, "seed-2"), 0o777)); err != nil {
		t.Fatal(err)
	}
	_, err := Run(t.Context(), run, Options{Resumable: func(folder string) {
		if err := errors.Join(os.Rename(folder, folder+"-moved"), os.Symlink(outside, folder)); err != nil {
			t.Fatal(err)
		}
	}})
	if !errors.Is(err, runfolder.ErrMoved) {
		t.Errorf("got error %v, want %v", err, runfolder.ErrMoved)
	}
	err = filepath.WalkDir(outside, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			t.Errorf("written beyond the run's folder: %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
