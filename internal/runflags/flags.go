package runflags

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
)

// Flags binds a run's configuration to flags.
type Flags struct {
	Run    config.Run
	preset string
	// hiddenLayers and units, or layers (the Layers of a run of its own): two ways to set
	// Run.Layers.
	hiddenLayers, units int
	layers              config.Run
	groups              []cli.Group
}

// New returns the flags of a run, a group for each of [config.Groups], with the defaults of
// [config.Default].
func New() *Flags {
	r := &Flags{Run: config.Default()}
	r.hiddenLayers, r.units = len(r.Run.Layers), r.Run.Layers[0]
	fields := config.Fields()
	for _, title := range config.Groups() {
		g := cli.NewGroup(title)
		if title == config.ModelGroup {
			r.addPreset(g)
		}
		for _, f := range fields {
			run := &r.Run
			if f.Name == "layers" {
				run = &r.layers
			}
			if f.Group == title {
				add(g, run, f, f.Help)
			}
		}
		r.groups = append(r.groups, g)
	}
	return r
}

// AddTo gives the command the flags.
func (r *Flags) AddTo(c *cobra.Command) {
	for _, g := range r.groups {
		g.AddTo(c)
	}
}

// addPreset adds the flags of the model that set several fields of a run, or part of one.
func (r *Flags) addPreset(g cli.Group) {
	g.Add(presetValue{cli.NewValue(&r.preset, parsePreset, func(s string) string { return s }, "NAME")},
		"preset", "a model of the tutorial, which other flags change: "+strings.Join(config.PresetNames(), ", "))
	g.Add(countValue("hidden-layers", &r.hiddenLayers, 0, config.MaxLayers), "hidden-layers",
		"number of hidden layers; 0 for the linear model: logistic, softmax or linear regression")
	g.Add(countValue("units", &r.units, 1, config.MaxUnits), "units", "units in each")
}

// presetValue is the value of --preset.
type presetValue struct{ *cli.Value[string] }

// Choices returns the names of the presets.
func (presetValue) Choices() []string { return config.PresetNames() }

func parsePreset(text string) (string, error) {
	if _, ok := config.LookupPreset(text); !ok {
		return "", invalid.New("preset", text, "one of "+strings.Join(config.PresetNames(), ", "))
	}
	return text, nil
}

// Resolve returns the run that the command's flags ask for, checked. Flags that
// were given change the preset or, without one, the defaults of a file, whatever their order.
func (r *Flags) Resolve(flags *pflag.FlagSet) (config.Run, error) {
	if preset, ok := config.LookupPreset(r.preset); ok {
		if slices.ContainsFunc(modelFlags(), func(name string) bool { return flags.Changed(name) }) {
			preset.Name = "" // it is another model now: named after what it is
		}
		if err := r.apply(preset.Apply(config.SplitDefaults(&r.Run)), flags); err != nil {
			return config.Run{}, err
		}
	} else if !r.Run.Generated() {
		base := config.Defaults(&r.Run)
		if flags.Changed("optimizer") && r.Run.Optimizer != base.Optimizer {
			base.LearningRate = 0 // that of files suits their optimizer
		}
		if err := r.apply(base, flags); err != nil {
			return config.Run{}, err
		}
	}
	if flags.Changed("shuffle-rows") && !r.Run.ShuffleRows && !flags.Changed("stratify") {
		r.Run.Stratify = false // the rows keep the file's order
	}
	counted := flags.Changed("hidden-layers") || flags.Changed("units")
	switch {
	case flags.Changed("layers") && counted:
		return config.Run{}, &invalid.Error{
			Field: "layers", Value: flags.Lookup("layers").Value.String(),
			Want: "it alone, without --hidden-layers and --units, which say the same",
		}
	case flags.Changed("layers"):
		r.Run.Layers = r.layers.Layers
	case counted:
		r.Run.Layers = config.Repeat(r.hiddenLayers, r.units)
	}
	return r.Run, r.Run.Validate()
}

// apply puts a run beneath the flags that were given.
func (r *Flags) apply(base config.Run, flags *pflag.FlagSet) error {
	given := make(map[string]string)
	flags.Visit(func(f *pflag.Flag) { given[f.Name] = f.Value.String() })
	r.Run = base
	r.hiddenLayers, r.units = len(r.Run.Layers), r.Run.Layers[0]
	var failures []error
	flags.Visit(func(f *pflag.Flag) { failures = append(failures, f.Value.Set(given[f.Name])) })
	return errors.Join(failures...)
}

// modelFlags returns the flags that make another model, or other data, of a
// preset.
func modelFlags() []string {
	names := []string{"hidden-layers", "units"}
	for _, f := range config.Fields() {
		if f.OfModel() {
			names = append(names, f.Name)
		}
	}
	return names
}
