package autofix

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/config"
	"gradwatch/internal/diagnose"
)

// tell writes fixes as their flags: "optimizer=adam learning-rate=0.01; residual=true".
func tell(fixes []Fix) string {
	texts := make([]string, len(fixes))
	for i, r := range fixes {
		var parts []string
		for _, s := range r.Settings {
			parts = append(parts, s.Flag+"="+s.Value)
		}
		texts[i] = strings.Join(parts, " ")
	}
	return strings.Join(texts, "; ")
}

func preset(t *testing.T, name string) config.Run {
	t.Helper()
	p, ok := config.LookupPreset(name)
	if !ok {
		t.Fatalf("no preset %s", name)
	}
	return p.Apply(config.Default())
}

// TestFitting gives, for what was found and how the run was made, what is to be tried
// and in which order.
func TestFitting(t *testing.T) {
	for _, tc := range []struct {
		name  string
		run   func(r *config.Run)
		kinds []diagnose.Kind
		want  string
	}{
		{
			"tanh from [0, 1)",
			func(r *config.Run) { *r = preset(t, "tanh-5") },
			[]diagnose.Kind{diagnose.Vanishing},
			"kernel-initializer=glorot_uniform; output-initializer=glorot_uniform; activation=relu kernel-initializer=he_uniform; " +
				"batch-norm=true; residual=true; optimizer=adam; hidden-layers=2; learning-rate=0.1; kernel-initializer=orthogonal; " +
				"activation=elu kernel-initializer=he_uniform; optimizer=adam learning-rate=0.01; learning-rate=0.03; learning-rate=1; " +
				"scale=standard activation=relu kernel-initializer= output-initializer=glorot_uniform optimizer=adam",
		},
		{
			"what is in force is left out",
			func(r *config.Run) {
				*r = preset(t, "relu-20")
				r.BatchNorm, r.Residual, r.Optimizer, r.KernelInitializer, r.ClipNorm = true, true, "adam", "orthogonal", 1
			},
			[]diagnose.Kind{diagnose.Vanishing},
			"kernel-initializer=he_uniform; activation=leaky_relu kernel-initializer=he_uniform; hidden-layers=10; learning-rate=0.01; " +
				"activation=elu kernel-initializer=he_uniform; hidden-layers=5; learning-rate=0.003; " +
				"activation=silu kernel-initializer=he_uniform; hidden-layers=2; learning-rate=0.1; " +
				"activation=tanh kernel-initializer=glorot_uniform; scale=standard kernel-initializer= clip-norm=",
		},
		{
			"large inputs",
			func(r *config.Run) { r.Scale = "none" },
			[]diagnose.Kind{diagnose.UnscaledInputs},
			"scale=standard; batch-norm=true; learning-rate=0.00333; global-clip-norm=1; scale=minmax; learning-rate=0.001; " +
				"learning-rate=0.0001; scale=standard optimizer=adam",
		},
		{
			"inputs that are large though they were scaled",
			func(r *config.Run) { r.Scale = "minmax-train" },
			[]diagnose.Kind{diagnose.UnscaledInputs},
			"scale=standard; batch-norm=true; learning-rate=0.00333; global-clip-norm=1; learning-rate=0.001; learning-rate=0.0001; " +
				"scale=standard optimizer=adam",
		},
		{
			"a rate far too large, and a layer of another width",
			func(r *config.Run) { r.LearningRate, r.Layers, r.Nesterov = 3, []int{8, 6, 4}, true },
			[]diagnose.Kind{diagnose.Divergence},
			"learning-rate=0.01; kernel-initializer=orthogonal; global-clip-norm=1; batch-norm=true; activation=leaky_relu; " +
				"optimizer=adam nesterov= learning-rate=0.001; layers=8; learning-rate=1; activation=elu; " +
				"optimizer=adam nesterov= learning-rate=0.01; learning-rate=0.3; activation=silu; learning-rate=0.03; activation=tanh; " +
				"learning-rate=0.003; scale=standard optimizer=adam nesterov= learning-rate=",
		},
		{
			"a rate far too small",
			func(r *config.Run) { r.LearningRate, r.Momentum, r.Layers = 1e-6, 0.5, []int{5} },
			[]diagnose.Kind{diagnose.RateTooSmall},
			"learning-rate=0.01; optimizer=adam learning-rate=0.001; momentum=0.9; batch-norm=true; epochs=1500; learning-rate=1e-05; " +
				"optimizer=adam learning-rate=0.01; epochs=5000; learning-rate=3e-06; epochs=10000; learning-rate=0.0001; " +
				"learning-rate=0.001; scale=standard optimizer=adam learning-rate=",
		},
		{
			"initial weights, which go with a model of their own",
			func(r *config.Run) { r.InitialWeights, r.Layers, r.Optimizer = "w.json", []int{5, 5}, "adam" },
			[]diagnose.Kind{diagnose.SymmetricUnits, diagnose.Vanishing},
			"initial-weights=; activation=leaky_relu; residual=true; learning-rate=0.01; activation=elu; learning-rate=0.003; " +
				"activation=silu; learning-rate=0.1; activation=tanh; scale=standard initial-weights=",
		},
		{
			"an activation a layer",
			func(r *config.Run) {
				r.Activations, r.Layers = []string{"tanh", "relu", "tanh"}, []int{4, 3, 2}
				r.BatchNorm, r.Optimizer, r.KernelInitializer, r.BiasInitializer = true, "adam", "glorot_normal", "constant:-5"
			},
			[]diagnose.Kind{diagnose.DeadUnits},
			"bias-initializer=zeros; kernel-initializer=orthogonal; activation=relu kernel-initializer=he_uniform; " +
				"layers=4 activation=tanh; learning-rate=0.000333; activation=elu kernel-initializer=he_uniform; learning-rate=0.0001; " +
				"activation=tanh; learning-rate=1e-05; scale=standard activation=relu kernel-initializer= bias-initializer=zeros",
		},
		{
			"a rate that is far off is not taken further",
			func(r *config.Run) {
				*r = preset(t, "relu-5")
				r.LearningRate, r.Layers, r.BatchNorm, r.ClipValue = 0.001, []int{5}, true, 1
			},
			[]diagnose.Kind{diagnose.Divergence},
			"activation=leaky_relu; optimizer=adam learning-rate=0.001; activation=elu; optimizer=adam learning-rate=0.01; " +
				"activation=silu; activation=tanh kernel-initializer=glorot_uniform; " +
				"scale=standard kernel-initializer= optimizer=adam learning-rate= clip-value=",
		},
		{
			"nor in the other direction",
			func(r *config.Run) { r.LearningRate, r.Layers, r.KernelInitializer = 0.1, []int{5}, "lecun_uniform" },
			[]diagnose.Kind{diagnose.RateTooSmall},
			"optimizer=adam learning-rate=0.001; kernel-initializer=he_uniform; batch-norm=true; epochs=1500; " +
				"optimizer=adam learning-rate=0.01; epochs=5000; epochs=10000; " +
				"scale=standard kernel-initializer= optimizer=adam learning-rate=",
		},
		{
			"training that was too short",
			func(r *config.Run) { *r = preset(t, "tanh-1"); r.Epochs, r.Momentum = 20, 0 },
			[]diagnose.Kind{diagnose.TooShort},
			"epochs=60; learning-rate=0.1; optimizer=adam; momentum=0.9; epochs=200; learning-rate=0.03; " +
				"optimizer=adam learning-rate=0.01; epochs=400; learning-rate=1; " +
				"scale=standard activation=relu kernel-initializer= output-initializer=glorot_uniform optimizer=adam",
		},
		{
			"training that was stopped early",
			func(r *config.Run) { r.EarlyStopping, r.Optimizer = 50, "adam" },
			[]diagnose.Kind{diagnose.StoppedEarly},
			"early-stopping= early-stopping-monitor= early-stopping-min-delta= restore-best-weights=; learning-rate=0.01; " +
				"early-stopping=200; learning-rate=0.003; learning-rate=0.1",
		},
		{
			"an unstable run",
			func(r *config.Run) { r.BatchNorm = true },
			[]diagnose.Kind{diagnose.Unstable},
			"learning-rate=0.00333; learning-rate-schedule=cosine:500,0; batch-size=128; batch-norm=; global-clip-norm=1; " +
				"learning-rate=0.001; learning-rate=0.0001; scale=standard optimizer=adam",
		},
		{
			"a target that is not scaled, with a rate that was made to fit it",
			func(r *config.Run) { r.ScaleTarget, r.LearningRate = "none", 1e-6 },
			[]diagnose.Kind{diagnose.UnscaledTarget},
			"scale-target=standard; scale=standard scale-target=standard; global-clip-norm=1; scale-target=standard learning-rate=0.01; " +
				"scale=standard scale-target=standard learning-rate=0.01; scale=standard optimizer=adam learning-rate=",
		},
		{
			"inputs that are not scaled, with a rate that was made to fit them",
			func(r *config.Run) { r.Scale, r.LearningRate, r.BatchNorm, r.ClipNorm = "none", 1e-6, true, 1 },
			[]diagnose.Kind{diagnose.UnscaledInputs},
			"scale=standard; scale=standard learning-rate=0.01; scale=minmax; scale=minmax learning-rate=0.01; " +
				"scale=standard optimizer=adam learning-rate= clip-norm=",
		},
		{
			"a softmax on one unit",
			func(r *config.Run) { r.OutputActivation, r.UnitsOutput, r.Optimizer = "softmax", 1, "adam" },
			[]diagnose.Kind{diagnose.ConstantOutput},
			"output-activation= units-output=; output-activation=; epochs=1500; epochs=5000; epochs=10000; " +
				"output-activation= units-output= scale=standard",
		},
		{
			"a loss that does not fit a count that was scaled",
			func(r *config.Run) {
				r.Dataset, r.Task, r.Loss, r.Optimizer, r.Scale = "a.csv", "regression", "poisson", "adam", "standard"
			},
			[]diagnose.Kind{diagnose.LossMismatch},
			"loss=; scale-target=none; epochs=1500; epochs=5000; epochs=10000",
		},
		{
			"an output that can't reach a target that is not scaled",
			func(r *config.Run) {
				r.Dataset, r.Task, r.OutputActivation, r.ScaleTarget, r.Optimizer, r.Scale = "a.csv", "regression", "sigmoid", "none", "adam", "standard"
			},
			[]diagnose.Kind{diagnose.OutputRange},
			"output-activation= scale-target=standard; output-activation=; epochs=1500; epochs=5000; epochs=10000",
		},
		{
			"a linear model",
			func(r *config.Run) { r.Activations, r.Optimizer = []string{"linear"}, "adam" },
			[]diagnose.Kind{diagnose.LinearModel},
			"activation=relu; epochs=1500; learning-rate=0.01; activation=elu; epochs=5000; learning-rate=0.003; activation=tanh; " +
				"epochs=10000; learning-rate=0.1; scale=standard activation=relu",
		},
		{
			"a class that is never predicted",
			func(r *config.Run) { r.Layers = []int{50} },
			[]diagnose.Kind{diagnose.MinorityIgnored},
			"class-weight=balanced; epochs=1500; optimizer=adam; learning-rate=0.1; epochs=5000; optimizer=adam learning-rate=0.01; " +
				"learning-rate=0.03; epochs=10000; learning-rate=1; scale=standard optimizer=adam",
		},
		{
			"strong regularization",
			func(r *config.Run) { r.L2, r.Dropout = 0.3, []float64{0.9} },
			[]diagnose.Kind{diagnose.Regularization},
			"l2=; dropout=; scale=standard optimizer=adam l2= dropout=",
		},
		{
			"a strong penalty of two sorts",
			func(r *config.Run) { r.L1, r.L2 = 0.1, 0.3 },
			[]diagnose.Kind{diagnose.Regularization},
			"l2= l1=; scale=standard optimizer=adam l1= l2=",
		},
		{
			"overfitting",
			func(r *config.Run) { r.Layers = []int{50} },
			[]diagnose.Kind{diagnose.Overfitting},
			"early-stopping=50 restore-best-weights=true; l2=0.001; dropout=0.2; units=12; " +
				"early-stopping=50 restore-best-weights=true l2=0.001; l2=0.01; early-stopping=50 restore-best-weights=true l2=0.01; l1=0.01; " +
				"early-stopping=50 restore-best-weights=true l1=0.01; l2=0.1; early-stopping=50 restore-best-weights=true l2=0.1; " +
				"early-stopping=50 restore-best-weights=true dropout=0.2; scale=standard optimizer=adam",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run := config.Default()
			tc.run(&run)
			fixes := Fitting(&run, tc.kinds)
			if diff := cmp.Diff(strings.Split(tc.want, "; "), strings.Split(tell(fixes), "; ")); diff != "" {
				t.Errorf("fixes (-want +got):\n%s", diff)
			}
			for _, r := range fixes {
				if r.Name == "" || !strings.HasSuffix(r.Why, ".") {
					t.Errorf("%s: got name %q and reason %q", tell([]Fix{r}), r.Name, r.Why)
				}
			}
		})
	}
}

