package sysmem

import (
	"bufio"
	"bytes"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// Sizes are in bytes. They are +Inf where the system doesn't report them.
type Sizes struct {
	Total float64 // that processes here can have at most
	Free  float64 // that they can still have, without others losing theirs
}

// Read returns the sizes as they are now: the least of what the machine and the
// control groups of this process have (memory.max of cgroup v2,
// memory.limit_in_bytes of v1). Swap counts as the machine's memory.
func Read() Sizes { return read(os.DirFS("/")) }

func read(root fs.FS) Sizes {
	sizes := machine(root)
	for _, group := range groups(root) {
		sizes.Total, sizes.Free = min(sizes.Total, group.Total), min(sizes.Free, group.Free)
	}
	return sizes
}

// machine returns what /proc/meminfo tells, in kB.
func machine(root fs.FS) Sizes {
	unknown := Sizes{math.Inf(1), math.Inf(1)}
	text, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return unknown
	}
	values := make(map[string]float64)
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		if fields := strings.Fields(rest); len(fields) > 0 {
			if kB, err := strconv.ParseFloat(fields[0], 64); err == nil {
				values[name] = kB * 1024
			}
		}
	}
	total, found := values["MemTotal"]
	available, also := values["MemAvailable"]
	if !found || !also {
		return unknown
	}
	return Sizes{total + values["SwapTotal"], available + values["SwapFree"]}
}

// groups returns the sizes of the control groups that this process is in, those of
// them that are limited.
func groups(root fs.FS) []Sizes {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	var found []Sizes
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // number:controllers:path
		if len(parts) < 3 {
			continue
		}
		switch {
		case parts[1] == "":
			found = append(found, upwards(root, "sys/fs/cgroup", parts[2], "memory.max", "memory.current", "inactive_file")...)
		case strings.Contains(","+parts[1]+",", ",memory,"):
			found = append(found, upwards(root, "sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")...)
		}
	}
	return found
}

// upwards reads a group's files and those of the groups above it. In a container the
// path may be that outside: then the files at the top are the container's own.
func upwards(root fs.FS, top, inside, limitFile, usedFile, cacheField string) []Sizes {
	var found []Sizes
	for folder := path.Join(top, inside); strings.HasPrefix(folder, top); folder = path.Dir(folder) {
		limit, ok := number(root, path.Join(folder, limitFile))
		if !ok {
			continue
		}
		used, _ := number(root, path.Join(folder, usedFile))
		cache, _ := field(root, path.Join(folder, "memory.stat"), cacheField) // the kernel gives it up when asked
		found = append(found, Sizes{limit, max(0, limit-used+min(cache, used))})
	}
	return found
}

// number reads a file that holds only a number; false for another word, such as max.
func number(root fs.FS, name string) (float64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	value, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64)
	return value, err == nil
}

// field reads a line of a name and a number.
func field(root fs.FS, name, key string) (float64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), key+" "); found {
			number, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return number, err == nil
		}
	}
	return 0, false
}

// Text writes a size with two digits: 320 MB, 24 GB, 7.3 TB.
func Text(bytes float64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	unit := 0
	for bytes >= 999.5 && unit < len(units)-1 {
		bytes /= 1000
		unit++
	}
	if bytes < 9.95 && unit > 0 {
		return strconv.FormatFloat(bytes, 'f', 1, 64) + " " + units[unit]
	}
	return strconv.FormatFloat(bytes, 'f', 0, 64) + " " + units[unit]
}
