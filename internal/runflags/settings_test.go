package runflags

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"gradwatch/internal/config"
)

// resolved returns the run that train's flags ask for.
func resolved(t *testing.T, args ...string) config.Run {
	t.Helper()
	r := New()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, g := range r.groups {
		flags.AddFlagSet(g.Flags)
	}
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	run, err := r.Resolve(flags)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestSettingsOf writes runs as flags, and reads them back.
func TestSettingsOf(t *testing.T) {
	for _, tc := range []struct{ args, want string }{
		{"", ""},
		{"--preset relu-5", "--preset relu-5"},
		{"--preset tanh-5", "--preset tanh-5"},
		{"--preset tanh-5 --optimizer adam --seed 7", "--preset tanh-5 --optimizer adam --seed 7"},
		{"--preset tanh-5 --hidden-layers 7", "--hidden-layers 7 --activation tanh --kernel-initializer uniform:0,1 --output-initializer uniform:0,1"},
		{"--hidden-layers 20", "--hidden-layers 20"},
		{"--hidden-layers 20 --kernel-initializer he_uniform", "--preset relu-20"},
		{"--preset tanh-5 --layers 8,4", "--layers 8,4 --activation tanh --kernel-initializer uniform:0,1 --output-initializer uniform:0,1"},
		{"--layers 8,8,4 --activation relu,tanh,relu", "--layers 8,8,4 --activation relu,tanh,relu"},
		{"--units 1 --residual --shuffle=false", "--units 1 --residual --shuffle=false"},
		{"--dataset moons --learning-rate 1e-06 --clip-norm 0.5", "--dataset moons --learning-rate 1e-06 --clip-norm 0.5"},
		{"--l1 0.001 --l2 1e-05 --dropout 0.2 --class-weight balanced", "--l1 0.001 --l2 1e-05 --dropout 0.2 --class-weight balanced"},
		{"--layers 8,4 --dropout 0,0.5 --class-weight 0=1,1=3.5", "--layers 8,4 --dropout 0,0.5 --class-weight 0=1,1=3.5"},
		{"--dropout 0 --class-weight none --learning-rate-schedule constant --early-stopping 0", ""},
		{"--preset tanh-5 --learning-rate-schedule piecewise:5,0.1,9,0.01", "--preset tanh-5 --learning-rate-schedule piecewise:5,0.1,9,0.01"},
		{
			"--early-stopping 5 --early-stopping-monitor accuracy --early-stopping-min-delta 0.01 --restore-best-weights",
			"--early-stopping 5 --early-stopping-monitor accuracy --early-stopping-min-delta 0.01 --restore-best-weights",
		},
		{"--logdir here --run name --overwrite --histogram-freq 0 --threads 2", "--logdir here --histogram-freq 0 --threads 2"},
		{"--dataset own.csv", "--dataset own.csv"},
		{"--dataset own.csv --test-fraction 0.2 --scale standard --shuffle-rows --stratify", "--dataset own.csv"},
		{"--dataset own.csv --test-fraction 0.5 --scale minmax", "--dataset own.csv --test-fraction 0.5 --scale minmax"},
		{"--dataset own.csv --shuffle-rows=false", "--dataset own.csv --shuffle-rows=false"},
		{"--dataset own.csv --shuffle-rows=false --stratify", "--dataset own.csv --shuffle-rows=false --stratify"},
		{"--dataset own.csv --stratify=false", "--dataset own.csv --stratify=false"},
		{"--dataset own.csv --preset tanh-5 --task regression", "--preset tanh-5 --dataset own.csv --task regression"},
		{"--dataset own.csv --test other.csv", "--dataset own.csv --test other.csv"},
		{"--dataset own.csv --stream", "--dataset own.csv --stream"},
		{"--gradient-rows 0", "--gradient-rows 0"},
		{"--gradient-rows 2000", "--gradient-rows 2000"},
		{"--gradient-batch 0 --diagnose-freq 3 --histogram-replica 1 --repeats 2", "--repeats 2 --histogram-replica 1 --gradient-batch 0 --diagnose-freq 3"},
	} {
		t.Run(tc.args, func(t *testing.T) {
			run := resolved(t, strings.Fields(tc.args)...)
			got := strings.Join(SettingsText(SettingsOf(run)), " ")
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			again := resolved(t, strings.Fields(got)...)
			run.Name, again.Name, run.Overwrite = "", "", false
			if diff := cmp.Diff(run, again); diff != "" {
				t.Errorf("the run those flags ask for (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDefaultsOfFiles: a file's rows are drawn, and its inputs scaled by those that train; flags
// decide otherwise, and generated data keep the tutorial's.
func TestDefaultsOfFiles(t *testing.T) {
	type split struct {
		TestFraction          float64
		Scale                 string
		ShuffleRows, Stratify bool
	}
	for args, want := range map[string]split{
		"":                                       {0.5, "minmax", false, false},
		"--dataset moons":                        {0.5, "minmax", false, false},
		"--dataset own.csv":                      {0.2, "standard", true, true},
		"--dataset own.csv --preset relu-5":      {0.2, "standard", true, true},
		"--dataset own.csv --task regression":    {0.2, "standard", true, false},
		"--dataset own.csv --test other.csv":     {0.2, "standard", false, false},
		"--dataset own.csv --stream":             {0.2, "standard", false, false},
		"--dataset own.csv --stratify=false":     {0.2, "standard", true, false},
		"--dataset own.csv --shuffle-rows=false": {0.2, "standard", false, false},
		"--dataset own.csv --test-fraction 0.5 --scale minmax --shuffle-rows=false": {0.5, "minmax", false, false},
	} {
		run := resolved(t, strings.Fields(args)...)
		if got := (split{run.TestFraction, run.Scale, run.ShuffleRows, run.Stratify}); got != want {
			t.Errorf("%q: got %+v, want %+v", args, got, want)
		}
	}
}
