// Package record reads and writes a run's files: its history (a row an epoch
// and replica, history.csv), its summary (summary.json) and its weights
// (weights.json). It is pure Go, so that a program can read runs without the
// TensorFlow library.
//
//	history, err := record.ReadHistory("logs/relu-5/history.csv")
//	last := history.Replica(0)[history.Epochs()-1]
//	fmt.Println(last.ValAccuracy, last.GradientL2)
package record
