package sweep

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
	"gradwatch/internal/sysmem"
)

// Trial is a configuration of a study with its run.
type Trial struct {
	study.Configuration
	Run    config.Run
	Preset string // "" for none
	Data   runner.DataSize
}

// NewTrials returns the configurations, all checked, their data too. Texts are the
// axes as the user wrote them, for errors.
func NewTrials(base []study.Setting, axes []study.Axis, texts []string) ([]*Trial, error) {
	grid, err := study.Grid(axes)
	if err != nil {
		return nil, err
	}
	trials := make([]*Trial, len(grid))
	known, have := make(map[DataKey]runner.DataSize), sysmem.Read()
	for i, c := range grid {
		t := &Trial{Configuration: c}
		t.Run, t.Preset, err = runflags.Configure(slices.Concat(base, c.Settings))
		if err == nil {
			t.Run.Name = c.Name()
			err = t.Check(known, have)
		}
		if err != nil {
			return nil, trialError(err, base, axes, texts)
		}
		trials[i] = t
	}
	return trials, checkOneMeasure(trials)
}

// DataKey is what decides whether what a run reads is right.
type DataKey struct {
	dataset, scale, initialWeights string
	samples                        int
	noise, test, validation        float64
	seed                           uint32
	table                          config.Table
	classWeight                    string
}

// Check loads what the run reads, unless another trial's run did, and compares what
// training takes with the memory there is.
func (t *Trial) Check(known map[DataKey]runner.DataSize, have sysmem.Sizes) error {
	r := &t.Run
	key := DataKey{r.Dataset, r.Scale, r.InitialWeights, r.Samples, r.Noise, r.TestFraction, r.ValidationFraction, r.DataSeed, r.Table, r.ClassWeight}
	size, found := known[key]
	if !found {
		data, err := runner.Check(r)
		if err != nil {
			return err
		}
		size = runner.SizeOf(data)
		size.SHA256 = data.SHA256()
		known[key] = size
	}
	t.Data = size
	r.FillByRows(size.TrainRows, size.Regression)
	return r.FitsHere(size.ConfigRows(), have)
}

// SameData returns an error if a run was trained with other rows than the trial has. A
// summary older than its hash tells nothing.
func (t *Trial) SameData(summary *record.Summary) error {
	if was := summary.Data.SHA256; was != "" && was != t.Data.SHA256 {
		return fmt.Errorf("%s: the data set has changed since: want the rows with which the others are trained", t.Run.Dataset)
	}
	return nil
}

// trialError says which --vary an error comes from.
func trialError(err error, base []study.Setting, axes []study.Axis, texts []string) error {
	alone := checkAlone(base)
	about := strings.Join(texts, " ")
	var wrong, wrongAlone *invalid.Error
	var request, requestAlone cli.RequestError
	switch {
	case errors.As(err, &wrong) && wrong.File == "":
		if errors.As(alone, &wrongAlone) && *wrongAlone == *wrong {
			return err // of what is given for all
		}
		if i := slices.IndexFunc(axes, func(a study.Axis) bool { return a.Flag == wrong.Field }); i >= 0 {
			about = texts[i]
		}
		return cli.RequestErrorf("--vary %q: %v", about, wrong)
	case errors.As(err, &request):
		if errors.As(alone, &requestAlone) && requestAlone == request {
			return err
		}
		return cli.RequestErrorf("--vary %q: %v", about, request)
	}
	return err
}

// checkAlone returns what is wrong with the base configuration, without what is
// varied.
func checkAlone(base []study.Setting) error {
	run, _, err := runflags.Configure(base)
	if err == nil {
		_, err = runner.Check(&run)
	}
	return err
}

// Cost estimates how long the run trains by itself, in seconds. Most of a step is
// the fixed cost of starting its ops, a layer's dozen, which study.Plan takes for
// that of 16 replicas; the rest is the products' arithmetic. Both were measured
// with the tutorial's models on one core; only their ratio to other runs' matters.
func (t *Trial) Cost() float64 {
	const (
		perOps     = 0.5e-6 // seconds for a layer's ops, of each of 16+R replicas
		perProduct = 0.2e-9 // seconds for a multiplication
		normalized = 3.5    // times as long a layer's ops take with a normalization
		sharing    = 16
	)
	r := &t.Run
	train := float64(t.Data.TrainRows)
	steps := max(1, train/float64(r.BatchSize))
	const measuring = 4 // steps' worth of ops an epoch
	products, before := 0.0, t.Data.Features
	for _, units := range slices.Concat(r.Layers, []int{1}) {
		products += 3 * float64(before+1) * float64(units)
		before = units
	}
	ops := (steps + measuring) * float64(len(r.Layers)+2) * float64(sharing+r.Repeats) * perOps
	if r.BatchNorm || r.LayerNorm {
		ops *= normalized
	}
	arithmetic := (train + float64(t.Data.Rows)) * products * float64(r.Repeats) * perProduct
	return float64(r.Epochs) * (ops + arithmetic)
}

// Tasks returns what is to be trained: side by side on a core each, and one after
// the other on all cores. Tasks, and the plan of those side by side, are made for
// the whole study, so that one that goes on trains in the same graphs as one that
// was never stopped.
func (s *Study) Tasks() (side, alone []study.Task, plan config.Plan) {
	cores := s.Definition.Cores
	if cores == 0 {
		cores = s.cores
	}
	side, alone, plan = PlanTasks(s.Trials, 0, cores)
	return s.missing(side), s.missing(alone), plan
}

// PlanTasks plans the trials from the given one on. Tasks name trials by their
// index among all.
func PlanTasks(trials []*Trial, from, cores int) (side, alone []study.Task, plan config.Plan) {
	var loads []study.Load
	var places []int // of the loads, among the trials
	for i := from; i < len(trials); i++ {
		t := trials[i]
		if t.Run.Large() { // it takes all cores for itself
			alone = append(alone, study.Task{Configurations: []int{i}, Replicas: t.Run.Repeats, Cost: t.Cost()})
			continue
		}
		loads = append(loads, study.Load{BatchKey: t.Run.BatchKey(), Replicas: t.Run.Repeats, Cost: t.Cost()})
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
func sidePlan(trials []*Trial, tasks []study.Task, cores int) config.Plan {
	run := trials[0].Run
	if len(tasks) == 0 {
		return run.Plan(1)
	}
	run = trials[tasks[0].Configurations[0]].Run
	plan := run.Plan(1)
	run.Repeats = slices.MinFunc(tasks, func(a, b study.Task) int { return a.Replicas - b.Replicas }).Replicas
	share := run.Plan(max(1, cores/len(tasks)))
	plan.Groups, plan.Overlap = share.Groups, share.Overlap
	return plan
}

// missing takes what is done out of the tasks.
func (s *Study) missing(tasks []study.Task) []study.Task {
	var rest []study.Task
	for _, task := range tasks {
		all := len(task.Configurations)
		task.Configurations = slices.DeleteFunc(task.Configurations, s.Folder.has)
		if len(task.Configurations) > 0 {
			task.Cost *= float64(len(task.Configurations)) / float64(all)
			rest = append(rest, task)
		}
	}
	return rest
}
