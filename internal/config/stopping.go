package config

// Monitor is a column of the history that early stopping looks at.
type Monitor struct {
	Name string
	// Rises says that more is better.
	Rises bool
}

// Monitors returns what early stopping can look at, in the order in which help
// lists them.
func Monitors() []Monitor {
	return []Monitor{{"val_loss", false}, {"val_accuracy", true}, {"loss", false}, {"accuracy", true}, {"val_mae", false}, {"mae", false}}
}

// MonitorNames returns the names of [Monitors].
func MonitorNames() []string { return names(Monitors(), func(m Monitor) string { return m.Name }) }

// LookupMonitor returns the row of [Monitors] with that name.
func LookupMonitor(name string) (Monitor, bool) {
	return lookup(Monitors(), name, func(m Monitor) string { return m.Name })
}

// StopsEarly reports whether a replica may end before the last epoch, or end with
// the weights of another epoch than its last.
func (r *Run) StopsEarly() bool { return r.EarlyStopping > 0 || r.RestoreBestWeights }
