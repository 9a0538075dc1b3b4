package stream

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
)

// valueBytes is about how much memory training takes for each value of a data set that
// is held in it: as read and scaled, 8 bytes each, in both of gradwatch's processes'
// time, and as the batches and the graph hold it, 4 bytes each.
const valueBytes = 40

// MemoryOf estimates how many bytes of memory training on a CSV file takes, by the number
// of values in its beginning.
func MemoryOf(path string) (int64, error) {
	f, err := os.Open(path)
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
	return int64(float64(values) / float64(n) * float64(size) * valueBytes), nil
}

// Memory returns how many bytes of memory are free for a process, by the kernel's
// estimate and the limit of its control group; 0 where neither is known.
func Memory() int64 {
	free := available()
	limit, used := number64("/sys/fs/cgroup/memory.max"), number64("/sys/fs/cgroup/memory.current")
	if left := limit - used; limit > 0 && (free == 0 || left < free) {
		// What the group uses is mostly the cache of files, which gives way.
		left += cached("/sys/fs/cgroup/memory.stat")
		if free == 0 || left < free {
			return left
		}
	}
	return free
}

func available() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "MemAvailable:"); found {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err == nil {
				return kib << 10
			}
		}
	}
	return 0
}

// number64 returns the number in a file; 0 where there is none.
func number64(path string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// cached returns the bytes of files that a control group holds in memory.
func cached(path string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "inactive_file "); found {
			n, _ := strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
			return n
		}
	}
	return 0
}
