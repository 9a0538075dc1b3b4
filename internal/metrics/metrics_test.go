package metrics_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gradwatch/internal/metrics"
)

// golden is testdata/sklearn.json: predictions, and what sklearn.metrics says of them.
type golden struct {
	Curves []struct {
		Name       string
		Scores     []float32
		Labels     []int
		FPR, TPR   []float64
		Thresholds []float64 // from the second on: the first is infinite
		AUC        float64
	}
	Confusions []struct {
		Name                  string
		Classes               int
		Labels, Predicted     []int
		Matrix                [][]int
		Precision, Recall, F1 []float64
		Support               []int
		MacroF1               float64 `json:"macro_f1"`
		BalancedAccuracy      float64 `json:"balanced_accuracy"`
		Accuracy              float64
	}
	Regressions []struct {
		Values, Predicted []float64
		R2                float64
	}
}

func read(t *testing.T) golden {
	t.Helper()
	data, err := os.ReadFile("testdata/sklearn.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Curves) != 8 || len(g.Confusions) != 4 || len(g.Regressions) != 3 {
		t.Fatalf("got %d curves, %d confusions, %d regressions, want 8, 4, 3", len(g.Curves), len(g.Confusions), len(g.Regressions))
	}
	return g
}

// near compares numbers to the rounding of a sum in another order.
var near = cmpopts.EquateApprox(0, 1e-13)

func TestROCEqualsScikitLearns(t *testing.T) {
	for _, want := range read(t).Curves {
		t.Run(want.Name, func(t *testing.T) {
			positive := make([]bool, len(want.Labels))
			for i, label := range want.Labels {
				positive[i] = label == 1
			}
			got, ok := metrics.ROC(want.Scores, positive)
			if !ok {
				t.Fatal("got no curve")
			}
			whole := metrics.Curve{False: want.FPR, True: want.TPR, Threshold: append([]float64{math.Inf(1)}, want.Thresholds...)}
			if diff := cmp.Diff(whole, got, near); diff != "" {
				t.Errorf("curve (-scikit-learn +got):\n%s", diff)
			}
			if math.Abs(got.Area()-want.AUC) > 1e-13 {
				t.Errorf("area: got %v, want %v", got.Area(), want.AUC)
			}
		})
	}
}

// TestROCBeginsAtZero has 49 points of each class: 49 * (1/49) is less than 1.
func TestROCBeginsAtZero(t *testing.T) {
	scores, positive := make([]float32, 98), make([]bool, 98)
	for i := range scores {
		scores[i], positive[i] = float32(i), i%2 == 0
	}
	c, ok := metrics.ROC(scores, positive)
	if !ok || c.False[0] != 0 || c.True[0] != 0 || c.True[1] != 0 || c.False[1] != 1.0/49 {
		t.Errorf("got %v, %v, want a curve from (0, 0) and 1/49", c, ok)
	}
}

func TestNoROCOfOneClass(t *testing.T) {
	for _, positive := range [][]bool{{true, true}, {false, false}, nil} {
		if c, ok := metrics.ROC(make([]float32, len(positive)), positive); ok {
			t.Errorf("ROC of %v: got %v, want none", positive, c)
		}
	}
	for _, score := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if c, ok := metrics.ROC([]float32{1, float32(score), 0}, []bool{true, false, false}); ok {
			t.Errorf("ROC of score %v: got %v, want none", score, c)
		}
	}
}

func TestConfusionEqualsScikitLearns(t *testing.T) {
	for _, want := range read(t).Confusions {
		t.Run(want.Name, func(t *testing.T) {
			c := metrics.NewConfusion(want.Classes, false)
			for i, label := range want.Labels {
				c[label][want.Predicted[i]]++
			}
			if diff := cmp.Diff(metrics.Confusion(want.Matrix), c); diff != "" {
				t.Errorf("matrix (-scikit-learn +got):\n%s", diff)
			}
			scores := make([]metrics.Score, want.Classes)
			for k := range scores {
				scores[k] = metrics.Score{Precision: want.Precision[k], Recall: want.Recall[k], F1: want.F1[k], Support: want.Support[k]}
			}
			got := c.Scores()
			if diff := cmp.Diff(scores, got, near); diff != "" {
				t.Errorf("scores (-scikit-learn +got):\n%s", diff)
			}
			if balanced := metrics.BalancedAccuracy(got); math.Abs(balanced-want.BalancedAccuracy) > 1e-13 {
				t.Errorf("balanced accuracy: got %v, want %v", balanced, want.BalancedAccuracy)
			}
			twice := metrics.NewConfusion(want.Classes, false)
			twice.Add(c)
			twice.Add(c)
			if diff := cmp.Diff(got[0].F1, twice.Scores()[0].F1, near); diff != "" || twice.Scores()[0].Support != 2*got[0].Support {
				t.Errorf("the counts twice: F1 and support %v, want those of %v", twice.Scores()[0], got[0])
			}
			if math.Abs(metrics.MacroF1(got)-want.MacroF1) > 1e-13 || math.Abs(c.Accuracy()-want.Accuracy) > 1e-13 {
				t.Errorf("mean F1 and accuracy: got %v and %v, want %v and %v", metrics.MacroF1(got), c.Accuracy(), want.MacroF1, want.Accuracy)
			}
		})
	}
}

func TestDeterminationEqualsScikitLearns(t *testing.T) {
	for i, want := range read(t).Regressions {
		if got := metrics.Determination(want.Values, want.Predicted); math.Abs(got-want.R2) > 1e-12 {
			t.Errorf("case %d: got %v, want %v", i, got, want.R2)
		}
	}
	if got := metrics.Determination([]float64{2, 2}, []float64{2, 2}); got != 1 {
		t.Errorf("of the same values, told right: got %v, want 1", got)
	}
	tenths := slices.Repeat([]float64{0.1}, 10) // whose mean is another double
	if got := metrics.Determination(tenths, make([]float64, 10)); got != 0 {
		t.Errorf("of tenths, told wrong: got %v, want 0", got)
	}
	if got := metrics.Determination([]float64{2, 2}, []float64{1, 2}); got != 0 {
		t.Errorf("of the same values, told wrong: got %v, want 0", got)
	}
}

func TestWriteCSV(t *testing.T) {
	var text strings.Builder
	if err := (metrics.Confusion{{3, 1, 0}, {0, 2, 4}}).WriteCSV(&text, []string{"cat, tabby", "dog"}, []string{"cat, tabby", "dog", "none"}); err != nil {
		t.Fatal(err)
	}
	want := "class,\"cat, tabby\",dog,none\n\"cat, tabby\",3,1,0\ndog,0,2,4\n"
	if text.String() != want {
		t.Errorf("got %q, want %q", text.String(), want)
	}
}
