package events

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
)

// readAll returns the events that a Reader finds and the error it ends with, nil for io.EOF.
func readAll(r *Reader) (events []string, err error) {
	for {
		event, err := r.Next()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return events, err
		}
		events = append(events, string(event))
	}
}

// TestReader reads what Records reads, and ends where it does.
func TestReader(t *testing.T) {
	first, second := record([]byte("an event")), record(nil)
	both := append(bytes.Clone(first), second...)
	for i := range len(both) + 1 {
		damaged := bytes.Clone(both)
		if i < len(both) {
			damaged[i] ^= 0x10
		}
		for _, data := range [][]byte{damaged, both[:i]} {
			want, wantErr := Records(data)
			got, err := readAll(NewReader(bytes.NewReader(data)))
			if len(got) != len(want) || (err == nil) != (wantErr == nil) || IsPartial(wantErr) && !IsPartial(err) && len(data) == i {
				t.Errorf("byte %d: got %q, %v, want %q, %v", i, got, err, want, wantErr)
			}
		}
	}
}

// header returns the beginning of a record of a length.
func header(length uint64) []byte {
	b := binary.LittleEndian.AppendUint64(nil, length)
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}

// TestReaderIsBounded gives lengths that lie, and an event that is too large, behind which reading goes on.
func TestReaderIsBounded(t *testing.T) {
	for length, partial := range map[uint64]bool{1 << 31: false, 1<<64 - 1: false, 1<<31 - 1: true, MaxEvent: true} {
		r := NewReader(io.MultiReader(bytes.NewReader(header(length)), strings.NewReader("little")))
		if _, err := r.Next(); err == nil || IsPartial(err) != partial {
			t.Errorf("length %d: got %v", length, err)
		}
		if r.buffer.Cap() > 1<<16 {
			t.Errorf("length %d: got a buffer of %d bytes", length, r.buffer.Cap())
		}
	}
	const size = MaxEvent + 1
	zeros := make([]byte, size)
	after := binary.LittleEndian.AppendUint32(nil, masked(crc32.Checksum(zeros, castagnoli)))
	r := NewReader(io.MultiReader(bytes.NewReader(header(size)), bytes.NewReader(zeros), bytes.NewReader(after), bytes.NewReader(record([]byte("next")))))
	got, err := readAll(r)
	if err != nil || len(got) != 1 || got[0] != "next" || r.Skipped != 1 || r.buffer.Cap() > 1<<16 {
		t.Errorf("got %q, %v, %d skipped, a buffer of %d bytes; want the event behind the large one", got, err, r.Skipped, r.buffer.Cap())
	}
}
