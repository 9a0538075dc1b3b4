package config

import "testing"

// TestFillByRows checks epochs, schedule and L2 by the number of training rows and the task, and
// that what was chosen stays.
func TestFillByRows(t *testing.T) {
	type values struct {
		epochs   int
		schedule string
		l2       float64
	}
	auto := values{AutoEpochs, AutoSchedule, AutoL2}
	cases := map[string]struct {
		asked      values
		rows       int
		batch      int
		regression bool
		want       values
	}{
		"a small table is gone through for 1500 steps": {auto, 120, 32, false, values{375, "cosine:375,0", 0.017}},
		"a regression's penalty is another":            {auto, 320, 32, true, values{150, "cosine:150,0", 0.031}},
		"40 epochs":                                    {auto, 4000, 32, false, values{40, "cosine:40,0", 0.0005}},
		"at most 20,000 steps":                         {auto, 320_000, 32, false, values{2, "cosine:2,0", 6.3e-6}},
		"at least one epoch":                           {auto, 6_400_000, 32, true, values{1, "cosine:1,0", 1.6e-6}},
		"steps are of the batch":                       {auto, 4000, 1000, false, values{375, "cosine:375,0", 0.0005}},
		"the schedule ends with the epochs":            {values{100, AutoSchedule, 0}, 4000, 32, false, values{100, "cosine:100,0", 0}},
		"nothing is auto":                              {values{7, "constant", 0.1}, 4000, 32, false, values{7, "constant", 0.1}},
		"only L2 is":                                   {values{7, "constant", AutoL2}, 1000, 32, true, values{7, "constant", 0.01}},
	}
	for name, c := range cases {
		run := Default()
		run.Epochs, run.LearningRateSchedule, run.L2, run.BatchSize = c.asked.epochs, c.asked.schedule, c.asked.l2, c.batch
		run.FillByRows(c.rows, c.regression)
		if got := (values{run.Epochs, run.LearningRateSchedule, run.L2}); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
		if err := run.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNameOfFile checks that a folder's name has nothing of the defaults of files, neither before
// nor after they are filled in, but what was chosen instead of them.
func TestNameOfFile(t *testing.T) {
	for want, change := range map[string]func(*Run){
		"relu-128-64-people":             func(*Run) {},
		"relu-128-64-sgd-people":         func(r *Run) { r.Optimizer = "sgd" },
		"relu-128-64-l2-0.1-people":      func(r *Run) { r.L2 = 0.1 },
		"relu-8x8-people":                func(r *Run) { r.Layers = Repeat(8, 8) },
		"relu-128-64-step-10-0.5-people": func(r *Run) { r.LearningRateSchedule = "step:10,0.5" },
	} {
		run := Default()
		run.Dataset = "data/people.csv"
		run = Defaults(&run)
		run.Dataset = "data/people.csv"
		change(&run)
		if got := run.FolderName(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		run.FillByRows(1000, false)
		if got := run.FolderName(); got != want {
			t.Errorf("with what follows from the rows: got %q, want %q", got, want)
		}
	}
}
