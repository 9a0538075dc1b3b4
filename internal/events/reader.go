package events

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

// MaxEvent is the largest event that a Reader returns, in bytes. Larger ones, which hold
// images or graphs, are read past.
const MaxEvent = 64 << 20

// Reader reads the events of a file one after the other. Its memory is bounded by
// MaxEvent, whatever the lengths in the file say.
type Reader struct {
	in     *bufio.Reader
	buffer bytes.Buffer
	skip   hashWriter
	record int
	// Skipped is how many events were larger than MaxEvent.
	Skipped int
}

// NewReader returns a Reader of an event file.
func NewReader(in io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(in, 1<<16)} }

// IsPartial reports whether an error is that of a file which ends within a record: of one that is still
// written to, or whose writer was killed.
func IsPartial(err error) bool { return errors.Is(err, errPartial) }

// Next returns the next event, which is valid until the next call, and io.EOF after the last one. After any
// error there is nothing more to read: behind a damaged record no other can be found.
func (r *Reader) Next() ([]byte, error) {
	for {
		r.record++
		length, err := r.header()
		if err != nil {
			return nil, err
		}
		r.buffer.Reset()
		r.skip.sum = 0
		var into io.Writer = &r.buffer
		skipped := length > MaxEvent
		if skipped {
			into = &r.skip
		}
		// The buffer grows with what is there: a length that lies costs nothing.
		if _, err := io.CopyN(into, r.in, length); err != nil {
			return nil, partial(err)
		}
		var after [checksumBytes]byte
		if _, err := io.ReadFull(r.in, after[:]); err != nil {
			return nil, partial(err)
		}
		sum := r.skip.masked()
		if !skipped {
			sum = checksum(r.buffer.Bytes())
		}
		if binary.LittleEndian.Uint32(after[:]) != sum {
			return nil, fmt.Errorf("record %d is damaged: its checksum is wrong", r.record)
		}
		if !skipped {
			return r.buffer.Bytes(), nil
		}
		r.Skipped++
	}
}

// header reads the length of a record.
func (r *Reader) header() (int64, error) {
	var header [headerBytes]byte
	if _, err := io.ReadFull(r.in, header[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		return 0, partial(err)
	}
	if binary.LittleEndian.Uint32(header[lengthBytes:]) != checksum(header[:lengthBytes]) {
		return 0, fmt.Errorf("record %d is damaged: the checksum of its length is wrong", r.record)
	}
	length := binary.LittleEndian.Uint64(header[:])
	if length > math.MaxInt32 { // no protocol buffer is larger
		return 0, fmt.Errorf("record %d claims to hold %d bytes: want at most %d", r.record, length, math.MaxInt32)
	}
	return int64(length), nil
}

// partial names the error of a file that ends too early.
func partial(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errPartial
	}
	return err
}

// hashWriter counts the checksum of what is written to it.
type hashWriter struct{ sum uint32 }

func (h *hashWriter) Write(data []byte) (int, error) {
	h.sum = crc32.Update(h.sum, castagnoli, data)
	return len(data), nil
}

func (h *hashWriter) masked() uint32 { return masked(h.sum) }
