package autofix

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
	"gradwatch/internal/study"
)

// fixesFile is the table of what was tried, in its folder.
const fixesFile = "fixes.csv"

// proof names the training of the best with seeds that took no part in the choice.
const proof = "the best with fresh seeds"

// Report is what diagnose --format json says of fixes.
type Report struct {
	Needed bool           `json:"needed"` // false where there is nothing to mend
	Folder string         `json:"folder"`
	Metric record.Metric  `json:"metric"` // that fixes are compared by
	Seeds  []uint32       `json:"seeds"`
	Before *ReportedFix   `json:"before"`
	Tried  []*ReportedFix `json:"tried"` // the best mean first
	Best   *BestFix       `json:"best"`  // null where nothing is better than before
	// Screened are fixes that were left after few epochs, Refuted those whose gain was not there
	// with fresh seeds: what they reached with these.
	Screened []ScreenedFix  `json:"screened"`
	Refuted  []*ReportedFix `json:"refuted"`
	// NotTried are fixes that there was no time for, Failed those that could not be
	// trained.
	NotTried []string `json:"not_tried"`
	Failed   []string `json:"failed"`
}

// ReportedFix is what a candidate reached.
type ReportedFix struct {
	Name     string        `json:"name"`
	Flags    string        `json:"flags"` // what it changes, as on a command line
	Folder   string        `json:"folder"`
	Combined bool          `json:"combined"` // several fixes, or a part of one
	Metric   record.Metric `json:"metric"`   // what the scores are: see --metric
	// The scores are of the rows that judge, of the seeds that did not diverge; NaN where all did.
	Mean  record.Number `json:"score_mean"`
	Std   record.Number `json:"score_std"`
	Worst record.Number `json:"score_worst"`
	Best  record.Number `json:"score_best"`
	// Gain is that of the mean over the mean before; NaN where a seed of either diverged.
	Gain     record.Number `json:"gain"`
	Seeds    int           `json:"seeds"`
	Learned  int           `json:"learned"`
	Sound    int           `json:"sound"` // of these, without something to mend besides
	Diverged int           `json:"diverged"`
	Command  string        `json:"command"` // trains it
}

// ScreenedFix is a candidate that others left behind after few epochs.
type ScreenedFix struct {
	Name   string        `json:"name"`
	Flags  string        `json:"flags"`
	Epochs int           `json:"epochs"`
	Seeds  int           `json:"seeds"`
	Mean   record.Number `json:"score_mean"` // NaN where all seeds diverged
}

// BestFix is the best of what was tried.
type BestFix struct {
	ReportedFix
	Suffices bool     `json:"suffices"` // at least 90 % of the seeds have learned
	Why      []string `json:"why"`
	// Others is what it reaches with as many other seeds, which took no part in the
	// choice; null where that is not known. Proven: its gain is there with them, too.
	Others *ReportedFix `json:"other_seeds"`
	Proven bool         `json:"proven"`
	// Parts say which part of the gain is due to what; none where it is not known.
	Parts []FixPart `json:"parts"`
}

// FixPart is what one part of the best does.
type FixPart struct {
	Flags   string        `json:"flags"`
	Alone   record.Number `json:"score_alone"`
	Without record.Number `json:"score_without"` // with all the others
	// Share of the gain: what it adds, on the average over all orders of adding the
	// parts.
	Share record.Number `json:"share_of_gain"`
}

// Report says what came of the fixes.
func (x *Search) Report() *Report {
	r := None()
	r.Needed = true
	if len(x.fixes) == 0 {
		return r
	}
	r.Folder, r.Metric, r.Seeds = x.shown, x.metric.Name(), x.trials[0].Run.Seeds()
	for _, o := range Rank(x.all()) {
		if i := x.place(o); i > 0 {
			r.Tried = append(r.Tried, x.outcome(i))
		} else {
			r.Before = x.outcome(0)
		}
	}
	for i := range x.trials {
		if result, known := x.results[i]; known && result.State() == study.Failed {
			r.Failed = append(r.Failed, x.name(i)+": "+result.Message)
		}
	}
	r.Screened, r.NotTried = x.left()
	best := x.best()
	if best != nil && x.outcomes[x.fresh[x.place(best)]] == nil {
		r.NotTried = append(r.NotTried, proof)
	}
	for _, i := range x.refuted {
		again := x.outcome(x.fresh[i])
		again.Name = x.name(i)
		r.Refuted = append(r.Refuted, again)
	}
	if best != nil {
		r.Best = x.bestFix(best)
	}
	return r
}