// TestOthers has what a broad search adds to the fixes that fit.
func TestOthers(t *testing.T) {
	for _, tc := range []struct {
		name string
		run  func(r *config.Run)
		want string // fixes that are among them
		not  string
	}{
		{
			"a table", func(r *config.Run) { r.Dataset, r.Layers = "a.csv", []int{6} },
			"scale=standard optimizer=adam; scale=standard; shuffle-rows=true; class-weight=balanced; units=24; units=64; hidden-layers=2; " +
				"epochs=10000; learning-rate=0.1; learning-rate=1; learning-rate=0.001; learning-rate=0.0001",
			"shuffle=true; batch-size=32",
		},
		{
			"generated data", func(r *config.Run) { r.Layers = []int{8, 4} },
			"layers=32,16; layers=64,64; layers=8,4,4,4; scale=standard optimizer=adam", "shuffle-rows=true; units=32",
		},
		{
			"all that may be wrong with training",
			func(r *config.Run) {
				r.Dataset, r.Scale, r.ScaleTarget, r.Shuffle, r.BatchSize, r.ClipNorm, r.ClipValue = "a.csv", "none", "none", false, 900, 1e-6, 1e-6
				r.LearningRate, r.LearningRateSchedule, r.Momentum, r.L2, r.Dropout = 1e-9, "exponential:1,0.1", 0.999, 1, []float64{0.9}
			},
			"scale=standard scale-target=standard optimizer=adam learning-rate= learning-rate-schedule= clip-norm= clip-value= l2= dropout= " +
				"batch-size=32 shuffle=true; scale=standard scale-target=standard learning-rate=0.01; clip-norm= clip-value=; momentum=0.9; " +
				"learning-rate-schedule=; shuffle=true; batch-size=32; l2=; dropout=; learning-rate=0.01",
			"global-clip-norm=1; global-clip-norm=",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run := config.Default()
			tc.run(&run)
			fits := Fitting(&run, []diagnose.Kind{diagnose.SymmetricUnits})
			others := Others(&run, fits)
			got := strings.Split(tell(slices.Concat(fits, others)), "; ")
			for _, want := range strings.Split(tc.want, "; ") {
				if !slices.Contains(got, want) {
					t.Errorf("got %v\nwant %s among them", got, want)
				}
			}
			for _, unwanted := range strings.Split(tc.not, "; ") {
				if slices.Contains(got, unwanted) {
					t.Errorf("got %v\nwant it without %s", got, unwanted)
				}
			}
			for _, r := range others {
				if slices.ContainsFunc(fits, r.equal) {
					t.Errorf("%s: got it twice", r.Name)
				}
			}
		})
	}
}

