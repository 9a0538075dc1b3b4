package config

import (
	"slices"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/sysmem"
)

// Table says how a CSV file is read as a data set. Generated points don't need it. Package
// dataset says what each choice means.
type Table struct {
	// Target is the column to predict: its name, or its number from 1; empty for the last.
	Target string `json:"target,omitempty"`
	// Ignore names columns that are left out, by their names or numbers from 1, separated by
	// commas; empty for none.
	Ignore string `json:"ignore,omitempty"`
	// TestFile is the path of a second file, whose rows test; empty for the last rows of
	// the first.
	TestFile string `json:"test,omitempty"`
	// Task is auto (by what the target holds), classification or regression.
	Task string `json:"task"`
	// Header is auto, yes or no: whether the first line names the columns.
	Header string `json:"header"`
	// ShuffleRows draws the order of the rows, by DataSeed, before they are split;
	// Stratify, so that both parts have the same shares of the classes.
	ShuffleRows bool `json:"shuffle-rows,omitempty"`
	Stratify    bool `json:"stratify,omitempty"`
	// Missing says what is done with fields without a value: refuse, mean, median,
	// most-frequent or drop. By default refuse: to fill in a number that nobody measured is
	// the user's decision.
	Missing string `json:"missing"`
	// OneHot names input columns that hold categories, or is all, for each that holds
	// words; empty for none.
	OneHot string `json:"one-hot,omitempty"`
	// ScaleTarget is the scaling of a regression's target: standard, the default because a
	// new model's outputs are near 0 and of size 1, or none, as in Keras.
	ScaleTarget string `json:"scale-target"`
}

// defaultTable returns the choices where nothing is asked for.
func defaultTable() Table {
	s := dataset.DefaultSource()
	return Table{Task: string(s.Task), Header: s.Header, Missing: s.Missing, ScaleTarget: s.ScaleTarget}
}

// Generated reports whether the data set is generated, not read from a file.
func (r *Run) Generated() bool { return slices.Contains(dataset.Names(), r.Dataset) }

// SetFileDefaults gives the settings that were not given the defaults of files, [Field.OfFiles],
// where the data set is a file: a shuffled split, by classes where there are such, and inputs
// scaled by the training rows. Rows are not drawn from a stream, which is read in its order,
// nor where a second file tests. It does nothing where the data set is generated.
func (r *Run) SetFileDefaults(given func(name string) bool) {
	if r.Generated() {
		return
	}
	ordered := r.Stream || r.TestFile != "" || given("shuffle-rows") && !r.ShuffleRows
	for _, f := range fields() {
		switch {
		case f.OfFiles == "" || given(f.Name):
		case (f.Name == "shuffle-rows" || f.Name == "stratify") && ordered,
			f.Name == "stratify" && r.Task == string(dataset.Regression):
			f.clear(r)
		default:
			f.set(r, f.OfFiles)
		}
	}
}

// Source returns the data set's source, for [dataset.Open].
func (r *Run) Source() *dataset.Source {
	return &dataset.Source{
		Dataset: r.Dataset, Samples: r.Samples, Noise: r.Noise, Seed: r.DataSeed,
		TestFraction: r.TestFraction, Test: r.TestFile, Target: r.Target, Ignore: r.Ignore, Header: r.Header, Task: dataset.Task(r.Task),
		ShuffleRows: r.ShuffleRows, Stratify: r.Stratify, Missing: r.Missing, OneHot: r.OneHot,
		Scale: r.Scale, ScaleTarget: r.ScaleTarget,
		Fits: func(rows, inputs int) error {
			return r.FitsHere(Rows{Count: rows, Inputs: inputs}, sysmem.Read())
		},
	}
}

// checkTable refuses choices that don't go together.
func (r *Run) checkTable() error {
	switch {
	case r.Stratify && r.TestFile != "":
		return invalid.New("stratify", "true", "it without --test, which says what tests")
	case r.ShuffleRows && r.TestFile != "":
		return invalid.New("shuffle-rows", "true", "it without --test, which says what tests")
	}
	if !r.Generated() {
		return nil
	}
	usual := Default()
	for _, f := range fields() {
		if f.has(ofFile) && f.Text(r) != f.Text(&usual) {
			return invalid.New(f.Name, f.Text(r), "a CSV file as --dataset: "+r.Dataset+" is made")
		}
	}
	return nil
}
