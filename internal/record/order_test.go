package record

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// written returns what a history of two replicas and one layer holds of the rows.
func written(t *testing.T, extras Extras, rows ...Row) string {
	t.Helper()
	var file bytes.Buffer
	w, err := NewHistoryWriter(&file, 1, 2, extras)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rows...); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// row returns one of a replica and an epoch.
func row(replica, epoch int) Row {
	return Row{
		Replica: replica, Epoch: epoch, Loss: 1.5, Accuracy: 0.5, ValLoss: 2.5, ValAccuracy: 1,
		GradientL2: []float64{float64(epoch)}, KernelL1: []float64{float64(replica)},
	}
}

// TestStoppedReplicas reads histories of which one replica has stopped: whole, and
// while the run is under way, when the last epoch may not be.
func TestStoppedReplicas(t *testing.T) {
	stopped := []Row{row(0, 0), row(1, 0), row(0, 1), row(1, 1), row(0, 2), row(0, 3)} // replica 1 after epoch 1
	for name, tc := range map[string]struct {
		rows    []Row
		whole   bool
		epochs  [2]int // of each replica
		longest int
	}{
		"whole":                     {stopped, true, [2]int{4, 2}, 4},
		"under way":                 {stopped, false, [2]int{4, 2}, 4},
		"whole, just stopped":       {stopped[:5], true, [2]int{3, 2}, 3},
		"under way, may be cut":     {stopped[:5], false, [2]int{2, 2}, 2},
		"under way, is cut":         {stopped[:3], false, [2]int{1, 1}, 1},
		"blocks":                    {[]Row{row(0, 0), row(0, 1), row(1, 0), row(1, 1), row(1, 2)}, false, [2]int{2, 3}, 3},
		"blocks, the first longest": {[]Row{row(0, 0), row(0, 1), row(0, 2), row(1, 0), row(1, 1)}, false, [2]int{3, 2}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			parse := ParseHistory
			if tc.whole {
				parse = ParseWholeHistory
			}
			h, err := parse(strings.NewReader(written(t, Extras{}, tc.rows...)), "history.csv")
			if err != nil {
				t.Fatal(err)
			}
			for r, want := range tc.epochs {
				rows := h.Replica(r)
				if len(rows) != want {
					t.Fatalf("replica %d: got %d rows, want %d", r, len(rows), want)
				}
				for epoch := range rows {
					if diff := cmp.Diff(row(r, epoch), rows[epoch]); diff != "" {
						t.Errorf("replica %d, epoch %d: %s", r, epoch, diff)
					}
				}
			}
			if got := h.Epochs(); got != tc.longest {
				t.Errorf("got %d epochs, want %d", got, tc.longest)
			}
		})
	}
}

// TestExtras writes and reads the columns that only some runs have.
func TestExtras(t *testing.T) {
	for _, extras := range []Extras{{}, {Penalty: true}, {LearningRate: true}, {Penalty: true, LearningRate: true}} {
		one, two := row(0, 0), row(1, 0)
		for _, field := range extras.fields(&one) {
			*field = 0.25
		}
		for i, field := range extras.fields(&two) {
			*field = float64(i) + 0.125
		}
		text := written(t, extras, one, two)
		h, err := ParseHistory(strings.NewReader(text), "history.csv")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&History{Layers: 1, Replicas: 2, Extras: extras, Rows: []Row{one, two}}, h); diff != "" {
			t.Errorf("%+v: %s", extras, diff)
		}
	}
	both := written(t, Extras{Penalty: true, LearningRate: true})
	const want = "replica,epoch,loss,accuracy,val_loss,val_accuracy,dense_1/gradient_l2,dense_1/kernel_l1,penalty,learning_rate\n"
	if both != want {
		t.Errorf("got header %q, want %q", both, want)
	}
}

// TestDataLosses takes penalties away.
func TestDataLosses(t *testing.T) {
	plain := []Row{row(0, 0)}
	if got := DataLosses(plain); &got[0] != &plain[0] {
		t.Error("rows without penalties were copied")
	}
	penalized := row(0, 1)
	penalized.Penalty = 0.5
	rows := []Row{penalized}
	got := DataLosses(rows)
	if got[0].Loss != 1 || got[0].ValLoss != 2 || rows[0].Loss != 1.5 {
		t.Errorf("got losses %v, %v, and %v before, want 1, 2, and 1.5", got[0].Loss, got[0].ValLoss, rows[0].Loss)
	}
}
