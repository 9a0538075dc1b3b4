package stream

import (
	"bytes"
	"io"

	"gradwatch/internal/runfolder"
)

// valueBytes is about the number of bytes of memory that training takes for each value of a
// data set in memory: 8 for each copy as read and as scaled, of either process, and 4 for
// each copy in the batches and the graph.
const valueBytes = 40

// readFactor is the number of times its size that a file takes at least: what
// runfolder.OpenWhole refuses to read is streamed.
const readFactor = 4

// MemoryOf estimates the bytes of memory that training on a CSV file takes, by the number
// of values at its beginning.
func MemoryOf(path string) (int64, error) {
	f, err := runfolder.OpenInput(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	start := make([]byte, 1<<18)
	n, err := io.ReadFull(f, start)
	if n == 0 {
		return 0, err
	}
	start = start[:n]
	values := bytes.Count(start, []byte(",")) + bytes.Count(start, []byte("\n"))
	size := info.Size()
	if bytes.HasPrefix(start, []byte{0x1f, 0x8b}) {
		values = n / 2 // packed text of numbers: about a value in two bytes
	}
	return max(readFactor*size, int64(float64(values)/float64(n)*float64(size)*valueBytes)), nil
}
