package config

import "math"

// AutoDiagnose is the DiagnoseFreq that stands for about 20 checks, evenly over the run.
const AutoDiagnose = -1

const (
	// autoChecks is about the number of checks that a run gets by default: enough to say
	// when something began, although each check takes about as long as an epoch.
	autoChecks = 20
	// Checks use all training rows as long as the rows of all checks are at most wholeShare
	// of the rows that the run trains on, as in a run of 500 epochs; else checkShare.
	wholeShare, checkShare = 0.06, 0.015
	// leastCheckRows is the least number of rows of a check.
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

// CheckRows returns the number of training rows, evenly spaced, that a check uses: all of
// them where DiagnoseFreq was chosen or there are few checks for the number of epochs; else,
// in short runs on many rows, so many that all checks together use 1.5 % of the rows that
// the run trains on.
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
