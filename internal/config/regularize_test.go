package config

import (
	"errors"
	"math"
	"strings"
	"testing"

	"gradwatch/internal/invalid"

	"github.com/google/go-cmp/cmp"
)

// TestSchedules checks the rate of every schedule at some epochs of ten steps, from rate 2.
func TestSchedules(t *testing.T) {
	tested := make(map[string]bool)
	for text, want := range map[string][]float64{
		"constant":            {2, 2, 2, 2},
		"step:2,0.5":          {2, 2, 1, 0.5},
		"exponential:2,0.25":  {2, 1, 0.5, 0.125},
		"inverse-time:1,1":    {2, 1, 2.0 / 3, 0.4},
		"polynomial:4,0,2":    {2, 1.125, 0.5, 0},
		"cosine:4,0.5":        {2, 1.5 + math.Sqrt2/4, 1.5, 1},
		"warmup-cosine:2,2,0": {0, 1, 2, 0},
		"warmup:2":            {0, 1, 2, 2},
		"piecewise:1,0.5,3,4": {2, 2, 0.5, 0.5}, // at the boundary still the one before
		"plateau:3,0.1":       {2, 2, 2, 2},
	} {
		s, err := ParseSchedule(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		tested[s.Name] = true
		for i, epoch := range []int{0, 1, 2, 4} {
			if s.Name == "piecewise" && epoch == 4 {
				epoch = 3
			}
			if got := s.At(2, 10*epoch, 10); math.Abs(got-want[i]) > 1e-12 {
				t.Errorf("%s, epoch %d: got %v, want %v", text, epoch, got, want[i])
			}
		}
	}
	for _, s := range Schedules() {
		if !tested[s.Name] {
			t.Errorf("%s: no case", s.Name)
		}
	}
	for text, want := range map[string]string{
		"":                        "want one of constant, step:EPOCHS,FACTOR, ",
		"steps:1,2":               "want one of constant, step:EPOCHS,FACTOR, ",
		"constant:1":              "want one of constant, ",
		"step":                    "want one of constant, ",
		"step:1":                  "want step:EPOCHS,FACTOR with finite numbers",
		"step:1,2,3":              "want step:EPOCHS,FACTOR with finite numbers",
		"step:0,0.5":              "want step:EPOCHS,FACTOR with EPOCHS above 0",
		"exponential:1,-1":        "want exponential:EPOCHS,FACTOR with FACTOR above 0",
		"cosine:1,2":              "want cosine:EPOCHS,ALPHA with ALPHA from 0 to 1",
		"polynomial:1,-1,1":       "want polynomial:EPOCHS,END,POWER with END at least 0",
		"polynomial:1,0,0":        "want polynomial:EPOCHS,END,POWER with POWER above 0",
		"warmup-cosine:0,1,0":     "want warmup-cosine:WARMUP,EPOCHS,ALPHA with WARMUP above 0",
		"warmup:0":                "want warmup:WARMUP with WARMUP above 0",
		"plateau:1.5,0.1":         "want plateau:PATIENCE,FACTOR with PATIENCE a whole number of at least 1",
		"plateau:1,1":             "want plateau:PATIENCE,FACTOR with FACTOR above 0 and below 1",
		"piecewise:2":             "want piecewise:EPOCH,RATE,... with finite numbers",
		"piecewise:2,0.1,3":       "want piecewise:EPOCH,RATE,... with finite numbers",
		"piecewise:2,0.1,2,0.2":   "want piecewise:EPOCH,RATE,... with epochs that rise from above 0, and rates above 0",
		"inverse-time:nan,1":      "want inverse-time:EPOCHS,FACTOR with finite numbers",
		"exponential:1,Infinity":  "want exponential:EPOCHS,FACTOR with finite numbers",
		"step:999999999999e99,10": "want step:EPOCHS,FACTOR with finite numbers",
	} {
		if _, err := ParseSchedule(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// TestDecay: Keras's old decay counts steps, and is the rate of a run without a schedule.
func TestDecay(t *testing.T) {
	run := Default()
	run.Decay = 0.5
	s := run.Schedule()
	for step, want := range []float64{2, 2 / 1.5, 1, 0.8} {
		if got := s.At(2, step, 10); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: got %v, want %v", step, got, want)
		}
	}
	if !s.Changes() {
		t.Error("the rate is said not to change")
	}
}

func FuzzParseSchedule(f *testing.F) {
	for _, name := range ScheduleNames() {
		f.Add(name)
	}
	f.Add("piecewise:1,2,3,4")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSchedule(text)
		if err != nil {
			return
		}
		for _, step := range []int{0, 1, 100, 100_000} {
			if rate := s.At(0.1, step, 10); math.IsNaN(rate) || rate < 0 {
				t.Errorf("%s: got rate %v at step %d", text, rate, step)
			}
		}
	})
}

// TestClassWeights reads weights for classes of 30, 10 and 60 rows.
func TestClassWeights(t *testing.T) {
	classes, counts := []string{"0", "1", "blue=sky"}, []int{30, 10, 60}
	for text, want := range map[string][]float64{
		"none":                    nil,
		"balanced":                {100.0 / 90, 100.0 / 30, 100.0 / 180}, // scikit-learn's compute_class_weight
		"1=3.5":                   {1, 3.5, 1},
		"0=0.5, blue=sky=0, 1 =2": {0.5, 2, 0},
	} {
		got, err := ClassWeights(text, classes, counts)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: error %v, %s", text, err, diff)
		}
	}
	if got, _ := ClassWeights("balanced", classes[:2], []int{4, 0}); !cmp.Equal(got, []float64{0.5, 0}) {
		t.Errorf("got %v for a class without rows, want 0.5, 0", got)
	}
	if got, err := ClassWeights("0=0,1=0", classes[:2], []int{30, 10}); err == nil {
		t.Errorf("no class that weighs: got %v, want an error", got)
	}
	for text, want := range map[string]string{
		"3=1":                "the data's classes, 0, 1, blue=sky",
		"-1=1":               "the data's classes, 0, 1, blue=sky",
		"0=1,0=2":            "the weight of class 0 once",
		"0":                  "none, balanced, or CLASS=WEIGHT",
		"=1":                 "none, balanced, or CLASS=WEIGHT",
		"0=-1":               "none, balanced, or CLASS=WEIGHT",
		"0=nan":              "none, balanced, or CLASS=WEIGHT",
		"0=inf":              "none, balanced, or CLASS=WEIGHT",
		"0=1e10":             "weights of 0, or from 1e-09 to 1e+09",
		"0=1e39":             "weights of 0, or from 1e-09 to 1e+09",
		"0=1e-30":            "weights of 0, or from 1e-09 to 1e+09",
		"0=0x1":              "none, balanced, or CLASS=WEIGHT",
		"0=1_0":              "none, balanced, or CLASS=WEIGHT",
		"0=0,1=0,blue=sky=0": "a weight above 0 for at least two classes of the training rows",
		"0=0,1=0":            "a weight above 0 for at least two classes of the training rows",
		"even":               "none, balanced, or CLASS=WEIGHT",
	} {
		_, err := ClassWeights(text, classes, counts)
		var wrong *invalid.Error
		if !errors.As(err, &wrong) || wrong.Field != "class-weight" || wrong.Value != text || !strings.HasPrefix(wrong.Want, want) {
			t.Errorf("%q: got %v, want an *invalid.Error that wants %s", text, err, want)
		}
	}
}

