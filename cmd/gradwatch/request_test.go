//go:build tensorflow

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/runflags"
)

// TestWrongRequests asks for what can't be done: one line on stderr, the status,
// and nothing written.
func TestWrongRequests(t *testing.T) {
	const (
		initializers = "glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, random_uniform, " +
			"random_normal, truncated_normal, orthogonal, identity, zeros, ones, uniform:LOW,HIGH, normal:MEAN,STDDEV, constant:VALUE"
		datasets = "one of circles, moons, xor, spirals, blobs"
		integer  = "want an integer of at least 1"
		seed     = "want an integer from 0 to 4294967295"
		widths   = "want the widths of up to 1000 hidden layers, separated by commas, each from 1 to 1048576"
	)
	for _, tc := range []struct {
		args   string // separated by spaces
		status int
		want   string
	}{
		{"trian", 2, `unknown command "trian": did you mean train?`},
		{"trian --epochs 3", 2, `unknown command "trian": did you mean train?`},
		{"fly", 2, `unknown command "fly": see gradwatch --help`},
		{"help fly", 2, `unknown command "fly": see gradwatch --help`},
		{"--fly", 2, `unknown flag "--fly": see gradwatch --help`},
		{"train --epoch 5", 2, `unknown flag "--epoch": did you mean --epochs?`},
		{"train --flight", 2, `unknown flag "--flight": see gradwatch train --help`},
		{"train -x", 2, `unknown flag "-x": see gradwatch train --help`},
		{"train --seed", 2, "--seed: want a value after it"},
		{"train fly", 2, `unexpected argument "fly": train takes only flags`},
		{"version fly", 2, `unexpected argument "fly": version takes only flags`},

		{"train --dataset circels", 2, `--dataset "circels": want ` + datasets + ", or a CSV file"},
		{"train --dataset=", 2, `--dataset "": want a generator's name or a CSV file`},
		{"train --dataset none.csv", 1, "read data set: open none.csv: no such file or directory"},
		{"train --dataset .", 1, "read data set: open .: is a directory"},
		{"train --dataset words.csv --one-hot none", 2, `words.csv:2: column "x2": "b": want a finite number, or --one-hot for a column of words`},
		{"train --dataset words.csv --one-hot x3", 2, `--one-hot "x3": want all, or names of input columns such as x1, x2`},
		{"train --dataset words.csv --target 4", 2, `--target "4": want a column's name, such as x1, x2, label, or its number, from 1 to 3`},
		{"train --task regress", 2, `--task "regress": want one of auto, classification, regression`},
		{"train --missing zero", 2, `--missing "zero": want one of refuse, mean, median, most-frequent, drop`},
		{"train --target=", 2, `--target "": want a column's name or number`},
		{"train --one-hot all", 2, `--one-hot "all": want a CSV file as --dataset: circles is made`},
		{"train --stratify", 2, `--stratify "true": want a CSV file as --dataset: circles is made`},
		{"train --dataset words.csv --stratify --test words.csv", 2, `--stratify "true": want it without --test, which says what tests`},
		{"train --samples 1", 2, `--samples "1": want an integer from 2 to 10000000`},
		{"train --samples x", 2, `--samples "x": want an integer from 2 to 10000000`},
		{"train --noise -1", 2, `--noise "-1": want a number of at least 0`},
		{"train --noise NaN", 2, `--noise "NaN": want a number of at least 0`},
		{"train --noise 2e6", 2, `--noise "2e+06": want a number from 0 to 1000000`},
		{"train --data-seed 4294967296", 2, `--data-seed "4294967296": ` + seed},
		{"train --test-fraction 0", 2, `--test-fraction "0": want a number above 0 and below 1`},
		{"train --test-fraction 1", 2, `--test-fraction "1": want a number above 0 and below 1`},
		{"train --test-fraction half", 2, `--test-fraction "half": want a number above 0 and below 1`},
		{"train --test-fraction 0.9999", 2, `--test-fraction "0.9999": want one that leaves at least 1 of 1000 rows to train with`},
		{"train --scale max", 2, `--scale "max": want one of minmax, minmax-train, standard, none`},

		{"train --preset relu5", 2, `--preset "relu5": want one of tanh-1, tanh-5, relu-5, relu-15, relu-20`},
		{"train --hidden-layers=-1", 2, `--hidden-layers "-1": want an integer from 0 to 1000`},
		{"train --hidden-layers 99999999999999999999", 2, `--hidden-layers "99999999999999999999": want an integer from 0 to 1000`},
		{"train --units 0", 2, `--units "0": want an integer from 1 to 1048576`},
		{"train --units x --preset relu-5", 2, `--units "x": want an integer from 1 to 1048576`},
		{"train --layers 8,0", 2, `--layers "8,0": ` + widths},
		{"train --layers=", 2, `--layers "": ` + widths},
		{"train --layers 8,8 --units 3", 2, `--layers "8,8": want it alone, without --hidden-layers and --units, which say the same`},
		{"train --activation rleu", 2, `--activation "rleu": want one of linear, relu, relu6, leaky_relu, elu, selu, gelu, silu, tanh, sigmoid, softplus, softsign, exponential, mish, hard_sigmoid, hard_silu, hard_tanh`},
		{"train --activation relu,tanh", 2, `--activation "relu,tanh": want one for all hidden layers, or one for each of the 5`},
		{"train --kernel-initializer he", 2, `--kernel-initializer "he": want one of ` + initializers},
		{"train --kernel-initializer=", 2, `--kernel-initializer "": want one of ` + initializers},
		{"train --kernel-initializer uniform:1,0", 2, `--kernel-initializer "uniform:1,0": want uniform:LOW,HIGH with LOW below HIGH`},
		{"train --bias-initializer orthogonal", 2, `--bias-initializer "orthogonal": want one of ` + strings.Replace(initializers, "orthogonal, identity, ", "", 1)},
		{"train --clip-norm -1", 2, `--clip-norm "-1": want a number above 0, or 0 for none`},
		{"train --clip-value x", 2, `--clip-value "x": want a number above 0, or 0 for none`},
		{"train --clip-norm 1 --global-clip-norm 2", 2, `--global-clip-norm "2": want it without --clip-norm: at most one of the three bounds`},
		{"train --l1 x", 2, `--l1 "x": want a number of at least 0`},
		{"train --dropout 1", 2, `--dropout "1": want numbers of at least 0 and below 1`},
		{"train --dropout half", 2, `--dropout "half": want numbers of at least 0 and below 1`},
		{"train --dropout 0.1,0.2", 2, `--dropout "0.1,0.2": want one for all hidden layers, or one for each of the 5`},
		{"train --class-weight even", 2, `--class-weight "even": want none, balanced, or CLASS=WEIGHT,..., such as 0=1,1=3.5`},
		{"train --class-weight 2=1", 2, `--class-weight "2=1": want the data's classes, 0, 1`},
		{"train --learning-rate-schedule plateau:0,0.5", 2, `--learning-rate-schedule "plateau:0,0.5": want plateau:PATIENCE,FACTOR with PATIENCE a whole number of at least 1`},
		{"train --early-stopping x", 2, `--early-stopping "x": want an integer of at least 0`},
		{"train --early-stopping-monitor f1", 2, `--early-stopping-monitor "f1": want one of val_loss, val_accuracy, loss, accuracy, val_mae, mae`},
		{"train --early-stopping-min-delta=-1", 2, `--early-stopping-min-delta "-1": want a number of at least 0`},
		{"train --output-initializer=", 2, `--output-initializer "": want one of ` + initializers},
		{"train --initial-weights=", 2, `--initial-weights "": want a weights.json`},
		{"train --initial-weights none.json", 1, "open none.json: no such file or directory"},
		{"train --initial-weights words.csv", 2, "--initial-weights: words.csv: want a list of kernel, bias, kernel, bias, ..., line 1: invalid character 'x' looking for beginning of value"},
		{"train --initial-weights small.json", 2, `--initial-weights "small.json": want the weights of 6 layers, the file has 1`},

		{"train --optimizer sdg", 2, `--optimizer "sdg": want one of sgd, adam, rmsprop, adagrad, adamw, nadam, adamax, adadelta, ftrl, lion`},
		{"train --optimizer adam --nesterov", 2, `--optimizer "adam": want sgd with --nesterov`},
		{"train --learning-rate 0", 2, `--learning-rate "0": want a number above 0`},
		{"train --learning-rate -1", 2, `--learning-rate "-1": want a number above 0`},
		{"train --learning-rate x", 2, `--learning-rate "x": want a number above 0`},
		{"train --momentum 1", 2, `--momentum "1": want a number of at least 0 and below 1`},
		{"train --epochs 0", 2, `--epochs "0": ` + integer},
		{"train --epochs x", 2, `--epochs "x": ` + integer},
		{"train --epochs 1e3", 2, `--epochs "1e3": ` + integer},
		{"train --batch-size -5", 2, `--batch-size "-5": ` + integer},
		{"train --shuffle=maybe", 2, `--shuffle "maybe": want true or false`},
		{"train --seed -1", 2, `--seed "-1": ` + seed},
		{"train --seed 4294967295 --repeats 2", 2, `--seed "4294967295": want one that leaves 2 seeds up to 4294967295`},
		{"train --repeats 0", 2, `--repeats "0": want an integer from 1 to 10000`},
		{"train --train-metrics mean", 2, `--train-metrics "mean": want one of exact, running`},

		{"train --logdir=", 2, `--logdir "": want a folder`},
		{"train --logdir words.csv", 1, `log folder "words.csv": is a file, want a folder`},
		{"train --logdir /proc/none", 1, `log folder "/proc/none": no such file or directory`},
		{"train --run=", 2, `--run "": want the name of a folder inside the log folder`},
		{"train --run ../x", 2, `--run "../x": want the name of a folder inside the log folder`},
		{"train --run /x", 2, `--run "/x": want the name of a folder inside the log folder`},
		{"train --run .", 2, `--run ".": want the name of a folder inside the log folder`},
		{"train --logdir linked --run out/x", 2, `--run "out/x": want a folder inside the log folder, which a link here leaves`},
		{"train --histogram-freq -1", 2, `--histogram-freq "-1": want an integer of at least 0`},
		{"train --gradient-data all", 2, `--gradient-data "all": want one of test, train`},
		{"train --gradient-rows -1", 2, `--gradient-rows "-1": want an integer of at least 0`},
		{"train --gradient-batch -1", 2, `--gradient-batch "-1": want an integer of at least 0`},

		{"train --diagnose-freq -1", 2, `--diagnose-freq "-1": want auto or an integer of at least 0`},
		{"train --diagnose-freq often", 2, `--diagnose-freq "often": want auto or an integer of at least 0`},
		{"train --diagnose-freq=", 2, `--diagnose-freq "": want auto or an integer of at least 0`},

		{"train --device tpu", 2, `--device "tpu": want one of auto, cpu, gpu, gpu:N`},
		{"train --threads 0", 2, `--threads "0": want auto or an integer from 1 to 1024`},
		{"train --threads many", 2, `--threads "many": want auto or an integer from 1 to 1024`},

		{"tutorial --epochs 0", 2, `--epochs "0": ` + integer},
		{"tutorial --logdir words.csv", 1, `log folder "words.csv": is a file, want a folder`},

		{"diagnose", 2, "0 arguments: want one, a run's folder, such as logs/tanh-5"},
		{"diagnose linked words.csv", 2, "2 arguments: want one, a run's folder, such as logs/tanh-5"},
		{"diagnose none", 2, `run "none": want the folder of a run, which holds a summary.json`},
		{"diagnose linked", 2, `run "linked": want the folder of a run, which holds a summary.json, or a folder with event files (*tfevents*)`},
		{"diagnose words.csv", 2, `run "words.csv": want the folder of a run, which holds a summary.json`},
		{"diagnose --watch none", 2, `run "none": want the folder of a run, which holds a summary.json`},
		{"diagnose --format xml linked", 2, `--format "xml": want one of text, json`},
		{"diagnose --exit-code=maybe linked", 2, `--exit-code "maybe": want true or false`},
		{"diagnose --learned much linked", 2, `--learned "much": want a number of at least 0`},
		{"diagnose --delta-ratio -1 linked", 2, `--delta-ratio "-1": want a number of at least 0`},
		{"diagnose --rough NaN linked", 2, `--rough "NaN": want a number of at least 0`},
		{"diagnose --overfit Inf linked", 2, `--overfit "Inf": want a number of at least 0`},
		{"diagnose --running 0 linked", 2, `--running "0": want an integer of at least 1`},
		{"diagnose --running 1.5 linked", 2, `--running "1.5": want an integer of at least 1`},
		{"diagnose --delta linked", 2, `unknown flag "--delta": did you mean --delta-ratio?`},

		{"data --dataset words.csv", 2, `--dataset "words.csv": want ` + datasets},
		{"data --samples 0", 2, `--samples "0": want an integer from 2 to 10000000`},
		{"data --out=", 2, `--out "": want a path whose last part is a file's name, without ending`},
		{"data --out linked/", 2, `--out "linked/": want a path whose last part is a file's name, without ending`},
		{"data --out words", 2, `--out "words": words.csv is there already: want another name, or --overwrite for a file`},
		{"data --out none/x", 1, `--out "none/x": folder "none": no such file or directory`},
	} {
		t.Run(tc.args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, "words.csv", "x1,x2,label\n1,b,0\n")
			write(t, "small.json", "[[[1],[2]],[0]]")
			if err := os.Mkdir("linked", 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(t.TempDir(), "linked/out"); err != nil {
				t.Fatal(err)
			}
			before := files(t)
			got := gradwatch(t.Context(), strings.Fields(tc.args)...)
			want := result{tc.status, "", "gradwatch: " + tc.want + "\n"}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, files(t)); diff != "" {
				t.Errorf("files (-before +after):\n%s", diff)
			}
		})
	}
}