// left returns what was left after few epochs, and what there was no time for.
func (x *Search) left() (screened []ScreenedFix, notTried []string) {
	screened, notTried = []ScreenedFix{}, []string{}
	last := make(map[string]int) // a combination's last trial
	var order []string
	for i := range x.trials {
		key := x.key(i)
		if x.stages[i] == freshSeeds {
			continue
		}
		if _, ok := last[key]; !ok {
			order = append(order, key)
		}
		last[key] = i
	}
	cut := make(map[string]bool)
	for _, set := range x.cut {
		name := Name(x.fixes, set)
		if cut[name] = true; last[name] == 0 {
			order = append(order, name)
		}
	}
	for _, key := range order {
		i, trained := last[key]
		_, ended := x.results[i]
		switch o := x.outcomes[i]; {
		case !trained, cut[key], !ended:
			notTried = append(notTried, key)
		case x.stages[i] == screening && o != nil:
			run := &x.trials[i].Run
			screened = append(screened, ScreenedFix{
				Name: key, Flags: changeText(Settings(x.fixes, x.combinations[i])), Epochs: run.Epochs, Seeds: run.Repeats,
				Mean: record.Number(study.NewSpread(o.Reached).Mean),
			})
		}
	}
	for i, fix := range x.fixes[:x.fit] { // of the others, none is needed where one of these suffices
		if _, ok := last[fix.Name]; !ok && !cut[fix.Name] && x.fixes[i].sort() != "epochs" {
			notTried = append(notTried, fix.Name)
		}
	}
	return screened, notTried
}

// key returns a name for what a trial changes, whatever its stage.
func (x *Search) key(i int) string {
	if x.stages[i] == screening {
		return Name(x.fixes, x.combinations[i])
	}
	return x.name(i)
}

// place returns the trial of an outcome.
func (x *Search) place(o *Outcome) int {
	for i, known := range x.outcomes {
		if known == o {
			return i
		}
	}
	return -1
}

// name returns a trial's, for a table.
func (x *Search) name(i int) string {
	switch {
	case i == 0:
		return "as it is"
	case x.stages[i] == freshSeeds:
		return proof
	case x.stages[i] == screening:
		return fmt.Sprintf("%s, %s", Name(x.fixes, x.combinations[i]), printable.Count(x.trials[i].Run.Epochs, "epoch"))
	case len(x.combinations[i]) == 0: // a part of a fix
		var texts []string
		for _, s := range x.trials[i].Settings {
			texts = append(texts, changeText([]study.Setting{s}))
		}
		return strings.Join(texts, " + ")
	default:
		return Name(x.fixes, x.combinations[i])
	}
}

func (x *Search) label(c study.Configuration) string { return x.name(c.Index) }

// changeText returns settings as on a command line; flags that are taken away are
// said in words.
func changeText(settings []study.Setting) string {
	var texts []string
	for _, s := range settings {
		if s.Value == "" {
			texts = append(texts, "without --"+s.Flag)
		} else {
			texts = append(texts, runflags.SettingsText([]study.Setting{s})...)
		}
	}
	return strings.Join(texts, " ")
}

func (x *Search) outcome(i int) *ReportedFix {
	o := x.outcomes[i]
	s := study.NewSpread(o.Reached)
	if x.metric == record.MAE {
		s.Worst, s.Best = s.Best, s.Worst // less is better
	}
	gain := math.NaN()
	if before, ok := x.outcomes[0]; ok && before.Diverged+o.Diverged == 0 && x.stages[i] != screening {
		gain = o.Spread().Mean - before.Spread().Mean
	}
	return &ReportedFix{
		Name: x.name(i), Flags: changeText(x.trials[i].Settings), Folder: x.trials[i].Name(),
		Combined: len(o.Combination) != 1, Metric: x.metric.Name(), Command: x.trainCommand(i),
		Mean: record.Number(s.Mean), Std: record.Number(s.Std), Worst: record.Number(s.Worst), Best: record.Number(s.Best),
		Gain: record.Number(gain), Seeds: len(o.Scores), Learned: o.Learned, Sound: o.Sound, Diverged: o.Diverged,
	}
}

