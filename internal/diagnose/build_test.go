package diagnose

import (
	"fmt"
	"math"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gradwatch/internal/record"
)

// testEpochs are those of a run of base; it is checked every testFreq, and at its end.
const (
	testEpochs = 100
	testFreq   = 10
)

// base returns a run of one replica that learns, on two classes of the same size:
// hidden layers of four units, and of every quantity what a healthy model has.
func base(activation string, hidden int) *Run {
	r := &Run{Epochs: testEpochs, Ended: true, Class1: 0.5, InputRMS: 0.6, InputMax: 1, Rate: 0.01, Monitor: "val_loss"}
	for range hidden {
		r.Activations = append(r.Activations, activation)
	}
	replica := Replica{Seed: 1}
	for e := range testEpochs {
		replica.History = append(replica.History, record.Row{
			Epoch:      e,
			GradientL2: make([]float64, hidden+1), KernelL1: make([]float64, hidden+1),
		})
		if e%testFreq == 0 || e == testEpochs-1 {
			replica.Checks = append(replica.Checks, healthyCheck(e, hidden))
		}
	}
	r.Replicas = []Replica{replica}
	losses(r, func(e int) float64 { return 0.69 * math.Exp(-float64(e)/30) })
	return r
}

func healthyCheck(epoch, hidden int) record.Check {
	c := record.Check{Epoch: epoch}
	for k := range hidden + 1 {
		l := record.LayerFlow{UpdateRatio: 1e-3, GradientRMS: 0.01, GradientMean: 0.008, GradientMax: 0.02}
		units := 4
		if k == hidden {
			units = 1
		}
		for range units {
			l.Units = append(l.Units, record.UnitFlow{
				Active: 0.5, Saturated: 0.1, Mean: 0.2, Std: 0.5, Delta: 0.1, OutputDelta: 0.1, Duplicate: -1,
			})
		}
		c.Layers = append(c.Layers, l)
	}
	return c
}

// losses sets the losses of all replicas, on the training rows and the test rows, and accuracies that go with them.
func losses(r *Run, at func(epoch int) float64) {
	for i := range r.Replicas {
		for e := range r.Replicas[i].History {
			row := &r.Replicas[i].History[e]
			row.Loss, row.ValLoss = at(e), at(e)
			row.Accuracy, row.ValAccuracy = accuracyOf(at(e)), accuracyOf(at(e))
		}
	}
}

// testLosses sets those on the test rows alone.
func testLosses(r *Run, at func(epoch int) float64) {
	for i := range r.Replicas {
		for e := range r.Replicas[i].History {
			r.Replicas[i].History[e].ValLoss = at(e)
			r.Replicas[i].History[e].ValAccuracy = accuracyOf(at(e))
		}
	}
}

// accuracyOf returns the share of rows that is right where each is as sure as the mean loss says.
func accuracyOf(loss float64) float64 { return math.Exp(-loss) }

// slowly makes a run lose a tenth of the loss of guessing: it moves, but has not
// learned. Nothing else is wrong with it.
func slowly(r *Run) {
	losses(r, func(e int) float64 { return 0.69 - 0.07*float64(e)/(testEpochs-1) })
}

// partly makes a run take half of the loss of guessing away: it has learned, but may
// be held back.
func partly(r *Run) {
	losses(r, func(e int) float64 { return 0.69 - 0.345*float64(e)/(testEpochs-1) })
}

// late makes a run learn from epoch 50 on.
func late(r *Run) {
	losses(r, func(e int) float64 {
		if e <= 50 {
			return 0.69
		}
		return 0.69 * math.Exp(-float64(e-50)/10)
	})
}

// layer changes layer k, from 0, at all checks.
func layer(r *Run, k int, change func(l *record.LayerFlow)) { layerAt(r, k, every, change) }

// units changes all units of layer k at all checks.
func units(r *Run, k int, change func(u *record.UnitFlow)) { unitsAt(r, k, every, change) }

func every(int) bool { return true }

// between selects checks by their number, from 0.
func between(first, last int) func(int) bool {
	return func(i int) bool { return i >= first && i <= last }
}

func layerAt(r *Run, k int, selected func(check int) bool, change func(l *record.LayerFlow)) {
	for i := range r.Replicas {
		for j := range r.Replicas[i].Checks {
			if selected(j) {
				change(&r.Replicas[i].Checks[j].Layers[k])
			}
		}
	}
}

func unitsAt(r *Run, k int, selected func(check int) bool, change func(u *record.UnitFlow)) {
	layerAt(r, k, selected, func(l *record.LayerFlow) {
		for u := range l.Units {
			change(&l.Units[u])
		}
	})
}

// deltas sets each layer's error signal, and what of it is there before the
// activation's derivative takes its part, at the selected checks.
func deltas(r *Run, selected func(check int) bool, signals, outputs []float64) {
	for k := range signals {
		unitsAt(r, k, selected, func(u *record.UnitFlow) { u.Delta, u.OutputDelta = signals[k], outputs[k] })
	}
}

// head returns what a finding is: severity, kind, place, and of what it is a consequence.
func head(f *Finding, of []Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", f.Severity, f.Kind)
	if f.Layer != "" {
		fmt.Fprintf(&b, " %s", f.Layer)
	}
	if f.Origin != "" {
		fmt.Fprintf(&b, " from %s", f.Origin)
	}
	if len(f.Units) > 0 {
		fmt.Fprintf(&b, " %d", f.Units)
	}
	if f.Cause != nil {
		fmt.Fprintf(&b, " <- %s", of[*f.Cause].Kind)
	}
	return b.String()
}

// text returns all of a finding in one line.
func text(f *Finding, of []Finding) string {
	gone := ""
	if f.Cleared {
		gone = " (gone)"
	}
	return fmt.Sprintf("%s, epoch %d to %d%s, %s %.3g, %.3g; %s. %s", head(f, of), f.Epoch, f.Last, gone,
		f.Quantity, float64(f.Value), float64(f.Threshold), f.Tag, f.Message)
}

// texts returns all findings of a run, replica by replica, as it is written.
func texts(t Thresholds, r *Run, as func(f *Finding, of []Finding) string) []string {
	var lines []string
	for _, v := range t.Diagnose(r) {
		for i := range v.Findings {
			lines = append(lines, as(&v.Findings[i], v.Findings))
		}
	}
	return lines
}

// near compares numbers to nine digits, NaN as equal to itself.
func near() cmp.Option {
	plain := cmp.Transformer("float64", func(n record.Number) float64 { return float64(n) })
	return cmp.Options{plain, cmpopts.EquateApprox(1e-8, 1e-12), cmpopts.EquateNaNs()}
}
