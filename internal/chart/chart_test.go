package chart

import (
	"bytes"
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// TestWritePNGRefuses draws what doesn't fit together: one clear error each, no panic.
func TestWritePNGRefuses(t *testing.T) {
	points := Points{X: []float64{0, 0, 1, 1}, Inputs: 2, Labels: []float64{0, 1}}
	for _, tc := range []struct {
		name string
		fig  Figure
		size Size
		want string
	}{
		{"odd numbers", Scatter{Points: Points{X: []float64{1, 2, 3}, Inputs: 2, Labels: []float64{0, 1}}}, Size{}, "3 numbers for 2 points of 2 inputs: want 4"},
		{"one input", Scatter{Points: Points{X: []float64{1}, Inputs: 1, Labels: []float64{0}}}, Size{}, "points of 1 inputs: want at least 2"},
		{"label", Scatter{Points: Points{X: []float64{1, 2}, Inputs: 2, Labels: []float64{2}}}, Size{}, "label 2 of point 0: want 0 or 1"},
		{"no series", Lines{Title: "a"}, Size{}, `lines "a": no data`},
		{"no replicas", Lines{Series: []Series{{Name: "train"}}}, Size{}, `series "train": no data`},
		{"no epochs", Accuracy("", [][]float64{{}}, [][]float64{{}}), Size{}, `series "train", replica 0: no data`},
		{"no layers", Gradients{}, Size{}, "layers: no data"},
		{"ragged layers", Norms{L1: [][]float64{{1, 2}, {1}}}, Size{}, "dense_2 has 1 epochs, dense_1 2: want as many"},
		{"no models", Profile{}, Size{}, "profile: no data"},
		{"empty model", Profile{Models: []ModelProfile{{Name: "m"}}}, Size{}, `profile of "m": no data`},
		{"small grid", Decision{Probabilities: [][]float64{{1, 1}}}, Size{}, "decision: no data: want a grid of at least 2x2"},
		{"ragged grid", Decision{Probabilities: [][]float64{{1, 1}, {1}}}, Size{}, "decision: row 1 has 1 columns, row 0 2: want as many"},
		{"range", Decision{Probabilities: [][]float64{{1, 1}, {1, 1}}}, Size{}, "decision: range 0 to 0: want a finite, rising one"},
		{"no study", Study{Title: "s"}, Size{}, `study "s": no data`},
		{"no setting", Study{X: Setting{Name: "x"}, Series: make([]StudySeries, 1)}, Size{}, `setting "x": no data`},
		{"numbers and names", Study{X: Setting{Name: "x", Numbers: []float64{1}, Names: []string{"a", "b"}}, Series: make([]StudySeries, 1)}, Size{}, `setting "x": 1 numbers and 2 names: want one of both`},
		{"setting NaN", Study{X: Setting{Name: "x", Numbers: []float64{1, math.NaN()}}, Series: make([]StudySeries, 1)}, Size{}, `setting "x": number 1 is NaN: want a finite one`},
		{"ragged study", Study{X: Setting{Name: "x", Numbers: []float64{1, 2}}, Series: []StudySeries{{"a", [][]float64{{1}}}}}, Size{}, `series "a" has 1 values, setting "x" 2: want as many`},
		{"no columns", Grid{Y: Setting{Name: "y", Names: []string{"a"}}}, Size{}, `setting "": no data`},
		{"no rows", Grid{X: Setting{Name: "x", Names: []string{"a"}}}, Size{}, `setting "": no data`},
		{"missing row", Grid{X: Setting{Name: "x", Names: []string{"a"}}, Y: Setting{Name: "y", Names: []string{"a"}}}, Size{}, `grid of 0 rows, setting "y" has 1 values: want as many`},
		{"missing cell", Grid{X: Setting{Name: "x", Names: []string{"a"}}, Y: Setting{Name: "y", Names: []string{"a"}}, Cells: [][][]float64{{}}}, Size{}, `grid's row 0 has 0 cells, setting "x" 1 values: want as many`},
		{"no spreads", Spreads{Title: "s"}, Size{}, `spreads "s": no data`},
		{"empty spread", Spreads{Models: []ModelSpread{{Name: "m"}}}, Size{}, `spread of "m": no data`},
		{"no panels", Panels{Title: "p"}, Size{}, `panels "p": no data`},
		{"bad panel", Panels{Figures: []Figure{Scatter{Points: points}, Gradients{}}}, Size{}, "panel 2: layers: no data"},
		{"columns", Panels{Figures: []Figure{Scatter{}}, Columns: -1}, Size{}, `panels "": -1 columns: want at least 0`},
		{"tiny", Scatter{Points: points}, Size{Width: 99, Height: 200}, "size 99x200: want at least 100x100 pixels"},
		{"scale", Scatter{Points: points}, Size{Scale: math.NaN()}, "scale NaN: want at least 0.25"},
		{"huge", Scatter{Points: points}, Size{Width: 1 << 40}, "size 1099511627776x620 at scale 1: want at most 67108864 pixels"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var buf bytes.Buffer
			err := WritePNG(&buf, tc.fig, tc.size)
			if err == nil {
				t.Fatal("got no error")
			}
			if got, want := err.Error(), "draw chart: "+tc.want; got != want {
				t.Errorf("got error %q, want %q", got, want)
			}
			if buf.Len() != 0 {
				t.Errorf("got %d bytes written, want none", buf.Len())
			}
		})
	}
}

