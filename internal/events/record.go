package events

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"gradwatch/internal/events/tbproto"
)

// A record of an event file is the length of its event, 8 bytes, their checksum, the
// event, and its checksum: TFRecord's framing (tensorflow/core/lib/io/record_writer.h).
const (
	lengthBytes   = 8
	checksumBytes = 4
	headerBytes   = lengthBytes + checksumBytes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is TFRecord's: a CRC-32C, rotated, plus a constant (masked in
// tensorflow/core/lib/hash/crc32c.h).
func checksum(data []byte) uint32 { return masked(crc32.Checksum(data, castagnoli)) }

func masked(crc uint32) uint32 { return (crc>>15 | crc<<17) + 0xa282ead8 }

// errPartial is why a record can't be read whose file ends before it does.
var errPartial = errors.New("the last record is not whole")

// Records checks data for being whole records, one after the other, and returns the
// events in them; they lie in data. With an error it returns those before the
// damage.
func Records(data []byte) (events [][]byte, err error) {
	for len(data) > 0 {
		if len(data) < headerBytes {
			return events, errPartial
		}
		if binary.LittleEndian.Uint32(data[lengthBytes:]) != checksum(data[:lengthBytes]) {
			return events, fmt.Errorf("record %d of those is damaged: the checksum of its length is wrong", len(events)+1)
		}
		length := binary.LittleEndian.Uint64(data)
		data = data[headerBytes:]
		if length > math.MaxInt64-checksumBytes || uint64(len(data)) < length+checksumBytes {
			return events, errPartial
		}
		event, after := data[:length], data[length:]
		if binary.LittleEndian.Uint32(after) != checksum(event) {
			return events, fmt.Errorf("record %d of those is damaged: its checksum is wrong", len(events)+1)
		}
		events = append(events, event)
		data = after[checksumBytes:]
	}
	return events, nil
}

// LastTime returns the latest wall time of the events of a file that has size bytes,
// up to where it is damaged; the zero time where it has none. It reads the beginning
// of each.
func LastTime(file io.ReaderAt, size int64) (time.Time, error) {
	const beginning = 32 // holds the wall time, which is written first
	last := 0.0
	var buffer [headerBytes + beginning]byte
	for at := int64(0); at+headerBytes <= size; {
		n, err := file.ReadAt(buffer[:min(int64(len(buffer)), size-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return time.Time{}, err
		}
		header := buffer[:n]
		if n < headerBytes || binary.LittleEndian.Uint32(header[lengthBytes:]) != checksum(header[:lengthBytes]) {
			break
		}
		length := binary.LittleEndian.Uint64(header)
		if length > uint64(size-at) {
			break
		}
		last = max(last, wallTime(header[headerBytes:min(n, headerBytes+int(min(length, beginning)))]))
		at += headerBytes + int64(length) + checksumBytes
	}
	return fromWallTime(last), nil
}

// Tags returns the tags of the values of an event; of a damaged one, those before the
// damage.
func Tags(event []byte) []string {
	var message tbproto.Event
	_ = proto.Unmarshal(event, &message) // what it read before an error is in the message
	var tags []string
	for _, value := range message.GetSummary().GetValue() {
		tags = append(tags, value.GetTag())
	}
	return tags
}

// Fields of tensorflow.Event, for what is read or put together without its message: the
// time at the beginning of an event that is not read whole, and a Summary that is
// serialized already.
const (
	eventWallTime = 1
	eventSummary  = 5
)

// WallTime returns when an event was written, by its own account; the zero time where
// it doesn't say.
func WallTime(event []byte) time.Time { return fromWallTime(wallTime(event)) }

// wallTime returns an event's seconds since 1970, 0 where it has none or begins with
// another field.
func wallTime(event []byte) float64 {
	number, kind, n := protowire.ConsumeTag(event)
	if n < 0 || number != eventWallTime || kind != protowire.Fixed64Type {
		return 0
	}
	bits, n := protowire.ConsumeFixed64(event[n:])
	seconds := math.Float64frombits(bits)
	if n < 0 || !(seconds > 0 && seconds < 1<<40) {
		return 0
	}
	return seconds
}

func fromWallTime(seconds float64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(math.Ceil(seconds * 1e6)))
}

func toWallTime(at time.Time) float64 { return float64(at.UnixMicro()) / 1e6 }

// AppendRecord appends an event as an event file holds it.
func AppendRecord(b, event []byte) []byte {
	at := len(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(event)))
	b = binary.LittleEndian.AppendUint32(b, checksum(b[at:]))
	b = append(b, event...)
	return binary.LittleEndian.AppendUint32(b, checksum(event))
}
