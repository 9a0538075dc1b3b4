package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/internal/study"
	"gradwatch/internal/sysmem"
)

// trial is a configuration of a study with its run.
type trial struct {
	study.Configuration
	run    config.Run
	preset string // "" for none
	data   dataSize
}

// studiesFolder holds a folder for each study. It is not the log folder, where TensorBoard
// would list a study's many runs among the others.
const studiesFolder = "studies"

// newBaseFlags returns the flags of a study's configurations: a run's, without
// those that name one. Histograms, which nobody looks at for so many runs, are
// off unless asked for.
func newBaseFlags() *runFlags {
	r := newRunFlags()
	r.run.HistogramFreq = 0
	r.run.LogDir = studiesFolder
	r.groups = slices.DeleteFunc(r.groups, func(g group) bool { return g.title == streamGroup }) // what a study compares is in memory
	for i := range r.groups {
		flags := pflag.NewFlagSet(r.groups[i].title, pflag.ContinueOnError)
		flags.SortFlags = false
		r.groups[i].flags.VisitAll(func(f *pflag.Flag) {
			if f.Name == "histogram-freq" || f.Name == "logdir" {
				f.DefValue = f.Value.String()
			}
			if f.Name == "logdir" {
				f.Usage = "holds a folder for each study"
			}
			if f.Name != "run" && f.Name != "overwrite" && f.Name != "decision-columns" {
				flags.AddFlag(f)
			}
		})
		r.groups[i].flags = flags
	}
	return r
}

// variable returns the flags that can be varied: those that make another model,
// other data or another training.
func (r *runFlags) variable() []string {
	var names []string
	for _, g := range r.groups[:5] { // data, model, training, regularization, schedule
		g.flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	}
	return names
}

// baseSettings returns the flags of the base configuration that were given.
func baseSettings(given *pflag.FlagSet) []study.Setting {
	settings := []study.Setting{}
	for _, g := range newBaseFlags().groups {
		g.flags.VisitAll(func(f *pflag.Flag) {
			if f.Name != "logdir" && given.Changed(f.Name) {
				settings = append(settings, study.Setting{Flag: f.Name, Value: given.Lookup(f.Name).Value.String()})
			}
		})
	}
	return settings
}

// configure returns the run that the flags ask for, checked, and its preset.
func configure(settings []study.Setting) (config.Run, string, error) {
	r := newBaseFlags()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, g := range r.groups {
		flags.AddFlagSet(g.flags)
	}
	for _, s := range settings {
		var invalid *pflag.InvalidValueError
		var unknown *pflag.NotExistError
		err := flags.Set(s.Flag, s.Value)
		switch {
		case errors.As(err, &invalid):
			err = valueError(invalid)
		case errors.As(err, &unknown): // study.json is of another version
			err = requestErrorf("--%s: want a flag of this version of gradwatch", s.Flag)
		}
		if err != nil {
			return config.Run{}, "", err
		}
	}
	run, err := r.resolve(flags)
	if !flags.Changed("histogram-freq") {
		run.HistogramFreq = 0 // a preset has it on
	}
	return run, r.preset, err
}

// newTrials returns the configurations, all checked, their data too. Texts are the
// axes as the user wrote them, for errors.
func newTrials(base []study.Setting, axes []study.Axis, texts []string) ([]*trial, error) {
	grid, err := study.Grid(axes)
	if err != nil {
		return nil, err
	}
	trials := make([]*trial, len(grid))
	known, have := make(map[dataKey]dataSize), sysmem.Read()
	for i, c := range grid {
		t := &trial{Configuration: c}
		t.run, t.preset, err = configure(slices.Concat(base, c.Settings))
		if err == nil {
			t.run.Name = c.Name()
			err = t.check(known, have)
		}
		if err != nil {
			return nil, trialError(err, base, axes, texts)
		}
		trials[i] = t
	}
	return trials, checkOneMeasure(trials)
}

// dataKey is what decides whether what a run reads is right.
type dataKey struct {
	dataset, scale, initialWeights string
	samples                        int
	noise, testFraction            float64
	seed                           uint32
	table                          config.Table
	classWeight                    string
}

// dataSize is the size of a data set that was read and found right.
type dataSize struct {
	rows, features int
	regression     bool // its target is a number
	classes        int
	sha256         string // of the rows
}

func sizeOf(data *dataset.Set) dataSize {
	target := data.Schema.Target
	return dataSize{rows: data.Points.Len(), features: data.Points.Features(), regression: target.Task == dataset.Regression, classes: len(target.Classes)}
}

func (d dataSize) config() config.Rows { return config.Rows{Count: d.rows, Inputs: d.features} }

// check loads what the run reads, unless another trial's run did, and compares what
// training takes with the memory there is.
func (t *trial) check(known map[dataKey]dataSize, have sysmem.Sizes) error {
	r := &t.run
	key := dataKey{r.Dataset, r.Scale, r.InitialWeights, r.Samples, r.Noise, r.TestFraction, r.DataSeed, r.Table, r.ClassWeight}
	size, found := known[key]
	if !found {
		data, err := check(r)
		if err != nil {
			return err
		}
		size = sizeOf(data)
		size.sha256 = data.SHA256()
		known[key] = size
	}
	t.data = size
	return fits(r, size, have)
}

