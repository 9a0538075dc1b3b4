package record

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sampleChecks are two replicas' at two epochs, as training hands them on: those
// of an epoch together. Their numbers are of 9 digits at most.
func sampleChecks() [][]Check {
	check := func(replica, epoch int, x float64) Check {
		unit := func(duplicate int, shift float64) UnitFlow {
			return UnitFlow{
				Active: 0.25 + shift, Saturated: shift, Extreme: 0.002, Mean: -x, Std: 3 * x,
				Delta: 1e-12 * x, OutputDelta: 12345.6789, Duplicate: duplicate,
			}
		}
		return Check{Replica: replica, Epoch: epoch, Layers: []LayerFlow{
			{
				UpdateRatio: 1e-3 * x, GradientRMS: x, GradientMean: x / 2, GradientMax: 4 * x, GradientZeros: 0.5,
				Units: []UnitFlow{unit(0, 0), unit(-1, 0.5), unit(0, 0)},
			},
			{UpdateRatio: 2, GradientRMS: 1e-30, NonFinite: replica, Units: []UnitFlow{unit(-1, 0.125)}},
		}}
	}
	diverged := check(1, 25, math.NaN())
	diverged.Layers[1].GradientMax, diverged.Layers[1].NonFinite = math.Inf(1), 1_234_567_890
	diverged.Layers[0].Units[1].Mean = math.Inf(-1)
	return [][]Check{
		{check(0, 0, 0.5), check(1, 0, 0.75)},
		{check(0, 25, 0.375), diverged},
	}
}

// byReplica returns the checks in the order in which they are read: by replica,
// then epoch.
func byReplica(epochs [][]Check) []Check {
	var all []Check
	for replica := range epochs[0] {
		for _, checks := range epochs {
			all = append(all, checks[replica])
		}
	}
	return all
}

// writeChecks returns what flow.csv and units.csv hold of the checks.
func writeChecks(tb testing.TB, epochs [][]Check) (layers, units string) {
	tb.Helper()
	var files [2]bytes.Buffer
	w, err := NewCheckWriter(&files[0], &files[1], len(epochs[0]))
	if err != nil {
		tb.Fatal(err)
	}
	for _, checks := range epochs {
		if err := w.Write(checks); err != nil {
			tb.Fatal(err)
		}
	}
	return files[0].String(), files[1].String()
}

func parseChecks(layers, units string) ([]Check, error) {
	return ParseChecks(strings.NewReader(layers), "flow.csv", strings.NewReader(units), "units.csv")
}

// TestChecks writes checks of one replica and of two and reads them back.
func TestChecks(t *testing.T) {
	two := sampleChecks()
	one := [][]Check{two[0][:1], two[1][:1]}
	for _, epochs := range [][][]Check{one, two} {
		layers, units := writeChecks(t, epochs)
		got, err := parseChecks(layers, units)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(byReplica(epochs), got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("checks of %d replicas (-want +got):\n%s", len(epochs[0]), diff)
		}
	}
}

// TestCheckFiles checks the files' form, which other programs read.
func TestCheckFiles(t *testing.T) {
	layers, units := writeChecks(t, sampleChecks()[:1])
	lines := strings.Split(layers, "\n")
	for i, want := range []string{
		"replica,epoch,layer,update_ratio,gradient_rms,gradient_mean,gradient_max,gradient_zeros,non_finite,delta,output_delta,std",
		"0,0,dense_1,0.0005,0.5,0.25,2,0.5,0,5e-13,12345.6789,1.5",
		"0,0,dense_2,2,1e-30,0,0,0,0,5e-13,12345.6789,1.5",
		"1,0,dense_1,0.00075,0.75,0.375,3,0.5,0,7.5e-13,12345.6789,2.25",
		"1,0,dense_2,2,1e-30,0,0,0,1,7.5e-13,12345.6789,2.25",
	} {
		if lines[i] != want {
			t.Errorf("flow.csv, line %d: got %s, want %s", i+1, lines[i], want)
		}
	}
	lines = strings.Split(units, "\n")
	for i, want := range []string{
		"replica,epoch,layer,unit,active,saturated,extreme,mean,std,delta,output_delta,twin",
		"0,0,dense_1,0,0.25,0,0.002,-0.5,1.5,5e-13,12345.6789,0",
		"0,0,dense_1,1,0.75,0.5,0.002,-0.5,1.5,5e-13,12345.6789,-1",
	} {
		if lines[i] != want {
			t.Errorf("units.csv, line %d: got %s, want %s", i+1, lines[i], want)
		}
	}
}

