package config

import (
	"errors"
	"math"
	"strings"
	"testing"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/sysmem"
)

// TestMemory compares the estimate with the peaks of engines (VmHWM, in MB) that were
// measured once, on x86-64 with two cores; cmd/gradwatch's TestPeakMemory measures
// some anew.
func TestMemory(t *testing.T) {
	plain := func(r *Run) { r.HistogramFreq, r.DiagnoseFreq = 0, 0 }
	for name, test := range map[string]struct {
		change   func(*Run)
		measured float64
	}{
		"small":           {func(r *Run) { r.Epochs = 20 }, 332},
		"4 x 1024":        {func(r *Run) { r.Layers, r.Samples, r.BatchSize, r.Epochs = Repeat(4, 1024), 20000, 1024, 2 }, 985},
		"4 x 1024, plain": {func(r *Run) { plain(r); r.Layers, r.Samples, r.BatchSize, r.Epochs = Repeat(4, 1024), 20000, 1024, 2 }, 777},
		"2 x 6000":        {func(r *Run) { r.Layers, r.Samples, r.Epochs = Repeat(2, 6000), 2000, 2 }, 4076},
		"2 x 6000, plain": {func(r *Run) { plain(r); r.Layers, r.Samples, r.Epochs = Repeat(2, 6000), 2000, 2 }, 3252},
		"2 x 6000, adam":  {func(r *Run) { r.Layers, r.Samples, r.Epochs, r.Optimizer = Repeat(2, 6000), 2000, 2, "adam" }, 4044},
		"3 x 3000, rmsprop": {func(r *Run) {
			r.Layers, r.Samples, r.BatchSize, r.Epochs, r.Optimizer, r.BatchNorm = Repeat(3, 3000), 4000, 512, 1, "rmsprop", true
		}, 1811},
		"2 x 2048, gelu": {func(r *Run) {
			r.Layers, r.Samples, r.BatchSize, r.GradientBatch, r.Activations = Repeat(2, 2048), 30000, 4096, 0, []string{"gelu"}
			r.GradientRows = 0
		}, 2279},
		"300 replicas": {func(r *Run) { r.Layers, r.Repeats, r.Epochs = Repeat(5, 50), 300, 2 }, 1222},
		"100 replicas": {func(r *Run) {
			r.Layers, r.Repeats, r.Samples, r.BatchSize, r.Epochs = Repeat(2, 200), 100, 5000, 256, 2
		}, 1009},
		"3 million rows": {func(r *Run) { r.Samples, r.BatchSize, r.Epochs = 3e6, 1024, 1 }, 1031},
		"one step":       {func(r *Run) { r.Samples, r.BatchSize, r.Epochs = 3e6, 3e6, 1 }, 1361},
		"20,000 epochs":  {func(r *Run) { r.Samples, r.Epochs, r.HistogramFreq = 20, 20000, 0 }, 342},
		"3000 checks": {func(r *Run) {
			r.Layers, r.Samples, r.BatchSize, r.Epochs, r.DiagnoseFreq, r.HistogramFreq = Repeat(5, 200), 100, 100, 3000, 1, 0
		}, 878},
		"50,000 slices of 1": {func(r *Run) {
			r.Layers, r.Samples, r.BatchSize, r.GradientBatch, r.Epochs = Repeat(20, 5), 100_000, 10_000, 1, 2
			r.GradientRows = 0
		}, 787},
		"200 layers": {func(r *Run) { r.Layers, r.Epochs = Repeat(200, 50), 2 }, 937},
		"600 layers": {func(r *Run) { r.Layers, r.Epochs = Repeat(600, 10), 2 }, 1289},
		"100 inputs": {func(r *Run) { r.Dataset, r.Layers, r.BatchSize, r.Epochs = "wide.csv", Repeat(2, 64), 256, 1 }, 701},
	} {
		t.Run(name, func(t *testing.T) {
			run := Default()
			test.change(&run)
			rows := Rows{run.Samples, 2}
			if run.Dataset == "wide.csv" {
				rows = Rows{60_000, 100}
			}
			estimate := run.Memory(rows)
			ratio := test.measured * 1e6 / estimate.Total()
			t.Logf("measured %.0f MB, %.2f of the estimate %s", test.measured, ratio, sysmem.Text(estimate.Total()))
			if !(ratio > 0.5 && ratio < 1.5) {
				t.Errorf("measured %.0f MB, estimated %s: %+v", test.measured, sysmem.Text(estimate.Total()), estimate)
			}
		})
	}
}

