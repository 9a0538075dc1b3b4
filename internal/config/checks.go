package config

import "math"

// AutoDiagnose as DiagnoseFreq means: about 20 checks, evenly over the run.
const AutoDiagnose = -1

const (
	// autoChecks is about how many checks a run gets by itself: enough to say when
	// something began, and each costs about an epoch of training.
	autoChecks = 20
	// wholeShare is up to which part of the rows that training goes through these
	// checks go through all: as in a run of 500 epochs. Where that would be more they
	// go through checkShare of it.
	wholeShare, checkShare = 0.06, 0.015
	// leastCheckRows are always looked at.
	leastCheckRows = 1024
)

// CheckFreq returns the number of epochs between checks; 0 for none.
func (r *Run) CheckFreq() int {
	if r.DiagnoseFreq != AutoDiagnose {
		return r.DiagnoseFreq
	}
	return (r.Epochs + autoChecks - 1) / autoChecks
}

// Checked reports whether a check follows the epoch: every CheckFreq epochs from
// the first on, and the last.
func (r *Run) Checked(epoch int) bool {
	freq := r.CheckFreq()
	return freq > 0 && (epoch%freq == 0 || epoch == r.Epochs-1)
}

// CheckRows returns how many of the training rows, evenly spaced, a check looks
// at: all of them, where DiagnoseFreq was chosen or the checks are few beside the
// epochs; else, in short runs on much data, so many that the checks go through 1.5 %
// of what training does.
func (r *Run) CheckRows(rows int) int {
	freq := r.CheckFreq()
	if r.DiagnoseFreq != AutoDiagnose || freq == 0 {
		return rows
	}
	checks := (r.Epochs-1)/freq + 1
	if (r.Epochs-1)%freq != 0 {
		checks++ // the last epoch's
	}
	trained := float64(rows) * float64(r.Epochs) / float64(checks) // rows, from one check to the next
	if wholeShare*trained >= float64(rows) {
		return rows
	}
	return min(rows, max(leastCheckRows, int(math.Round(checkShare*trained))))
}
