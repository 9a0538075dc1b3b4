package runflags

import (
	"errors"
	"slices"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/study"

	"github.com/spf13/pflag"
)

// studiesFolder holds a folder for each study. It is not the log folder, where TensorBoard
// would list a study's many runs among the others.
const studiesFolder = "studies"

// NewStudy returns the flags of a study's configurations: a run's, without
// those that name one. Histograms, which nobody looks at for so many runs, are
// off unless asked for.
func NewStudy() *Flags {
	r := New()
	r.Run.HistogramFreq = 0
	r.Run.LogDir = studiesFolder
	r.groups = slices.DeleteFunc(r.groups, func(g cli.Group) bool { return g.Title == config.StreamGroup }) // what a study compares is in memory
	for i := range r.groups {
		flags := pflag.NewFlagSet(r.groups[i].Title, pflag.ContinueOnError)
		flags.SortFlags = false
		r.groups[i].Flags.VisitAll(func(f *pflag.Flag) {
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
		r.groups[i].Flags = flags
	}
	return r
}

// variable are the groups whose flags can be varied.
var variable = []string{config.DataGroup, config.ModelGroup, config.TrainingGroup, config.RegularizationGroup, config.ScheduleGroup}

// Variable returns the flags that can be varied: those that make another model,
// other data or another training.
func (r *Flags) Variable() []string {
	var names []string
	for _, g := range r.groups {
		if !slices.Contains(variable, g.Title) {
			continue
		}
		g.Flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	}
	return names
}

// StudySettings returns the flags of the base configuration that were given.
func StudySettings(given *pflag.FlagSet) []study.Setting {
	settings := []study.Setting{}
	for _, g := range NewStudy().groups {
		g.Flags.VisitAll(func(f *pflag.Flag) {
			if f.Name != "logdir" && given.Changed(f.Name) {
				settings = append(settings, study.Setting{Flag: f.Name, Value: given.Lookup(f.Name).Value.String()})
			}
		})
	}
	return settings
}

// Configure returns the run that the flags ask for, checked, and its preset.
func Configure(settings []study.Setting) (config.Run, string, error) {
	r := NewStudy()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, g := range r.groups {
		flags.AddFlagSet(g.Flags)
	}
	for _, s := range settings {
		var invalid *pflag.InvalidValueError
		var unknown *pflag.NotExistError
		err := flags.Set(s.Flag, s.Value)
		switch {
		case errors.As(err, &invalid):
			err = cli.ValueError(invalid)
		case errors.As(err, &unknown): // study.json is of another version
			err = cli.RequestErrorf("--%s: want a flag of this version of gradwatch", s.Flag)
		}
		if err != nil {
			return config.Run{}, "", err
		}
	}
	run, err := r.Resolve(flags)
	if !flags.Changed("histogram-freq") {
		run.HistogramFreq = 0 // a preset has it on
	}
	return run, r.preset, err
}