// TestRegularizationErrors checks that wrong values are named with what is accepted.
func TestRegularizationErrors(t *testing.T) {
	for want, spoil := range map[string]func(*Run){
		`l1 "-1": want a number of at least 0`:                                                         func(r *Run) { r.L1 = -1 },
		`l2 "NaN": want a number of at least 0`:                                                        func(r *Run) { r.L2 = math.NaN() },
		`dropout "1": want numbers of at least 0 and below 1`:                                          func(r *Run) { r.Dropout = []float64{1} },
		`dropout "0.1,0.2": want one for all hidden layers, or one for each of the 5`:                  func(r *Run) { r.Dropout = []float64{0.1, 0.2} },
		`early-stopping "-1": want an integer of at least 0`:                                           func(r *Run) { r.EarlyStopping = -1 },
		`early-stopping-monitor "x": want one of val_loss, val_accuracy, loss, accuracy, val_mae, mae`: func(r *Run) { r.EarlyStoppingMonitor = "x" },
		`early-stopping-min-delta "-0.1": want a number of at least 0`:                                 func(r *Run) { r.EarlyStoppingMinDelta = -0.1 },
		`learning-rate-schedule "step:1,0": want step:EPOCHS,FACTOR with FACTOR above 0`:               func(r *Run) { r.LearningRateSchedule = "step:1,0" },
		`class-weight "2": want none, balanced, or CLASS=WEIGHT,..., such as 0=1,1=3.5`:                func(r *Run) { r.ClassWeight = "2" },
	} {
		run := Default()
		spoil(&run)
		if err := run.Validate(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestRegularizationNames checks what a run's folder is called.
func TestRegularizationNames(t *testing.T) {
	run := Default()
	run.L1, run.L2, run.Dropout = 0.5, 1e-4, []float64{0.2}
	run.LearningRateSchedule, run.ClassWeight, run.EarlyStopping = "cosine:10,0", "balanced", 5
	if got, want := run.FolderName(), "relu-5x5-l1-0.5-l2-0.0001-dropout-0.2-cosine-10-0-class-weight-balanced-d6ada2a2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestBatchKeyOfSchedules checks that sgd's rates are told apart where they change.
func TestBatchKeyOfSchedules(t *testing.T) {
	one, other := Default(), Default()
	other.LearningRate = 0.5
	if one.BatchKey() != other.BatchKey() {
		t.Error("constant rates of sgd have two keys")
	}
	one.LearningRateSchedule, other.LearningRateSchedule = "step:1,0.5", "step:1,0.5"
	if one.BatchKey() == other.BatchKey() {
		t.Error("changing rates have one key")
	}
}