// resolve returns the run that train's flags make of args.
func resolve(t *testing.T, args ...string) config.Run {
	t.Helper()
	flags := runflags.New()
	c := trainCommand(&cli.Env{})
	c.ResetFlags()
	flags.AddTo(c)
	if err := c.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	run, err := flags.Resolve(c.Flags())
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestFlags checks what runs the flags ask for, as changes of the default.
func TestFlags(t *testing.T) {
	tanh, _ := config.LookupPreset("tanh-5")
	for _, tc := range []struct {
		args string
		want func(*config.Run)
	}{
		{"", func(*config.Run) {}},
		{"--hidden-layers 2", func(r *config.Run) { r.Layers = []int{5, 5} }},
		{"--units 7", func(r *config.Run) { r.Layers = []int{7, 7, 7, 7, 7} }},
		{"--layers 8,4 --activation tanh,relu", func(r *config.Run) { r.Layers, r.Activations = []int{8, 4}, []string{"tanh", "relu"} }},
		{"--preset tanh-5", func(r *config.Run) { *r = tanh.Apply(*r) }},
		{"--preset tanh-5 --epochs 3 --run x", func(r *config.Run) { *r = tanh.Apply(*r); r.Epochs, r.Name = 3, "x" }},
		{"--optimizer adam --preset tanh-5", func(r *config.Run) { *r = tanh.Apply(*r); r.Optimizer, r.Name = "adam", "" }},
		{"--preset tanh-5 --hidden-layers 2", func(r *config.Run) { *r = tanh.Apply(*r); r.Layers, r.Name = []int{5, 5}, "" }},
		{"--gradient-batch 0 --threads 2", func(r *config.Run) { r.GradientBatch, r.Threads = 0, 2 }},
		{"--gradient-rows 0 --gradient-batch 7", func(r *config.Run) { r.GradientRows, r.GradientBatch = 0, 7 }},
		{"--preset tanh-5 --clip-norm 0 --bias-initializer constant:-5", func(r *config.Run) {
			*r = tanh.Apply(*r)
			r.BiasInitializer, r.Name = "constant:-5", ""
		}},
		{"--threads 2 --threads auto", func(*config.Run) {}},
		{"--epochs 3 --epochs 4", func(r *config.Run) { r.Epochs = 4 }}, // the last of several counts
		{"--shuffle=false --learning-rate 0.5 --seed 7 --noise 0", func(r *config.Run) {
			r.Shuffle, r.LearningRate, r.Seed, r.Noise = false, 0.5, 7, 0
		}},
	} {
		t.Run(tc.args, func(t *testing.T) {
			want := config.Default()
			tc.want(&want)
			if diff := cmp.Diff(want, resolve(t, strings.Fields(tc.args)...)); diff != "" {
				t.Errorf("run (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPresetNames checks that a run is named after a preset only while it is one.
func TestPresetNames(t *testing.T) {
	for args, want := range map[string]string{
		"--preset tanh-5":                                 "tanh-5",
		"--preset tanh-5 --seed 3 --repeats 2":            "tanh-5",
		"--preset tanh-5 --kernel-initializer he_normal":  "tanh-5x5-he_normal",
		"--preset tanh-5 --clip-value 0.5":                "tanh-5x5-uniform-0-1-clip-value-0.5",
		"--preset tanh-5 --optimizer adam":                "tanh-5x5-uniform-0-1-adam",
		"--activation tanh --hidden-layers 10 --units 25": "tanh-10x25",
		"--preset relu-5 --dataset moons --layers 8,8,4":  "relu-8-8-4-he_uniform-moons",
	} {
		run := resolve(t, strings.Fields(args)...)
		if got := run.FolderName(); got != want {
			t.Errorf("%s: got %q, want %q", args, got, want)
		}
	}
}
