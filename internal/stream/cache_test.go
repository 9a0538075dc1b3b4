package stream_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/stream"
)

// rowsText returns a CSV text of so many rows of three inputs and a class, as different
// programs print numbers.
func rowsText(rows int, seed uint64) string {
	random := rand.New(rand.NewPCG(1, seed))
	var text strings.Builder
	text.WriteString("a,b,c,label\n")
	for range rows {
		fmt.Fprintf(&text, "%.6g,%.18e,%v,%d\n", random.NormFloat64(), random.NormFloat64(), random.Float64()*1e6, random.IntN(2))
	}
	return text.String()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// reference reads files with encoding/csv and strconv, all rows as float32, the target
// last.
func reference(t *testing.T, target int, paths ...string) [][]float32 {
	t.Helper()
	var rows [][]float32
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		records, err := csv.NewReader(file).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records[1:] {
			var row []float32
			for _, field := range record {
				x, err := strconv.ParseFloat(field, 64)
				if err != nil {
					t.Fatal(err)
				}
				row = append(row, float32(x))
			}
			y := row[target]
			rows = append(rows, append(slices.Delete(row, target, target+1), y))
		}
	}
	return rows
}

func open(t *testing.T, name, caches string, options ...string) (*stream.Cache, []string) {
	t.Helper()
	source := dataset.DefaultSource()
	source.Dataset = name
	if len(options) > 0 {
		source.Target = options[0]
	}
	var heard []string
	c, err := stream.Open(context.Background(), &source, stream.Options{
		Folder: caches,
		Progress: func(doing string, done, total int64) {
			if done > total {
				t.Errorf("progress: got %d bytes of %d", done, total)
			}
			if len(heard) == 0 || heard[len(heard)-1] != doing {
				heard = append(heard, doing)
			}
		},
		Notice: func(line string) { heard = append(heard, line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, heard
}

func allRows(t *testing.T, c *stream.Cache) [][]float32 {
	t.Helper()
	p, err := c.Sample(0, c.Rows(), c.Rows())
	if err != nil {
		t.Fatal(err)
	}
	rows := make([][]float32, p.Len())
	for i := range rows {
		for _, x := range p.Row(i) {
			rows[i] = append(rows[i], float32(x))
		}
		rows[i] = append(rows[i], float32(p.Y[i]))
	}
	return rows
}

// TestCache compares caches with a plain reader, to the float: of chunks that are read
// side by side, several segments, several files, quotes, and gzip.
func TestCache(t *testing.T) {
	folder, caches := t.TempDir(), t.TempDir()
	const rows = 30_000 // of more than a chunk, and more than a segment
	for i := range 3 {
		write(t, filepath.Join(folder, fmt.Sprintf("part-%d.csv", i)), rowsText(rows+i, uint64(i)))
	}
	parts := []string{"part-0.csv", "part-1.csv", "part-2.csv"}
	for i := range parts {
		parts[i] = filepath.Join(folder, parts[i])
	}
	quoted := filepath.Join(folder, "quoted.csv")
	write(t, quoted, rowsText(20_000, 9)+"\"1\",\"2\",\"3\",\"1\"\n")
	packed := filepath.Join(folder, "packed.csv.gz")
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(rowsText(500, 7)))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, packed, zipped.String())
	plain := filepath.Join(folder, "plain.csv")
	write(t, plain, rowsText(500, 7))
	spaced := filepath.Join(folder, "spaced.csv")
	write(t, spaced, "\ufeffa,b,c,label\r\n\r\n"+strings.ReplaceAll(strings.TrimPrefix(rowsText(500, 7), "a,b,c,label\n"), ",", " , ")+"  \n")

	for _, tt := range []struct {
		name, dataset, target string
		place                 int
		like                  []string
	}{
		{"pattern", filepath.Join(folder, "part-*.csv"), "", 3, parts},
		{"target in the middle", parts[0], "b", 1, parts[:1]},
		{"quotes", quoted, "", 3, []string{quoted}},
		{"gzip", packed, "", 3, []string{plain}},
		{"spaces, CRLF, byte order mark, blank lines", spaced, "", 3, []string{plain}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := open(t, tt.dataset, caches, tt.target)
			want := reference(t, tt.place, tt.like...)
			checkRows(t, want, allRows(t, c))
			checkStatistics(t, c, want)
			again, heard := open(t, tt.dataset, caches, tt.target)
			if len(heard) > 0 || again.Folder() != c.Folder() {
				t.Errorf("opened again: got %q, want the same cache in silence", heard)
			}
		})
	}
}

// checkRows compares rows; of many, cmp.Diff takes seconds even where they are equal.
func checkRows(t *testing.T, want, got [][]float32) {
	t.Helper()
	if !slices.EqualFunc(want, got, slices.Equal[[]float32]) {
		t.Errorf("rows (-want +got):\n%.2000s", cmp.Diff(want, got))
	}
}

func checkStatistics(t *testing.T, c *stream.Cache, rows [][]float32) {
	t.Helper()
	for _, count := range []int{1, len(rows) / 3, len(rows)} {
		got, err := c.Statistics(count)
		if err != nil {
			t.Fatal(err)
		}
		for k := range got {
			low, high, sum := rows[0][k], rows[0][k], 0.0
			for _, row := range rows[:count] {
				low, high, sum = min(low, row[k]), max(high, row[k]), sum+float64(row[k])
			}
			mean, moment := sum/float64(count), 0.0
			for _, row := range rows[:count] {
				moment += (float64(row[k]) - mean) * (float64(row[k]) - mean)
			}
			s := got[k]
			near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-6*(1+math.Abs(b)) }
			if s.Rows != count || float32(s.Low) != low || float32(s.High) != high || !near(s.Mean, mean) || !near(s.Moment, moment) {
				t.Errorf("column %d of %d rows: got %+v, want %g to %g, mean %g, moment %g", k, count, s, low, high, mean, moment)
			}
		}
	}
}