// TestWritePNGExtremes draws numbers at the limits of a float64.
func TestWritePNGExtremes(t *testing.T) {
	for name, values := range map[string][]float64{
		"huge":       {-math.MaxFloat64, math.MaxFloat64},
		"tiny":       {math.SmallestNonzeroFloat64, 0},
		"no steps":   {1e17, 1e17 + 16},
		"both signs": {math.Inf(-1), math.Inf(1)},
		"none":       {math.NaN(), math.NaN()},
		"decades":    {math.SmallestNonzeroFloat64, math.MaxFloat64},
	} {
		t.Run(name, func(t *testing.T) {
			rows := [][]float64{values, values}
			for _, fig := range []Figure{
				Scatter{Points: Points{X: []float64{values[0], values[1], values[1], values[0]}, Inputs: 2, Labels: []float64{0, 1}}},
				Accuracy("accuracy", rows, rows),
				Gradients{Norms: rows},
				Norms{L1: rows},
				Profile{Models: []ModelProfile{{"model", values}}},
				Study{X: Setting{Numbers: upTo(2)}, Series: []StudySeries{{"a", rows}, {"b", rows}}},
				Study{X: Setting{Names: []string{"a", "b"}}, Series: []StudySeries{{"a", rows}, {"b", rows}}},
				Grid{X: Setting{Numbers: upTo(2)}, Y: Setting{Numbers: upTo(1)}, Cells: [][][]float64{rows}},
				Grid{X: Setting{Numbers: upTo(2)}, Y: Setting{Numbers: upTo(1)}, Cells: [][][]float64{{values[:1], values[1:]}}},
				Spreads{Models: []ModelSpread{{"a", values, values[0], values[1]}}},
				Panels{Share: true, Figures: []Figure{Loss("loss", nats, rows, rows), Loss("loss", nats, rows, rows)}},
				Panels{Share: true, Figures: []Figure{Gradients{Norms: rows}, Gradients{Norms: rows}}},
			} {
				if err := WritePNG(&bytes.Buffer{}, fig, Size{Width: 300, Height: 200}); err != nil {
					t.Errorf("%T: got error %v", fig, err)
				}
			}
		})
	}
}

