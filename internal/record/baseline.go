package record

// Baseline is what models simpler than the run's reach on the test rows of a table.
type Baseline struct {
	// Measure is what the scores are: BaselineAccuracy or, of a regression, BaselineR2.
	Measure string `json:"measure"`
	// Guessing is the score of the training rows' largest class, or of their mean.
	Guessing Number `json:"guessing"`
	// Linear is the score of logistic or ridge regression, nil where it was not fitted; LeftOut is then the reason,
	// BaselineCost or what went wrong.
	Linear  *Number `json:"linear,omitempty"`
	LeftOut string  `json:"left-out,omitempty"`
	// Differences compare it with each replica that has not diverged.
	Differences []Difference `json:"differences,omitempty"`
}

// Values of a Baseline.
const (
	BaselineAccuracy = "accuracy"
	BaselineR2       = "r2"
	BaselineCost     = "more than a tenth of the run's time"
)

// Difference is by how much the linear model is better than a replica on the test rows.
type Difference struct {
	Replica int `json:"replica"`
	// Score is the replica's own, by the baseline's measure.
	Score Number `json:"score"`
	// Mean is the mean over the rows, row by row: of accuracy the difference of both scores; of a regression that of the squared
	// errors, in units of the variance of the test rows, which is the difference of R² (with a loss other than mse that of
	// the absolute errors, in units of the mean absolute deviation). Error is its standard error.
	Mean          Number `json:"mean"`
	StandardError Number `json:"standard-error"`
}
