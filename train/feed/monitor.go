//go:build tensorflow

package feed

import (
	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// monitor follows one column of a replica's history by Keras's rules: a value is an
// improvement if it is better than the best by more than delta; the first value is one,
// NaN never is. Keras compares float32s.
type monitor struct {
	of        func(*record.Row) float64
	rises     bool // a larger value is better
	delta     float64
	best      float32
	bestEpoch int
	any       bool // there is a best value
	wait      int  // epochs since the best one
}

// newMonitor returns a monitor of the column of that name, one of [config.Monitors].
func newMonitor(column string, delta float64) *monitor {
	m := &monitor{delta: delta}
	for _, metric := range []record.Metric{record.Accuracy, record.MAE} {
		for _, scalar := range record.Scalars(metric, "") {
			if scalar.Tag == column {
				m.of = scalar.Of
			}
		}
	}
	row, _ := config.LookupMonitor(column)
	m.rises = row.Rises
	return m
}

// observe takes the next epoch's row and reports whether it is an improvement.
func (m *monitor) observe(row *record.Row) bool {
	value := m.of(row)
	better := !m.any
	switch {
	case m.rises:
		better = better || float32(value-m.delta) > m.best
	default:
		better = better || float32(value+m.delta) < m.best
	}
	if better {
		m.best, m.bestEpoch, m.any, m.wait = float32(value), row.Epoch, true, 0
		return true
	}
	m.wait++
	return false
}
