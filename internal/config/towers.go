package config

// CheckTowers returns an [*Error] for what a run can't do whose batches are divided
// among a cluster's workers.
func (r *Run) CheckTowers() error {
	switch {
	case r.BatchNorm:
		return &Error{"batch-norm", "true", "false with --cluster: each worker would normalize by its own part of the batch"}
	case r.DropsOut():
		return &Error{"dropout", joinNumbers(r.Dropout), "0 with --cluster: masks aren't divided among workers"}
	case r.Stream:
		return &Error{"stream", "true", "false with --cluster: the rows are read on one machine"}
	}
	return nil
}
