//go:build tensorflow

package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gradwatch/train/session"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	"github.com/google/go-cmp/cmp"

	"gradwatch/graph"
	"gradwatch/internal/checkpoint"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// adamRun returns a run of two replicas that has ended.
func adamRun(t *testing.T) *Result {
	t.Helper()
	run := small(t)
	run.Optimizer, run.Repeats, run.Layers = "adam", 2, []int{3}
	return mustRun(t, run)
}

// prefix returns what the names of a checkpoint's files begin with.
func prefix(result *Result, epoch int) string {
	return filepath.Join(result.Folder, checkpoint.Folder, checkpoint.Name(epoch), checkpoint.Prefix(0, 1))
}

// TestCheckpointByName reads variables by their names, in a graph that knows
// nothing of the run.
func TestCheckpointByName(t *testing.T) {
	result := adamRun(t)
	s := op.NewScope()
	names := []string{"dense_1/weights", "dense_2/weights", "dense_1/m", "dense_2/v", "beta_1_power"}
	types := make([]tf.DataType, len(names))
	for i := range types {
		types[i] = tf.Float
	}
	values := op.RestoreV2(s, op.Const(s.SubScope("prefix"), prefix(result, 4)), op.Const(s.SubScope("names"), names),
		op.Const(s.SubScope("slices"), make([]string, len(names))), types)
	g, err := s.Finalize()
	if err != nil {
		t.Fatal(err)
	}
	session, err := session.New(g, config.Plan{Threads: 1}, "cpu")
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	read, err := session.Run(graph.Call{Fetches: values})
	if err != nil {
		t.Fatal(err)
	}
	for k, layer := range read[:2] {
		weights := layer.Value().([][][]float32) // [replica, rows, inputs+1]
		for r := range weights {
			want := result.Weights[r][k]
			for unit, bias := range want.Bias {
				row := weights[r][unit]
				for i := range want.Kernel {
					if row[i] != want.Kernel[i][unit] {
						t.Errorf("replica %d, layer %d, unit %d: got %g for input %d, want %g", r, k, unit, row[i], i, want.Kernel[i][unit])
					}
				}
				if got := row[len(row)-1]; got != bias {
					t.Errorf("replica %d, layer %d, unit %d: got bias %g, want %g", r, k, unit, got, bias)
				}
			}
		}
	}
	// 4 epochs of 16 steps: the power is that of the next step.
	near(t, "beta_1_power", float64(read[4].Value().(float32)), 0.001061, 1e-5)
}

