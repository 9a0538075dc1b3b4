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

// TestModelsOfFiles checks that a file gets its own defaults beneath the flags that are given, and
// that presets and generated data don't.
func TestModelsOfFiles(t *testing.T) {
	file := config.Default()
	file.Dataset = "own.csv"
	file = config.Defaults(&file)
	file.Dataset = "own.csv"
	tutorial := config.SplitDefaults(&file)
	tutorial.Dataset = "own.csv"
	preset, _ := config.LookupPreset("relu-5")
	generated := config.Default()
	generated.Dataset = "moons"
	with := func(run config.Run, change func(*config.Run)) config.Run {
		change(&run)
		return run
	}
	for args, want := range map[string]config.Run{
		"":                               config.Default(),
		"--dataset moons":                generated,
		"--dataset own.csv":              file,
		"--scale none --dataset own.csv": with(file, func(r *config.Run) { r.Scale = "none" }),
		"--dataset own.csv --optimizer sgd": with(file, func(r *config.Run) {
			r.Optimizer, r.LearningRate = "sgd", 0
		}),
		"--dataset own.csv --optimizer adam":  file,
		"--dataset own.csv --hidden-layers 3": with(file, func(r *config.Run) { r.Layers = config.Repeat(3, 128) }),
		"--dataset own.csv --epochs 7 --l2 0": with(file, func(r *config.Run) { r.Epochs, r.L2 = 7, 0 }),
		"--dataset own.csv --preset relu-5":   with(preset.Apply(tutorial), func(r *config.Run) { r.Name = "" }),
	} {
		if diff := cmp.Diff(want, resolved(t, strings.Fields(args)...)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", args, diff)
		}
	}
}

// TestSettingsOfOldFileRuns checks that a run on a file from before files had defaults of their own is
// written with all that these change.
func TestSettingsOfOldFileRuns(t *testing.T) {
	for _, optimizer := range []string{"sgd", "adam"} {
		old := config.Default()
		old.Dataset, old.Optimizer = "own.csv", optimizer
		args := SettingsText(SettingsOf(old))
		got := resolved(t, strings.Fields(strings.Join(args, " "))...)
		old.LearningRate, got.LearningRate = old.Rate(), got.Rate()
		if diff := cmp.Diff(old, got); diff != "" {
			t.Errorf("%s, written as %v (-want +got):\n%s", optimizer, args, diff)
		}
	}
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
		{"--dataset own.csv --layers 128,128", "--dataset own.csv --layers 128,128"},
		{"--dataset own.csv --optimizer sgd --learning-rate 0.003", "--dataset own.csv --optimizer sgd --learning-rate 0.003"},
		{"--dataset own.csv --epochs 40 --l2 0.01", "--dataset own.csv --epochs 40 --l2 0.01"},
		{"--dataset own.csv --stratify=false", "--dataset own.csv --stratify=false"},
		{"--dataset own.csv --shuffle-rows=false --stratify=false", "--dataset own.csv --shuffle-rows=false"},
		{"--dataset own.csv --shuffle-rows=false", "--dataset own.csv --shuffle-rows=false"},
		{"--dataset own.csv --shuffle-rows=false --stratify", "--dataset own.csv --shuffle-rows=false --stratify"},
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

// TestOrderOfFiles: rows of a file are drawn, by their classes, unless a flag keeps their order.
func TestOrderOfFiles(t *testing.T) {
	for args, want := range map[string][2]bool{
		"":                                {true, true},
		"--stratify=false":                {true, false},
		"--shuffle-rows=false":            {false, false},
		"--shuffle-rows=false --stratify": {false, true},
		"--task regression":               {true, false},
		"--test other.csv":                {false, false},
		"--stream":                        {false, false},
	} {
		run := resolved(t, append(strings.Fields(args), "--dataset", "own.csv")...)
		if got := [2]bool{run.ShuffleRows, run.Stratify}; got != want {
			t.Errorf("%q: shuffled, stratified: got %v, want %v", args, got, want)
		}
	}
}
