package eventlog

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"gradwatch/internal/events"
	"gradwatch/internal/events/tbproto"
)

// framed returns an event as an event file holds it.
func framed(tb testing.TB, event *tbproto.Event) []byte {
	tb.Helper()
	data, err := proto.Marshal(event)
	if err != nil {
		tb.Fatal(err)
	}
	return events.AppendRecord(nil, data)
}

// scalarAt is an event with a scalar under some tags.
func scalarAt(step int64, value float32, tags ...string) *tbproto.Event {
	s := new(tbproto.Summary)
	for _, tag := range tags {
		s.Value = append(s.Value, &tbproto.Summary_Value{Tag: tag, Value: &tbproto.Summary_Value_SimpleValue{SimpleValue: value}})
	}
	return &tbproto.Event{Step: step, What: &tbproto.Event_Summary{Summary: s}}
}

func start(step int64) *tbproto.Event {
	return &tbproto.Event{Step: step, What: &tbproto.Event_SessionLog{SessionLog: &tbproto.SessionLog{Status: tbproto.SessionLog_START}}}
}

// lay writes an event file and returns its path.
func lay(tb testing.TB, folder, name string, list ...*tbproto.Event) string {
	tb.Helper()
	var content []byte
	for _, e := range list {
		content = append(content, framed(tb, e)...)
	}
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		tb.Fatal(err)
	}
	return path
}

func all(string) bool { return true }

// steps writes the points of a series.
func steps(l *Log, tag string) string {
	for _, s := range l.Series {
		if s.Tag == tag {
			var b strings.Builder
			for _, p := range s.Points {
				fmt.Fprintf(&b, "%d:%g ", p.Step, p.Value)
			}
			return strings.TrimSpace(b.String())
		}
	}
	return "none"
}

// TestRestarts reads files in the order of their names, whatever the order in which they are given; what a restart makes out of date is gone.
func TestRestarts(t *testing.T) {
	folder := t.TempDir()
	second := lay(t, folder, "events.out.tfevents.2", start(2), scalarAt(2, 22, "a"), scalarAt(3, 23, "a"))
	first := lay(t, folder, "events.out.tfevents.1",
		scalarAt(1, 1, "a", "b"), scalarAt(2, 2, "a", "b"), scalarAt(3, 3, "a", "b"), scalarAt(5, 5, "a", "b"), scalarAt(5, 6, "c"))
	log, err := Read([]string{second, first}, all)
	if err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[string]string{"a": "1:1 2:22 3:23", "b": "1:1", "c": ""} {
		if got := steps(log, tag); got != want {
			t.Errorf("%s: got %s, want %s", tag, got, want)
		}
	}
}

// TestStepsGoBack has no mark of a restart: a tag's own steps say that it went back.
func TestStepsGoBack(t *testing.T) {
	path := lay(t, t.TempDir(), "tfevents", scalarAt(1, 1, "a", "b"), scalarAt(4, float32(math.NaN()), "a"), scalarAt(4, 4, "b"), scalarAt(2, 2, "a"), scalarAt(2, 3, "a"))
	log, err := Read([]string{path}, all)
	if err != nil {
		t.Fatal(err)
	}
	if got := steps(log, "a") + ", " + steps(log, "b"); got != "1:1 2:3, 1:1 4:4" {
		t.Errorf("got %s", got)
	}
	if log.Series[0].Bad != nil {
		t.Errorf("got %+v as not finite, which was replaced", log.Series[0].Bad)
	}
}

// TestDamage reads up to a damage and says so; a file that is cut is no problem, it may still be written to.
func TestDamage(t *testing.T) {
	folder := t.TempDir()
	path := lay(t, folder, "tfevents", scalarAt(1, 1, "a"), scalarAt(2, 2, "a"))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content  []byte
		want     string
		problems int
	}{
		"cut":     {content[:len(content)-3], "1:1", 0},
		"damaged": {append(slices.Clone(content[:len(content)-1]), content[len(content)-1]^1), "1:1", 1},
		"no file": {[]byte("this is no event file, it only has the name of one"), "none", 1},
		"empty":   {nil, "none", 0},
	} {
		if err := os.WriteFile(path, c.content, 0o644); err != nil {
			t.Fatal(err)
		}
		log, err := Read([]string{path}, all)
		if err != nil {
			t.Fatal(err)
		}
		if got := steps(log, "a"); got != c.want || len(log.Problems) != c.problems {
			t.Errorf("%s: got %s, problems %q, want %s", name, got, log.Problems, c.want)
		}
	}
}

// TestThinning keeps memory bounded: of many points it keeps a part, and the first that is not finite.
func TestThinning(t *testing.T) {
	l := &Log{byTag: make(map[seriesKey]*Series), tags: make(map[string]bool), wanted: all, bound: 100}
	for step := range int64(10_000) {
		value := float32(step)
		if step == 5001 {
			value = float32(math.Inf(1))
		}
		l.add(scalarAt(step, value, "a", "b"))
	}
	for _, s := range l.Series {
		if n := len(s.Points); n < 20 || n > 51 {
			t.Errorf("got %d points", n)
		}
		if s.Bad == nil || s.Bad.Step != 5001 {
			t.Errorf("got %+v as the first that is not finite, want step 5001", s.Bad)
		}
		distance := s.Points[1].Step
		for i, p := range s.Points {
			if p.Step != int64(i)*distance {
				t.Fatalf("got step %d at %d, want a distance of %d", p.Step, i, distance)
			}
		}
	}
}

