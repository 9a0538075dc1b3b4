package config

import (
	"fmt"
	"slices"
	"strconv"

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
	// Separator, Decimal and Encoding say how a CSV file is written; auto is what it shows.
	Separator string `json:"separator"`
	Decimal   string `json:"decimal"`
	Encoding  string `json:"encoding"`
	// ShuffleRows draws the order of the rows, by DataSeed, before they are split;
	// Stratify, so that both parts have the same shares of the classes.
	ShuffleRows bool `json:"shuffle-rows,omitempty"`
	Stratify    bool `json:"stratify,omitempty"`
	// CrossValidate is the number of folds of a cross-validation; 0 for none. Fold is the one, from
	// 1, whose rows test; 0 where all of them are to be trained.
	CrossValidate int `json:"cross-validate,omitempty"`
	Fold          int `json:"fold,omitempty"`
	// Missing says what is done with fields without a value: refuse, mean, median,
	// most-frequent or drop. By default refuse: to fill in a number that nobody measured is
	// the user's decision.
	Missing string `json:"missing"`
	// MissingValues are texts that stand for no value, beside the usual ones, separated by
	// commas; empty for none.
	MissingValues string `json:"missing-values,omitempty"`
	// Date names input columns that hold dates, by their names or numbers from 1, separated by
	// commas; empty for none. DateOrder is the order of day and month in them: auto, dmy or mdy.
	Date      string `json:"date,omitempty"`
	DateOrder string `json:"date-order"`
	// OneHot names input columns that hold categories, or is all, for each that holds
	// words; empty for none.
	OneHot string `json:"one-hot,omitempty"`
	// ScaleTarget is the scaling of a regression's target: standard, the default because a
	// new model's outputs are near 0 and of size 1, or none, as in Keras.
	ScaleTarget string `json:"scale-target"`
	// Baseline fits a linear model to the training rows, too, while the model trains, and compares
	// both, and guessing, on the test rows.
	Baseline bool `json:"baseline"`
}

// defaultTable returns the choices where nothing is asked for.
func defaultTable() Table {
	s := dataset.DefaultSource()
	return Table{
		Task: string(s.Task), Header: s.Header, Missing: s.Missing, ScaleTarget: s.ScaleTarget,
		Separator: s.Separator, Decimal: s.Decimal, Encoding: s.Encoding, DateOrder: s.DateOrder,
		Baseline: true,
	}
}

// Generated reports whether the data set is generated, not read from a file.
func (r *Run) Generated() bool { return slices.Contains(dataset.Names(), r.Dataset) }

// Source returns the data set's source, for [dataset.Open].
func (r *Run) Source() *dataset.Source {
	return &dataset.Source{
		Dataset: r.Dataset, Samples: r.Samples, Noise: r.Noise, Seed: r.DataSeed,
		TestFraction: r.TestFraction, ValidationFraction: r.ValidationFraction, Folds: r.CrossValidate, Fold: r.Fold, Test: r.TestFile, Target: r.Target, Ignore: r.Ignore, Header: r.Header, Task: dataset.Task(r.Task),
		ShuffleRows: r.ShuffleRows, Stratify: r.Stratify, Missing: r.Missing, OneHot: r.OneHot,
		Separator: r.Separator, Decimal: r.Decimal, Encoding: r.Encoding, MissingValues: r.MissingValues, Date: r.Date, DateOrder: r.DateOrder,
		Scale: r.Scale, ScaleTarget: r.ScaleTarget,
		Fits: func(rows, inputs int) error {
			return r.FitsHere(Rows{Count: rows, Inputs: inputs}, sysmem.Read())
		},
	}
}

// checkTable refuses choices that don't go together.
func (r *Run) checkTable() error {
	switch {
	case r.Stratify && r.TestFile != "" && r.ValidationFraction == 0:
		return invalid.New("stratify", "true", "it without --test, which says what tests")
	case r.ShuffleRows && r.TestFile != "" && r.ValidationFraction == 0:
		return invalid.New("shuffle-rows", "true", "it without --test, which says what tests")
	case r.CrossValidate == 1:
		return invalid.New("cross-validate", "1", "2 folds or more, or 0 for none")
	case r.Fold > r.CrossValidate:
		return invalid.New("fold", strconv.Itoa(r.Fold), fmt.Sprintf("one of --cross-validate %d", r.CrossValidate))
	case r.CrossValidate > 0 && r.TestFile != "":
		return invalid.New("cross-validate", strconv.Itoa(r.CrossValidate), "it without --test, which says what tests")
	case r.CrossValidate > 0 && r.Stream:
		return invalid.New("cross-validate", strconv.Itoa(r.CrossValidate), "0 with --stream")
	case r.Stream && r.ValidationFraction > 0:
		return invalid.New("validation-fraction", strconv.FormatFloat(r.ValidationFraction, 'g', -1, 64), "0 with --stream")
	case r.Stratify && r.Task == string(dataset.Regression):
		return invalid.New("stratify", "true", "it without --task regression, which has no classes")
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