func TestSizes(t *testing.T) {
	fig := Scatter{Points: circles(10)}
	for _, tc := range []struct {
		size Size
		want image.Point
	}{
		{Size{}, image.Pt(640, 620)},
		{Size{Scale: 2}, image.Pt(1280, 1240)},
		{Size{Width: 300, Height: 200, Scale: 0.5}, image.Pt(150, 100)},
	} {
		var buf bytes.Buffer
		if err := WritePNG(&buf, fig, tc.size); err != nil {
			t.Fatal(err)
		}
		if got := decode(t, buf.Bytes()).Bounds().Size(); got != tc.want {
			t.Errorf("size %+v: got %v, want %v", tc.size, got, tc.want)
		}
	}
}

// TestEncode reads back with the standard library what encode writes.
func TestEncode(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	img := image.NewRGBA(image.Rect(0, 0, 301, 207)) // noise that fills several chunks
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.Uint32()) | uint8(-(i&3)/3) // opaque: each fourth byte is 255
	}
	var buf bytes.Buffer
	if err := encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	got, ok := decode(t, buf.Bytes()).(*image.RGBA)
	if !ok || !bytes.Equal(got.Pix, img.Pix) {
		t.Error("got other pixels than were written")
	}
}

type brokenWriter struct{ after int }

var errBroken = errors.New("disk full")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.after -= len(p); w.after < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWritePNGReportsWriter(t *testing.T) {
	fig := Scatter{Points: circles(100)}
	for _, after := range []int{0, 20, 5000} {
		if err := WritePNG(&brokenWriter{after}, fig, Size{}); !errors.Is(err, errBroken) {
			t.Errorf("a writer that fails after %d bytes: got error %v, want %v", after, err, errBroken)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, tc := range []struct {
		name  string
		ticks func(Range, int) []plot.Tick
		r     Range
		n     int
		want  string
	}{
		{"unit", linearTicks, Range{0, 1}, 5, "0 0.2 0.4 0.6 0.8 1.0"},
		{"negative", linearTicks, Range{-1.3, 1.2}, 6, "−1.0 −0.5 0 0.5 1.0"},
		{"thousands", linearTicks, Range{-20_000, 1_500_000}, 4, "0 500,000 1,000,000 1,500,000"},
		{"negative thousands", linearTicks, Range{-200_000, -100_000}, 2, "−200,000 −150,000 −100,000"},
		{"large", linearTicks, Range{0, 4e7}, 4, "0 1e7 2e7 3e7 4e7"},
		{"small", linearTicks, Range{0, 2e-5}, 2, "0 1e−5 2e−5"},
		{"epochs", wholeTicks, Range{-0.5, 2.5}, 9, "0 1 2"},
		{"log", logTicks, Range{-6.2, 0.1}, 4, "1e−6 1e−4 0.01 1"},
		{"log, narrow", logTicks, Range{-1, 0.4}, 4, "0.1 0.2 0.5 1 2"},
		{"names", nameTicks(layerNames(3)), Range{}, 5, "dense_1 dense_2 dense_3"},
		{"many names", nameTicks(layerNames(50)), Range{}, 4, "dense_1 dense_14 dense_27 dense_50"},
		{"one name", nameTicks(layerNames(1)), Range{}, 1, "dense_1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, tick := range tc.ticks(tc.r, tc.n) {
				got = append(got, tick.Label)
			}
			if s := strings.Join(got, " "); s != tc.want {
				t.Errorf("got ticks %q, want %q", s, tc.want)
			}
		})
	}
}

// TestViridisGrowsLighter checks that the map can be read in grey, too.
func TestViridisGrowsLighter(t *testing.T) {
	before := -1.0
	for i, c := range colormap(viridis).table() {
		light := 0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B)
		if light <= before-0.5 { // half a step of an 8-bit channel is rounding
			t.Errorf("step %d: got lightness %.2f after %.2f, want it to grow", i, light, before)
		}
		before = light
	}
}