// TestErrors compares what is said of wrong files with the reader that holds them in
// memory.
func TestErrors(t *testing.T) {
	good := strings.TrimPrefix(rowsText(20_000, 3), "a,b,c,label\n")
	for name, text := range map[string]string{
		"word": "a,b,c,label\n" + good + "1,x,3,1\n" + good, "missing": "a,b,c,label\n" + good + "1,,3,1\n",
		"infinity": "a,b,c,label\n1,2,inf,1\n", "beyond a double": "a,b,c,label\n1,2,1e999,1\n",
		"label missing": "a,b,c,label\n1,2,3,\n", "short": "a,b,c,label\n" + good + "\n\n1,2,1\n", "long": good + "1,2,3,4,1\n",
		"hexadecimal": "1,2,3,1\n0x10,2,3,0\n", "empty": "", "one column": "1\n0\n", "quote": good + "1,2,\"3,1\n",
		"after quotes": "\"a\nb\",b,c,label\n1,2,3,1\n1,2,x,0\n", "header alone": "a,b,c,label\n",
		"two of a name": "a,a,c,label\n" + good, "NUL": good + "1,2,\x003,1\n" + good,
		"byte order mark": good + "1,2,\ufeff3,1\n", "underscore": good + "1,2,3_0,1\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data.csv")
			write(t, path, text)
			source := dataset.DefaultSource()
			source.Dataset = path
			_, want := dataset.Open(&source)
			caches := t.TempDir()
			_, got := stream.Open(context.Background(), &source, stream.Options{Folder: caches})
			if got == nil || want == nil || got.Error() != want.Error() {
				t.Errorf("got %v, want %v", got, want)
			}
			var wrong *invalid.Error
			if !errors.As(got, &wrong) || wrong.File != path {
				t.Errorf("got %#v, want an *invalid.Error of %s", got, path)
			}
			checkClean(t, caches)
		})
	}
}

// checkClean reports what a pass has left that failed.
func checkClean(t *testing.T, caches string) {
	t.Helper()
	entries, err := os.ReadDir(caches)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		t.Errorf("left behind: %s", entry.Name())
	}
}

