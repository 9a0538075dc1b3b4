package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"

	"gradwatch/graph"
	"gradwatch/internal/dataset"
	"gradwatch/internal/stream"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// sampleRows is of how many rows, evenly spaced, the gradients, histograms and checks of a
// stream are measured at most: a verdict on layers and units needs no more, and they
// are held in memory.
const sampleRows = 16384

// streamData are rows that are read from the disk.
type streamData struct {
	cache *stream.Cache
	train rowRange
	test  rowRange
	seed  uint32 // of the order
	order stream.Order
	rows  []stream.Statistics // of the training rows: inputs, then the target
}

// rowRange is rows of a cache, one after the other.
type rowRange struct{ First, Rows int }

// openStream opens the run's cache, and makes it where it is missing. It returns the
// samples of its rows.
func openStream(run *config.Run, notice func(line string)) (*data, error) {
	source := dataset.DefaultSource()
	source.Dataset = run.Dataset
	cache, err := stream.Open(context.Background(), &source, stream.Options{Folder: run.Cache, Notice: notice})
	if err != nil {
		return nil, err
	}
	d := &data{stream: &streamData{cache: cache, seed: run.Seed}}
	if err := d.divide(run); err != nil {
		_ = cache.Close() // the first error is the one to tell
		return nil, err
	}
	return d, nil
}

// divide divides the cache's rows into those that train and those that test, fits the
// scaling and takes the samples.
func (d *data) divide(run *config.Run) error {
	s := d.stream
	rows, err := dataset.TrainRows(s.cache.Rows(), run.TestFraction)
	if err != nil {
		return fieldError("test-fraction", run.TestFraction, err)
	}
	if err := s.cache.CheckBinary(); err != nil {
		return err
	}
	s.train, s.test = rowRange{Rows: rows}, rowRange{First: rows, Rows: s.cache.Rows() - rows}
	s.order = stream.Order{Rows: rows, Batch: min(run.BatchSize, rows), Shuffle: run.Shuffle, Segment: s.cache.SegmentRows()}
	if s.rows, err = s.cache.Statistics(rows); err != nil {
		return err
	}
	all, err := s.cache.Statistics(s.cache.Rows())
	if err != nil {
		return err
	}
	if d.scaler, err = stream.Scaler(run.Scale, s.cache.Columns(), all, s.rows); err != nil {
		return fieldError("scale", run.Scale, err)
	}
	if err := d.checkScaled(run, all); err != nil {
		return err
	}
	train, err := s.cache.Sample(s.train.First, s.train.Rows, sampleRows)
	if err != nil {
		return err
	}
	if d.points, err = s.cache.Sample(s.test.First, s.cache.Rows(), sampleRows); err != nil {
		return err
	}
	d.train, d.test = d.scaler.Apply(train), d.scaler.Apply(d.points)
	return nil
}

// checkScaled refuses a scaling that takes values beyond a float32.
func (d *data) checkScaled(run *config.Run, all []stream.Statistics) error {
	for i, name := range d.stream.cache.Columns() {
		factor, offset := d.scaler.Factor[i], d.scaler.Offset[i]
		for _, x := range []float64{all[i].Low*factor + offset, all[i].High*factor + offset, factor, offset} {
			if beyondFloat32(x) {
				return &config.Error{Field: "scale", Value: run.Scale, Want: fmt.Sprintf("one that brings column %q within a float32", name)}
			}
		}
	}
	return nil
}

// describe returns what a verdict needs to know of the training rows.
func (s *streamData) describe(scaler dataset.Scaler) record.Data {
	squares, largest := 0.0, 0.0
	for i, factor := range scaler.Factor {
		of, offset := s.rows[i], scaler.Offset[i]
		mean := of.Mean*factor + offset
		squares += mean*mean + factor*factor*of.Moment/float64(of.Rows)
		largest = max(largest, math.Abs(of.Low*factor+offset), math.Abs(of.High*factor+offset))
	}
	return record.Data{
		Class1:   last(s.rows).Mean,
		InputRMS: record.Number(math.Sqrt(squares / float64(len(scaler.Factor)))),
		InputMax: record.Number(largest),
	}
}

// sum returns a SHA-256 of what the rows are made of.
func (s *streamData) sum(scaler dataset.Scaler) string {
	h := sha256.New()
	for _, source := range s.cache.Sources() {
		fmt.Fprintln(h, source.SHA256)
	}
	fmt.Fprintln(h, s.cache.Target(), s.train, s.test, scaler)
	return hex.EncodeToString(h.Sum(nil))
}