// TestDamagedCheckpoint damages the newest checkpoint in many ways: it is named in
// a line, and the run goes on from the one before it.
func TestDamagedCheckpoint(t *testing.T) {
	run := small(t)
	run.Epochs, run.CheckpointFreq, run.Repeats = 9, 2, 2
	whole, stopped := mustRun(t, run), stopAfter(t, run, config.Plan{}, 6)
	edit := func(name string, change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, folder string) {
			t.Helper()
			edit(t, filepath.Join(folder, name), change)
		}
	}
	replace := func(old, next string) func([]byte) []byte {
		return func(text []byte) []byte { return []byte(strings.Replace(string(text), old, next, 1)) }
	}
	half := func(text []byte) []byte { return text[:len(text)/2] }
	flip := func(text []byte) []byte { text[len(text)/2] ^= 4; return text }
	const data = "variables.data-00000-of-00001"
	for name, tc := range map[string]struct {
		damage func(t *testing.T, folder string)
		want   string
	}{
		"a bit of the data":    {edit(data, flip), data + " is damaged: its SHA-256"},
		"a bit of the index":   {edit("variables.index", flip), "variables.index is damaged"},
		"half of the index":    {edit("variables.index", half), `variables.index has \d+ bytes, manifest.json says \d+`},
		"half of the manifest": {edit(checkpoint.ManifestFile, half), "manifest.json, line [0-9]+: unexpected end"},
		"another epoch": {edit(checkpoint.ManifestFile, func(text []byte) []byte {
			return regexp.MustCompile(`"epoch": \d+`).ReplaceAll(text, []byte(`"epoch": 4`))
		}), "manifest.json is of epoch 4"},
		"another format": {edit(checkpoint.ManifestFile, replace(`"format": 1`, `"format": 2`)), "manifest.json: format 2: want 1"},
		"another run":    {edit(checkpoint.ManifestFile, replace(`"momentum": 0.9`, `"momentum": 0.8`)), "its configuration is not the one in summary.json"},
		"other data":     {edit(checkpoint.ManifestFile, replace(`"data-sha256": "`, `"data-sha256": "0`)), "the rows of data set circles are not those"},
		"longer history": {
			edit(checkpoint.ManifestFile, func(text []byte) []byte {
				return regexp.MustCompile(`"bytes": \d+`).ReplaceAll(text, []byte(`"bytes": 999999`))
			}), `history.csv has \d+ bytes, and had 999999`,
		},
		"no manifest": {func(t *testing.T, folder string) {
			t.Helper()
			if err := os.Remove(filepath.Join(folder, checkpoint.ManifestFile)); err != nil {
				t.Fatal(err)
			}
		}, "manifest.json is missing"},
		"a link for the data": {func(t *testing.T, folder string) {
			t.Helper()
			path := filepath.Join(folder, data)
			if err := errors.Join(os.Rename(path, path+".away"), os.Symlink(path+".away", path)); err != nil {
				t.Fatal(err)
			}
		}, data + " is no file"},
	} {
		t.Run(name, func(t *testing.T) {
			part := copyRun(t, stopped)
			newest := checkpoint.Name(part.Summary.Epochs) // of epoch 6 or a later one
			tc.damage(t, filepath.Join(part.Folder, checkpoint.Folder, newest))
			var notices []string
			again, err := Run(t.Context(), part.Summary.Configuration, Options{
				Resume: part.Folder, Notice: func(line string) { notices = append(notices, line) },
			})
			if err != nil {
				t.Fatal(err)
			}
			want := regexp.MustCompile(`^checkpoint ` + newest + ` can't be used: ` + tc.want)
			if len(notices) != 1 || !want.MatchString(notices[0]) || strings.Contains(notices[0], "\n") {
				t.Errorf("got notices %q, want one that matches %s", notices, want)
			}
			compareRuns(t, whole, again)
		})
	}
}