func tensor(dtype tbproto.DataType, content []byte, dims ...int64) *tbproto.TensorProto {
	t := &tbproto.TensorProto{Dtype: dtype, TensorContent: content, TensorShape: new(tbproto.TensorShapeProto)}
	for _, d := range dims {
		t.TensorShape.Dim = append(t.TensorShape.Dim, &tbproto.TensorShapeProto_Dim{Size: d})
	}
	return t
}

// TestTensors reads scalars and histograms of TensorFlow 2.
func TestTensors(t *testing.T) {
	doubles := func(values ...float64) (b []byte) {
		for _, x := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		return b
	}
	nan := math.NaN()
	for name, c := range map[string]struct {
		tensor                   *tbproto.TensorProto
		histogram, ok            bool
		value, rms, count, zeros float64
	}{
		"float32":       {tensor(tbproto.DataType_DT_FLOAT, []byte{0, 0, 0xc0, 0x3f}), false, true, 1.5, nan, 0, nan},
		"float64":       {tensor(tbproto.DataType_DT_DOUBLE, doubles(2.5)), false, true, 2.5, nan, 0, nan},
		"bfloat16":      {tensor(tbproto.DataType_DT_BFLOAT16, []byte{0xc0, 0xbf}), false, true, -1.5, nan, 0, nan},
		"float16":       {tensor(tbproto.DataType_DT_HALF, []byte{0, 0xbe}), false, true, -1.5, nan, 0, nan},
		"float16 small": {tensor(tbproto.DataType_DT_HALF, []byte{1, 0}), false, true, 0x1p-24, nan, 0, nan},
		"a list":        {&tbproto.TensorProto{Dtype: tbproto.DataType_DT_FLOAT, FloatVal: []float32{3}}, false, true, 3, nan, 0, nan},
		"text":          {&tbproto.TensorProto{Dtype: tbproto.DataType_DT_STRING, StringVal: [][]byte{nil}}, false, false, 0, 0, 0, 0},
		"a vector":      {tensor(tbproto.DataType_DT_DOUBLE, doubles(1, 2), 2), false, false, 0, 0, 0, 0},
		"buckets":       {tensor(tbproto.DataType_DT_DOUBLE, doubles(1, 1, 3, 2, 2, 1), 2, 3), true, true, math.Sqrt(7), math.Sqrt(7.0 / 4), 4, 0},
		"zeros":         {tensor(tbproto.DataType_DT_DOUBLE, doubles(0, 0, 0, 0, 0, 5), 2, 3), true, true, 0, 0, 5, 1},
		"around 0":      {tensor(tbproto.DataType_DT_DOUBLE, doubles(-3, 3, 2), 1, 3), true, true, math.Sqrt(6), math.Sqrt(3), 2, nan},
		"NaN":           {tensor(tbproto.DataType_DT_DOUBLE, doubles(nan, nan, 2), 1, 3), true, true, nan, nan, 2, 0},
		"nothing":       {tensor(tbproto.DataType_DT_DOUBLE, nil, 0, 3), true, false, 0, 0, 0, 0},
		"too short":     {tensor(tbproto.DataType_DT_DOUBLE, doubles(1, 2, 3), 2, 3), true, false, 0, 0, 0, 0},
		"a lie":         {tensor(tbproto.DataType_DT_DOUBLE, doubles(1, 2, 3), 1<<62, 3), true, false, 0, 0, 0, 0},
	} {
		p, histogram, ok := ofTensor(1, c.tensor)
		if ok != c.ok || ok && histogram != c.histogram {
			t.Errorf("%s: got histogram %v, ok %v", name, histogram, ok)
		}
		same := func(a, b float64) bool { return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-12 }
		if ok && !(same(p.Value, c.value) && same(p.RMS, c.rms) && p.Count == c.count && same(p.Zeros, c.zeros)) {
			t.Errorf("%s: got %+v", name, p)
		}
	}
}

// TestFind puts Keras's folders together, follows no links and blocks on no pipe.
func TestFind(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{
		"keras/train/tfevents.1", "keras/validation/tfevents.1", "keras/gradients/tfevents.1", "keras/tfevents.1", "keras/train/tfevents.2.profile-empty",
		"torch/Jan01/tfevents.1", "torch/train/notes.txt", "own/tfevents", "alone/validation/tfevents",
	} {
		lay(t, root, name)
	}
	if err := os.Symlink(root, filepath.Join(root, "loop")); err != nil {
		t.Fatal(err)
	}
	runs, err := Find(root, func(folder string) bool { return filepath.Base(folder) == "own" })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs {
		text := r.Name + ":"
		for _, p := range r.Parts {
			text += fmt.Sprintf(" %q %v %d", p.Name, p.Validation, len(p.Files))
		}
		got = append(got, text)
	}
	want := []string{
		`alone/validation: "" false 1`,
		`keras: "" false 1 "gradients" false 1 "train" false 1 "validation" true 1`,
		`torch/Jan01: "" false 1`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
