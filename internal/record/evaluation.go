package record

// Evaluation is what models make of the test rows: of several replicas those together
// that have not diverged.
type Evaluation struct {
	Replicas int `json:"replicas"`
	// Confusion counts, for each class, how many of its rows each class is predicted for,
	// summed over the replicas; absent of more than MaxConfusion classes.
	Confusion [][]int      `json:"confusion,omitempty"`
	Classes   []ClassScore `json:"classes,omitempty"`
	MacroF1   Number       `json:"macro-f1,omitempty"`
	// AUC is the area under each replica's ROC curve, of two classes; R2 each replica's
	// coefficient of determination, of a regression.
	AUC []Number `json:"auc,omitempty"`
	R2  []Number `json:"r2,omitempty"`
	// Constant: all test rows have the same value of the target, so that R2, which is 1
	// where it is predicted and else 0, means nothing.
	Constant bool `json:"constant,omitempty"`
}

// MaxConfusion is up to how many classes a summary holds the confusion matrix of.
const MaxConfusion = 100

// ClassScore is how well a class is told.
type ClassScore struct {
	Class     string `json:"class"`
	Precision Number `json:"precision"`
	Recall    Number `json:"recall"`
	F1        Number `json:"f1"`
	Support   int    `json:"support"` // test rows of the class
}
