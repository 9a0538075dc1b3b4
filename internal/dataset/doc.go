// Package dataset generates, reads, scales and splits labelled points, from which a
// model learns.
//
// Circles, moons and blobs are scikit-learn's own points for the same size,
// noise and seed: of 100,000 points, 99.9 % of the doubles have the same bits,
// and the others, where a C library rounds a sine or logarithm the other way,
// are at most 4.5e-16 apart. Xor and spirals are generated in the same way. Points can
// also be read from CSV files. The package does not use models or TensorFlow.
//
//	points, err := dataset.Circles(1000, 0.1, 1)
//	...
//	scaler, err := dataset.FitScaler("minmax", points, 500)
//	...
//	train, test, err := scaler.Apply(points).Split(0.5)
//
// Open reads a CSV file of numbers and words as a Dataset, which comes with a Schema: how
// the rows of any other file become inputs, by an Encoder.
//
//	r, err := dataset.OpenRecords(path, dataset.HeaderAuto)
//	...
//	e, err := schema.Encoder(r.Header(), r.Width())
//	...
//	for fields, err := r.Next(); err == nil; fields, err = r.Next() {
//		err = r.Wrap(e.Row(fields, inputs)) // float32, scaled
//	}
//
// Errors about a choice and about a file's content are an [*invalid.Error]; those of the
// file system wrap an [*fs.PathError].
package dataset
