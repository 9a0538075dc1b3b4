// Package stream turns CSV files that need not fit into memory into a cache that
// TensorFlow reads: it validates the files in one pass and writes float32 rows of a fixed
// length.
//
// The cache is a folder: rows-00000.f32, rows-00001.f32, ... (rows of inputs, then the
// target, little endian, as they are in the files, not scaled), parts.bin (statistics and a checksum
// of every part of it) and manifest.json, which names the sources. So it depends neither on how
// inputs are scaled nor on how rows are divided into training and test rows.
//
// The package also says in which order an epoch goes through the rows (see
// [Order]); it runs nothing of TensorFlow.
package stream
