package dataset_test

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"testing"

	"gradwatch/internal/dataset"
)

// TestTablesEqualScikitLearns compares a table with gaps and words, imputed, one-hot and
// scaled by its training rows, with what scikit-learn makes of it: as a set, and row by row
// through an encoder.
func TestTablesEqualScikitLearns(t *testing.T) {
	data, err := os.ReadFile("testdata/tables.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Train   int
		Table   string
		Missing map[string][][]float64
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Missing) != 3 {
		t.Fatalf("got %d ways to fill gaps, want 3", len(golden.Missing))
	}
	for missing, want := range golden.Missing {
		t.Run(missing, func(t *testing.T) {
			s := source(t, golden.Table, func(s *dataset.Source) {
				s.Missing, s.OneHot, s.Scale = missing, "word", "standard"
				s.TestFraction = 0.33 // 20 of 60 rows, rounded up
			})
			set := open(t, s)
			if set.Train != golden.Train {
				t.Fatalf("training rows: got %d, want %d", set.Train, golden.Train)
			}
			train, _, test := set.Split()
			for i, row := range want {
				got := train.Row(min(i, set.Train-1))
				if i >= set.Train {
					got = test.Row(i - set.Train)
				}
				for f, w := range row {
					if math.Abs(got[f]-w) > 1e-12 {
						t.Errorf("row %d, input %d: got %v, want %v", i, f, got[f], w)
					}
				}
			}
			encode(t, s.Dataset, set.Schema, want)
		})
	}
}

func encode(t *testing.T, path string, schema *dataset.Schema, want [][]float64) {
	t.Helper()
	r, err := dataset.OpenRecords(path, dataset.Reading{Header: dataset.HeaderAuto})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	e, err := schema.Encoder(r)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, schema.Inputs())
	rows := 0
	for ; ; rows++ {
		fields, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Row(fields, got); err != nil {
			t.Fatal(err)
		}
		for f, w := range want[rows] {
			if math.Abs(float64(got[f])-w) > 1e-6 {
				t.Errorf("encoded row %d, input %d: got %v, want %v", rows, f, got[f], w)
			}
		}
	}
	if rows != len(want) {
		t.Errorf("got %d rows, want %d", rows, len(want))
	}
}
