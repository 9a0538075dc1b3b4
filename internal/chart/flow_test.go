package chart

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// checksOf returns n checked epochs, freq apart but for the last.
func checksOf(n, freq, last int) []int {
	checks := make([]int, n)
	for i := range checks {
		checks[i] = i * freq
	}
	checks[n-1] = last
	return checks
}

// flowOf returns the maps of a net whose gradients shrink by a factor a layer
// towards the input, and whose units die, in deeper layers later.
func flowOf(title string, layers int, checks []int, factor float64) Flow {
	rng := rand.New(rand.NewPCG(5, 6))
	f := Flow{Title: title, Epochs: checks, Layers: layerNames(layers), IdleName: "dead units"}
	row := func() []float64 { return make([]float64, len(checks)) }
	for k := range layers {
		gradient, update, idle := row(), row(), row()
		for i := range checks {
			age := float64(i+1) / float64(len(checks))
			gradient[i] = 0.05 * math.Pow(factor, float64(layers-1-k)) * (0.4 + age) * math.Exp(0.2*rng.NormFloat64())
			update[i] = gradient[i] * 0.05 / (1 + age)
			idle[i] = math.Floor(10*min(1, max(0, 2*age-float64(k+1)/float64(layers)))) / 10
			if k == layers-1 {
				idle[i] = math.NaN()
			}
		}
		f.Gradient, f.Update, f.Idle = append(f.Gradient, gradient), append(f.Update, update), append(f.Idle, idle)
	}
	return f
}

// flowCases are the golden images of maps.
func flowCases() []goldenCase {
	shallow := flowOf("tanh-5: what flows through the layers", 6, checksOf(26, 20, 499), 0.2)
	shallow.IdleName = "saturated units"
	shallow.Marks = []FlowMark{
		{0, 0, "gradient vanishes", FlowGradient}, {0, 13, "dense_1 saturated from epoch 260 on", FlowIdle}, {2, 15, "dense_3 saturated from epoch 300 on", FlowIdle},
	}
	deep := flowOf("relu-30: 31 layers, 50 checks", 31, checksOf(50, 10, 499), 0.8)
	deep.Marks = []FlowMark{{3, 4, "on each map", FlowAll}, {3, 5, "beside it", FlowAll}, {3, 4, "the same cell", FlowIdle}, {30, 49, "in the corner", FlowIdle}}
	diverged := flowOf("relu-5 with --learning-rate 10", 6, checksOf(30, 5, 149), 1.4)
	for k := range diverged.Layers {
		for i := 20; i < 30; i++ {
			diverged.Gradient[k][i], diverged.Update[k][i], diverged.Idle[k][i] = math.NaN(), math.Inf(1), math.NaN()
		}
		diverged.Gradient[2][k], diverged.Update[2][k] = 0, 0
	}
	diverged.Marks = []FlowMark{{0, 20, "the loss is NaN from epoch 100 on: " + strings.Repeat("a long explanation, ", 9) + "the end", FlowGradient}}
	everyEpoch := flowOf("each of 2,000 epochs, no units to count", 6, checksOf(2000, 1, 1999), 0.5)
	everyEpoch.Idle = nil
	uneven := flowOf("uneven checks", 3, []int{0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 12_345}, 0.1)
	return []goldenCase{
		{"flow", shallow, Size{}},
		{"flow_deep", deep, Size{}},
		{"flow_diverged", diverged, Size{}},
		{"flow_one_check", flowOf("two layers, one check", 2, []int{499}, 0.3), Size{}},
		{"flow_every_epoch", everyEpoch, Size{}},
		{"flow_small", uneven, Size{Width: 420, Height: 360, Scale: 2}},
	}
}

func TestFlowRefuses(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(f *Flow)
		want  string
	}{
		{"no epochs", func(f *Flow) { f.Epochs = nil }, "flow's epochs: no data"},
		{"no layers", func(f *Flow) { f.Layers = nil }, "flow's layers: no data"},
		{"twice an epoch", func(f *Flow) { f.Epochs = []int{0, 20, 20} }, "flow's epoch 20 comes after 20: want rising ones"},
		{"a layer too few", func(f *Flow) { f.Gradient = f.Gradient[:1] }, "flow's gradient is of 1 layers: want 2"},
		{"no updates", func(f *Flow) { f.Update = nil }, "flow's update is of 0 layers: want 2"},
		{"a check too few", func(f *Flow) { f.Update[1] = f.Update[1][:2] }, "flow's update of dense_2 is of 2 checks: want 3"},
		{"a negative norm", func(f *Flow) { f.Gradient[1][2] = -0.5 }, "flow's gradient of dense_2 at epoch 40 is -0.5: want it from 0 to +Inf"},
		{"more than all units", func(f *Flow) { f.Idle[0][1] = 1.5 }, "flow's share of dead units of dense_1 at epoch 20 is 1.5: want it from 0 to 1"},
		{"units without a name", func(f *Flow) { f.IdleName, f.Idle = "", [][]float64{} }, "flow's share of idle units is of 0 layers: want 2"},
		{"a mark's layer", func(f *Flow) { f.Marks = []FlowMark{{}, {Layer: 2}} }, "flow's mark 2 is at layer 2: want 0 to 1"},
		{"a mark's check", func(f *Flow) { f.Marks = []FlowMark{{Check: -1}} }, "flow's mark 1 is at check -1: want 0 to 2"},
		{"a mark's map", func(f *Flow) { f.Idle, f.Marks = nil, []FlowMark{{Map: FlowIdle}} }, "flow's mark 1 is on map 3, which isn't there"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := flowOf("", 2, checksOf(3, 20, 40), 0.5)
			tc.spoil(&f)
			err := WritePNG(&bytes.Buffer{}, f, Size{})
			if err == nil {
				t.Fatal("got no error")
			}
			if got, want := err.Error(), "draw chart: "+tc.want; got != want {
				t.Errorf("got error %q, want %q", got, want)
			}
		})
	}
}

