package stream

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"gradwatch/internal/dataset"
	"gradwatch/internal/runfolder"
)

// The files of a cache.
const (
	manifestFile = "manifest.json"
	partsFile    = "parts.bin"
)

// format is the version of the cache's form. A cache of another one is made anew.
const format = 1

// manifest is manifest.json.
type manifest struct {
	Format  int      `json:"format"`
	Sources []Source `json:"sources"`
	Choices choices  `json:"choices"`
	// Dialect is how the first source is written; nil in caches of an older version, which
	// read commas.
	Dialect *dataset.Dialect `json:"dialect,omitempty"`
	// Columns are all of the sources', Target the target's place among them; a row of
	// the cache holds the inputs in their order, then the target.
	Columns []string `json:"columns"`
	Target  int      `json:"target"`
	Named   bool     `json:"named"` // by a header
	Rows    int      `json:"rows"`
	// Labels are the different values of the target; nil where there are more than there may
	// be classes.
	Labels  []float64 `json:"labels,omitempty"`
	Segment int       `json:"segment-rows"` // rows of each of the files but the last
	// RowsTime is the time of the last change of these files, in nanoseconds since 1970. As
	// long as it is the same, they are taken to be undamaged; else they are checked.
	RowsTime    int64  `json:"rows-mtime"`
	PartsSHA256 string `json:"parts-sha256"`
}

// choices are what the sources' text is read by.
type choices struct {
	Target string `json:"target"`
	Header string `json:"header"`
}

func (m *manifest) width() int { return len(m.Columns) }

func (m *manifest) rowBytes() int64 { return 4 * int64(m.width()) }

// readManifest reads and checks what can be checked without reading the rows.
func readManifest(folder string) (*manifest, error) {
	text, err := runfolder.ReadInput(filepath.Join(folder, manifestFile))
	if err != nil {
		return nil, err
	}
	m := &manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestFile, err)
	}
	switch {
	case m.Format != format:
		return nil, fmt.Errorf("%s: format %d: want %d", manifestFile, m.Format, format)
	case m.Segment < 1:
		return nil, fmt.Errorf("%s: segments of %d rows: want at least 1", manifestFile, m.Segment)
	case len(m.Columns) < 2 || m.Target < 0 || m.Target >= len(m.Columns) || m.Rows < 1:
		return nil, fmt.Errorf("%s: %d columns, target %d, %d rows: want at least 2 columns, one of them the target, and a row",
			manifestFile, len(m.Columns), m.Target, m.Rows)
	}
	return m, nil
}

// load returns the cache in a folder, and an error unless all of its files are as its
// manifest says.
func load(folder string) (*Cache, error) {
	m, err := readManifest(folder)
	if err != nil {
		return nil, err
	}
	c := &Cache{manifest: m, folder: folder}
	text, err := runfolder.ReadInput(filepath.Join(folder, partsFile))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != m.PartsSHA256 {
		return nil, fmt.Errorf("%s is damaged: its SHA-256 is not what %s says", partsFile, manifestFile)
	}
	if c.parts, err = decodeParts(text, m.width()); err != nil {
		return nil, fmt.Errorf("%s: %w", partsFile, err)
	}
	rows := 0
	for i := range c.parts {
		rows += c.parts[i].rows
	}
	if rows != m.Rows {
		return nil, fmt.Errorf("%s is of %d rows, %s of %d", partsFile, rows, manifestFile, m.Rows)
	}
	for i := range c.Segments() {
		info, err := os.Stat(c.Segment(i))
		if err != nil {
			return nil, err
		}
		if want := int64(c.rowsIn(i)) * m.rowBytes(); info.Size() != want {
			return nil, fmt.Errorf("%s has %d bytes, want %d", info.Name(), info.Size(), want)
		}
	}
	changed, err := lastChange(folder, c.Segments())
	if err != nil || changed == m.RowsTime {
		return c, err
	}
	return c, c.verify()
}

// verify reads all rows, and returns an error where a part has another checksum.
func (c *Cache) verify() error {
	var (
		group    sync.WaitGroup
		failures = make([]error, runtime.GOMAXPROCS(0))
		next     = make(chan int)
		firsts   = make([]int, len(c.parts)+1)
	)
	for i := range c.parts {
		firsts[i+1] = firsts[i] + c.parts[i].rows
	}
	for worker := range failures {
		group.Go(func() {
			r := c.reader()
			defer r.close()
			var buffer []float32
			for i := range next {
				buffer = grown(buffer, c.parts[i].rows*c.Width())
				err := r.read(buffer, firsts[i])
				if err == nil && crc32.Checksum(bytesOf(buffer), castagnoli) != c.parts[i].checksum {
					err = fmt.Errorf("rows %d to %d are damaged: their checksum is not what %s says", firsts[i]+1, firsts[i+1], partsFile)
				}
				failures[worker] = cmp.Or(failures[worker], err)
			}
		})
	}
	for i := range c.parts {
		next <- i
	}
	close(next)
	group.Wait()
	return cmp.Or(failures...)
}

// encodeParts writes the parts, little endian: rows, checksum, each column's five numbers,
// then how many labels there are, and each with its number of rows.
func encodeParts(parts []part) []byte {
	var text []byte
	for i := range parts {
		p := &parts[i]
		text = binary.LittleEndian.AppendUint64(text, uint64(p.rows))
		text = binary.LittleEndian.AppendUint32(text, p.checksum)
		text, _ = binary.Append(text, binary.LittleEndian, p.columns) // of a fixed size: never fails
		text = binary.LittleEndian.AppendUint32(text, uint32(len(p.labels)))
		for _, y := range slices.Sorted(maps.Keys(p.labels)) {
			text = binary.LittleEndian.AppendUint64(text, math.Float64bits(y))
			text = binary.LittleEndian.AppendUint64(text, uint64(p.labels[y]))
		}
	}
	return text
}

func decodeParts(text []byte, width int) ([]part, error) {
	var parts []part
	r := bytes.NewReader(text)
	for {
		var head struct {
			Rows     uint64
			Checksum uint32
		}
		err := binary.Read(r, binary.LittleEndian, &head)
		if errors.Is(err, io.EOF) {
			return parts, nil
		}
		p := part{rows: int(head.Rows), checksum: head.Checksum, columns: make([]column, width), labels: make(labels)}
		var count uint32
		err = errors.Join(err, binary.Read(r, binary.LittleEndian, p.columns), binary.Read(r, binary.LittleEndian, &count))
		if err != nil || count > mostClasses+1 {
			return nil, fmt.Errorf("%d labels: %w", count, err)
		}
		pairs := make([]struct {
			Label float64
			Rows  uint64
		}, count)
		if err := binary.Read(r, binary.LittleEndian, pairs); err != nil {
			return nil, err
		}
		for _, pair := range pairs {
			p.labels[pair.Label] = int(pair.Rows)
		}
		parts = append(parts, p)
	}
}

// distinct returns the different targets of all parts, in ascending order; nil where
// they are more than mostClasses.
func distinct(parts []part) []float64 {
	seen := make(map[float64]bool)
	for i := range parts {
		for y := range parts[i].labels {
			seen[y] = true
		}
		if len(seen) > mostClasses {
			return nil
		}
	}
	values := slices.Collect(maps.Keys(seen))
	slices.Sort(values)
	return values
}
