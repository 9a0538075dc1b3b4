package stream

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Rows lie in files of the same number of rows, segments, because TensorFlow's reader
// reads through all that it is told to skip: only little is ever skipped of one.
const (
	segmentForm = "rows-%05d.f32"
	// leastSegment is the least number of rows of a segment; a power of two, as all are,
	// so that blocks of rows which are powers of two fill it.
	leastSegment = 4096
	// mostSegments is about how many there are at most.
	mostSegments = 1024
)

// segmentRows returns how many rows a segment is to have, where there are about so many.
func segmentRows(estimate int64) int {
	rows := leastSegment
	for int64(rows)*mostSegments < estimate && rows < 1<<30 {
		rows *= 2
	}
	return rows
}

// segments writes rows into segments. They are synced while the next ones are written.
type segments struct {
	folder   string
	rowBytes int64
	rows     int // of a segment
	at       int64
	file     *os.File // nil at a segment's beginning

	syncing chan struct{} // bounds those at the same time
	group   sync.WaitGroup
	mu      sync.Mutex
	err     error // of the first that failed
}

// syncsAtOnce is how many segments are synced at the same time.
const syncsAtOnce = 4

func newSegments(folder string, width, rows int) *segments {
	return &segments{folder: folder, rowBytes: 4 * int64(width), rows: rows, syncing: make(chan struct{}, syncsAtOnce)}
}

func segmentPath(folder string, i int) string {
	return filepath.Join(folder, fmt.Sprintf(segmentForm, i))
}

// Write writes whole rows.
func (s *segments) Write(bytes []byte) (int, error) {
	size := int64(s.rows) * s.rowBytes
	written := 0
	for written < len(bytes) {
		if s.file == nil {
			var err error
			if s.file, err = os.Create(segmentPath(s.folder, int(s.at/size))); err != nil {
				return written, fmt.Errorf("make the cache: %w", err)
			}
		}
		n, err := s.file.Write(bytes[written:min(int64(len(bytes)), int64(written)+size-s.at%size)])
		written, s.at = written+n, s.at+int64(n)
		if err != nil {
			return written, fmt.Errorf("make the cache: %w", err)
		}
		if s.at%size == 0 {
			s.finish()
		}
	}
	return written, nil
}

// finish syncs and closes the segment, in the background.
func (s *segments) finish() {
	file := s.file
	s.file = nil
	if file == nil {
		return
	}
	s.syncing <- struct{}{}
	s.group.Go(func() {
		err := errors.Join(file.Sync(), file.Close())
		<-s.syncing
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.err == nil {
			s.err = err
		}
	})
}

// back goes back to so many rows.
func (s *segments) back(rows int) error {
	if err := s.close(); err != nil {
		return err
	}
	last := s.at
	s.at = int64(rows) * s.rowBytes
	size := int64(s.rows) * s.rowBytes
	for i := s.at / size; i*size < last; i++ {
		if s.at > i*size {
			continue
		}
		if err := os.Remove(segmentPath(s.folder, int(i))); err != nil {
			return fmt.Errorf("make the cache: %w", err)
		}
	}
	if s.at%size == 0 {
		return nil
	}
	file, err := os.OpenFile(segmentPath(s.folder, int(s.at/size)), os.O_WRONLY, 0)
	if err == nil {
		err = file.Truncate(s.at % size)
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekEnd)
	}
	if err != nil {
		return fmt.Errorf("make the cache: %w", err)
	}
	s.file = file
	return nil
}

// close returns when all segments are on the disk.
func (s *segments) close() error {
	s.finish()
	s.group.Wait()
	if s.err != nil {
		return fmt.Errorf("make the cache: %w", s.err)
	}
	return nil
}
