package record

// Evaluation says how well the models predict the test rows: all replicas together, except
// those that have diverged.
type Evaluation struct {
	Replicas int `json:"replicas"`
	// Confusion has, for each class, the numbers of its rows for which each class is
	// predicted, summed over the replicas; nil for more than MaxConfusion classes. A last number is that of the
	// rows for which an output that stands for no class was the largest.
	Confusion [][]int      `json:"confusion,omitempty"`
	Classes   []ClassScore `json:"classes,omitempty"`
	MacroF1   Number       `json:"macro-f1,omitempty"`
	// MacroF1s and BalancedAccuracies are each replica's mean F1 and mean recall of the classes.
	MacroF1s           []Number `json:"macro-f1s,omitempty"`
	BalancedAccuracies []Number `json:"balanced-accuracies,omitempty"`
	// AUC is the area under each replica's ROC curve, of two classes; R2 each replica's
	// coefficient of determination, of a regression.
	AUC []Number `json:"auc,omitempty"`
	R2  []Number `json:"r2,omitempty"`
	// Constant: all test rows have the same value of the target. R2 is then 1 where the
	// models predict it and else 0, and means nothing.
	Constant bool `json:"constant,omitempty"`
}

// NoClass is the name of the column of rows for which no class is predicted.
const NoClass = "none"

// MaxConfusion is the largest number of classes whose confusion matrix a summary holds.
const MaxConfusion = 100

// ClassScore says how well a class is predicted.
type ClassScore struct {
	Class     string `json:"class"`
	Precision Number `json:"precision"`
	Recall    Number `json:"recall"`
	F1        Number `json:"f1"`
	Support   int    `json:"support"` // test rows of the class
}
