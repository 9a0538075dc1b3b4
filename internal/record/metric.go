package record

import (
	"encoding/json"
	"strings"
)

// Metric is the metric that a history, a result and TensorBoard show as a model's accuracy.
// The zero value is the accuracy.
type Metric string

// The metrics, by Keras's names.
const (
	Accuracy Metric = ""    // the share of rows that are classified right
	MAE      Metric = "mae" // of a regression: the mean absolute error, in the target's unit
	// R2, of a regression too, is the coefficient of determination: 1 for one without
	// errors, 0 for the target's mean. Studies compare by it.
	R2 Metric = "r2"
	// F1Macro is the mean F1 of the classes, BalancedAccuracy the mean of their recalls, AUC
	// the area under the ROC curve of two classes.
	F1Macro          Metric = "f1_macro"
	BalancedAccuracy Metric = "balanced_accuracy"
	AUC              Metric = "auc"
)

// Name returns the metric's name in columns and tags.
func (m Metric) Name() Metric {
	if m == Accuracy {
		return "accuracy"
	}
	return m
}

// Title returns the metric's name in texts and pictures.
func (m Metric) Title() string {
	switch m {
	case MAE:
		return "Mean absolute error"
	case R2:
		return "R²"
	case F1Macro:
		return "Macro F1"
	case BalancedAccuracy:
		return "Balanced accuracy"
	case AUC:
		return "Area under the ROC curve"
	}
	return "Accuracy"
}

// Short returns the metric's name for places with little room.
func (m Metric) Short() string {
	switch m {
	case MAE:
		return "MAE"
	case R2:
		return "R²"
	case F1Macro:
		return "macro F1"
	case BalancedAccuracy:
		return "balanced accuracy"
	case AUC:
		return "AUC"
	}
	return "accuracy"
}

// plainResult is a Result as JSON has one of a classification.
type plainResult Result

// regressionResult is one of a regression.
type regressionResult struct {
	Seed    uint32  `json:"seed"`
	Loss    Number  `json:"loss"`
	MAE     Number  `json:"mae"`
	ValLoss Number  `json:"val_loss"`
	ValMAE  Number  `json:"val_mae"`
	Penalty Number  `json:"penalty,omitempty"`
	TestMAE *Number `json:"test_mae,omitempty"`
	Stop    *Stop   `json:"stop,omitempty"`
}

// MarshalJSON writes the accuracies by the metric's name.
func (r Result) MarshalJSON() ([]byte, error) {
	if r.Metric == MAE {
		return json.Marshal(regressionResult{r.Seed, r.Loss, r.Accuracy, r.ValLoss, r.ValAccuracy, r.Penalty, r.Test, r.Stop})
	}
	return json.Marshal(plainResult(r))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Result) UnmarshalJSON(data []byte) error {
	if !strings.Contains(string(data), `"val_mae"`) {
		return json.Unmarshal(data, (*plainResult)(r))
	}
	var read regressionResult
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*r = Result{
		Seed: read.Seed, Loss: read.Loss, Accuracy: read.MAE, ValLoss: read.ValLoss, ValAccuracy: read.ValMAE,
		Penalty: read.Penalty, Test: read.TestMAE, Stop: read.Stop, Metric: MAE,
	}
	return nil
}
