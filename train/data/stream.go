//go:build tensorflow

package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
	"gradwatch/internal/profile"
	"gradwatch/internal/record"
	"gradwatch/internal/stream"
)

// sampleRows is the largest number of rows, evenly spaced, that gradients, histograms and checks of a
// stream are measured on. They are held in memory, and a verdict on layers and units needs no more.
const sampleRows = 16384

// Stream is a data set whose rows are read from the disk.
type Stream struct {
	*stream.Dataset
	seed  uint32 // of the rows' order
	Order stream.Order
}

// openStream opens the run's caches, after it made those that are missing, and returns the data set with
// samples of their rows.
func openStream(run *config.Run, notice func(line string)) (*Dataset, error) {
	set, err := stream.OpenDataset(func(source *dataset.Source, like *stream.Cache) (*stream.Cache, error) {
		return stream.Open(context.Background(), source, stream.Options{Folder: run.Cache, Like: like, Notice: notice})
	}, run.Source())
	if err != nil {
		return nil, err
	}
	s := &Stream{Dataset: set, seed: run.Seed}
	s.Order = stream.Order{
		Rows: set.TrainRows, Batch: min(run.BatchSize, set.TrainRows), Shuffle: run.Shuffle, Segment: set.Train.SegmentRows(),
	}
	d, err := s.samples(run)
	if err != nil {
		set.Close()
		return nil, err
	}
	if err := d.WeighClasses(run); err != nil {
		set.Close()
		return nil, err
	}
	return d, nil
}

// CacheFolder returns the absolute path of the folder of a stream's caches; "" for other data.
func (d *Dataset) CacheFolder() string {
	if d.Stream == nil {
		return ""
	}
	return d.Stream.Train.Parent()
}

// samples returns a data set of some of the stream's rows, evenly spaced.
func (s *Stream) samples(run *config.Run) (*Dataset, error) {
	scaler := s.Schema.Scaling
	for i, of := range s.Statistics[:len(scaler.Factor)] {
		factor, offset := scaler.Factor[i], scaler.Offset[i]
		for _, x := range []float64{of.Low*factor + offset, of.High*factor + offset, factor, offset} {
			if !numeric.FitsFloat32(x) {
				return nil, &invalid.Error{
					Field: "scale", Value: run.Scale,
					Want: fmt.Sprintf("one that brings column %q within a float32", s.Schema.Columns[i].Name),
				}
			}
		}
	}
	train, test, err := s.Samples(sampleRows)
	if err != nil {
		return nil, err
	}
	all := &dataset.Examples{Columns: train.Columns, X: append(train.X, test.X...), Y: append(train.Y, test.Y...)}
	d := newSet(&dataset.Dataset{Examples: all, Train: train.Len(), Schema: s.Schema})
	d.Points, d.Stream = test, s
	return d, nil
}

// describe returns what the verdict uses of the training rows.
func (s *Stream) describe() record.Data {
	squares, largest := 0.0, 0.0
	scaler, target := s.Schema.Scaling, &s.Schema.Target
	for i, factor := range scaler.Factor {
		of, offset := s.Statistics[i], scaler.Offset[i]
		mean := of.Mean*factor + offset
		squares += mean*mean + factor*factor*of.Moment/float64(of.Rows)
		largest = max(largest, math.Abs(of.Low*factor+offset), math.Abs(of.High*factor+offset))
	}
	d := record.Data{
		InputRMS: record.Number(math.Sqrt(squares / float64(len(scaler.Factor)))),
		InputMax: record.Number(largest),
	}
	switch {
	case target.Task == dataset.Regression:
		factor := target.Scaling.Factor[0]
		setTargetSize(&d, factor*target.Mean+target.Scaling.Offset[0], factor*factor*target.Variance)
	case len(target.Classes) > 2:
		for _, n := range s.Classes {
			d.Classes = append(d.Classes, float64(n)/float64(s.TrainRows))
		}
	default:
		d.Class1 = float64(s.Classes[1]) / float64(s.TrainRows)
	}
	return d
}

