package events

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"gradwatch/internal/events/tbproto"
)

// record returns an event as an event file holds it.
func record(event []byte) []byte { return AppendRecord(nil, event) }

// TestRecords reads what is whole and finds every byte that is damaged or missing.
func TestRecords(t *testing.T) {
	first, second := record([]byte("an event")), record(nil)
	both := append(bytes.Clone(first), second...)
	got, err := Records(both)
	if err != nil || len(got) != 2 || string(got[0]) != "an event" || len(got[1]) != 0 {
		t.Errorf("got %q, %v, want both events", got, err)
	}
	for i := range both {
		want := 0
		if i >= len(first) {
			want = 1
		}
		damaged := bytes.Clone(both)
		damaged[i] ^= 0x10
		if got, err := Records(damaged); err == nil || len(got) != want {
			t.Errorf("byte %d damaged: got %d events, %v, want %d and an error", i, len(got), err, want)
		}
		if i == 0 || i == len(first) {
			continue
		}
		if got, err := Records(both[:i]); err == nil || len(got) != want {
			t.Errorf("cut to %d bytes: got %d events, %v, want %d and an error", i, len(got), err, want)
		}
	}
}

// TestChecksum compares with that of the first record that TensorFlow 2.21 wrote into
// an event file, whose length is 62.
func TestChecksum(t *testing.T) {
	if got, want := checksum([]byte{62, 0, 0, 0, 0, 0, 0, 0}), uint32(0xe740d2d9); got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
}

// TestLastTime finds the latest time, up to where a file is damaged.
func TestLastTime(t *testing.T) {
	early, late := time.Unix(1_700_000_000, 0), time.Unix(1_700_000_100, 0).Add(250*time.Millisecond)
	long := []byte(strings.Repeat("x", 100_000))
	whole := bytes.Join([][]byte{record(At(1, late, long)), record(At(2, early, nil)), record([]byte{0x10, 3})}, nil)
	damaged := append(record(At(1, early, nil)), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
	for _, tc := range []struct {
		name    string
		content []byte
		want    time.Time
	}{
		{"whole", whole, late},
		{"cut in the first", whole[:50_000], time.Time{}},
		{"damaged behind the first", append(damaged, whole...), early},
		{"empty", nil, time.Time{}},
		{"without times", record([]byte{0x10, 3}), time.Time{}},
		{"with an absurd one", record(encode(nil, &tbproto.Event{WallTime: 1e300})), time.Time{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, tc.content, 0o666); err != nil {
				t.Fatal(err)
			}
			file, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			got, err := LastTime(file, int64(len(tc.content)))
			if err != nil || !got.Equal(tc.want) {
				t.Errorf("got %v, %v, want %v", got, err, tc.want)
			}
		})
	}
}

// TestEventFields checks the numbers of fields that are not those of the generated code.
func TestEventFields(t *testing.T) {
	fields := new(tbproto.Event).ProtoReflect().Descriptor().Fields()
	for name, got := range map[protoreflect.Name]protoreflect.FieldNumber{"wall_time": eventWallTime, "summary": eventSummary} {
		if want := fields.ByName(name).Number(); got != want {
			t.Errorf("%s: got number %d, want %d", name, got, want)
		}
	}
}

// TestTags reads back the tags of an event.
func TestTags(t *testing.T) {
	var s Summary
	s.Scalar("loss", 1)
	s.Text("verdict", "ok")
	s.Image("pictures/loss", "", 2, 3, []byte("png"))
	event := At(7, time.Unix(5, 0), s.Bytes())
	if got, want := fmt.Sprint(Tags(event)), "[loss verdict pictures/loss]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for n := range event {
		Tags(event[:n]) // of a part: no panic
	}
	if got := Tags(SessionStart(3, time.Unix(5, 0))); got != nil {
		t.Errorf("of a session's start: got %q, want none", got)
	}
}