// TestFits asks for what no machine has, in each way there is: the field to blame is
// named, and no arithmetic overflows.
func TestFits(t *testing.T) {
	most := math.MaxInt32
	for name, test := range map[string]struct {
		change func(*Run)
		rows   Rows
		want   string
	}{
		"default":     {func(*Run) {}, Rows{1000, 2}, ""},
		"units":       {func(r *Run) { r.Layers = Repeat(2, 1_000_000) }, Rows{1000, 2}, `units "1000000": want less: 2 layers of it need about 104 TB of memory, and this machine has 24 GB`},
		"one layer":   {func(r *Run) { r.Layers = []int{MaxUnits} }, Rows{1000, 10_000}, `units "1048576": want less: 1 layer of it need`},
		"layers":      {func(r *Run) { r.Layers = []int{8, 400_000, 200_000} }, Rows{1000, 2}, `layers "8,400000,200000": want less: its layers need about 8.3 TB of memory`},
		"many layers": {func(r *Run) { r.Layers = Repeat(MaxLayers, 900); r.GradientBatch = 1 }, Rows{1000, 2}, `hidden-layers "1000": want less: so many of 900 units need about `},
		"repeats":     {func(r *Run) { r.Repeats = maxRepeats; r.Layers = Repeat(2, 500) }, Rows{1000, 2}, `repeats "10000": want less: so many models side by side need about `},
		"batch": {func(r *Run) {
			r.BatchSize = most
			r.Layers = Repeat(2, 1000)
			r.Samples = dataset.MaxSamples
			r.HistogramFreq = 0
		}, Rows{dataset.MaxSamples, 2}, `samples "10000000": want less: so many rows need about `},
		"epochs": {func(r *Run) { r.Epochs = maxEpochs }, Rows{1000, 2}, `epochs "100000000": want less: the records of so many epochs need about `},
		"checks": {func(r *Run) { r.Epochs = 1_000_000; r.DiagnoseFreq = 1; r.Layers = Repeat(5, 100) }, Rows{1000, 2}, `epochs "1000000": want less: the records of so many epochs need about `},
		"file":   {func(r *Run) { r.Dataset = "data/wide.csv" }, Rows{10_000_000, 1000}, `dataset "data/wide.csv": want less: a model of wide.csv, of 1000 inputs and at least 10000000 rows, needs about `},
		"everything": {func(r *Run) {
			r.Layers, r.Repeats, r.BatchSize, r.Epochs, r.DiagnoseFreq = Repeat(MaxLayers, MaxUnits), maxRepeats, most, maxEpochs, 1
		}, Rows{most, most}, ` EB of memory, and this machine has 24 GB`},
	} {
		t.Run(name, func(t *testing.T) {
			run := Default()
			test.change(&run)
			err := run.Fits(test.rows, sysmem.Sizes{Total: 24e9, Free: 24e9})
			var wrong *invalid.Error
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got %v", err)
			case test.want != "" && (!errors.As(err, &wrong) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n")):
				t.Errorf("got %v, want %s", err, test.want)
			}
			if total := run.Memory(test.rows).Total(); !(total > 3e8) || math.IsInf(total, 0) {
				t.Errorf("got %g bytes", total)
			}
		})
	}
}

// TestFitsLimits checks what bounds a run where memory doesn't.
func TestFitsLimits(t *testing.T) {
	endless := sysmem.Sizes{Total: math.Inf(1), Free: math.Inf(1)}
	run := Default()
	run.Layers = Repeat(2, 40_000)
	err := run.Fits(Rows{1000, 2}, endless)
	if want := `units "40000": want less: 2 layers of it need about 1.6e+09 parameters, and 1073741824 are the most in all replicas together`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	run = Default()
	run.BatchSize, run.Layers = 4_000_000, Repeat(1, 2000)
	err = run.Fits(Rows{8_000_000, 2}, endless)
	if want := `batch-size "4000000": want less: it makes tensors of 8e+09 numbers, and 2147483647 are the most`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	run = Default()
	err = run.Fits(Rows{1000, 2}, sysmem.Sizes{Total: 24e9, Free: 1e8})
	if err == nil || !strings.Contains(err.Error(), "of memory, and of this machine's 24 GB only 100 MB are free") {
		t.Errorf("got %v", err)
	}
}

// TestMemoryOfWideTables counts what predictions take of a table of a million columns.
func TestMemoryOfWideTables(t *testing.T) {
	run := Default()
	if got := run.Memory(Rows{Count: 4, Inputs: 1_000_000}).Total(); got < 8e9 {
		t.Errorf("got %.3g bytes, want at least the 8.2e9 of 1024 points in Go and in the graph", got)
	}
	if err := run.Fits(Rows{Count: 4, Inputs: 1_000_000}, sysmem.Sizes{Total: 8e9, Free: 8e9}); err == nil {
		t.Error("8 GB: got no error, want one")
	}
}
