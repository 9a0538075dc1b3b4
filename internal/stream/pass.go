package stream

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"runtime"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/runfolder"
)

const (
	// chunkBytes is the size of text that is read at once: large enough that handing it to
	// another goroutine costs almost nothing in comparison, small enough for several chunks
	// to fit into memory.
	chunkBytes = 1 << 20
	// longestLine bounds what a chunk may grow to.
	longestLine = 64 << 20
)

// errQuotes ends the fast reading of a file with quotes, where a line's end may be part of a
// field.
var errQuotes = errors.New("quotes")

// pass is one reading of the sources, which writes the cache's rows.
type pass struct {
	ctx      context.Context
	source   *dataset.Source
	columns  []string // that a row has, the target among them; of the first source where nil
	folder   string
	segment  int       // rows of one
	rows     *segments // nil before the first source
	progress func(done int64)
	done     int64 // bytes of text
	first    *dataset.Rows
	layout   layout
	parts    []part
	count    int // rows
}

// file reads one source and returns its SHA-256.
func (p *pass) file(path string) (sum string, err error) {
	rows, err := dataset.OpenRows(path, p.source)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if p.first == nil {
		p.first = rows
		if p.columns == nil {
			p.columns = rows.Columns()
		}
		p.layout = newLayout(rows.Columns(), rows.Target(), p.columns)
		p.rows = newSegments(p.folder, p.layout.width, p.segment)
	} else if err := rows.CheckSame(p.first); err != nil {
		return "", err
	}
	p.layout.separator, p.layout.point = rows.Marks()
	offset, lines, plain, err := rows.Body()
	if err != nil {
		return "", err
	}
	before, parts, count := p.done, len(p.parts), p.count
	if plain {
		sum, err = p.fast(path, rows, offset, lines)
		if !errors.Is(err, errQuotes) {
			return sum, err
		}
		p.parts, p.count, p.done = p.parts[:parts], count, before
		if err := p.rows.back(count); err != nil {
			return "", err
		}
	}
	return p.slow(path, rows)
}

// fast reads a file without quotes in chunks, on all cores: one goroutine reads and hashes,
// others parse, and this one writes the rows in their order.
func (p *pass) fast(path string, rows *dataset.Rows, offset int64, lines int) (sum string, err error) {
	f, err := runfolder.OpenInput(path)
	if err != nil {
		return "", fmt.Errorf("read data set: %w", err)
	}
	defer f.Close()
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	free := make(chan *chunk, 2*workers+1) // bounds what is in memory
	for range cap(free) {
		free <- &chunk{}
	}
	work, order := make(chan *job), make(chan *job, cap(free))
	r := &reader{file: f, sum: sha256.New(), offset: offset}
	go func() {
		r.cut(ctx, free, work, order)
		close(work)
		close(order)
	}()
	for range workers {
		go func() {
			for j := range work {
				j.chunk.parse(&p.layout, hand(rows.Clone(), p.layout.marks))
				close(j.parsed)
			}
		}()
	}
	for j := range order {
		<-j.parsed
		if err == nil {
			err = p.take(j.chunk, rows, lines)
			lines += j.chunk.lines
		}
		if err != nil {
			cancel() // and go on until all who work have ended
		}
		free <- j.chunk
	}
	switch {
	case err != nil:
		return "", err
	case p.ctx.Err() != nil:
		return "", context.Cause(p.ctx)
	case errors.Is(r.err, errQuotes):
		return "", errQuotes
	case r.err != nil:
		return "", fmt.Errorf("read %s: %w", path, r.err)
	}
	return hex.EncodeToString(r.sum.Sum(nil)), nil
}

// job is a chunk on its way.
type job struct {
	chunk  *chunk
	parsed chan struct{} // closed when it is
}

// oddLine is a line that only the slow reader can read.
type oddLine struct {
	text   []byte
	number int // within the chunk
}

func (o *oddLine) Error() string { return "an odd line" }

// hand returns the function that a worker calls for lines that the fast reader can't read. It
// returns an oddLine for a wrong one, whose number in the file is not known here.
func hand(rows *dataset.Rows, m marks) func([]byte, int) ([]float64, error) {
	row := make([]float64, len(rows.Columns()))
	return func(text []byte, number int) ([]float64, error) {
		if len(bytes.TrimSpace(text)) == 0 {
			return nil, nil
		}
		if spaced(text, row, m) {
			return row, nil
		}
		if cells, err := rows.Line(text, number+1); err == nil {
			return cells, nil
		}
		return nil, &oddLine{text: bytes.Clone(text), number: number}
	}
}

// spaced reads a line of numbers with spaces around them.
func spaced(text []byte, row []float64, m marks) bool {
	cleaned := make([]byte, 0, len(text)+1)
	for i, field := range bytes.Split(bytes.TrimRight(text, "\r\n"), []byte{m.separator}) {
		if i > 0 {
			cleaned = append(cleaned, m.separator)
		}
		cleaned = append(cleaned, bytes.TrimSpace(field)...)
	}
	_, ok := fields(append(cleaned, '\n'), 0, row, m)
	return ok
}