func TestBeyondFloat32(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.csv")
	write(t, path, "a,b\n1,0\n\n1e39,1\n")
	source := dataset.DefaultSource()
	source.Dataset = path
	_, err := stream.Open(context.Background(), &source, stream.Options{Folder: t.TempDir()})
	if want := path + `:4: column "a": 1e+39: want a number that a float32 can hold (of a size up to 3.4e38)`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestReuse(t *testing.T) {
	folder, caches := t.TempDir(), t.TempDir()
	path := filepath.Join(folder, "data.csv")
	write(t, path, rowsText(5000, 1))
	first, heard := open(t, path, caches)
	if !slices.Equal(heard, []string{"reading"}) {
		t.Fatalf("first: got %q, want one pass", heard)
	}
	_ = first.Close()

	touched := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, touched, touched); err != nil {
		t.Fatal(err)
	}
	second, heard := open(t, path, caches)
	if !slices.Equal(heard, []string{"checking"}) || second.Folder() != first.Folder() {
		t.Errorf("of another time: got %q, want it checked and taken", heard)
	}
	if _, heard = open(t, path, caches); heard != nil {
		t.Errorf("of that time again: got %q, want silence", heard)
	}
	_ = second.Close()

	write(t, path, strings.Replace(rowsText(5000, 1), ",1\n", ",0\n", 1)) // of the same size
	third, _ := open(t, path, caches)
	if third.Folder() == first.Folder() {
		t.Error("of another content: got the old cache")
	}
	checkRows(t, reference(t, 3, path), allRows(t, third))
}

func TestDamagedCache(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, c *stream.Cache){
		"a byte": func(t *testing.T, c *stream.Cache) {
			t.Helper()
			file, err := os.OpenFile(c.Segment(1), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := file.WriteAt([]byte{0x55}, 777); err != nil {
				t.Fatal(err)
			}
			_ = file.Close()
		},
		"truncated": func(t *testing.T, c *stream.Cache) {
			t.Helper()
			if err := os.Truncate(c.Segment(c.Segments()-1), 16); err != nil {
				t.Fatal(err)
			}
		},
		"a segment removed": func(t *testing.T, c *stream.Cache) {
			t.Helper()
			if err := os.Remove(c.Segment(0)); err != nil {
				t.Fatal(err)
			}
		},
		"manifest": func(t *testing.T, c *stream.Cache) {
			t.Helper()
			write(t, filepath.Join(c.Folder(), "manifest.json"), "{")
		},
		"parts": func(t *testing.T, c *stream.Cache) { t.Helper(); write(t, filepath.Join(c.Folder(), "parts.bin"), "x") },
	} {
		t.Run(name, func(t *testing.T) {
			caches, path := t.TempDir(), filepath.Join(t.TempDir(), "data.csv")
			write(t, path, rowsText(10_000, 1))
			c, _ := open(t, path, caches)
			_ = c.Close()
			damage(t, c)
			again, heard := open(t, path, caches)
			if len(heard) != 2 || !strings.Contains(heard[0], "can't be used, and is made anew: ") || heard[1] != "reading" {
				t.Errorf("got %q, want a notice and a pass", heard)
			}
			checkRows(t, reference(t, 3, path), allRows(t, again))
		})
	}
}

// TestTwoAtOnce has several open the same cache at once.
func TestTwoAtOnce(t *testing.T) {
	caches, path := t.TempDir(), filepath.Join(t.TempDir(), "data.csv")
	write(t, path, rowsText(20_000, 1))
	want := reference(t, 3, path)
	var group sync.WaitGroup
	var mu sync.Mutex
	passes := 0
	for range 4 {
		group.Go(func() {
			source := dataset.DefaultSource()
			source.Dataset = path
			read := false
			c, err := stream.Open(context.Background(), &source, stream.Options{
				Folder: caches, Progress: func(string, int64, int64) { read = true },
			})
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			mu.Lock()
			defer mu.Unlock()
			if read {
				passes++
			}
			checkRows(t, want, allRows(t, c))
		})
	}
	group.Wait()
	if passes != 1 {
		t.Errorf("got %d passes, want 1", passes)
	}
}

// TestKilledPass kills processes in the midst of a pass: none leaves a cache, and the
// next one finds nothing of theirs in its way.
func TestKilledPass(t *testing.T) {
	if name := os.Getenv("GRADWATCH_TEST_PASS"); name != "" {
		open(t, name, os.Getenv("GRADWATCH_TEST_CACHES"))
		return
	}
	caches, path := t.TempDir(), filepath.Join(t.TempDir(), "data.csv")
	write(t, path, rowsText(300_000, 1))
	for i := range 5 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledPass$")
		cmd.Env = append(os.Environ(), "GRADWATCH_TEST_PASS="+path, "GRADWATCH_TEST_CACHES="+caches)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if written, _ := filepath.Glob(filepath.Join(caches, ".*", "rows-*")); len(written) > i {
				break
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		if whole, _ := filepath.Glob(filepath.Join(caches, "data-*")); len(whole) > 0 {
			t.Skipf("pass %d had ended before it was killed", i)
		}
	}
	c, heard := open(t, path, caches)
	if !slices.Equal(heard, []string{"reading"}) || c.Rows() != 300_000 {
		t.Errorf("got %q and %d rows, want a pass and 300000", heard, c.Rows())
	}
	entries, err := os.ReadDir(caches)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("got %v, want the cache alone", entries)
	}
}

