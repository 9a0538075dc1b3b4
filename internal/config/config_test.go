package config

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/invalid"
)

func TestDefaultIsValid(t *testing.T) {
	run := Default()
	if err := run.Validate(); err != nil {
		t.Error(err)
	}
	for _, preset := range Presets() {
		run := preset.Apply(Default())
		if err := run.Validate(); err != nil {
			t.Errorf("preset %s: %v", preset.Name, err)
		}
	}
}

// TestValidate changes one thing at a time and compares the error.
func TestValidate(t *testing.T) {
	cases := map[string]struct {
		change func(*Run)
		want   string
	}{
		"no data set":        {func(r *Run) { r.Dataset = "" }, `dataset "": want a generator's name or a CSV file`},
		"one sample":         {func(r *Run) { r.Samples = 1 }, `samples "1": want an integer from 2 to 10000000`},
		"negative noise":     {func(r *Run) { r.Noise = -0.5 }, `noise "-0.5": want a number of at least 0`},
		"noise NaN":          {func(r *Run) { r.Noise = math.NaN() }, `noise "NaN": want a number of at least 0`},
		"noise infinite":     {func(r *Run) { r.Noise = math.Inf(1) }, `noise "+Inf": want a number of at least 0`},
		"all test":           {func(r *Run) { r.TestFraction = 1 }, `test-fraction "1": want a number above 0 and below 1`},
		"no test":            {func(r *Run) { r.TestFraction = 0 }, `test-fraction "0": want a number above 0 and below 1`},
		"scale":              {func(r *Run) { r.Scale = "max" }, `scale "max": want one of minmax, minmax-train, standard, none`},
		"too many layers":    {func(r *Run) { r.Layers = Repeat(1001, 1) }, `hidden-layers "1001": want an integer from 0 to 1000`},
		"no units":           {func(r *Run) { r.Layers = []int{5, 0} }, `units "0": want an integer from 1 to 1048576`},
		"two activations":    {func(r *Run) { r.Activations = []string{"relu", "tanh"} }, `activation "relu,tanh": want one for all hidden layers, or one for each of the 5`},
		"initializer":        {func(r *Run) { r.KernelInitializer = "he" }, `kernel-initializer "he": want one of glorot_uniform, `},
		"initializer bounds": {func(r *Run) { r.KernelInitializer = "uniform:1,0" }, `kernel-initializer "uniform:1,0": want uniform:LOW,HIGH with LOW below HIGH`},
		"output initializer": {func(r *Run) { r.OutputInitializer = "" }, `output-initializer "": want one of glorot_uniform, `},
		"bias initializer":   {func(r *Run) { r.BiasInitializer = "zero" }, `bias-initializer "zero": want one of glorot_uniform, `},
		"orthogonal bias":    {func(r *Run) { r.BiasInitializer = "orthogonal" }, `bias-initializer "orthogonal": want one of glorot_uniform, `},
		"bias bounds":        {func(r *Run) { r.BiasInitializer = "constant:x" }, `bias-initializer "constant:x": want constant:VALUE with finite numbers`},
		"clip norm":          {func(r *Run) { r.ClipNorm = -1 }, `clip-norm "-1": want a number above 0, or 0 for none`},
		"clip norm NaN":      {func(r *Run) { r.GlobalClipNorm = math.NaN() }, `global-clip-norm "NaN": want a number above 0, or 0 for none`},
		"clip infinite":      {func(r *Run) { r.ClipValue = math.Inf(1) }, `clip-value "+Inf": want a number above 0, or 0 for none`},
		"clip vanishing":     {func(r *Run) { r.ClipNorm = 1e-39 }, `clip-norm "1e-39": want a number of at least 1.2e-38, float32's smallest`},
		"rate vanishing":     {func(r *Run) { r.LearningRate = 1e-50 }, `learning-rate "1e-50": want a number of at least 1.2e-38, float32's smallest`},
		"momentum about 1":   {func(r *Run) { r.Momentum = 0.999999999 }, `momentum "0.999999999": want a number of at least 0 and below 1`},
		"path not UTF-8":     {func(r *Run) { r.Dataset = "a\xff.csv" }, `dataset "a\xff.csv": want a path in UTF-8`},
		"folder not UTF-8":   {func(r *Run) { r.LogDir = "a\xff" }, `logdir "a\xff": want a path in UTF-8`},
		"weights with NUL":   {func(r *Run) { r.InitialWeights = "a\x00" }, `initial-weights "a\x00": want a path in UTF-8`},
		"run not UTF-8":      {func(r *Run) { r.Name = "a\xff" }, `run "a\xff": want the name of a folder inside the log folder`},
		"run too long":       {func(r *Run) { r.Name = "x/" + strings.Repeat("a", 201) }, `run "x/` + strings.Repeat("a", 201) + `": want the name of a folder inside the log folder`},
		"two bounds":         {func(r *Run) { r.ClipNorm, r.ClipValue = 1, 0.5 }, `clip-value "0.5": want it without --clip-norm: at most one of the three bounds`},
		"precision":          {func(r *Run) { r.Precision = "float16" }, `precision "float16": want one of float32, bfloat16`},
		"optimizer":          {func(r *Run) { r.Optimizer = "sofia" }, `optimizer "sofia": want one of sgd, adam, rmsprop, adagrad, adamw, nadam, adamax, adadelta, ftrl, lion`},
		"negative rate":      {func(r *Run) { r.LearningRate = -1 }, `learning-rate "-1": want a number above 0`},
		"momentum 1":         {func(r *Run) { r.Momentum = 1 }, `momentum "1": want a number of at least 0 and below 1`},
		"nesterov adam":      {func(r *Run) { r.Nesterov, r.Optimizer = true, "adam" }, `optimizer "adam": want sgd with --nesterov`},
		"rho of adam":        {func(r *Run) { r.Rho, r.Optimizer = new(float64), "adam" }, `optimizer "adam": want one of rmsprop, adadelta with --rho`},
		"beta of sgd":        {func(r *Run) { r.Beta2 = new(float64) }, `optimizer "sgd": want one of adam, adamw, nadam, adamax, lion with --beta-2`},
		"beta 1":             {func(r *Run) { one := 1.0; r.Beta1, r.Optimizer = &one, "adam" }, `beta-1 "1": want auto or a number of at least 0 and below 1`},
		"two decays":         {func(r *Run) { r.Decay, r.LearningRateSchedule = 1, "cosine:1,0" }, `learning-rate-schedule "cosine:1,0": want constant with --decay`},
		"ftrl from 0":        {func(r *Run) { r.Optimizer, r.LearningRateSchedule = "ftrl", "warmup:1" }, `learning-rate-schedule "warmup:1": want one whose rate is never 0 with ftrl`},
		"ftrl to 0":          {func(r *Run) { r.Optimizer, r.LearningRateSchedule = "ftrl", "cosine:400,0" }, `learning-rate-schedule "cosine:400,0": want one whose rate is never 0 with ftrl`},
		"no epochs":          {func(r *Run) { r.Epochs = 0 }, `epochs "0": want an integer of at least 1`},
		"negative batch":     {func(r *Run) { r.BatchSize = -3 }, `batch-size "-3": want an integer of at least 1`},
		"no repeats":         {func(r *Run) { r.Repeats = 0 }, `repeats "0": want an integer from 1 to 10000`},
		"seeds run out":      {func(r *Run) { r.Seed, r.Repeats = MaxSeed, 2 }, `seed "4294967295": want one that leaves 2 seeds up to 4294967295`},
		"metrics":            {func(r *Run) { r.TrainMetrics = "all" }, `train-metrics "all": want one of exact, running`},
		"no log folder":      {func(r *Run) { r.LogDir = "" }, `logdir "": want a folder`},
		"run outside":        {func(r *Run) { r.Name = "../x" }, `run "../x": want the name of a folder inside the log folder`},
		"run absolute":       {func(r *Run) { r.Name = "/x" }, `run "/x": want the name of a folder inside the log folder`},
		"run is log folder":  {func(r *Run) { r.Name = "." }, `run ".": want the name of a folder inside the log folder`},
		"run with line feed": {func(r *Run) { r.Name = "a\nb" }, `run "a\nb": want the name of a folder inside the log folder`},
		"histogram":          {func(r *Run) { r.HistogramFreq = -1 }, `histogram-freq "-1": want an integer of at least 0`},
		"gradient rows":      {func(r *Run) { r.GradientRows = -2 }, `gradient-rows "-2": want an integer of at least 0`},
		"gradient batch":     {func(r *Run) { r.GradientBatch = -2 }, `gradient-batch "-2": want an integer of at least 0`},
		"gradient data":      {func(r *Run) { r.GradientData = "all" }, `gradient-data "all": want one of test, train`},
		"diagnose":           {func(r *Run) { r.DiagnoseFreq = -2 }, `diagnose-freq "-2": want auto or an integer of at least 0`},
		"diagnose far away":  {func(r *Run) { r.DiagnoseFreq = math.MaxInt32 }, `diagnose-freq "2147483647": want auto or an integer of at least 0`},
		"threads":            {func(r *Run) { r.Threads = -1 }, `threads "-1": want auto or an integer from 1 to 1024`},
		"device":             {func(r *Run) { r.Device = "tpu" }, `device "tpu": want one of auto, cpu, gpu, gpu:N`},
		"gpu number":         {func(r *Run) { r.Device = "gpu:x" }, `device "gpu:x": want one of auto, cpu, gpu, gpu:N`},
	}
	for _, name := range ActivationNames() {
		run := Default()
		run.Activations = []string{name}
		if err := run.Validate(); err != nil {
			t.Errorf("activation %s: %v", name, err)
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			run := Default()
			c.change(&run)
			err := run.Validate()
			var wrong *invalid.Error
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want a *invalid.Error", err)
			}
			if strings.HasSuffix(c.want, ", ") && strings.HasPrefix(err.Error(), c.want) {
				return
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseInitializer(t *testing.T) {
	got, err := ParseInitializer("uniform:-0.5,1e-1")
	if err != nil {
		t.Fatal(err)
	}
	want := Initializer{Name: "uniform", Parameters: "LOW,HIGH", Distribution: Uniform, A: -0.5, B: float64(float32(0.1))}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []string{
		"", "uniform", "uniform:", "uniform:1", "uniform:1,2,3", "uniform:a,b", "uniform:nan,1", "uniform:0,inf",
		"normal:0,-1", "constant:", "he_uniform:1", "uniform:1,1", "uniform:0,1e39",
	} {
		if got, err := ParseInitializer(wrong); err == nil {
			t.Errorf("ParseInitializer(%q): got %v, want an error", wrong, got)
		}
	}
}

func FuzzParseInitializer(f *testing.F) {
	for _, form := range InitializerNames() {
		f.Add(form)
	}
	f.Add("uniform:0,1")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseInitializer(text)
		if err != nil {
			return
		}
		for _, value := range []float64{got.A, got.B} {
			if math.IsNaN(value) || math.IsInf(value, 0) {
				t.Errorf("ParseInitializer(%q): got %v", text, got)
			}
		}
	})
}

func TestFolderName(t *testing.T) {
	cases := map[string]func(*Run){
		"relu-5x5":                           func(*Run) {},
		"mine/second":                        func(r *Run) { r.Name = "mine/second" },
		"tanh-10x25-adam":                    func(r *Run) { r.Activations, r.Layers, r.Optimizer = []string{"tanh"}, Repeat(10, 25), "adam" },
		"relu-8-8-4-moons":                   func(r *Run) { r.Layers, r.Dataset = []int{8, 8, 4}, "moons" },
		"relu-tanh-2x5":                      func(r *Run) { r.Layers, r.Activations = Repeat(2, 5), []string{"relu", "tanh"} },
		"relu-5x5-sgd-my-data":               func(r *Run) { r.Dataset = "/some/where/my data.csv" },
		"relu-5x5-uniform-0-1":               func(r *Run) { r.KernelInitializer = "uniform:0,1" },
		"relu-5x5-bias-constant--5":          func(r *Run) { r.BiasInitializer = "constant:-5" },
		"relu-5x5-adam-clip-norm-0.5":        func(r *Run) { r.Optimizer, r.ClipNorm = "adam", 0.5 },
		"relu-5x5-global-clip-norm-1":        func(r *Run) { r.GlobalClipNorm = 1 },
		"relu-5x5-batch-norm":                func(r *Run) { r.BatchNorm = true },
		"relu-5x5-batch-norm-residual-zeros": func(r *Run) { r.BatchNorm, r.Residual, r.KernelInitializer = true, true, "zeros" },
		"tanh-5x5-residual-adam":             func(r *Run) { r.Activations, r.Optimizer, r.Residual = []string{"tanh"}, "adam", true },
		"relu-5x5-clip-value-0.01":           func(r *Run) { r.ClipValue = 0.01 },
		"relu" + strings.Repeat("-relu", 13) + "-r-fca5e2d9": func(r *Run) {
			r.Layers, r.Activations = Repeat(20, 5), slices.Repeat([]string{"relu"}, 20)
		},
	}
	for want, change := range cases {
		run := Default()
		change(&run)
		if got := run.FolderName(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDerivedSettings(t *testing.T) {
	run := Default()
	if got := run.LayerInitializer(0); got != "he_uniform" {
		t.Errorf("relu's initializer: got %s, want he_uniform", got)
	}
	run.Layers, run.Activations = Repeat(2, 5), []string{"selu", "tanh"}
	if got := []string{run.LayerInitializer(0), run.LayerInitializer(1)}; !slices.Equal(got, []string{"lecun_normal", "glorot_uniform"}) {
		t.Errorf("initializers of selu, tanh: got %v", got)
	}
	run.Layers, run.Residual = []int{5, 5, 4, 4}, true
	for i, want := range []bool{false, true, false, true} {
		if got := run.Shortcut(i); got != want {
			t.Errorf("shortcut of layer %d: got %t, want %t", i, got, want)
		}
	}
	run.Optimizer = "adam"
	if got := run.Rate(); got != 0.001 {
		t.Errorf("adam's rate: got %v, want 0.001", got)
	}
	run.Seed, run.Repeats = 7, 3
	if got := run.Seeds(); !slices.Equal(got, []uint32{7, 8, 9}) {
		t.Errorf("seeds: got %v, want 7, 8, 9", got)
	}
	for _, c := range []struct{ said, rows, train, want int }{
		{AutoGradientRows, 500, 500, 500},
		{AutoGradientRows, 1024, 500, 1024},
		{AutoGradientRows, 1025, 500, 1024},
		{AutoGradientRows, 8192, 65536, 1024},
		{AutoGradientRows, 8192, 131072, 2048},
		{AutoGradientRows, 1500, 131072, 1500},
		{0, 8192, 65536, 8192},
		{0, 10, 10, 10},
		{1, 8192, 65536, 1},
		{5000, 8192, 65536, 5000},
		{5000, 10, 10, 10},
	} {
		run.GradientRows = c.said
		if got := run.MeasuredRows(c.rows, c.train); got != c.want {
			t.Errorf("gradient-rows %d of %d, with %d to train: got %d, want %d", c.said, c.rows, c.train, got, c.want)
		}
	}
	for rows, batches := range map[int][3]int{500: {32, 500, 7}, 20: {20, 20, 7}} {
		for i, batch := range []int{FollowBatchSize, 0, 7} {
			run.GradientBatch = batch
			if got := run.GradientBatchSize(rows); got != batches[i] {
				t.Errorf("slice of %d rows with gradient-batch %d: got %d, want %d", rows, batch, got, batches[i])
			}
		}
	}
}

func TestPlan(t *testing.T) {
	large := func(r *Run) { r.Layers, r.BatchSize = Repeat(4, 1024), 1024 }
	cases := map[string]struct {
		change func(*Run)
		cores  int
		want   Plan
	}{
		"a small model":         {func(*Run) {}, 8, Plan{Threads: 1, Groups: 1, Overlap: true}},
		"few replicas":          {func(r *Run) { r.Repeats = 15 }, 8, Plan{Threads: 1, Groups: 1, Overlap: true}},
		"groups of 8":           {func(r *Run) { r.Repeats = 30 }, 8, Plan{Threads: 1, Groups: 3, Overlap: true}},
		"a group for two cores": {func(r *Run) { r.Repeats = 30 }, 4, Plan{Threads: 1, Groups: 2, Overlap: true}},
		"two cores":             {func(r *Run) { r.Repeats = 30 }, 2, Plan{Threads: 1, Groups: 1, Overlap: true}},
		"one core":              {func(*Run) {}, 1, Plan{Threads: 1, Groups: 1}},
		"products that are not small": {
			func(r *Run) { r.Layers, r.Repeats = Repeat(5, 25), 30 }, 2,
			Plan{Threads: 1, OneDNN: true, Groups: 1, Overlap: true},
		},
		"a large model":       {large, 8, Plan{Threads: 8, Branches: true, OneDNN: true, Groups: 1, Overlap: true}},
		"large replicas":      {func(r *Run) { large(r); r.Repeats = 30 }, 8, Plan{Threads: 8, Branches: true, OneDNN: true, Groups: 1, Overlap: true}},
		"large, with threads": {func(r *Run) { large(r); r.Threads = 3 }, 8, Plan{Threads: 3, Branches: true, OneDNN: true, Groups: 1, Overlap: true}},
		"large, on a thread":  {func(r *Run) { large(r); r.Threads = 1 }, 8, Plan{Threads: 1, OneDNN: true, Groups: 1, Overlap: true}},
		"large, one core":     {large, 1, Plan{Threads: 1, OneDNN: true, Groups: 1}},
		"large, of products that are not": {
			func(r *Run) { r.Layers, r.BatchSize = Repeat(4, 512), 256 }, 8,
			Plan{Threads: 4, Branches: true, OneDNN: true, Groups: 1, Overlap: true},
		},
	}
	for name, c := range cases {
		run := Default()
		c.change(&run)
		if got := run.Plan(c.cores); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// TestBatchKey checks which fields runs of one graph may differ in.
func TestBatchKey(t *testing.T) {
	cases := map[string]struct {
		change func(*Run)
		same   bool
	}{
		"seed and repeats":         {func(r *Run) { r.Seed, r.Repeats = 9, 9 }, true},
		"initial weights":          {func(r *Run) { r.KernelInitializer, r.BiasInitializer, r.InitialWeights = "zeros", "ones", "w.json" }, true},
		"rate of sgd":              {func(r *Run) { r.LearningRate = 3 }, true},
		"where it is recorded":     {func(r *Run) { r.LogDir, r.Name, r.Overwrite = "l", "n", true }, true},
		"width":                    {func(r *Run) { r.Layers = []int{5, 5, 5, 5, 6} }, false},
		"momentum":                 {func(r *Run) { r.Momentum = 0.5 }, false},
		"optimizer":                {func(r *Run) { r.Optimizer = "adam" }, false},
		"batch normalization":      {func(r *Run) { r.BatchNorm = true }, false},
		"shortcuts":                {func(r *Run) { r.Residual = true }, false},
		"clipping":                 {func(r *Run) { r.ClipNorm = 1 }, false},
		"data":                     {func(r *Run) { r.Noise = 0.2 }, false},
		"batch size":               {func(r *Run) { r.BatchSize = 8 }, false},
		"epochs":                   {func(r *Run) { r.Epochs = 8 }, false},
		"the default rate by name": {func(r *Run) { r.Optimizer, r.LearningRate = "adam", 0.001 }, false},
	}
	base := Default()
	for name, c := range cases {
		run := Default()
		c.change(&run)
		if got := run.BatchKey() == base.BatchKey(); got != c.same {
			t.Errorf("%s: got the same key %t, want %t", name, got, c.same)
		}
	}
	one, other := Default(), Default()
	one.Optimizer, other.Optimizer = "adam", "adam"
	other.LearningRate = 0.001 // adam's default
	if one.BatchKey() != other.BatchKey() {
		t.Error("adam with its default rate, said and unsaid: got different keys")
	}
	if other.LearningRate = 0.1; one.BatchKey() == other.BatchKey() {
		t.Error("adam with two rates: got the same key")
	}
}
