package config

import (
	"fmt"
	"math"
	"testing"

	"gradwatch/internal/dataset"
)

// targetOf returns a target of so many classes; of none a number.
func targetOf(classes int) *dataset.Target {
	t := &dataset.Target{Task: dataset.Regression}
	for k := range classes {
		t.Task = dataset.Classification
		t.Classes = append(t.Classes, fmt.Sprint("c", k))
	}
	return t
}

// TestOutput compares the output layer and the loss that follow from what is asked for, or the error.
func TestOutput(t *testing.T) {
	for _, tc := range []struct {
		classes          int
		loss, activation string
		units            int
		want             string
	}{
		{2, "auto", "auto", 0, "binary_crossentropy sigmoid 1"},
		{3, "auto", "auto", 0, "categorical_crossentropy softmax 3"},
		{0, "auto", "auto", 0, "mse linear 1"},
		{2, "categorical_crossentropy", "auto", 0, "categorical_crossentropy softmax 2"},
		{2, "auto", "softmax", 0, "categorical_crossentropy softmax 2"},
		{2, "auto", "softmax", 1, "binary_crossentropy softmax 1 other constant"},
		{2, "auto", "linear", 0, "binary_crossentropy linear 1 other"},
		{2, "mse", "auto", 0, "mse sigmoid 1 other"},
		{3, "mse", "auto", 0, "mse softmax 3 other"},
		{3, "binary_crossentropy", "auto", 0, "binary_crossentropy sigmoid 3 other"},
		{3, "auto", "auto", 10, "categorical_crossentropy softmax 10"},
		{3, "auto", "auto", 1, "binary_crossentropy sigmoid 1 other"},
		{2, "hinge", "auto", 0, "hinge linear 1 other"},
		{0, "mae", "auto", 0, "mae linear 1 other"},
		{0, "poisson", "auto", 0, "poisson exponential 1 other"},
		{0, "auto", "relu", 1, "mse relu 1 other"},
		{3, "auto", "auto", 2, `units-output "2": want 1, or at least 3: the target has 3 classes`},
		{0, "auto", "auto", 2, `units-output "2": want 1: the target is a number`},
		{2, "sparse_categorical_crossentropy", "auto", 1, `loss "sparse_categorical_crossentropy": want one of auto, binary_crossentropy, categorical_crossentropy, ` +
			`mse, mae, huber, hinge, squared_hinge, poisson, log_cosh: the model has one output, and this loss takes one for each class`},
	} {
		run := Default()
		run.Loss, run.OutputActivation, run.UnitsOutput = tc.loss, tc.activation, tc.units
		o := run.Output(targetOf(tc.classes))
		got := fmt.Sprint(o.Loss, " ", o.Activation, " ", o.Units)
		if err := run.CheckTarget(targetOf(tc.classes)); err != nil {
			got = err.Error()
		} else {
			if !o.IsDefault() {
				got += " other"
			}
			if o.Constant() {
				got += " constant"
			}
			if o.OneHot != (tc.classes > 0 && o.Units > 1) {
				t.Errorf("%d classes, %s: got one-hot labels %v", tc.classes, got, o.OneHot)
			}
		}
		if got != tc.want {
			t.Errorf("%d classes, %s, %s, %d units: got %s, want %s", tc.classes, tc.loss, tc.activation, tc.units, got, tc.want)
		}
	}
}

// TestLossValues compares formulas at points where they are known.
func TestLossValues(t *testing.T) {
	for _, tc := range []struct {
		loss       string
		y, a, want float64
	}{
		{BinaryCrossentropy, 1, 0.5, math.Ln2},
		{BinaryCrossentropy, 1, -3, -math.Log(1e-7)},
		{MSE, 1, 3, 4},
		{MAE, 1, 3, 2},
		{Huber, 1, 1.5, 0.125},
		{Huber, 1, 3, 1.5},
		{Hinge, -1, 0.25, 1.25},
		{SquaredHinge, -1, 0.25, 1.5625},
		{Poisson, 0, 2, 2},
		{LogCosh, 1, 3, math.Log(math.Cosh(2))},
	} {
		loss, _ := LookupLoss(tc.loss)
		if got := loss.Value(tc.y, tc.a); math.Abs(got-tc.want) > 1e-9 {
			t.Errorf("%s of %g and %g: got %g, want %g", tc.loss, tc.y, tc.a, got, tc.want)
		}
	}
}

// TestOutputNames names outputs that stand for no class.
func TestOutputNames(t *testing.T) {
	run := Default()
	run.UnitsOutput = 4
	o := run.Output(targetOf(3))
	if got := fmt.Sprint(o.OutputNames(targetOf(3).Classes)); got != "[c0 c1 c2 unused_1]" {
		t.Errorf("got %s", got)
	}
	number := Default()
	o = number.Output(targetOf(0))
	if got := o.OutputNames(nil); len(got) > 0 {
		t.Errorf("of a number: got %v, want none", got)
	}
}
