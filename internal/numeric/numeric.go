// Package numeric reads numbers and tells which of them a model can be given.
package numeric

import (
	"math"
	"strconv"
	"strings"
)

// Finite reports whether x is neither infinite nor NaN.
func Finite(x float64) bool { return math.Abs(x) <= math.MaxFloat64 }

// FitsFloat32 reports whether x is a number that a float32 can hold, rounded: neither
// infinite nor NaN, and not beyond the largest float32.
func FitsFloat32(x float64) bool { return math.Abs(x) <= math.MaxFloat32 }

// Parse reads a finite decimal number, with or without spaces around it, and returns the
// nearest number that so many bits hold, 32 or 64. Of what [strconv.ParseFloat] accepts it
// refuses hexadecimal digits, underscores, infinities and NaN. The error is
// [strconv.ErrSyntax] or, with an infinite value for a number beyond these bits, a
// [*strconv.NumError] of [strconv.ErrRange].
func Parse(text string, bits int) (float64, error) {
	text = strings.TrimSpace(text)
	if strings.Trim(text, "0123456789.+-eE") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(text, bits)
}
