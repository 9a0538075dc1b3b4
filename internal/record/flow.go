package record

import "math"

// Check is what was measured for the verdict of one replica at the end of one epoch, on
// training rows.
type Check struct {
	Replica int // from 0
	Epoch   int // from 0
	Layers  []LayerFlow
}

// LayerFlow is what was measured of one layer.
type LayerFlow struct {
	// UpdateRatio is the norm of a step's change of the kernel over the norm of
	// the kernel, the mean over the epoch's last steps.
	UpdateRatio float64
	// GradientRMS to GradientMax are of the elements of the kernel's gradient of
	// the mean loss: root of the mean square, mean size, largest size.
	GradientRMS, GradientMean, GradientMax float64
	// GradientZeros is the share of elements that are exactly 0, NonFinite the number of
	// those that are NaN or infinite.
	GradientZeros float64
	NonFinite     int
	Units         []UnitFlow
}

// UnitFlow is what was measured of one unit. Shares and means are over the rows.
type UnitFlow struct {
	// Active is the share of rows whose pre-activation is above 0.
	Active float64
	// Saturated is the share of rows whose output is near an end of the
	// activation's range: |a| above 0.97 for tanh, outside 0.03 to 0.97 for the
	// sigmoid. Extreme is that of pre-activations beyond 5 on either side.
	Saturated, Extreme float64
	// Mean and Std are of the output.
	Mean, Std float64
	// Delta is the mean size of the derivative of a row's loss by the
	// pre-activation, the error signal of backpropagation; OutputDelta of that by
	// the output. Delta is OutputDelta reduced by the activation's derivative.
	Delta, OutputDelta float64
	// Duplicate is the first unit of the layer, from 0, that has the same weights and
	// bias; -1 where none has.
	Duplicate int
}

// Delta returns the mean of the units' Delta, the size of the layer's error
// signal; OutputDelta of that by their outputs.
func (l *LayerFlow) Delta() float64 {
	return l.mean(func(u *UnitFlow) float64 { return u.Delta })
}

// OutputDelta returns the mean of the units' OutputDelta.
func (l *LayerFlow) OutputDelta() float64 {
	return l.mean(func(u *UnitFlow) float64 { return u.OutputDelta })
}

// Std returns the mean of the units' Std: how much the layer's outputs differ between rows.
func (l *LayerFlow) Std() float64 {
	return l.mean(func(u *UnitFlow) float64 { return u.Std })
}

func (l *LayerFlow) mean(of func(*UnitFlow) float64) float64 {
	sum := 0.0
	for i := range l.Units {
		sum += of(&l.Units[i])
	}
	return sum / float64(len(l.Units))
}

// Shares of rows from where on a unit counts.
const (
	// fewRows: a unit that is active on no more is inactive.
	fewRows = 0.01
	// mostRows: a unit that is saturated on as many is saturated.
	mostRows = 0.99
)

// Inactive returns the share of units whose pre-activation is above 0 on less than
// 1 % of the rows.
func (l *LayerFlow) Inactive() float64 {
	return l.mean(func(u *UnitFlow) float64 { return counts(u.Active, u.Active < fewRows) })
}

// Saturated returns the share of units that are saturated on 99 % of the rows or
// more.
func (l *LayerFlow) Saturated() float64 {
	return l.mean(func(u *UnitFlow) float64 { return counts(u.Saturated, u.Saturated >= mostRows) })
}

// SaturatedRows returns the share of rows on which a unit is saturated, the mean
// over the units.
func (l *LayerFlow) SaturatedRows() float64 {
	return l.mean(func(u *UnitFlow) float64 { return u.Saturated })
}

// counts returns 1 for a unit of which something holds, 0 for another one, NaN where it wasn't measured.
func counts(measured float64, holds bool) float64 {
	switch {
	case math.IsNaN(measured):
		return math.NaN()
	case holds:
		return 1
	default:
		return 0
	}
}
