package runflags

import (
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/study"
	"gradwatch/internal/terminal"
)

// SettingsOf returns the flags that ask for a run's data, model, training, records and
// machine: those by which it differs from the defaults, or from a preset of the same
// layers that leaves less to say. Its name is left out.
func SettingsOf(run config.Run) []study.Setting {
	usual := config.Defaults(&run)
	switch {
	case run.Generated():
	case run.Optimizer != usual.Optimizer:
		usual.LearningRate = 0 // as Resolve has it
	case run.LearningRate == 0: // which isn't the default of files and has no text
		run.LearningRate = run.Rate()
	}
	best, _ := difference(run, keepOrder(&run, usual))
	for _, preset := range config.Presets() {
		rest, ok := difference(run, keepOrder(&run, preset.Apply(config.SplitDefaults(&run))))
		ok = ok && !slices.ContainsFunc(rest, func(s study.Setting) bool {
			return slices.Contains([]string{"hidden-layers", "units", "layers", "activation"}, s.Flag)
		})
		settings := append([]study.Setting{{Flag: "preset", Value: preset.Name}}, rest...)
		if ok && (len(settings) < len(best) || len(settings) == len(best) && run.Name == preset.Name) {
			best = settings
		}
	}
	return best
}

// keepOrder returns the defaults as --shuffle-rows=false leaves them, where the run has that.
func keepOrder(run *config.Run, defaults config.Run) config.Run {
	defaults.Stratify = defaults.Stratify && run.ShuffleRows
	return defaults
}

// difference returns the flags that make one run of another; false where no flag
// says so.
func difference(run, from config.Run) (settings []study.Setting, ok bool) {
	before := make(map[string]string)
	for _, f := range flagsOf(from) {
		before[f.Name] = f.Value.String()
	}
	unsaid := []string{"run", "overwrite", "preset", "layers"}
	if !run.Even() || !from.Even() {
		unsaid = []string{"run", "overwrite", "preset", "hidden-layers", "units"}
	}
	ok = true
	for _, f := range flagsOf(run) {
		text := f.Value.String()
		switch {
		case slices.Contains(unsaid, f.Name) || text == before[f.Name]:
		case text == "":
			ok = false
		default:
			settings = append(settings, study.Setting{Flag: f.Name, Value: text})
		}
	}
	return settings, ok
}

// flagsOf returns train's flags with a run's values.
func flagsOf(run config.Run) []*pflag.Flag {
	r := New()
	r.Run = run
	r.hiddenLayers, r.layers.Layers = len(run.Layers), run.Layers
	if len(run.Layers) > 0 {
		r.units = run.Layers[0]
	}
	var flags []*pflag.Flag
	for _, g := range r.groups {
		g.Flags.VisitAll(func(f *pflag.Flag) { flags = append(flags, f) })
	}
	return flags
}

// SettingsText returns flags as on a command line, quoted for a shell.
func SettingsText(settings []study.Setting) []string {
	booleans := maps.Collect(func(yield func(string, bool) bool) {
		for _, g := range New().groups {
			g.Flags.VisitAll(func(f *pflag.Flag) {
				if f.Value.Type() == boolean {
					yield(f.Name, true)
				}
			})
		}
	})
	var texts []string
	for _, s := range settings {
		between := " "
		if booleans[s.Flag] {
			between = "="
		}
		text := "--" + s.Flag
		if !booleans[s.Flag] || s.Value != "true" {
			text += between + cli.Quote(s.Value)
		}
		texts = append(texts, text)
	}
	return texts
}

// CommandLines returns the command that trains with the flags, by a program of this name, broken into lines that
// can be copied as they are.
func CommandLines(program string, settings []study.Setting) []string {
	var lines []string
	line := program + " train"
	for _, word := range SettingsText(settings) {
		if utf8.RuneCountInString(line)+len(word)+len(" ") > terminal.Width-len(`  \`) {
			lines = append(lines, line+` \`)
			line = " "
		}
		line += " " + word
	}
	return append(lines, line)
}