// TestUnexplained begins with more time for a run that nothing was found wrong with.
func TestUnexplained(t *testing.T) {
	run := config.Default()
	want := "epochs=1500; optimizer=adam; learning-rate=0.1; "
	for name, got := range map[string]string{
		"unexplained": tell(Unexplained(&run)), "no signal": tell(Fitting(&run, []diagnose.Kind{diagnose.NoSignal})),
	} {
		if !strings.HasPrefix(got, want) || !strings.Contains(got, "epochs=5000") {
			t.Errorf("%s: got %s, want a broad search that begins with %s", name, got, want)
		}
	}
}

// TestForColumns leaves out the columns that name the rows, before all other fixes, only if that was found.
func TestForColumns(t *testing.T) {
	for _, tc := range []struct {
		name    string
		run     func(r *config.Run)
		kinds   []diagnose.Kind
		columns []string
		want    string
	}{
		{"named rows", func(*config.Run) {}, []diagnose.Kind{diagnose.IdentifierColumn}, []string{"id", "full name"}, "ignore=id,full name; a=b"},
		{"beside columns that are left out", func(r *config.Run) { r.Ignore = "2" }, []diagnose.Kind{diagnose.IdentifierColumn}, []string{"id"}, "ignore=2,id; a=b"},
		{"something else", func(*config.Run) {}, []diagnose.Kind{diagnose.TooShort}, []string{"id"}, "a=b"},
		{"a name that the flag can't have", func(*config.Run) {}, []diagnose.Kind{diagnose.IdentifierColumn}, []string{"last, first"}, "a=b"},
	} {
		run := config.Default()
		tc.run(&run)
		if got := tell(ForColumns(&run, tc.kinds, tc.columns, []Fix{one("a", "a", "b", "C.")})); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}