func (x *Search) bestFix(best *Outcome) *BestFix {
	i := x.place(best)
	b := &BestFix{
		ReportedFix: *x.outcome(i), Suffices: best.Suffices(), Why: []string{}, Parts: x.shares(best),
	}
	if at, ok := x.fresh[i]; ok && x.outcomes[at] != nil {
		b.Others, b.Proven = x.outcome(at), i == x.proven
	}
	for _, k := range best.Combination {
		b.Why = append(b.Why, x.fixes[k].Name+": "+x.fixes[k].Why)
	}
	return b
}

// trainCommand returns the command that trains the run with a trial's changes, in one line.
func (x *Search) trainCommand(i int) string {
	return strings.Join(append([]string{x.Command(), "train"}, runflags.SettingsText(x.settingsWith(i))...), " ")
}

// settingsWith returns the flags that train the run with a trial's changes.
func (x *Search) settingsWith(i int) []study.Setting {
	return Merge(x.own, x.trials[i].Settings)
}

// shares divides the best's gain among its parts; none where a set of them has no
// outcome.
func (x *Search) shares(best *Outcome) []FixPart {
	parts := x.parts(best)
	means := make([]float64, 1<<len(parts))
	for set := range means {
		settings, _ := combined(parts, uint(set))
		o, ok := x.outcomes[x.find(settings)]
		if !ok || o.Diverged > 0 {
			return []FixPart{}
		}
		means[set] = o.Spread().Mean
		if x.metric == record.MAE {
			means[set] = study.NewSpread(o.Reached).Mean
		}
	}
	shares := Shares(len(parts), func(set uint) float64 {
		if x.metric == record.MAE {
			return -means[set]
		}
		return means[set]
	})
	all := make([]FixPart, len(parts))
	for i, p := range parts {
		all[i] = FixPart{
			Flags: changeText(p.settings), Share: record.Number(shares[i]),
			Alone: record.Number(means[1<<i]), Without: record.Number(means[(len(means)-1)&^(1<<i)]),
		}
	}
	return all
}

// writeTable writes fixes.csv: a row a candidate that has ended, in the order in which
// they were planned.
func (x *Search) writeTable(w io.Writer) error {
	measure := "val_" + string(x.metric.Name()) + "_"
	rows := [][]string{{
		"configuration", "flags", "stage", "state", "epochs", "seed", "repeats", "learned", "diverged",
		measure + "mean", measure + "std", measure + "worst", measure + "best", "gain", "seconds", "message",
	}}
	text := func(n record.Number) string {
		if math.IsNaN(float64(n)) {
			return ""
		}
		return strconv.FormatFloat(float64(n), 'g', 9, 64)
	}
	for i, t := range x.trials {
		result, ok := x.results[i]
		if !ok {
			continue
		}
		row := []string{
			t.Name(), changeText(t.Settings), x.stages[i].String(), string(result.State()),
			strconv.Itoa(t.Run.Epochs), strconv.FormatUint(uint64(t.Run.Seed), 10), strconv.Itoa(t.Run.Repeats),
		}
		if _, ok := x.outcomes[i]; ok {
			o := x.outcome(i)
			row = append(row, strconv.Itoa(o.Learned), strconv.Itoa(o.Diverged),
				text(o.Mean), text(o.Std), text(o.Worst), text(o.Best), text(o.Gain))
		} else {
			row = slices.Concat(row, make([]string, 7))
		}
		rows = append(rows, append(row, strconv.FormatFloat(result.Seconds, 'f', 3, 64), strings.Join(strings.Fields(result.Message), " ")))
	}
	return csv.NewWriter(w).WriteAll(rows)
}