// TestFlowExtremes draws numbers at the limits of a float64, and more layers and
// checks than pixels.
func TestFlowExtremes(t *testing.T) {
	for name, v := range map[string]float64{
		"huge": math.MaxFloat64, "tiny": math.SmallestNonzeroFloat64, "zero": 0, "infinite": math.Inf(1), "NaN": math.NaN(),
	} {
		f := flowOf(name, 40, checksOf(60, 1, 59), 1)
		for k := range f.Layers {
			for i := range f.Epochs {
				f.Gradient[k][i], f.Update[k][i] = v, v
			}
		}
		f.Update[0][0] = 1
		f.Marks = make([]FlowMark, 40) // more than have room
		for _, size := range []Size{{}, {Width: 100, Height: 100}} {
			if err := WritePNG(&bytes.Buffer{}, f, size); err != nil {
				t.Errorf("%s: got error %v", name, err)
			}
		}
	}
}

func TestCheckTicks(t *testing.T) {
	for _, tc := range []struct {
		name   string
		epochs []int
		n      int
		want   string
	}{
		{"one", []int{499}, 8, "499"},
		{"all", []int{0, 20, 40, 59}, 8, "0 20 40 59"},
		{"round steps", checksOf(26, 20, 499), 8, "0 100 200 300 400 499"},
		{"no room before the last", checksOf(51, 10, 499), 8, "0 100 200 300 400 499"},
		{"the last close by", checksOf(22, 10, 201), 5, "0 50 100 150 201"},
		{"no round steps", checksOf(30, 7, 203), 4, "0 56 112 203"},
		{"uneven", []int{0, 1, 2, 5, 10, 20, 50, 100}, 4, "0 2 10 100"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, tick := range checkTicks(tc.epochs)(Range{}, tc.n) {
				got = append(got, tick.Label)
				if tc.epochs[int(tick.Value)] == 0 && tick.Label != "0" {
					t.Errorf("got label %q at the first check, want 0", tick.Label)
				}
			}
			if s := strings.Join(got, " "); s != tc.want {
				t.Errorf("got ticks %q, want %q", s, tc.want)
			}
		})
	}
}

// TestPaintShare mixes the checks that share a column of pixels.
func TestPaintShare(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		name   string
		shares []float64
		want   rgb
	}{
		{"none idle", []float64{0}, idleness(0)},
		{"all idle", []float64{1, 1}, idleness(1)},
		{"the mean", []float64{0.25, 0.75}, idleness(0.5)},
		{"those that are there", []float64{nan, 1}, idleness(1)},
		{"not applicable", []float64{nan}, edge}, // the hatch's first pixel
	} {
		s := surface{image.NewRGBA(image.Rect(0, 0, 1, 1)), 96}
		paintShare(s, s.img.Rect, tc.shares)
		if got := s.img.RGBAAt(0, 0); got != tc.want.rgba() {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want.rgba())
		}
	}
}

// TestFreePlace keeps badges inside their map and off each other.
func TestFreePlace(t *testing.T) {
	area := vg.Rectangle{Max: vg.Point{X: pixels(100), Y: pixels(20)}}
	var taken []vg.Point
	for range 5 {
		p := freePlace(vg.Point{X: pixels(95), Y: pixels(10)}, area, taken)
		for _, q := range taken {
			if d := math.Abs(float64(p.X - q.X)); d < float64(pixels(2*badgeRadius)) {
				t.Errorf("got badges %v apart, want at least %v", d, pixels(2*badgeRadius))
			}
		}
		if p.X < pixels(badgeRadius) || p.X > pixels(100-badgeRadius) {
			t.Errorf("got a badge at %v, want it inside %v", p, area)
		}
		taken = append(taken, p)
	}
	p := vg.Point{X: pixels(95), Y: pixels(10)}
	if got := freePlace(p, area, taken); got != p {
		t.Errorf("without room: got %v, want %v", got, p)
	}
}