// sameData returns an error if a run was trained with other rows than the trial has. A
// summary older than its hash tells nothing.
func (t *trial) sameData(summary *record.Summary) error {
	if was := summary.Data.SHA256; was != "" && was != t.data.sha256 {
		return fmt.Errorf("%s: the data set has changed since: want the rows with which the others are trained", t.run.Dataset)
	}
	return nil
}

// trialError says which --vary an error comes from.
func trialError(err error, base []study.Setting, axes []study.Axis, texts []string) error {
	alone := checkAlone(base)
	about := strings.Join(texts, " ")
	var wrong, wrongAlone *invalid.Error
	var request, requestAlone requestError
	switch {
	case errors.As(err, &wrong) && wrong.File == "":
		if errors.As(alone, &wrongAlone) && *wrongAlone == *wrong {
			return err // of what is given for all
		}
		if i := slices.IndexFunc(axes, func(a study.Axis) bool { return a.Flag == wrong.Field }); i >= 0 {
			about = texts[i]
		}
		return requestErrorf("--vary %q: %v", about, wrong)
	case errors.As(err, &request):
		if errors.As(alone, &requestAlone) && requestAlone == request {
			return err
		}
		return requestErrorf("--vary %q: %v", about, request)
	}
	return err
}

// checkAlone returns what is wrong with the base configuration, without what is
// varied.
func checkAlone(base []study.Setting) error {
	run, _, err := configure(base)
	if err == nil {
		_, err = check(&run)
	}
	return err
}

// cost estimates how long the run trains by itself, in seconds. Most of a step is
// the fixed cost of starting its ops, a layer's dozen, which study.Plan takes for
// that of 16 replicas; the rest is the products' arithmetic. Both were measured
// with the tutorial's models on one core; only their ratio to other runs' matters.
func (t *trial) cost() float64 {
	const (
		perOps     = 0.5e-6 // seconds for a layer's ops, of each of 16+R replicas
		perProduct = 0.2e-9 // seconds for a multiplication
		normalized = 3.5    // times as long a layer's ops take with batch normalization
		sharing    = 16
	)
	r := &t.run
	train := float64(t.data.rows) * (1 - r.TestFraction)
	steps := max(1, train/float64(r.BatchSize))
	const measuring = 4 // steps' worth of ops an epoch
	products, before := 0.0, t.data.features
	for _, units := range slices.Concat(r.Layers, []int{1}) {
		products += 3 * float64(before+1) * float64(units)
		before = units
	}
	ops := (steps + measuring) * float64(len(r.Layers)+2) * float64(sharing+r.Repeats) * perOps
	if r.BatchNorm {
		ops *= normalized
	}
	arithmetic := (train + float64(t.data.rows)) * products * float64(r.Repeats) * perProduct
	return float64(r.Epochs) * (ops + arithmetic)
}

// tasks returns what is to be trained: side by side on a core each, and one after
// the other on all cores. Tasks, and the plan of those side by side, are made for
// the whole study, so that one that goes on trains in the same graphs as one that
// was never stopped.
func (s *studyRun) tasks() (side, alone []study.Task, plan config.Plan) {
	cores := s.definition.Cores
	if cores == 0 {
		cores = s.cores
	}
	side, alone, plan = planTasks(s.trials, 0, cores)
	return s.missing(side), s.missing(alone), plan
}

// planTasks plans the trials from the given one on. Tasks name trials by their
// index among all.
func planTasks(trials []*trial, from, cores int) (side, alone []study.Task, plan config.Plan) {
	var loads []study.Load
	var places []int // of the loads, among the trials
	for i := from; i < len(trials); i++ {
		t := trials[i]
		if t.run.Large() { // it takes all cores for itself
			alone = append(alone, study.Task{Configurations: []int{i}, Replicas: t.run.Repeats, Cost: t.cost()})
			continue
		}
		loads = append(loads, study.Load{BatchKey: t.run.BatchKey(), Replicas: t.run.Repeats, Cost: t.cost()})
		places = append(places, i)
	}
	side = study.Plan(loads, cores)
	for _, task := range side {
		for i, load := range task.Configurations {
			task.Configurations[i] = places[load]
		}
	}
	return side, alone, sidePlan(trials, side, cores)
}

// sidePlan returns how an engine trains tasks side by side with others: with one
// thread, as it suits small models, and, where there are more cores than tasks,
// with its share of the cores.
func sidePlan(trials []*trial, tasks []study.Task, cores int) config.Plan {
	run := trials[0].run
	if len(tasks) == 0 {
		return run.Plan(1)
	}
	run = trials[tasks[0].Configurations[0]].run
	plan := run.Plan(1)
	run.Repeats = slices.MinFunc(tasks, func(a, b study.Task) int { return a.Replicas - b.Replicas }).Replicas
	share := run.Plan(max(1, cores/len(tasks)))
	plan.Groups, plan.Overlap = share.Groups, share.Overlap
	return plan
}

// missing takes what is done out of the tasks.
func (s *studyRun) missing(tasks []study.Task) []study.Task {
	var rest []study.Task
	for _, task := range tasks {
		all := len(task.Configurations)
		task.Configurations = slices.DeleteFunc(task.Configurations, s.folder.has)
		if len(task.Configurations) > 0 {
			task.Cost *= float64(len(task.Configurations)) / float64(all)
			rest = append(rest, task)
		}
	}
	return rest
}
