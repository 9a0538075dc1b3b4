package record

import "gradwatch/internal/dataset"

// Decision is what the models make of a grid on a plane of their inputs, the mean over
// the replicas; row j is at YMin + j (YMax-YMin)/(len-1).
type Decision struct {
	Plane                  *dataset.Plane
	XMin, XMax, YMin, YMax float64
	Probability            [][]float32   `json:",omitempty"` // of class 1 of two, [y, x]
	Classes                [][][]float32 `json:",omitempty"` // of each of more, [class, y, x]
}
