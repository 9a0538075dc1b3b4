//go:build tensorflow

package resume

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/events"
	"gradwatch/internal/testenv"
	"gradwatch/internal/testenv/tensorboard"
)

// stopRun starts the run of faults, stops it by a signal when so many epochs are
// recorded, and returns once it has ended.
func stopRun(t *testing.T, p *place, args ...string) {
	t.Helper()
	run := p.start(t, nil, args...)
	if !testenv.WaitFor(func() bool { return run.Ended() || testenv.Rows(p.path(faultFolder)) >= 60 }) {
		t.Fatalf("the run does not begin: %s", run.Stderr.String())
	}
	if err := run.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got, want := run.Wait(t), 128+int(syscall.SIGTERM); got != want {
		t.Fatalf("got status %d, want %d: %s", got, want, run.Stderr.String())
	}
}

// resumeRun goes on to the end.
func resumeRun(t *testing.T, p *place) {
	t.Helper()
	again := p.start(t, nil, "train", "--resume", faultFolder, "--quiet", "--plots=false")
	if again.Wait(t) != 0 || again.Stderr.String() != "" {
		t.Fatalf("got status %d, want 0 and no word: %s", again.Wait(t), again.Stderr.String())
	}
}

// TestFolders goes on with runs whose folders are not plain ones: a log folder that is
// a link, files that have other names too, a clock that was set back meanwhile.
func TestFolders(t *testing.T) {
	folders, kept := []string{wholeRun(t)}, t.TempDir()
	t.Run("the log folder is a link", func(t *testing.T) {
		p := newPlace(t)
		p.do(t, "sh", "-c", "mkdir elsewhere && ln -s elsewhere logs")
		stopRun(t, p, faultRun("run")...)
		resumeRun(t, p)
		compareFiles(t, folders[0], p.path("elsewhere/run"))
		folders = append(folders, copied(t, p, filepath.Join(kept, "link")))
	})
	t.Run("files have other names", func(t *testing.T) {
		p := newPlace(t)
		stopRun(t, p, faultRun("run")...)
		p.do(t, "cp", "-al", "logs", "backup")
		before := contents(t, p.path("backup"))
		resumeRun(t, p)
		if diff := cmp.Diff(before, contents(t, p.path("backup"))); diff != "" {
			t.Errorf("going on has changed what the files were under their other names (-before +after):\n%s", diff)
		}
		compareFiles(t, folders[0], p.path(faultFolder))
		folders = append(folders, copied(t, p, filepath.Join(kept, "names")))
	})
	t.Run("the clock was set back", func(t *testing.T) {
		p := newPlace(t)
		stopRun(t, p, faultRun("run")...)
		const ahead = 3600
		setAhead(t, p.path(faultFolder), ahead)
		resumeRun(t, p)
		checkOrder(t, p.path(faultFolder))
		compareFiles(t, folders[0], p.path(faultFolder))
		folders = append(folders, copied(t, p, filepath.Join(kept, "clock")))
	})
	series, err := tensorboard.ReadSeries(t.Context(), folders...)
	if err != nil {
		t.Fatal(err)
	}
	for i, folder := range folders[1:] {
		if diff := cmp.Diff(steps(series[0]), steps(series[i+1])); diff != "" {
			t.Errorf("%s: TensorBoard's Python reader (-whole +resumed):\n%s", filepath.Base(folder), diff)
		}
	}
}

// copied copies the run to where it outlives its test, and returns that folder.
func copied(t *testing.T, p *place, to string) string {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(p.path(faultFolder))); err != nil {
		t.Fatal(err)
	}
	return to
}

// contents returns the files below a folder, checkpoints' too.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		found[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 5 {
		t.Fatalf("got %d files in %s, want a run's", len(found), folder)
	}
	return found
}

// eventFiles returns the paths of a run's event files, in the order of their names.
func eventFiles(t *testing.T, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "events.out.tfevents.*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("got event files %q, %v, want some", paths, err)
	}
	slices.Sort(paths)
	return paths
}

// setAhead makes of a run's event files what they were if the clock had been that
// many seconds ahead: their names and the events' wall times.
func setAhead(t *testing.T, folder string, seconds int) {
	t.Helper()
	table := crc32.MakeTable(crc32.Castagnoli)
	masked := func(data []byte) uint32 {
		crc := crc32.Checksum(data, table)
		return (crc>>15 | crc<<17) + 0xa282ead8
	}
	for _, path := range eventFiles(t, folder) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		records, err := events.Records(content) // they lie in content
		if err != nil {
			t.Fatal(err)
		}
		for at, i := 0, 0; i < len(records); i++ {
			event := records[i]
			time := math.Float64frombits(binary.LittleEndian.Uint64(event[1:]))
			binary.LittleEndian.PutUint64(event[1:], math.Float64bits(time+float64(seconds)))
			at += 12 + len(event)
			binary.LittleEndian.PutUint32(content[at:], masked(event))
			at += 4
		}
		name := regexp.MustCompile(`tfevents\.(\d+)\.`).ReplaceAllStringFunc(path, func(found string) string {
			second := 0
			if _, err := fmt.Sscanf(found, "tfevents.%d.", &second); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("tfevents.%010d.", second+seconds)
		})
		if err := os.WriteFile(name, content, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// checkOrder checks that the events' times ascend from file to file, in the order of
// the files' names, but for the mark that TensorFlow begins each with.
func checkOrder(t *testing.T, folder string) {
	t.Helper()
	paths := eventFiles(t, folder)
	if len(paths) < 2 {
		t.Errorf("got %q, want an event file of each process", paths)
	}
	last, file := 0.0, ""
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		records, err := events.Records(content)
		if err != nil || len(records) < 2 {
			t.Fatalf("%s: got %d records, %v", path, len(records), err)
		}
		for _, event := range records[1:] {
			time := float64(events.WallTime(event).UnixMicro())
			if time < last {
				t.Errorf("%s has an event of %f, after one of %f in %s", path, time, last, file)
				return
			}
			last, file = time, path
		}
	}
}

// TestSameName begins two runs of one name at the same moment: each gets a folder of
// its own.
func TestSameName(t *testing.T) {
	p := newPlace(t)
	var runs []*testenv.Process
	for range 2 {
		runs = append(runs, p.start(t, nil, "train", "--quiet", "--plots=false", "--epochs", "50", "--run", "same"))
	}
	for _, run := range runs {
		if run.Wait(t) != 0 {
			t.Errorf("got status %d: %s", run.Wait(t), run.Stderr.String())
		}
	}
	compareFiles(t, p.path("logs/same"), p.path("logs/same-2"))
	if names, err := filepath.Glob(p.path("logs/*")); err != nil || len(names) != 2 {
		t.Errorf("got folders %q, %v, want two", names, err)
	}
}