// take writes a chunk's rows, or returns the error in it. lines is the number of lines before
// it in the file.
func (p *pass) take(c *chunk, rows *dataset.Rows, lines int) error {
	var odd *oddLine
	var beyond *rangeError
	switch {
	case errors.As(c.err, &odd):
		_, err := rows.Line(odd.text, lines+odd.number+1)
		if err == nil {
			err = &invalid.Error{File: rows.Name(), Line: lines + odd.number + 1, Want: "numbers"}
		}
		return err
	case errors.As(c.err, &beyond):
		return p.beyond(rows, beyond, lines+beyond.line+1)
	case c.err != nil:
		return c.err
	}
	if c.part.rows > 0 {
		if _, err := p.rows.Write(bytesOf(c.rows)); err != nil {
			return err
		}
		kept := c.part
		kept.columns = append([]column(nil), kept.columns...)
		p.parts, p.count = append(p.parts, kept), p.count+kept.rows
	}
	p.done += int64(len(c.text))
	p.progress(p.done)
	return nil
}

func (p *pass) beyond(rows *dataset.Rows, e *rangeError, line int) error {
	return &invalid.Error{
		File: rows.Name(), Line: line, Column: rows.Columns()[e.field], Problem: fmt.Sprint(e.value),
		Want: "a number that a float32 can hold (of a size up to 3.4e38)",
	}
}

// slow reads a file with quotes, or a compressed one, record by record.
func (p *pass) slow(path string, rows *dataset.Rows) (sum string, err error) {
	c := &chunk{}
	limit := max(1, chunkBytes/(4*p.layout.width))
	start := func() { c.rows, c.part = c.rows[:0], part{} }
	for {
		cells, line, err := rows.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if err == nil {
			var beyond *rangeError
			if errors.As(c.add(&p.layout, cells), &beyond) {
				return "", p.beyond(rows, beyond, line)
			}
		}
		if err != nil || c.part.rows >= limit {
			c.seal()
			if taken := p.take(c, rows, 0); taken != nil {
				return "", taken
			}
			start()
		}
		if err != nil {
			break
		}
		if p.ctx.Err() != nil {
			return "", context.Cause(p.ctx)
		}
	}
	sum, size, err := hashFile(p.ctx, path, func(int64) {})
	p.done += size
	p.progress(p.done)
	return sum, err
}

// reader cuts a file into chunks of whole lines, and hashes all of it.
type reader struct {
	file   *os.File
	sum    hash.Hash
	offset int64 // where the rows begin
	rest   []byte
	err    error
}

// cut sends chunks to the goroutines that parse and, in the same order, to the one that
// writes.
func (r *reader) cut(ctx context.Context, free <-chan *chunk, work, order chan<- *job) {
	if _, r.err = io.CopyN(r.sum, r.file, r.offset); r.err != nil {
		return
	}
	for last := false; !last; {
		var c *chunk
		select {
		case c = <-free:
		case <-ctx.Done():
			return
		}
		if last, r.err = r.next(c); r.err != nil {
			return
		}
		if len(c.text) == 0 {
			return
		}
		j := &job{chunk: c, parsed: make(chan struct{})}
		order <- j // has room for all chunks
		work <- j
	}
}

// next reads a chunk and reports whether it is the last.
func (r *reader) next(c *chunk) (last bool, err error) {
	c.text = append(c.text[:0], r.rest...)
	for target := chunkBytes; ; target *= 2 {
		from := len(c.text)
		c.text = grown(c.text, max(target, from))
		n, err := io.ReadFull(r.file, c.text[from:])
		c.text = c.text[:from+n]
		read := c.text[from:]
		_, _ = r.sum.Write(read) // never fails
		if bytes.IndexByte(read, '"') >= 0 {
			return false, errQuotes
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			if n := len(c.text); n > 0 && c.text[n-1] != '\n' {
				c.text = append(c.text, '\n')
			}
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if end := bytes.LastIndexByte(c.text, '\n'); end >= 0 {
			r.rest = append(r.rest[:0], c.text[end+1:]...)
			c.text = c.text[:end+1]
			return false, nil
		}
		if len(c.text) > longestLine {
			return false, errQuotes // the slow reader says what is wrong
		}
	}
}

// hashFile returns a file's SHA-256 and size.
func hashFile(ctx context.Context, path string, progress func(done int64)) (sum string, size int64, err error) {
	f, err := runfolder.OpenInput(path)
	if err != nil {
		return "", 0, fmt.Errorf("read data set: %w", err)
	}
	defer f.Close()
	h, buffer := sha256.New(), make([]byte, chunkBytes)
	for {
		n, err := f.Read(buffer)
		_, _ = h.Write(buffer[:n]) // never fails
		size += int64(n)
		progress(size)
		switch {
		case errors.Is(err, io.EOF):
			return hex.EncodeToString(h.Sum(nil)), size, nil
		case err != nil:
			return "", 0, fmt.Errorf("read data set: %w", err)
		case ctx.Err() != nil:
			return "", 0, context.Cause(ctx)
		}
	}
}
