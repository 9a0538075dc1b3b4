package stream

import (
	"slices"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// Dataset is a data set that is streamed: the rows of caches, divided into those that train
// and those that test, with the schema that is fitted on them.
type Dataset struct {
	// Train is the cache whose first TrainRows rows train; the TestRows rows of Test from
	// TestFirst on test. Both are one cache, unless a second file holds what tests.
	Train, Test         *Cache
	TrainRows           int
	TestFirst, TestRows int
	Schema              *dataset.Schema
	// Statistics are of each column's training rows, the target's last, and Classes how
	// many of them are of each class.
	Statistics []Statistics
	Classes    []int
}

// OpenDataset opens the caches of a source's files, with open, which calls [Open] with the cache
// that it is given as Options.Like. Choices that need all rows at once, such as those for
// missing values and categories, are an [*invalid.Error].
func OpenDataset(open func(source *dataset.Source, like *Cache) (*Cache, error), source *dataset.Source) (*Dataset, error) {
	if err := refuse(source); err != nil {
		return nil, err
	}
	s := &Dataset{}
	var err error
	if s.Train, err = open(source, nil); err != nil {
		return nil, err
	}
	if err := s.divide(open, source); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// refuse returns an [*invalid.Error] for choices that need all rows at once.
func refuse(source *dataset.Source) error {
	const want = "it without --stream, which reads the rows once and in their order"
	switch {
	case source.ShuffleRows:
		return invalid.New("shuffle-rows", "true", want)
	case source.Stratify:
		return invalid.New("stratify", "true", want)
	case source.Missing != dataset.RefuseMissing:
		return invalid.New("missing", source.Missing, want)
	case source.MissingValues != "":
		return invalid.New("missing-values", source.MissingValues, want)
	case source.Date != "":
		return invalid.New("date", source.Date, want)
	case source.Ignore != "":
		return invalid.New("ignore", source.Ignore, want)
	case source.OneHot != "":
		return invalid.New("one-hot", source.OneHot, want)
	}
	return nil
}

// Close unlocks the caches, so that they can be removed.
func (s *Dataset) Close() {
	_ = s.Train.Close() // it was only read
	if s.Test != s.Train {
		_ = s.Test.Close()
	}
}

func (s *Dataset) divide(open func(source *dataset.Source, like *Cache) (*Cache, error), source *dataset.Source) error {
	var err error
	s.Test = s.Train
	if source.Test == "" {
		if s.TrainRows, err = dataset.TrainRows(s.Train.Rows(), source.TestFraction); err != nil {
			return err
		}
		s.TestFirst, s.TestRows = s.TrainRows, s.Train.Rows()-s.TrainRows
	} else {
		second := *source
		second.Dataset, second.Test = source.Test, ""
		test, err := open(&second, s.Train)
		if err != nil {
			return err
		}
		s.Test = test
		s.TrainRows, s.TestRows = s.Train.Rows(), test.Rows()
	}
	return s.fit(source)
}

// fit fits the schema.
func (s *Dataset) fit(source *dataset.Source) error {
	var err error
	if s.Statistics, err = s.Train.Statistics(s.TrainRows); err != nil {
		return err
	}
	all, err := s.Train.Statistics(s.Train.Rows())
	if err != nil {
		return err
	}
	labels := s.Train.manifest.Labels
	if s.Test != s.Train {
		tests, err := s.Test.Statistics(s.Test.Rows())
		if err != nil {
			return err
		}
		for i := range all {
			all[i] = all[i].with(tests[i])
		}
		labels = union(labels, s.Test.manifest.Labels)
	}
	columns := s.Train.Columns()
	s.Schema = &dataset.Schema{Named: s.Train.manifest.Named, Missing: dataset.RefuseMissing, Dialect: s.Train.Dialect()}
	for _, name := range columns {
		s.Schema.Columns = append(s.Schema.Columns, dataset.Column{Name: name})
	}
	if s.Schema.Scaling, err = scaler(source.Scale, columns, all, s.Statistics); err != nil {
		return err
	}
	of := s.Statistics[len(columns)]
	target, err := dataset.NumberTarget(source, s.Train.Target(), s.Train.manifest.Target, labels, dataset.ColumnSummary{
		Name: s.Train.Target(), Rows: of.Rows, Low: of.Low, High: of.High, Mean: of.Mean, Variance: of.Moment / float64(of.Rows),
	})
	if err != nil {
		return err
	}
	s.Schema.Target = target
	return s.countClasses(source)
}

// union returns the labels of both; nil where one of them has too many.
func union(a, b []float64) []float64 {
	if a == nil || b == nil {
		return nil
	}
	both := slices.Concat(a, b)
	slices.Sort(both)
	return slices.Compact(both)
}

// countClasses counts the training rows of each class, and refuses a class without any.
func (s *Dataset) countClasses(source *dataset.Source) error {
	classes := s.Schema.Target.Classes
	if classes == nil {
		return nil
	}
	values := s.ClassValues()
	counts, err := s.Train.labelCounts(s.TrainRows)
	if err != nil {
		return err
	}
	for _, value := range values {
		s.Classes = append(s.Classes, counts[value])
	}
	return source.CheckClasses(&s.Schema.Target, s.Classes, true)
}

// ClassValues returns the number that each class has in the caches; nil for a regression.
func (s *Dataset) ClassValues() []float64 {
	var values []float64
	for _, class := range s.Schema.Target.Classes {
		values = append(values, dataset.ClassValue(class))
	}
	return values
}

// Samples returns at most so many of the training rows and of the test rows, evenly
// spaced, not scaled; Y is the class, from 0, or the value of a regression.
func (s *Dataset) Samples(most int) (train, test *dataset.Examples, err error) {
	if train, err = s.Train.Sample(0, s.TrainRows, most); err != nil {
		return nil, nil, err
	}
	if test, err = s.Test.Sample(s.TestFirst, s.TestFirst+s.TestRows, most); err != nil {
		return nil, nil, err
	}
	values := s.ClassValues()
	if values == nil {
		return train, test, nil
	}
	for _, p := range []*dataset.Examples{train, test} {
		for i, y := range p.Y {
			p.Y[i] = float64(slices.IndexFunc(values, func(v float64) bool { return float32(v) == float32(y) }))
		}
	}
	return train, test, nil
}