// spec returns what a graph needs to know of the stream.
func (s *streamData) spec(run *config.Run, scaler dataset.Scaler) *graph.Stream {
	g := &graph.Stream{
		TrainRows: s.train.Rows, TestRows: s.test.Rows, Blocks: s.order.Blocks(),
		Shuffle: run.Shuffle, ShuffleBlocks: max(1, run.ShuffleBuffer/s.order.Batch),
		Sweep: s.sweep,
	}
	for i, factor := range scaler.Factor {
		g.Factor, g.Offset = append(g.Factor, float32(factor)), append(g.Offset, float32(scaler.Offset[i]))
	}
	return g
}

// sweep returns what reads the test rows, or the training rows, in order: see
// graph.Stream.
func (s *streamData) sweep(test bool, most int) (records []graph.Records, longest int) {
	rows := s.train
	if test {
		rows = s.test
	}
	chunk := s.order.Segment
	for chunk > most {
		chunk /= 2
	}
	for _, p := range s.order.Sweep(rows.First, rows.Rows, chunk) {
		records = append(records, s.records(p, min(p.Rows, chunk)))
		longest = max(longest, min(p.Rows, chunk))
	}
	return records, longest
}

// records returns what reads a piece, so many rows at once. A piece without rows is
// the first segment without any.
func (s *streamData) records(p stream.Piece, rows int) graph.Records {
	if len(p.Segments) == 0 || p.Rows == 0 {
		return graph.Records{Files: []string{s.cache.Segment(0)}, Footer: s.cache.SegmentBytes(0)}
	}
	row := int64(4 * s.cache.Width())
	header := int64(p.First) * row
	r := graph.Records{
		Header: header, Footer: s.cache.SegmentBytes(p.Segments[0]) - header - int64(p.Rows)*row,
		Rows: rows, Count: len(p.Segments) * p.Rows / rows,
	}
	for _, i := range p.Segments {
		r.Files = append(r.Files, s.cache.Segment(i))
	}
	return r
}

// startStream begins to read an epoch's batches, from the given one on.
func (g *group) startStream(epoch, from int) error {
	s := g.stream
	order, blocks := s.order.Epoch(s.seed, epoch), s.order.Blocks()
	records := &graph.EpochRecords{Skip: from}
	for i, stratum := range order.Strata {
		r := graph.StratumRecords{Last: stratum.Last, Seed: stratum.Seed}
		for k, p := range stratum.Pieces {
			r.Records[k] = s.records(p, blocks[i])
		}
		records.Strata = append(records.Strata, r)
	}
	for i, p := range order.Rest {
		records.Rest[i] = s.records(p, p.Rows)
	}
	fed, err := g.streamed.Feed(records, g.model.Inputs)
	if err != nil {
		return err
	}
	_, err = g.call(g.program.StartData, fed...)
	return err
}

// trained returns the first epoch that is not all trained, after steps of the one given.
func (t *trainer) trained(epoch int) int {
	if t.data.stream != nil && t.groups[0].next > 0 {
		return epoch
	}
	return epoch + 1
}

// errEnded ends an epoch in its midst, where the one before has ended the run.
type errEnded struct{ state record.State }

func (e *errEnded) Error() string { return string(e.state) }

// steps trains on an epoch's batches, with checkpoints in between where they are asked
// for.
func (t *trainer) steps(ctx context.Context, epoch int) error {
	freq := t.run.CheckpointSteps
	if t.data.stream == nil || freq == 0 || len(t.runs) > 1 {
		return t.each(func(g *group) error { return g.steps(ctx, epoch) })
	}
	g := t.groups[0]
	for {
		end := (g.next/freq + 1) * freq
		if lastSteps := g.batches.count - g.traced; end > lastSteps {
			return g.steps(ctx, epoch)
		}
		if err := g.stepsTo(ctx, epoch, end); err != nil {
			return err
		}
		state, err := t.measured(epoch)
		if err != nil {
			return err
		}
		if state != record.Running {
			return &errEnded{state}
		}
		if err := t.saveWithin(epoch); err != nil {
			return err
		}
	}
}

// saveStopped makes the checkpoint of a stream that stops within an epoch.
func (t *trainer) saveStopped(epoch int) error {
	if t.data.stream == nil || len(t.runs) > 1 || t.groups[0].next == 0 {
		return nil
	}
	return t.saveWithin(epoch)
}

// saveWithin makes a checkpoint after some steps of an epoch, the one before which is
// recorded.
func (t *trainer) saveWithin(epoch int) error {
	if !t.divergenceKnown() {
		return nil
	}
	g := t.groups[0]
	if _, err := g.call(g.program.Snapshot); err != nil {
		return fmt.Errorf("take a snapshot of epoch %d, step %d: %w", epoch, g.next, err)
	}
	g.kept = [2]position{g.kept[1], {epoch, g.next}}
	t.stepped = t.stepSeconds()
	return t.saveAt(epoch, g.next)
}
