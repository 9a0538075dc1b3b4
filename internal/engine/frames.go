package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Rows go to the engine, and predictions come back, in frames over pipes of their
// own: as lines of JSON they would take longer than predicting. A frame is a head
// of little-endian 32-bit numbers and its values. One of no rows ends the stream.

// RowsFile and PredictedFile are the engine's file descriptors for them.
const (
	RowsFile      = 4
	PredictedFile = 5
)

// largestFrame bounds what a damaged head can ask for, in bytes.
const largestFrame = 1 << 30

// Predicted is what a model makes of some rows.
type Predicted struct {
	Rows, Width int
	Values      []float32 // [rows, width]
	Classes     []int32   // [rows], zeros of a regression
}

// A FrameWriter writes frames; a FrameReader reads them. What they return is valid
// until the next call.
type FrameWriter struct {
	to     io.Writer
	buffer []byte
}

// NewFrameWriter returns one that writes to w, a frame at once.
func NewFrameWriter(w io.Writer) *FrameWriter { return &FrameWriter{to: w} }

// A FrameReader reads what a FrameWriter writes.
type FrameReader struct {
	from      io.Reader
	buffer    []byte
	rows      []float32
	predicted Predicted
}

// NewFrameReader returns one that reads from r.
func NewFrameReader(r io.Reader) *FrameReader { return &FrameReader{from: r} }

// Rows writes scaled rows, [count, inputs]; none end the stream.
func (w *FrameWriter) Rows(values []float32) error {
	b := binary.LittleEndian.AppendUint32(w.buffer[:0], uint32(len(values)))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return w.write(b)
}

// Rows reads rows; none at the end of the stream, wherever that is: a front that has
// had enough, or is gone, leaves half a frame.
func (r *FrameReader) Rows() ([]float32, error) {
	var head [4]byte
	_, err := io.ReadFull(r.from, head[:])
	count := int(binary.LittleEndian.Uint32(head[:]))
	if err == nil {
		err = r.fill(4 * count)
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read rows: %w", err)
	}
	r.rows = r.rows[:0]
	for i := range count {
		r.rows = append(r.rows, math.Float32frombits(binary.LittleEndian.Uint32(r.buffer[4*i:])))
	}
	return r.rows, nil
}

// Predicted writes predictions; those of no rows end the stream.
func (w *FrameWriter) Predicted(p Predicted) error {
	b := binary.LittleEndian.AppendUint32(w.buffer[:0], uint32(p.Rows))
	b = binary.LittleEndian.AppendUint32(b, uint32(p.Width))
	for _, v := range p.Values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	for _, class := range p.Classes {
		b = binary.LittleEndian.AppendUint32(b, uint32(class))
	}
	return w.write(b)
}

// Predicted reads predictions; those of no rows at the end of the stream.
func (r *FrameReader) Predicted() (*Predicted, error) {
	var head [8]byte
	if _, err := io.ReadFull(r.from, head[:]); err != nil {
		return nil, fmt.Errorf("read predictions: %w", err)
	}
	p := &r.predicted
	p.Rows, p.Width = int(binary.LittleEndian.Uint32(head[:])), int(binary.LittleEndian.Uint32(head[4:]))
	values := p.Rows * p.Width
	if err := r.fill(4 * (values + p.Rows)); err != nil {
		return nil, fmt.Errorf("read predictions: %w", err)
	}
	p.Values, p.Classes = p.Values[:0], p.Classes[:0]
	for i := range values {
		p.Values = append(p.Values, math.Float32frombits(binary.LittleEndian.Uint32(r.buffer[4*i:])))
	}
	for i := range p.Rows {
		p.Classes = append(p.Classes, int32(binary.LittleEndian.Uint32(r.buffer[4*(values+i):])))
	}
	return p, nil
}

func (w *FrameWriter) write(b []byte) error {
	w.buffer = b
	_, err := w.to.Write(b)
	return err
}

// fill reads so many bytes into the buffer.
func (r *FrameReader) fill(size int) error {
	if size > largestFrame {
		return fmt.Errorf("a frame of %d bytes: want at most %d", size, largestFrame)
	}
	if cap(r.buffer) < size {
		r.buffer = make([]byte, size)
	}
	r.buffer = r.buffer[:size]
	_, err := io.ReadFull(r.from, r.buffer)
	return err
}