// TestNoCheckpoint resumes a run without one, which starts over, and one whose
// checkpoints are all damaged, which is refused and left as it was.
func TestNoCheckpoint(t *testing.T) {
	run := small(t)
	whole := mustRun(t, run)
	part := stopAfter(t, run, config.Plan{}, 2)
	manifest := filepath.Join(part.Folder, checkpoint.Folder, checkpoint.Name(part.Summary.Epochs), checkpoint.ManifestFile)
	if err := os.WriteFile(manifest, []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	before := content(t, part, runfolder.HistoryFile)
	_, err := Run(t.Context(), part.Summary.Configuration, Options{Resume: part.Folder})
	if want := "no checkpoint can be used; to train it from its beginning, remove " + filepath.Join(part.Folder, checkpoint.Folder); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got error %v, want it to end with %q", err, want)
	}
	if got := content(t, part, runfolder.HistoryFile); got != before {
		t.Errorf("got history %q, want it as it was: %q", got, before)
	}
	if err := os.RemoveAll(filepath.Join(part.Folder, checkpoint.Folder)); err != nil {
		t.Fatal(err)
	}
	var notices []string
	again, err := Run(t.Context(), part.Summary.Configuration, Options{
		Resume: part.Folder, Notice: func(line string) { notices = append(notices, line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"no checkpoint was made yet: the run starts over"}, notices); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
	compareRuns(t, whole, again)
}

// TestOtherSettings resumes under another number of threads, which is said.
func TestOtherSettings(t *testing.T) {
	run := small(t)
	part := stopAfter(t, run, config.Plan{Threads: 1, Groups: 1}, 2)
	var notices []string
	_, err := Run(t.Context(), part.Summary.Configuration, Options{
		Plan: config.Plan{Threads: 2, Groups: 1}, Resume: part.Folder, Notice: func(line string) { notices = append(notices, line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"going on under other settings than before, so last digits may differ: threads 2, was 1"}
	if diff := cmp.Diff(want, notices); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

// TestTwoOnOneRun refuses a second process, here a second lock, on a run.
func TestTwoOnOneRun(t *testing.T) {
	part := stopAfter(t, small(t), config.Plan{}, 2)
	folder, err := runfolder.Open(part.Folder)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if err := folder.Lock(); err != nil {
		t.Fatal(err)
	}
	_, err = Run(t.Context(), part.Summary.Configuration, Options{Resume: part.Folder})
	want := "run " + part.Folder + ": another process is working on it: wait for its end, or stop it"
	if err == nil || err.Error() != want {
		t.Errorf("got error %v, want %q", err, want)
	}
}

// TestDamagedTables damages a byte of a table, or how long the newest checkpoint's
// manifest says that it was: the checkpoint before it is used, and the run ends as one
// that nothing happened to. So it does with a manifest that has no hashes.
func TestDamagedTables(t *testing.T) {
	run := small(t)
	run.Epochs, run.CheckpointFreq, run.DiagnoseFreq, run.Repeats = 9, 2, 1, 2
	whole, stopped := mustRun(t, run), stopAfter(t, run, config.Plan{}, 6)
	for _, table := range []string{runfolder.HistoryFile, runfolder.FlowFile, runfolder.UnitsFile} {
		for name, damage := range map[string]func(t *testing.T, table, manifest string){
			"a byte": func(t *testing.T, table, _ string) {
				t.Helper()
				edit(t, table, func(text []byte) []byte { text[len(text)-2] = '?'; return text })
			},
			"a length": func(t *testing.T, table, manifest string) {
				t.Helper()
				edit(t, manifest, shorten(table))
			},
			"a byte, no hashes": func(t *testing.T, table, manifest string) {
				t.Helper()
				edit(t, table, func(text []byte) []byte { text[len(text)-2] = '?'; return text })
				edit(t, manifest, withoutHashes)
			},
			"a length, no hashes": func(t *testing.T, table, manifest string) {
				t.Helper()
				edit(t, manifest, shorten(table))
				edit(t, manifest, withoutHashes)
			},
		} {
			t.Run(table+": "+name, func(t *testing.T) {
				part := copyRun(t, stopped)
				newest := checkpoint.Name(part.Summary.Epochs)
				damage(t, filepath.Join(part.Folder, table), filepath.Join(part.Folder, checkpoint.Folder, newest, checkpoint.ManifestFile))
				var notices []string
				again, err := Run(t.Context(), part.Summary.Configuration, Options{
					Resume: part.Folder, Notice: func(line string) { notices = append(notices, line) },
				})
				if err != nil {
					t.Fatal(err)
				}
				if want := "checkpoint " + newest + " can't be used: "; len(notices) != 1 || !strings.HasPrefix(notices[0], want) || !strings.Contains(notices[0], table) {
					t.Errorf("got notices %q, want one that begins with %q and names %s", notices, want, table)
				}
				compareRuns(t, whole, again)
			})
		}
	}
}

// edit changes a file's text.
func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(text), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// shorten returns what takes a byte off a table's length in a manifest.
func shorten(table string) func([]byte) []byte {
	length := regexp.MustCompile(`("name": "` + filepath.Base(table) + `",\s+"bytes": )(\d+)`)
	return func(text []byte) []byte {
		parts := length.FindSubmatch(text)
		bytes, _ := strconv.Atoi(string(parts[2]))
		return length.ReplaceAll(text, fmt.Appendf(nil, "${1}%d", bytes-1))
	}
}

// withoutHashes makes a manifest one of before tables had hashes.
func withoutHashes(text []byte) []byte {
	return regexp.MustCompile(`("bytes": \d+),\s+"sha256": "[0-9a-f]+"`).ReplaceAll(text, []byte("$1"))
}

// TestOldCheckpoint goes on from a checkpoint whose manifest has no hashes of the tables.
func TestOldCheckpoint(t *testing.T) {
	run := small(t)
	run.Epochs, run.DiagnoseFreq, run.Repeats = 9, 2, 2
	whole := mustRun(t, run)
	part := stopAfter(t, run, config.Plan{}, 6)
	edit(t, filepath.Join(part.Folder, checkpoint.Folder, checkpoint.Name(part.Summary.Epochs), checkpoint.ManifestFile), withoutHashes)
	compareRuns(t, whole, resumeUntil(t, part, config.Plan{}, run.Epochs))
}

// TestTableChanged changes a table while its run trains: the weights and the summary are
// written, without a verdict, and a line says so. No checkpoint of it is trusted, and
// those before it stay.
func TestTableChanged(t *testing.T) {
	for _, table := range []string{runfolder.HistoryFile, runfolder.FlowFile, runfolder.UnitsFile} {
		t.Run(table, func(t *testing.T) {
			run := small(t)
			run.Epochs, run.DiagnoseFreq, run.CheckpointFreq, run.MaxCheckpoints = 9, 1, 3, 1
			whole := mustRun(t, run)
			var notices []string
			folder := ""
			got, err := Run(t.Context(), run, Options{
				Started: func(_ int, path, _, _ string) { folder = path },
				Notice:  func(line string) { notices = append(notices, line) },
				Epoch: func(epoch int, _ []record.Row) {
					if epoch == 7 {
						edit(t, filepath.Join(folder, table), func(text []byte) []byte { text[len(text)-3] ^= 1; return text })
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			want := table + " was changed by another process while the run was under way: the weights and the result are of what was trained; there is no verdict, and pictures show the changed file"
			if diff := cmp.Diff([]string{want}, notices); diff != "" {
				t.Errorf("notices (-want +got):\n%s", diff)
			}
			if got.Summary.State != record.Done || got.Summary.Verdict != nil {
				t.Errorf("got state %s, verdict %v, want done and none", got.Summary.State, got.Summary.Verdict)
			}
			if diff := cmp.Diff(content(t, whole, runfolder.WeightsFile), content(t, got, runfolder.WeightsFile)); diff != "" {
				t.Error("the weights are not those of a run that nothing happened to")
			}
			if _, err := os.Stat(filepath.Join(got.Folder, checkpoint.Folder, checkpoint.Name(6))); err != nil {
				t.Errorf("the checkpoint before the change: %v", err)
			}
		})
	}
}

// TestTableChangedBeforeCheckpoint changes a table before a checkpoint: the run ends, the
// checkpoint before it stays, and going on ends as if nothing had happened.
func TestTableChangedBeforeCheckpoint(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{
		"a byte": func(text []byte) []byte { text[len(text)-3] ^= 1; return text },
		"cut":    func(text []byte) []byte { return text[:len(text)-10] },
	} {
		t.Run(name, func(t *testing.T) {
			run := small(t)
			run.Epochs, run.DiagnoseFreq, run.CheckpointFreq, run.MaxCheckpoints = 9, 1, 3, 1
			whole := mustRun(t, run)
			folder := ""
			_, err := Run(t.Context(), run, Options{
				Started: func(_ int, path, _, _ string) { folder = path },
				Epoch: func(epoch int, _ []record.Row) {
					if epoch == 4 {
						edit(t, filepath.Join(folder, runfolder.FlowFile), change)
					}
				},
			})
			if want := runfolder.FlowFile + ": was changed by another process while it was written"; err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Fatalf("got error %v, want %q", err, want)
			}
			part := &Result{Folder: folder}
			part.Summary.Configuration = run
			part.Summary.Configuration.Name = filepath.Base(folder)
			compareRuns(t, whole, resumeUntil(t, part, config.Plan{}, run.Epochs))
		})
	}
}
