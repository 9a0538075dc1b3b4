package dataset_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

func TestParseCSV(t *testing.T) {
	plane := &dataset.Examples{
		Columns: []string{"x1", "x2"},
		X:       []float64{0.5, -1, 2e-3, 4},
		Y:       []float64{0, 1},
	}
	named := &dataset.Examples{Columns: []string{"width, cm", "height"}, X: plane.X, Y: plane.Y}
	tests := []struct {
		name string
		csv  string
		want *dataset.Examples
	}{
		{"plain", "0.5,-1,0\n2e-3,4,1\n", plane},
		{"header", "x1,x2,label\n0.5,-1,0\n2e-3,4,1\n", plane},
		{"no newline at the end", "0.5,-1,0\n2e-3,4,1", plane},
		{"CRLF", "x1,x2,y\r\n0.5,-1,0\r\n2e-3,4,1\r\n", plane},
		{"byte order mark", "\ufeff0.5,-1,0\n2e-3,4,1\n", plane},
		{"byte order mark and header", "\ufeffx1,x2,y\n0.5,-1,0\n2e-3,4,1\n", plane},
		{"blank lines", "\n\nx1,x2,y\n\n0.5,-1,0\n   \n2e-3,4,1\n\n", plane},
		{"spaces", " x1 , x2,y\n 0.5, -1 ,0 \n2e-3,\t\"4\", 1\n", plane},
		{"labels as floats", "0.5,-1,0.0\n2e-3,4,1.0\n", plane},
		{"label minus zero", "0.5,-1,-0\n2e-3,4,+1\n", plane},
		{"quoted", "\"width, cm\",\"height\",\"y\"\n\"0.5\",-1,0\n2e-3,\"4\",\"1\"\n", named},
		{"header without names", ",,class\n0.5,-1,0\n2e-3,4,1\n", plane},
		{"header with numbers", "2019,2020,class\n5,6,1\n5,7,0\n", &dataset.Examples{Columns: []string{"2019", "2020"}, X: []float64{5, 6, 5, 7}, Y: []float64{1, 0}}},
		{"one input", "7,1\n8,0\n", &dataset.Examples{Columns: []string{"x1"}, X: []float64{7, 8}, Y: []float64{1, 0}}},
		{"names that differ by their spaces", "a b,a  b,label\n7,1,1\n8,0,0\n", &dataset.Examples{Columns: []string{"a b", "a  b"}, X: []float64{7, 1, 8, 0}, Y: []float64{1, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := dataset.ParseCSV(strings.NewReader(tt.csv), "data.csv")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseCSVRefuses(t *testing.T) {
	tests := []struct {
		name string
		csv  string
		want string
	}{
		{"empty", "", "data.csv: empty: want a row of inputs and a label for each point"},
		{"only blank lines", "\n \n\n", "data.csv: empty: want a row of inputs and a label for each point"},
		{"only a header", "x1,x2,label\n", "data.csv: a header and no rows: want a row of inputs and a label for each point"},
		{"one column", "1\n0\n", "data.csv:1: 1 column: want at least one input and the label, separated by commas, semicolons, tabs or bars"},
		{"word", "1,2,0\n3,abc,1\n", `data.csv:2: column "x2": "abc": want a finite number, or --one-hot for a column of words`},
		{"word in a named column", "width,height,y\n1,2,0\n\nabc,4,1\n", `data.csv:4: column "width": "abc": want a finite number, or --one-hot for a column of words`},
		{"word in the first row", "1,abc,0\n", `data.csv:1: column "x2": "abc": want a finite number, or --one-hot for a column of words`},
		{"missing number", "1,,0\n", `data.csv:1: column "x2": "": want a value, or --missing mean, median, most-frequent, drop`},
		{"NaN", "1,2,0\nnan,2,1\n", `data.csv:2: column "x1": "nan": want a value, or --missing mean, median, most-frequent, drop`},
		{"infinity", "1,2,0\n1,-Inf,1\n", `data.csv:2: column "x2": "-Inf": want a finite number`},
		{"beyond a double", "1,2,0\n1,1e999,1\n", `data.csv:2: column "x2": "1e999": want a finite number`},
		{"hexadecimal", "1,2,0\n1,0x1p-2,1\n", `data.csv:2: column "x2": "0x1p-2": want a finite number, or --one-hot for a column of words`},
		{"underscore", "1,2,0\n1,1_000,1\n", `data.csv:2: column "x2": "1_000": want a finite number, or --one-hot for a column of words`},
		{"one label", "1,2,3\n1,2,3\n", `data.csv: column "label": 1 class (3): want 2 to 1000`},
		{"zeros alone", "1,2,0\n1,2,0\n", `data.csv: column "label": 1 class (0): want 2 to 1000`},
		{"ones alone", "1,2,1\n1,2,1\n", `data.csv: column "label": 1 class (1): want 2 to 1000`},
		{"labels that one double stands for", "1,2,9007199254740992\n1,2,9007199254740993\n", `data.csv:2: column "label": "9007199254740993": want a class of fewer digits, or a word: a double holds it as 9007199254740992`},
		{"label too small for a double", "1,2,0\n1,2,1e-400\n", `data.csv:2: column "label": "1e-400": want a class of fewer digits, or a word: a double holds it as 0`},
		{"label too long, then a word", "1,2,9007199254740993\n1,2,x\n", `data.csv:1: column "label": "9007199254740993": want a class of fewer digits, or a word: a double holds it as 9007199254740992`},
		{"two columns of a name", "a,a,y\n1,2,0\n3,4,1\n", `data.csv:1: two columns "a": want a name of its own for each, or --header no for a first line of values`},
		{"an input called as the target", "a,y,y\n1,2,0\n3,4,1\n", `data.csv:1: two columns "y": want a name of its own for each, or --header no for a first line of values`},
		{"byte order mark within", "a,b,y\n1,\ufeff2,0\n", `data.csv:2: column "b": "\ufeff2": want a finite number, or --one-hot for a column of words`},
		{"a NUL byte", "1,2,0\n1,3,1\n1,\x00,1\n", "data.csv:3: a NUL byte: want text, or --encoding utf-16le or utf-16be"},
		{"label a fraction", "1,2,0\n1,2,0.5\n", `data.csv:2: column "label": "0.5": want whole numbers or words for classes, or --task regression or classification`},
		{"label missing", "1,2,0\n1,2,\n", `data.csv:2: column "label": "": want a label`},
		{"label infinite", "1,2,0\n1,2,inf\n", `data.csv:2: column "label": "inf": want a finite number`},
		{"short row", "1,2,0\n1,0\n", "data.csv:2: 2 fields: want 3, as in the first line"},
		{"long row", "1,0\n1,2,0\n", "data.csv:2: 3 fields: want 2, as in the first line"},
		{"stray quote", "1,2,0\n1,2\"3,1\n", "data.csv:2: bare \" in non-quoted-field"},
		{"open quote", "1,2,0\n\"1,2,1\n", "data.csv:2: extraneous or missing \" in quoted-field"},
		{"second line of a row", "\"a\nb\",c,y\n\"1\n\",abc,0\n", `data.csv:4: column "c": "abc": want a finite number, or --one-hot for a column of words`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := dataset.ParseCSV(strings.NewReader(tt.csv), "data.csv")
			checkError(t, err, tt.want)
			var wrong *invalid.Error
			if !errors.As(err, &wrong) || wrong.File != "data.csv" {
				t.Errorf("error: got %#v, want an *invalid.Error of data.csv", err)
			}
		})
	}
}

func TestReadCSV(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "points.csv")
	want, err := dataset.Spirals(50, 0.1, 3)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(want.WriteCSV(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := dataset.ReadCSV(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("points read back (-want +got):\n%s", diff)
	}

	for name, path := range map[string]string{"missing": filepath.Join(dir, "none.csv"), "folder": dir} {
		t.Run(name, func(t *testing.T) {
			_, err := dataset.ReadCSV(path)
			var file *fs.PathError
			if !errors.As(err, &file) || file.Path != path {
				t.Errorf("error: got %v, want a *fs.PathError of %s", err, path)
			}
		})
	}
}

func TestWriteCSV(t *testing.T) {
	p := &dataset.Examples{Columns: []string{"a,b", "c"}, X: []float64{0.1, -1e-300, 3, 12345678}, Y: []float64{0, 1}}
	var got bytes.Buffer
	if err := p.WriteCSV(&got); err != nil {
		t.Fatal(err)
	}
	want := "\"a,b\",c,label\n0.10000000000000001,-1e-300,0\n3,12345678,1\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
}

func TestFailingFilesAreReported(t *testing.T) {
	broken := errors.New("disk on fire")
	if _, err := dataset.ParseCSV(iotest.ErrReader(broken), "data.csv"); !errors.Is(err, broken) {
		t.Errorf("ParseCSV: got %v, want %v", err, broken)
	}
	p, err := dataset.Moons(1000, 0.1, 1) // more than a buffer
	if err != nil {
		t.Fatal(err)
	}
	if err := p.WriteCSV(failingWriter{broken}); !errors.Is(err, broken) {
		t.Errorf("WriteCSV: got %v, want %v", err, broken)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// FuzzParseCSV checks that no text makes the parser panic, and that what it
// accepts is a sound data set, which comes back the same when it is written and
// read again.
func FuzzParseCSV(f *testing.F) {
	for _, text := range []string{
		"", "x1,x2,label\n0.5,-1,0\n2e-3,4,1\n", "\ufeff\"a\r\nb\", \ufeff,y\r\n1,2,0\r\n",
		"1,nan,0\n", "1,0\n\n \n\"2\",1.0\n", "0,\"1", "1;2;0\n", "a,b\n1,-0\n", "-0,1e308,1\n0x1,1,0\n", "\\.,#,y\n1,2,1",
		"a;b;y\r1,5;yes;0\r\"2.345,5\";no;1", "a\tb|y\n1\t2\n", "\xff\xfe1\x00,\x002\x00\n\x00", "1\x00;\x002\x00\n\x00", "gr\xf6\xdfe,y\n\"1,234\",1\n0.5,0\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := dataset.ParseCSV(strings.NewReader(text), "fuzz.csv")
		if err != nil {
			return
		}
		if want.Len() == 0 || want.Features() == 0 || len(want.X) != want.Len()*want.Features() {
			t.Fatalf("shape: got %d rows, %d inputs, %d values", want.Len(), want.Features(), len(want.X))
		}
		var written bytes.Buffer
		if err := want.WriteCSV(&written); err != nil {
			t.Fatal(err)
		}
		got, err := dataset.ParseCSV(bytes.NewReader(written.Bytes()), "written.csv")
		if err != nil {
			t.Fatalf("read again: %v\n%s", err, written.Bytes())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("read again (-want +got):\n%s", diff)
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	p, err := dataset.Circles(1000, 0.1, 1)
	if err != nil {
		b.Fatal(err)
	}
	var text bytes.Buffer
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			text.Reset()
			if err := p.WriteCSV(&text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			if _, err := dataset.ParseCSV(bytes.NewReader(text.Bytes()), "data.csv"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestLongRecord reads what never ends a row, and never closes a quote.
func TestLongRecord(t *testing.T) {
	for name, start := range map[string]string{"no line ends": "1,2,", "a quote": "x,label\n1,\"\n"} {
		_, err := dataset.ParseCSV(io.MultiReader(strings.NewReader(start), io.LimitReader(zeros{}, 1<<30)), "f")
		if want := "f: a row of more than 64 MB: want line ends, and quotes that are closed"; err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

// zeros is a reader of digits without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}
