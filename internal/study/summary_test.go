package study

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gradwatch/internal/record"
)

func TestSpread(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		name   string
		values []float64
		want   Spread
	}{
		{"none", nil, Spread{0, nan, nan, nan, nan, nan}},
		{"none that is finite", []float64{nan, inf, -inf}, Spread{0, nan, nan, nan, nan, nan}},
		{"one", []float64{3}, Spread{1, 3, nan, 3, 3, 3}},
		{"two", []float64{4, 2}, Spread{2, 3, math.Sqrt2, 3, 2, 4}},
		{"odd", []float64{9, 1, 2}, Spread{3, 4, math.Sqrt(19), 2, 1, 9}},
		{"even", []float64{4, 9, 1, 2}, Spread{4, 4, math.Sqrt(38.0 / 3), 3, 1, 9}},
		{"without NaN", []float64{nan, 4, 2, inf}, Spread{2, 3, math.Sqrt2, 3, 2, 4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			values := append([]float64(nil), test.values...)
			got := NewSpread(test.values)
			if diff := cmp.Diff(test.want, got, cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-15, 0)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !cmp.Equal(values, test.values, cmpopts.EquateNaNs()) {
				t.Errorf("the values became %v", test.values)
			}
		})
	}
}

func TestWriteSummary(t *testing.T) {
	results := sampleResults(t)
	results[1], results[2] = results[2], results[1]
	results[3].Replicas[0].Result = record.Result{Seed: 1} // of a replica that failed, numbers mean nothing
	var text strings.Builder
	if err := WriteSummary(&text, sampleAxes(t), results); err != nil {
		t.Fatal(err)
	}
	const want = `configuration,--epochs,layers,state,repeats,diverged,` +
		`val_accuracy_mean,val_accuracy_std,val_accuracy_median,val_accuracy_worst,val_accuracy_best,` +
		`accuracy_mean,accuracy_std,accuracy_median,accuracy_worst,accuracy_best,val_loss_mean,seconds,message
"epochs=100,layers=8,8",100,"8,8",done,2,0,0.5,0.353553391,0.5,0.25,0.75,0.5,0.353553391,0.5,0.25,0.75,0.625,1.25,
other,100,4,diverged,2,1,1,,1,1,1,1,,1,1,1,0.625,2,"epoch 7, step 0: ""dense_1 output"" is not finite"
"epochs=200,layers=8,8",200,"8,8",failed,0,0,,,,,,,,,,,,0.5,"no memory, none at all"
"epochs=200,layers=4",200,4,failed,2,0,0.5,,0.5,0.5,0.5,0.5,,0.5,0.5,0.5,0.625,3,
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
