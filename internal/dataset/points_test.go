package dataset_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/dataset"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		n         int
		fraction  float64
		wantTrain int
	}{
		{1000, 0.5, 500},
		{301, 0.5, 150}, // the test set is rounded up
		{10, 0.25, 7},
		{10, 0.01, 9},
		{2, 0.5, 1},
		{1000, 0.999, 1},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d by %v", tt.n, tt.fraction), func(t *testing.T) {
			p, err := dataset.Circles(tt.n, 0.1, 1)
			if err != nil {
				t.Fatal(err)
			}
			train, test, err := p.Split(tt.fraction)
			if err != nil {
				t.Fatal(err)
			}
			if train.Len() != tt.wantTrain || test.Len() != tt.n-tt.wantTrain {
				t.Fatalf("sizes: got %d and %d, want %d and %d", train.Len(), test.Len(), tt.wantTrain, tt.n-tt.wantTrain)
			}
			joined := &dataset.Examples{
				Columns: train.Columns,
				X:       append(train.X, test.X...),
				Y:       append(train.Y, test.Y...),
			}
			if diff := cmp.Diff(p, joined); diff != "" {
				t.Errorf("train, then test (-whole +joined):\n%s", diff)
			}
		})
	}
}

func TestSpaced(t *testing.T) {
	p := &dataset.Examples{Columns: []string{"a", "b"}}
	for i := range 10 {
		p.X, p.Y = append(p.X, float64(10*i), float64(10*i+1)), append(p.Y, float64(i))
	}
	for count, want := range map[int][]float64{1: {0}, 2: {0, 5}, 3: {0, 3, 6}, 4: {0, 2, 5, 7}, 9: {0, 1, 2, 3, 4, 5, 6, 7, 8}} {
		got := p.Spaced(count)
		if diff := cmp.Diff(want, got.Y); diff != "" || got.Features() != 2 {
			t.Errorf("%d of 10 rows: want -, got +:\n%s", count, diff)
		}
		for i, row := range want {
			if diff := cmp.Diff(p.Row(int(row)), got.Row(i)); diff != "" {
				t.Errorf("row %d of %d: want -, got +:\n%s", i, count, diff)
			}
		}
	}
	for _, count := range []int{10, 11} {
		if p.Spaced(count) != p {
			t.Errorf("%d of 10 rows: got other points, want these", count)
		}
	}
}

func TestSplitPartsGrowApart(t *testing.T) {
	p := parse(t, "1,0\n2,1\n")
	train, test, err := p.Split(0.5)
	if err != nil {
		t.Fatal(err)
	}
	train.X = append(train.X, 7)
	train.Y = append(train.Y, 7)
	if test.X[0] != 2 || test.Y[0] != 1 {
		t.Errorf("test set after appending to the training set: got %v, %v, want 2, 1", test.X[0], test.Y[0])
	}
}

func TestSplitRefuses(t *testing.T) {
	tests := []struct {
		name     string
		fraction float64
		want     string
	}{
		{"nothing to test", 0, `test-fraction "0": want a number above 0 and below 1`},
		{"nothing to train", 1, `test-fraction "1": want a number above 0 and below 1`},
		{"negative", -0.5, `test-fraction "-0.5": want a number above 0 and below 1`},
		{"NaN", math.NaN(), `test-fraction "NaN": want a number above 0 and below 1`},
		{"too large for the rows", 0.95, `test-fraction "0.95": want one that leaves at least 1 of 10 rows to train with`},
	}
	p, err := dataset.Moons(10, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := p.Split(tt.fraction)
			checkError(t, err, tt.want)
		})
	}
}
