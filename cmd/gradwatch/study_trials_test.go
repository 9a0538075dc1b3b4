package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/runflags"
	"gradwatch/internal/study"
	"gradwatch/internal/sweep"
)

// TestWrongStudies asks for what can't be done: one line, and nothing written.
func TestWrongStudies(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "words.csv", "a,b\n1,0\nx,1\n")
	variable := "want a flag of data, model or training: " + strings.Join(runflags.NewStudy().Variable(), ", ")
	for _, tc := range []struct {
		args   string
		status int
		want   string
	}{
		{"", 2, "--vary: want at least one, such as --vary hidden-layers=1:10"},
		{"--vary hidden-layers", 2, `--vary "hidden-layers": want FLAG=VALUES, with values such as a,b,c or 1:10 or 5:50:5 or 0.0001:0.1:x10 or, if they hold commas, 8,8,4;16,16`},
		{"--vary logdir=a,b", 2, `--vary "logdir=a,b": ` + variable},
		{"--vary hidden-layer=1:3", 2, `--vary "hidden-layer=1:3": ` + variable},
		{"--vary hidden-layers=-1,3", 2, `--vary "hidden-layers=-1,3": hidden-layers "-1": want an integer from 0 to 1000`},
		{"--vary units=1:3 --vary hidden-layers=1,x", 2, `--vary "hidden-layers=1,x": hidden-layers "x": want an integer from 0 to 1000`},
		{"--vary nesterov=true,maybe", 2, `--vary "nesterov=true,maybe": nesterov "maybe": want true or false`},
		{"--vary units=1 --vary units=2", 2, `--vary "units=2": want all values of units in one list`},
		{"--vary units=1:2 --units 3", 2, `--vary "units=1:2": want it without --units, which says another thing`},
		{"--vary units=1:2 --layers 3,3", 2, `--vary "units=1:2": layers "3,3": want it alone, without --hidden-layers and --units, which say the same`},
		{"--vary nesterov=true,false --optimizer adam", 2, `--vary "nesterov=true,false": optimizer "adam": want sgd with --nesterov`},
		{"--vary units=1:2 --epochs 0", 2, `--epochs "0": want an integer of at least 1`},
		{"--vary units=1:2 --dataset words.csv --one-hot none", 2, `words.csv:3: column "a": "x": want a finite number, or --one-hot for a column of words`},
		{"--vary dataset=circles,squares", 2, `--vary "dataset=circles,squares": dataset "squares": want one of circles, moons, xor, spirals, blobs, or a CSV file`},
		{"--vary dataset=circles,none.csv", 1, "read data set: open none.csv: no such file or directory"},
		{"--vary test-fraction=0.5,0.9999", 2, `--vary "test-fraction=0.5,0.9999": test-fraction "0.9999": want one that leaves at least 1 of 1000 rows to train with`},
		{"--vary activation=relu,rleu", 2, `--vary "activation=relu,rleu": activation "rleu": want one of linear, relu, relu6, leaky_relu, elu, selu, gelu, silu, tanh, sigmoid, softplus, softsign, exponential, mish, hard_sigmoid, hard_silu, hard_tanh`},
		{"--vary units=1:2 --name ../x", 2, `--name "../x": want the name of a folder inside the log folder`},
		{"--vary units=1:2 --run x", 2, `unknown flag "--run": see gradwatch study --help`},
		{"--resume none", 2, `--resume "none": want a study's folder, which holds a study.json`},
		{"--resume words.csv", 2, `--resume "words.csv": want a study's folder, which holds a study.json`},
		{"--resume none --epochs 3", 2, `--resume "none": want it without --epochs: a study goes on as it began`},
		{"--resume none --vary units=1:2", 2, `--resume "none": want it without --vary: a study goes on as it began`},
	} {
		t.Run(tc.args, func(t *testing.T) {
			before := files(t)
			r := gradwatch(t.Context(), append([]string{"study"}, strings.Fields(tc.args)...)...)
			if want := "gradwatch: " + tc.want + "\n"; r.stderr != want || r.status != tc.status {
				t.Errorf("got status %d, %q\nwant %d, %q", r.status, r.stderr, tc.status, want)
			}
			if diff := cmp.Diff(before, files(t)); diff != "" {
				t.Errorf("files (-before +after):\n%s", diff)
			}
		})
	}
}

// TestWrongDefinition resumes studies whose study.json is not right.
func TestWrongDefinition(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("s", 0o777); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		`{"format": 1, "name": "s", "flags": [{"flag": "fly", "value": "1"}], "axes": [{"flag": "units", "values": ["1"]}]}`: "--fly: want a flag of this version of gradwatch",
		`{"format": 1, "name": "s", "axes": [{"flag": "units", "values": ["0"]}]}`:                                           `--vary "units=0": units "0": want an integer from 1 to 1048576`,
		`{"format": 2}`: "--resume: s/study.json: format 2: want 1, that of this version of gradwatch",
	} {
		write(t, "s/study.json", content)
		if r := gradwatch(t.Context(), "study", "--resume", "s"); r.status == cli.ExitDone || !strings.Contains(r.stderr, want) {
			t.Errorf("got status %d, %q, want %q", r.status, r.stderr, want)
		}
	}
}

// TestStudyTasks checks what trains side by side, and what takes all cores.
func TestStudyTasks(t *testing.T) {
	for _, tc := range []struct {
		vary, repeats string
		cores         int
		side, alone   int
		replicas      int // of the smallest task side by side
		share         int // of the cores, that an engine has
	}{
		{"layers=1024,1024;2;3", "1", 2, 2, 1, 1, 1},
		{"hidden-layers=1:5", "30", 2, 5, 0, 30, 1},
		{"hidden-layers=1:2", "30", 8, 2, 0, 30, 4},
		{"hidden-layers=1:2", "1", 8, 2, 0, 1, 4},
		{"learning-rate=0.1,0.2,0.3,0.4", "1", 2, 2, 0, 2, 1},
	} {
		axis, err := study.ParseAxis(tc.vary)
		if err != nil {
			t.Fatal(err)
		}
		trials, err := sweep.NewTrials([]study.Setting{{Flag: "repeats", Value: tc.repeats}}, []study.Axis{axis}, []string{tc.vary})
		if err != nil {
			t.Fatal(err)
		}
		s := &sweep.Study{Definition: &study.Definition{Cores: tc.cores}, Trials: trials, Folder: &sweep.Folder{}}
		side, alone, plan := s.Tasks()
		if len(side) != tc.side || len(alone) != tc.alone {
			t.Errorf("%s: got %d tasks side by side and %d alone, want %d and %d", tc.vary, len(side), len(alone), tc.side, tc.alone)
		}
		alike := config.Default()
		alike.Repeats = tc.replicas
		if want := alike.Plan(tc.share); plan != want {
			t.Errorf("%s on %d cores: got %+v, want %+v", tc.vary, tc.cores, plan, want)
		}
		if tc.alone > 0 && trials[0].Cost() < 100*trials[1].Cost() {
			t.Errorf("%s: got costs %g and %g", tc.vary, trials[0].Cost(), trials[1].Cost())
		}
	}
}
