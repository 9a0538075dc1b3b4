package eventlog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"google.golang.org/protobuf/proto"

	"gradwatch/internal/events"
	"gradwatch/internal/events/tbproto"
	"gradwatch/internal/printable"
)

// What is read of a run is bounded: beyond maxPoints, every second point of each series is left out, again and again.
const (
	maxTags      = 100_000
	maxTagLength = 4096
	maxPoints    = 2 << 20
)

// Log is what the event files of a folder hold.
type Log struct {
	// Series are those of the wanted tags, in the order in which they are first seen.
	Series []*Series
	// Steps is the last step, Events the number of events.
	Steps  int64
	Events int
	// Problems are sentences about what could not be read.
	Problems []string

	byTag    map[seriesKey]*Series
	tags     map[string]bool // all that were seen, and whether they are wanted
	wanted   func(tag string) bool
	points   int
	bound    int
	thinning int
	broken   int
	overfull bool // there are more than maxTags
}

type seriesKey struct {
	tag       string
	histogram bool
}

// Series are the values of a tag, of rising steps.
type Series struct {
	Tag       string
	Histogram bool
	Points    []Point
	// Bad is the first point that is not finite; nil if there is none. It is kept whatever is left out.
	Bad *Point

	skipped int // points left out since the last one that was kept
}

// Last returns the last step.
func (s *Series) Last() int64 {
	if len(s.Points) == 0 {
		return 0
	}
	return s.Points[len(s.Points)-1].Step
}

// Read reads event files as TensorBoard does: one after the other in the order of their names, each up to where it is damaged or
// ends. Only wanted tags are kept. An error is one of opening or reading a file.
func Read(files []string, wanted func(tag string) bool) (*Log, error) {
	l := &Log{byTag: make(map[seriesKey]*Series), tags: make(map[string]bool), wanted: wanted, bound: maxPoints}
	for _, path := range slices.Sorted(slices.Values(files)) {
		if err := l.readFile(path); err != nil {
			return nil, err
		}
	}
	if l.broken > 0 {
		l.Problems = append(l.Problems, printable.Count(l.broken, "record")+" could not be read as an event.")
	}
	if l.overfull {
		l.Problems = append(l.Problems, fmt.Sprintf("There are more than %d tags; those that come later are left out.", maxTags))
	}
	if l.thinning > 0 {
		l.Problems = append(l.Problems, fmt.Sprintf("There are so many values that only one in %d is looked at.", 1<<l.thinning))
	}
	return l, nil
}

func (l *Log) readFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	err = l.read(file)
	var damage *os.PathError
	switch {
	case err == nil || events.IsPartial(err):
		return nil // it is still written to, or its writer was killed
	case errors.As(err, &damage):
		return err
	default:
		l.Problems = append(l.Problems, fmt.Sprintf("%s is read up to a damage: %v.", filepath.Base(path), err))
		return nil
	}
}

// read adds the events of a file.
func (l *Log) read(in io.Reader) error {
	reader := events.NewReader(in)
	var event tbproto.Event
	for {
		data, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		event.Reset()
		if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(data, &event); err != nil {
			l.broken++ // its record is whole, so the next one can be found
			continue
		}
		l.Events++
		l.add(&event)
	}
}

// add adds an event. Where a session starts again at a step, what was recorded from there on is out of date: TensorBoard purges
// it, and so does add.
func (l *Log) add(event *tbproto.Event) {
	if session := event.GetSessionLog(); session.GetStatus() == tbproto.SessionLog_START {
		for _, s := range l.Series {
			l.purge(s, event.GetStep())
		}
	}
	values := event.GetSummary().GetValue()
	for _, v := range values {
		tag := v.GetTag()
		if !l.wants(tag) {
			continue
		}
		point, histogram, ok := pointOf(event.GetStep(), v)
		if !ok {
			continue
		}
		key := seriesKey{tag, histogram}
		s := l.byTag[key]
		if s == nil {
			s = &Series{Tag: tag, Histogram: histogram}
			l.byTag[key] = s
			l.Series = append(l.Series, s)
		}
		l.append(s, point)
		l.Steps = max(l.Steps, event.GetStep())
	}
}

// wants reports whether a tag is looked at.
func (l *Log) wants(tag string) bool {
	wanted, known := l.tags[tag]
	if known {
		return wanted
	}
	if len(tag) > maxTagLength {
		return false
	}
	if len(l.tags) == maxTags {
		l.overfull = true
		return false
	}
	wanted = l.wanted(tag)
	l.tags[tag] = wanted
	return wanted
}

// append adds a point to a series. A step that goes back replaces what was recorded from there on.
func (l *Log) append(s *Series, p Point) {
	if n := len(s.Points); n > 0 && s.Points[n-1].Step >= p.Step {
		l.purge(s, p.Step)
	}
	if !p.Finite() && s.Bad == nil {
		s.Bad = &p
	}
	if s.skipped++; s.skipped < 1<<l.thinning && len(s.Points) > 0 {
		return
	}
	s.skipped = 0
	s.Points = append(s.Points, p)
	if l.points++; l.points > l.bound {
		l.thin()
	}
}

// purge removes the points of a series from a step on.
func (l *Log) purge(s *Series, step int64) {
	at, _ := slices.BinarySearchFunc(s.Points, step, func(p Point, step int64) int {
		if p.Step < step {
			return -1
		}
		return 1
	})
	l.points -= len(s.Points) - at
	s.Points = s.Points[:at]
	if s.Bad != nil && s.Bad.Step >= step {
		s.Bad = nil
	}
}

// thin leaves out every second point.
func (l *Log) thin() {
	l.thinning++
	l.points = 0
	for _, s := range l.Series {
		kept := s.Points[:0]
		for i := 0; i < len(s.Points); i += 2 {
			kept = append(kept, s.Points[i])
		}
		if len(s.Points)%2 == 0 && len(kept) > 0 { // the last one is left out now
			s.skipped += 1 << (l.thinning - 1)
		}
		s.Points = slices.Clip(slices.Clone(kept))
		l.points += len(s.Points)
	}
	if l.points > l.bound/2 { // one point of each of many series
		l.bound = 2 * l.points
	}
}
