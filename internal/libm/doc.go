// Package libm computes the functions of C's mathematical library that Go's
// math computes less precisely: to little more than half a unit in the last
// place, so that the result nearly always is the double nearest to the true
// value. The libraries that NumPy calls do so too, which is how results come
// to NumPy's bits; package math is content with an error of one unit, and more
// where a sine or cosine is near 0.
//
//	libm.Sincos(math.Pi) // 1.2246467991473532e-16, -1, as in C and NumPy
//	math.Sincos(math.Pi) // 1.2246467991473515e-16, -1
//
// The method is the usual one: bring the argument near 0, carry the large terms
// in two doubles each, and add the tail of a series in one. It holds on every
// platform, as it asks no more of it than IEEE arithmetic and math.FMA.
package libm