// TestReadChecks reads files; one that is not there is an error that says so.
func TestReadChecks(t *testing.T) {
	folder, epochs := t.TempDir(), sampleChecks()
	flow, units := filepath.Join(folder, "flow.csv"), filepath.Join(folder, "units.csv")
	layerLines, unitLines := writeChecks(t, epochs)
	if err := os.WriteFile(flow, []byte(layerLines), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadChecks(flow, units); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without units.csv: got %v, want %v", err, os.ErrNotExist)
	}
	if err := os.WriteFile(units, []byte(unitLines), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := ReadChecks(flow, units)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(byReplica(epochs), got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	if _, err := ReadChecks(filepath.Join(folder, "none"), units); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without flow.csv: got %v, want %v", err, os.ErrNotExist)
	}
}

// TestCutChecks cuts either file at each of its bytes: what is left is read
// without an error, and each check of it is whole.
func TestCutChecks(t *testing.T) {
	epochs := sampleChecks()
	layers, units := writeChecks(t, epochs)
	want := byReplica(epochs)
	text := func(c Check) string { return fmt.Sprintf("%+v", c) } // tells floats apart to the bit, and has NaN as itself
	written := make(map[string]bool)
	for _, c := range want {
		written[text(c)] = true
	}
	found := make(map[int]bool) // numbers of checks
	check := func(layers, units string) {
		t.Helper()
		got, err := parseChecks(layers, units)
		if err != nil {
			t.Fatalf("%d bytes of flow.csv, %d of units.csv: %v", len(layers), len(units), err)
		}
		for _, c := range got {
			if !written[text(c)] {
				t.Fatalf("%d bytes of flow.csv, %d of units.csv: got a check that was not written:\n%+v", len(layers), len(units), c)
			}
		}
		found[len(got)] = true
	}
	for end := range len(layers) + 1 {
		check(layers[:end], units)
	}
	for end := range len(units) + 1 {
		check(layers, units[:end])
	}
	for n := range len(want) + 1 {
		if !found[n] {
			t.Errorf("got %d checks from no cut, want each number up to %d", n, len(want))
		}
	}
	// Both files torn apart, line by line.
	layerLines, unitLines := strings.SplitAfter(layers, "\n"), strings.SplitAfter(units, "\n")
	for i := range layerLines {
		for j := range unitLines {
			if _, err := parseChecks(strings.Join(layerLines[:i], ""), strings.Join(unitLines[:j], "")); err != nil {
				t.Errorf("%d lines of flow.csv, %d of units.csv: %v", i, j, err)
			}
		}
	}
}

func TestParseChecksErrors(t *testing.T) {
	flow := strings.Join(layerColumns(), ",") + "\n"
	units := strings.Join(unitColumns(), ",") + "\n"
	for name, c := range map[string]struct{ layers, units, want string }{
		"header of flow.csv": {
			"epoch,layer\n", units,
			`flow.csv, line 1: header "epoch,layer": want "` + strings.TrimSpace(flow) + `"`,
		},
		"header of units.csv": {
			flow, flow,
			`units.csv, line 1: header "` + strings.TrimSpace(flow) + `": want "` + strings.TrimSpace(units) + `"`,
		},
		"header of another order": {
			strings.Replace(flow, "epoch,layer", "layer,epoch", 1), units, `flow.csv, line 1: header "layer,epoch,`,
		},
		"short row":         {flow + "0,dense_1,1\n", units, "flow.csv: record on line 2: wrong number of fields"},
		"epoch":             {flow + "-1,dense_1,1,2,3,4,5,6,7,8,9\n", units, `flow.csv, line 2: field 1: "-1": want an integer of at least 0`},
		"replica":           {"replica," + flow + "x,0,dense_1,1,2,3,4,5,6,7,8,9\n", units, `flow.csv, line 2: field 1: "x": want an integer of at least 0`},
		"epoch of replicas": {"replica," + flow + "0,0.5,dense_1,1,2,3,4,5,6,7,8,9\n", units, `flow.csv, line 2: field 2: "0.5": want an integer of at least 0`},
		"layer":             {flow + "0,dense1,1,2,3,4,5,6,7,8,9\n", units, `flow.csv, line 2: field 2: "dense1": want a layer, such as dense_1`},
		"layer 0":           {flow + "0,dense_0,1,2,3,4,5,6,7,8,9\n", units, `flow.csv, line 2: field 2: "dense_0": want a layer, such as dense_1`},
		"number":            {flow + "0,dense_1,1,2,3,4,5,6,7,8,9\n0,dense_2,1,2,three,4,5,6,7,8,9\n", units, `flow.csv, line 3: field 5: "three": want a number`},
		"count":             {flow + "0,dense_1,1,2,3,4,5,NaN,7,8,9\n", units, `flow.csv, line 2: field 8: "NaN": want an integer of at least 0`},
		"layer left out":    {flow + "0,dense_2,1,2,3,4,5,6,7,8,9\n", units, `flow.csv, line 2: layer dense_2: want dense_1, the layers in their order`},
		"layer twice": {
			flow + "0,dense_1,1,2,3,4,5,6,7,8,9\n0,dense_1,1,2,3,4,5,6,7,8,9\n", units,
			`flow.csv, line 3: layer dense_1: want dense_2, the layers in their order`,
		},
		"unit":         {flow, units + "0,dense_1,0.5,1,2,3,4,5,6,7,-1\n", `units.csv, line 2: field 3: "0.5": want an integer of at least 0`},
		"twin":         {flow, units + "0,dense_1,0,1,2,3,4,5,6,7,-2\n", `units.csv, line 2: field 11: "-2": want an integer of at least -1`},
		"unit number":  {flow, units + "0,dense_1,0,1,2,3,4,5,,7,-1\n", `units.csv, line 2: field 9: "": want a number`},
		"unit 1 first": {flow, units + "0,dense_1,1,1,2,3,4,5,6,7,-1\n", `units.csv, line 2: unit 1 of dense_1: want the layers`},
		"unit left out": {
			flow, units + "0,dense_1,0,1,2,3,4,5,6,7,-1\n0,dense_1,2,1,2,3,4,5,6,7,-1\n",
			`units.csv, line 3: unit 2 of dense_1: want the layers and their units in their order, from unit 0 of dense_1`,
		},
		"layer of units left out": {flow, units + "0,dense_2,0,1,2,3,4,5,6,7,-1\n", `units.csv, line 2: unit 0 of dense_2: want the layers`},
	} {
		_, err := parseChecks(c.layers, c.units)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	broken := errors.New("disk on fire")
	if _, err := ParseChecks(iotest.ErrReader(broken), "flow.csv", strings.NewReader(units), "units.csv"); !errors.Is(err, broken) {
		t.Errorf("flow.csv: got %v, want %v", err, broken)
	}
	if _, err := ParseChecks(strings.NewReader(flow), "flow.csv", iotest.ErrReader(broken), "units.csv"); !errors.Is(err, broken) {
		t.Errorf("units.csv: got %v, want %v", err, broken)
	}
}

// TestCheckWriterErrors checks that what could not be written is said, whichever
// file it is, and that layers are not written without their units.
func TestCheckWriterErrors(t *testing.T) {
	full := errors.New("no space left")
	for name, room := range map[string][2]int{"flow.csv": {1, 2}, "units.csv": {2, 1}} {
		layers, units := &limited{room: room[0], err: full}, &limited{room: room[1], err: full}
		w, err := NewCheckWriter(layers, units, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(sampleChecks()[0]); !errors.Is(err, full) {
			t.Errorf("%s: got %v, want %v", name, err, full)
		}
		if layers.writes > units.writes {
			t.Errorf("%s: layers were written without their units", name)
		}
		if _, err := NewCheckWriter(&limited{room: room[0] - 1, err: full}, &limited{room: room[1] - 1, err: full}, 1); !errors.Is(err, full) {
			t.Errorf("%s, header: got %v, want %v", name, err, full)
		}
	}
}

// limited is a file with room for some writes.
type limited struct {
	room, writes int
	err          error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.writes == l.room {
		return 0, l.err
	}
	l.writes++
	return len(p), nil
}

// TestLayerFlow checks what is said of a layer by its units.
func TestLayerFlow(t *testing.T) {
	l := LayerFlow{Units: []UnitFlow{
		{Active: 0, Saturated: 1, Std: 1, Delta: 2, OutputDelta: 4},
		{Active: 0.0099, Saturated: 0.99, Std: 0, Delta: 0, OutputDelta: 1},
		{Active: 0.01, Saturated: 0.98, Std: 2, Delta: 1, OutputDelta: 0},
		{Active: 1, Saturated: 0, Std: 5, Delta: 3, OutputDelta: 3},
	}}
	for name, c := range map[string]struct{ got, want float64 }{
		"delta":          {l.Delta(), 1.5},
		"output delta":   {l.OutputDelta(), 2},
		"std":            {l.Std(), 2},
		"inactive":       {l.Inactive(), 0.5},
		"saturated":      {l.Saturated(), 0.5},
		"saturated rows": {l.SaturatedRows(), (1 + 0.99 + 0.98) / 4},
	} {
		if math.Abs(c.got-c.want) > 1e-15 {
			t.Errorf("%s: got %v, want %v", name, c.got, c.want)
		}
	}
}

// FuzzParseChecks checks that whatever the files hold, reading them gives an error
// or checks that can be written and read again.
func FuzzParseChecks(f *testing.F) {
	layers, units := writeChecks(f, sampleChecks())
	f.Add(layers, units)
	f.Add(strings.Join(layerColumns(), ",")+"\n0,dense_1,1,2,3,4,5,6,7,8,9\n", strings.Join(unitColumns(), ",")+"\n0,dense_1,0,1,2,3,4,5,6,7,-1\n")
	f.Fuzz(func(t *testing.T, layers, units string) {
		checks, err := parseChecks(layers, units)
		if err != nil || len(checks) == 0 {
			return
		}
		var epochs [][]Check
		for _, c := range checks {
			round9(&c)
			epochs = append(epochs, []Check{c})
		}
		// In a file of two replicas, whatever their numbers.
		var files [2]bytes.Buffer
		w, err := NewCheckWriter(&files[0], &files[1], 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, checks := range epochs {
			if err := w.Write(checks); err != nil {
				t.Fatal(err)
			}
		}
		again, err := parseChecks(files[0].String(), files[1].String())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(checks, again, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("checks read, written and read (-first +again):\n%s", diff)
		}
	})
}

// round9 rounds a check's numbers to the 9 digits that the files have.
func round9(c *Check) {
	for k := range c.Layers {
		l := &c.Layers[k]
		for _, x := range []*float64{&l.UpdateRatio, &l.GradientRMS, &l.GradientMean, &l.GradientMax, &l.GradientZeros} {
			*x = round(*x)
		}
		for i := range l.Units {
			u := &l.Units[i]
			for _, x := range []*float64{&u.Active, &u.Saturated, &u.Extreme, &u.Mean, &u.Std, &u.Delta, &u.OutputDelta} {
				*x = round(*x)
			}
		}
	}
}

func round(x float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	return rounded
}
