package autofix

import (
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/study"
)

// Fix is a change of a run's configuration that may mend it.
type Fix struct {
	Name string // a few words, for a table
	// Settings are put over the run's; an empty value takes the flag away.
	Settings []study.Setting
	Why      string // a sentence
}

// one returns a fix of one flag.
func one(name, flag, value, why string) Fix {
	return Fix{Name: name, Settings: []study.Setting{{Flag: flag, Value: value}}, Why: why}
}

// with returns the fix with a flag more.
func (r Fix) with(flag, value string) Fix {
	r.Settings = append(slices.Clone(r.Settings), study.Setting{Flag: flag, Value: value})
	return r
}

// equal reports whether both set the same.
func (r Fix) equal(other Fix) bool { return slices.Equal(r.Settings, other.Settings) }

// sets reports whether the fix sets one of the flags.
func (r *Fix) sets(flags ...string) bool {
	return slices.ContainsFunc(r.Settings, func(s study.Setting) bool { return slices.Contains(flags, s.Flag) })
}

// sort returns the flag that a fix is about.
func (r *Fix) sort() string { return r.Settings[0].Flag }

// late reports whether what a fix does shows only when a run is far on: its steps are smaller,
// or it holds back what the training rows alone would teach.
func (r *Fix) late(run *config.Run) bool {
	return slices.ContainsFunc(r.Settings, func(s study.Setting) bool {
		switch s.Flag {
		case "l1", "l2", "dropout", "early-stopping", "learning-rate-schedule", "epochs":
			return true
		case "learning-rate":
			rate, err := strconv.ParseFloat(s.Value, 64)
			return err == nil && rate < run.Rate() && !r.sets("optimizer")
		case "momentum":
			momentum, err := strconv.ParseFloat(s.Value, 64)
			return err == nil && momentum < run.Momentum
		case "batch-size":
			rows, err := strconv.Atoi(s.Value)
			return err == nil && rows > run.BatchSize
		}
		return false
	})
}

// compatible reports whether the two don't contradict each other: they set other
// flags, and not one the optimizer and the other what is meant for the old one.
func compatible(a, b *Fix) bool {
	for _, s := range a.Settings {
		if b.sets(s.Flag) {
			return false
		}
	}
	replaces := func(a, b *Fix) bool { return a.sets("optimizer") && b.sets("learning-rate", "momentum") }
	return !replaces(a, b) && !replaces(b, a)
}

// Merge puts settings over a run's: in the place of those of the same flag, the
// others at the end. An empty value takes the flag away.
func Merge(run, over []study.Setting) []study.Setting {
	merged := slices.Clone(run)
	for _, s := range over {
		i := slices.IndexFunc(merged, func(m study.Setting) bool { return m.Flag == s.Flag })
		if i < 0 {
			merged = append(merged, s)
		} else {
			merged[i] = s
		}
	}
	return slices.DeleteFunc(merged, func(m study.Setting) bool { return m.Value == "" })
}

// Settings returns what a combination of the fixes sets, given by their indices.
func Settings(fixes []Fix, combination []int) []study.Setting {
	settings := []study.Setting{}
	for _, i := range combination {
		settings = append(settings, fixes[i].Settings...)
	}
	return settings
}

// Name returns a combination's name: "adam + residual".
func Name(fixes []Fix, combination []int) string {
	names := make([]string, len(combination))
	for k, i := range combination {
		names[k] = fixes[i].Name
	}
	return strings.Join(names, " + ")
}

// Combine returns combinations of one fix more, the most promising first: each of
// those before with each of the singles, both given best first. What contradicts
// itself is left out. At most limit are returned, each in rising order.
func Combine(fixes []Fix, before [][]int, singles []int, limit int) [][]int {
	var all [][]int
	// First the best with the second best, then those whose places add up to more.
	for sum := range len(before) + len(singles) - 1 {
		for place := range min(sum+1, len(before)) {
			if sum-place >= len(singles) || len(all) == limit {
				continue
			}
			more := singles[sum-place]
			if !slices.ContainsFunc(before[place], func(i int) bool { return !compatible(&fixes[i], &fixes[more]) }) {
				combination := append(slices.Clone(before[place]), more)
				slices.Sort(combination)
				if !slices.ContainsFunc(all, func(c []int) bool { return slices.Equal(c, combination) }) {
					all = append(all, combination)
				}
			}
		}
	}
	return all
}

// Each returns combinations of one fix each.
func Each(singles []int) [][]int {
	all := make([][]int, len(singles))
	for k, i := range singles {
		all[k] = []int{i}
	}
	return all
}