// TestKilledPassOfOtherData sweeps what a process has left that was killed when it read
// another data set.
func TestKilledPassOfOtherData(t *testing.T) {
	caches, path := t.TempDir(), filepath.Join(t.TempDir(), "data.csv")
	write(t, path, rowsText(100, 1))
	for _, left := range []string{".other-0123456789abcdef.gradwatch-7/rows-00000.f32", ".other-0123456789abcdef.lock", "mine.txt"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(caches, left)), 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(caches, left), "")
	}
	c, _ := open(t, path, caches)
	var names []string
	entries, err := os.ReadDir(caches)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if want := []string{filepath.Base(c.Folder()), "mine.txt"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}

// TestCacheInUse changes a data set, or damages its cache, while that is used: others
// make another, and what is used stays.
func TestCacheInUse(t *testing.T) {
	caches, path := t.TempDir(), filepath.Join(t.TempDir(), "data.csv")
	write(t, path, rowsText(10_000, 1))
	want := reference(t, 3, path)
	used, _ := open(t, path, caches)
	// Of another time alone: the manifest is written anew.
	if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	again, _ := open(t, path, caches)
	if again.Folder() != used.Folder() {
		t.Fatalf("got %s, want %s", again.Folder(), used.Folder())
	}
	_ = again.Close()
	write(t, path, rowsText(10_000, 2))
	other, _ := open(t, path, caches)
	if other.Folder() == used.Folder() {
		t.Errorf("got the same folder for other content")
	}
	checkRows(t, want, allRows(t, used))
	// Damaged while it is used.
	if err := os.Truncate(other.Segment(0), 16); err != nil {
		t.Fatal(err)
	}
	whole, _ := open(t, path, caches)
	if _, err := os.Stat(other.Segment(0)); err != nil || whole.Folder() == other.Folder() {
		t.Errorf("got %v for a cache in use, and folder %s for the new one", err, whole.Folder())
	}
	checkRows(t, reference(t, 3, path), allRows(t, whole))
}

func TestOpenRefuses(t *testing.T) {
	source := dataset.DefaultSource()
	source.Dataset = filepath.Join(t.TempDir(), "none-*.csv")
	if _, err := stream.Open(context.Background(), &source, stream.Options{Folder: t.TempDir()}); err == nil ||
		!strings.HasSuffix(err.Error(), "want a pattern that a file matches") {
		t.Errorf("no file: got %v", err)
	}
	source.Dataset = filepath.Join(t.TempDir(), "none.csv")
	var missing *fs.PathError
	if _, err := stream.Open(context.Background(), &source, stream.Options{Folder: t.TempDir()}); !errors.As(err, &missing) {
		t.Errorf("no file: got %v, want a *fs.PathError", err)
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "a.csv"), "x,y\n1,0\n")
	write(t, filepath.Join(folder, "b.csv"), "z,y\n1,0\n")
	source.Dataset = filepath.Join(folder, "*.csv")
	_, err := stream.Open(context.Background(), &source, stream.Options{Folder: t.TempDir()})
	if want := filepath.Join(folder, "b.csv") + `:1: column "z": want "x", as in ` + filepath.Join(folder, "a.csv"); err == nil || err.Error() != want {
		t.Errorf("other columns: got %v, want %s", err, want)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	stopped := errors.New("stopped")
	cancel(stopped)
	write(t, filepath.Join(folder, "b.csv"), "x,y\n1,0\n")
	caches := t.TempDir()
	if _, err := stream.Open(ctx, &source, stream.Options{Folder: caches}); !errors.Is(err, stopped) {
		t.Errorf("stopped: got %v, want %v", err, stopped)
	}
	checkClean(t, caches)
	write(t, filepath.Join(folder, "b.csv"), "x,y\n1,word\n")
	above := filepath.Join(t.TempDir(), "new")
	if _, err := stream.Open(context.Background(), &source, stream.Options{Folder: filepath.Join(above, "caches")}); err == nil {
		t.Error("a word: got no error")
	}
	if _, err := os.Stat(above); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder of caches is left: %v", err)
	}
}
