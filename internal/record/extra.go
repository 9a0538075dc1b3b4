package record

import (
	"slices"
	"strconv"

	"gradwatch/internal/config"
)

// Extras says which columns a history has after those that every run has.
type Extras struct {
	// Penalty is the kernels' penalty, which is part of both losses.
	Penalty bool
	// LearningRate is that of the epoch's last step.
	LearningRate bool
}

// ExtrasOf returns those of a run.
func ExtrasOf(run *config.Run) Extras {
	return Extras{Penalty: run.Regularized(), LearningRate: run.Schedule().Changes()}
}

// columns returns the names of the extra columns.
func (e Extras) columns() []string {
	var names []string
	if e.Penalty {
		names = append(names, "penalty")
	}
	if e.LearningRate {
		names = append(names, "learning_rate")
	}
	return names
}

// fields returns the row's fields that the columns show, in their order.
func (e Extras) fields(row *Row) []*float64 {
	var fields []*float64
	if e.Penalty {
		fields = append(fields, &row.Penalty)
	}
	if e.LearningRate {
		fields = append(fields, &row.LearningRate)
	}
	return fields
}

// cutExtras returns a header's columns without the extra ones, and which these are.
func cutExtras(columns []string) ([]string, Extras) {
	var e Extras
	for _, extra := range []struct {
		name string
		has  *bool
	}{{"learning_rate", &e.LearningRate}, {"penalty", &e.Penalty}} {
		if n := len(columns); n > 0 && columns[n-1] == extra.name {
			columns, *extra.has = columns[:n-1], true
		}
	}
	return columns, e
}

// appendExtras adds the row's extra columns to a line.
func (e Extras) appendExtras(line []byte, row *Row) []byte {
	for _, field := range e.fields(row) {
		line = strconv.AppendFloat(append(line, ','), *field, 'g', digits, 64)
	}
	return line
}

// DataLosses returns the rows with losses that don't contain the penalty, only the errors
// on the data.
func DataLosses(rows []Row) []Row {
	if !slices.ContainsFunc(rows, func(row Row) bool { return row.Penalty != 0 }) {
		return rows
	}
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Loss -= rows[i].Penalty
		rows[i].ValLoss -= rows[i].Penalty
	}
	return rows
}