// profile describes samples of the rows, and from all of them which columns have one value.
func (s *Stream) profile(samples *dataset.Dataset) *profile.Table {
	t := profile.OfSamples(samples)
	for i := range s.Schema.Columns {
		if of := &s.Statistics[i]; of.Low == of.High {
			t.Constant = append(t.Constant, s.Schema.Columns[i].Name)
		}
	}
	return t
}

// sum returns a SHA-256 of the files and choices that determine the rows.
func (s *Stream) sum() string {
	h := sha256.New()
	for _, source := range slices.Concat(s.Train.Sources(), s.Test.Sources()) {
		fmt.Fprintln(h, source.SHA256)
	}
	fmt.Fprintln(h, s.TrainRows, s.TestFirst, s.TestRows, s.Schema.Target, s.Schema.Scaling)
	return hex.EncodeToString(h.Sum(nil))
}

// Graph returns what package graph uses of the stream.
func (s *Stream) Graph(run *config.Run) *graph.Stream {
	g := &graph.Stream{
		TrainRows: s.TrainRows, TestRows: s.TestRows, Blocks: s.Order.Blocks(),
		Shuffle: run.Shuffle, ShuffleBlocks: max(1, run.ShuffleBuffer/s.Order.Batch),
		Chunks: s.chunks,
	}
	for i, factor := range s.Schema.Scaling.Factor {
		g.Factor, g.Offset = append(g.Factor, float32(factor)), append(g.Offset, float32(s.Schema.Scaling.Offset[i]))
	}
	for _, value := range s.ClassValues() {
		g.Classes = append(g.Classes, float32(value))
	}
	if scaling := s.Schema.Target.Scaling; len(scaling.Factor) > 0 {
		g.TargetFactor, g.TargetOffset = float32(scaling.Factor[0]), float32(scaling.Offset[0])
	}
	return g
}

// chunks returns the records of the test rows, or of the training rows, in order, and the number of rows
// of the longest; see graph.Stream.
func (s *Stream) chunks(test bool, most int) (records []graph.Records, longest int) {
	cache, first, rows := s.Train, 0, s.TrainRows
	if test {
		cache, first, rows = s.Test, s.TestFirst, s.TestRows
	}
	order := stream.Order{Segment: cache.SegmentRows()}
	chunk := order.Segment
	for chunk > most {
		chunk /= 2
	}
	for _, p := range order.EvalChunks(first, rows, chunk) {
		records = append(records, recordsOf(cache, p, min(p.Rows, chunk)))
		longest = max(longest, min(p.Rows, chunk))
	}
	return records, longest
}

// recordsOf returns the records of a piece, so many rows each. The records of a piece without rows are
// none of the first segment's.
func recordsOf(cache *stream.Cache, p stream.Piece, rows int) graph.Records {
	if len(p.Segments) == 0 || p.Rows == 0 {
		return graph.Records{Files: []string{cache.Segment(0)}, Footer: cache.SegmentBytes(0)}
	}
	row := int64(4 * cache.Width())
	header := int64(p.First) * row
	r := graph.Records{
		Header: header, Footer: cache.SegmentBytes(p.Segments[0]) - header - int64(p.Rows)*row,
		Rows: rows, Count: len(p.Segments) * p.Rows / rows,
	}
	for _, i := range p.Segments {
		r.Files = append(r.Files, cache.Segment(i))
	}
	return r
}

// EpochRecords returns the records of an epoch's batches, from batch from on.
func (s *Stream) EpochRecords(epoch, from int) *graph.EpochRecords {
	order, blocks := s.Order.Epoch(s.seed, epoch), s.Order.Blocks()
	records := &graph.EpochRecords{Skip: from}
	for i, stratum := range order.Strata {
		r := graph.StratumRecords{Last: stratum.Last, Seed: stratum.Seed}
		for k, p := range stratum.Pieces {
			r.Records[k] = recordsOf(s.Train, p, blocks[i])
		}
		records.Strata = append(records.Strata, r)
	}
	for i, p := range order.Rest {
		records.Rest[i] = recordsOf(s.Train, p, p.Rows)
	}
	return records
}
