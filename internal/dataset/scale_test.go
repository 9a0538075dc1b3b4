package dataset_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/dataset"
)

// scaled is testdata/scalers.json: columns, and what scikit-learn made of them.
type scaled struct {
	TrainRows   int         `json:"train_rows"`
	X           [][]float64 `json:"x"`
	MinMax      [][]float64 `json:"minmax"`
	MinMaxTrain [][]float64 `json:"minmax-train"`
	Standard    [][]float64 `json:"standard"`
	None        [][]float64 `json:"none"`
}

func TestScalersEqualScikitLearn(t *testing.T) {
	data, err := os.ReadFile("testdata/scalers.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden scaled
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	p := &dataset.Examples{
		Columns: []string{"a", "b", "c", "d", "constant", "nearly"},
		X:       slices.Concat(golden.X...),
		Y:       make([]float64, len(golden.X)),
	}
	wants := map[string][][]float64{
		"minmax": golden.MinMax, "minmax-train": golden.MinMaxTrain, "standard": golden.Standard, "none": golden.None,
	}
	for _, kind := range dataset.ScaleNames() {
		t.Run(kind, func(t *testing.T) {
			want, ok := wants[kind]
			if !ok {
				t.Fatalf("testdata/scalers.json: got no %q, want it", kind)
			}
			scaler, err := dataset.FitScaler(kind, p, golden.TrainRows)
			if err != nil {
				t.Fatal(err)
			}
			got := scaler.Apply(p).X
			if kind != "standard" {
				checkSame(t, kind, got, slices.Concat(want...))
				return
			}
			// StandardScaler subtracts, then divides: other roundings.
			for i, w := range slices.Concat(want...) {
				if math.Abs(got[i]-w) > 1e-13 {
					t.Errorf("%s[%d]: got %.17g, want %.17g within 1e-13", kind, i, got[i], w)
				}
			}
		})
	}
}

func TestScalerSurvivesJSON(t *testing.T) {
	p, err := dataset.Circles(100, 0.1, 1)
	if err != nil {
		t.Fatal(err)
	}
	want, err := dataset.FitScaler("minmax", p, 50)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got dataset.Scaler
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scaler read back (-want +got):\n%s", diff)
	}
}

func TestApplyLeavesThePointsAlone(t *testing.T) {
	p := parse(t, "1,2,0\n3,4,1\n")
	scaler, err := dataset.FitScaler("minmax", p, 1)
	if err != nil {
		t.Fatal(err)
	}
	scaler.Apply(p)
	if want := []float64{1, 2, 3, 4}; !slices.Equal(p.X, want) {
		t.Errorf("inputs after Apply: got %v, want %v", p.X, want)
	}
}

func TestFitScalerRefuses(t *testing.T) {
	tests := []struct {
		name      string
		kind      string
		csv       string
		trainRows int
		want      string
	}{
		{"unknown kind", "max", "1,0\n2,1\n", 1, `scale "max": want one of minmax, minmax-train, standard, none`},
		{"no training rows", "standard", "1,0\n2,1\n", 0, `scale "standard": 0 training rows: want 1 to 2`},
		{"too many training rows", "minmax", "1,0\n2,1\n", 3, `scale "minmax": 3 training rows: want 1 to 2`},
		{"range overflows", "minmax", "1e308,0\n-1e308,1\n", 2, `scale "minmax": column "x1": values from -1e+308 to 1e+308 are too far apart to scale`},
		{"variance overflows", "standard", "1e200,0\n0,1\n", 2, `scale "standard": column "x1": values from 0 to 1e+200 are too far apart to scale`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := dataset.FitScaler(tt.kind, parse(t, tt.csv), tt.trainRows)
			checkError(t, err, tt.want)
		})
	}
}

func TestScalerCheck(t *testing.T) {
	tests := []struct {
		name   string
		scaler dataset.Scaler
		want   string // "" for no error
	}{
		{"right", dataset.Scaler{Factor: []float64{1, 2}, Offset: []float64{0, 1}}, ""},
		{"of another data set", dataset.Scaler{Factor: []float64{1}, Offset: []float64{0}}, "scaler of 1 factors and 1 offsets: want 2 of each, one for each input"},
		{"lopsided", dataset.Scaler{Factor: []float64{1, 2}}, "scaler of 2 factors and 0 offsets: want 2 of each, one for each input"},
		{"not finite", dataset.Scaler{Factor: []float64{1, math.NaN()}, Offset: []float64{0, 0}}, "scaler of input 2: factor NaN, offset 0: want finite numbers"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.scaler.Check(2)
			if tt.want == "" && err == nil {
				return
			}
			checkError(t, err, tt.want)
		})
	}
}