// TestThinKeepsExtremes thins a long line; each column's lowest and highest must stay.
func TestThinKeepsExtremes(t *testing.T) {
	line := make([]vg.Point, 10_000)
	for i := range line {
		line[i] = vg.Point{X: vg.Length(i) / 100, Y: 1}
	}
	line[1234].Y, line[5678].Y = 9, -9
	got := thin(line, 1)
	lo, hi := vg.Length(0), vg.Length(0)
	for _, p := range got {
		lo, hi = min(lo, p.Y), max(hi, p.Y)
	}
	if lo != -9 || hi != 9 || len(got) > 250 {
		t.Errorf("got %d points from %v to %v, want at most 250 from -9 to 9", len(got), lo, hi)
	}
}

func TestMeanSkipsNaN(t *testing.T) {
	nan := math.NaN()
	got := mean([][]float64{{1, nan, nan}, {3, 4}, {math.Inf(1), 6, nan}})
	if diff := cmp.Diff([]float64{2, 5}, got[:2]); diff != "" {
		t.Errorf("mean (-want +got):\n%s", diff)
	}
	if len(got) != 3 || !math.IsNaN(got[2]) {
		t.Errorf("got %v, want NaN where no replica is finite", got)
	}
}

// TestCellColor checks which colour the epochs of one column of pixels share.
func TestCellColor(t *testing.T) {
	table := colormap(viridis).table()
	colors := Range{-4, 0}
	for _, tc := range []struct {
		name  string
		norms []float64
		want  rgb
	}{
		{"lowest", []float64{1e-4}, 0x440154},
		{"highest", []float64{1}, 0xfde725},
		{"mean of logs", []float64{1e-4, 1}, viridis(128.0 / 255)},
		{"beyond the scale", []float64{1e-9}, 0x440154},
		{"zeros", []float64{0, 0}, none},
		{"a zero among numbers", []float64{0, 1}, 0xfde725},
		{"one NaN", []float64{1, math.NaN(), 0}, alarm},
		{"Inf", []float64{math.Inf(1)}, alarm},
	} {
		if got := cellColor(tc.norms, colors, &table); got != tc.want.rgba() {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want.rgba())
		}
	}
}

// TestShareScales gives figures of a kind one scale, and leaves the others alone.
func TestShareScales(t *testing.T) {
	figures := shareScales([]Figure{
		Gradients{Norms: [][]float64{{1e-5, 1e-4}}},
		Norms{L1: [][]float64{{3, 4}}},
		Gradients{Norms: [][]float64{{1e-2, 1}}},
		Scatter{Title: "s"},
	})
	want := Range{-5, 0}
	for _, i := range []int{0, 2} {
		if got := figures[i].(Gradients).Colors; got != want {
			t.Errorf("figure %d: got colours %v, want %v", i, got, want)
		}
	}
	if got := figures[1].(Norms).shared; got != (Range{3, 4}) {
		t.Errorf("got norms %v, want 3 to 4", got)
	}
}

// TestHalfLine finds the line on which x is one half, between the grid's nodes.
func TestHalfLine(t *testing.T) {
	f := Decision{Probabilities: [][]float64{{0.1, 0.3, 0.7}, {0.1, 0.3, 0.7}}, X: Range{-1, 1}, Y: Range{0, 4}}
	got := f.halfLine()
	want := []segment{{{0.5, 0}, {0.5, 4}}}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })); diff != "" {
		t.Errorf("half line (-want +got):\n%s", diff)
	}
}

func TestElide(t *testing.T) {
	sty := boldStyle(titleSize, ink, 0, 0)
	long := strings.Repeat("abcdefghij", 30)
	got := elide(sty, long, pixels(300))
	if w := sty.Width(got); w > pixels(300) || w < pixels(270) {
		t.Errorf("got width %v, want just below %v", w, pixels(300))
	}
	if !strings.HasPrefix(got, "abc") || !strings.HasSuffix(got, "hij") {
		t.Errorf("got %q, want both ends kept", got)
	}
	if got := elide(sty, "short", pixels(300)); got != "short" {
		t.Errorf("got %q, want it whole", got)
	}
}
