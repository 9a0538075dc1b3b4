package config

import "gradwatch/internal/invalid"

// CheckTowers returns an [*invalid.Error] for a setting that a run can't have when its
// batches are divided among a cluster's workers.
func (r *Run) CheckTowers() error {
	switch {
	case r.BatchNorm:
		return invalid.New("batch-norm", "true", "false with --cluster: each worker would normalize by its own part of the batch")
	case r.LayerNorm:
		return invalid.New("layer-norm", "true", "false with --cluster: its gamma and beta aren't handed to workers")
	case r.DropsOut():
		return invalid.New("dropout", joinNumbers(r.Dropout), "0 with --cluster: masks aren't divided among workers")
	case r.Stream:
		return invalid.New("stream", "true", "false with --cluster: the rows are read on one machine")
	}
	return nil
}
