package sysmem

import (
	"math"
	"os"
	"testing"
	"testing/fstest"
)

const meminfo = "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    600 kB\nSwapTotal:       50 kB\nSwapFree:         20 kB\n"

// TestRead reads the files of made-up machines.
func TestRead(t *testing.T) {
	const kB = 1024
	for name, test := range map[string]struct {
		files map[string]string
		want  Sizes
	}{
		"no such system":   {nil, Sizes{math.Inf(1), math.Inf(1)}},
		"not understood":   {map[string]string{"proc/meminfo": "MemTotal: many\n:\n\n"}, Sizes{math.Inf(1), math.Inf(1)}},
		"no control group": {map[string]string{"proc/meminfo": meminfo}, Sizes{1050 * kB, 620 * kB}},
		"without a limit":  {map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n"}, Sizes{math.Inf(1), math.Inf(1)}},
		"limited by itself": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "1000\n",
			"sys/fs/cgroup/a/b/memory.current": "700\n", "sys/fs/cgroup/a/b/memory.stat": "anon 500\ninactive_file 200\n",
		}, Sizes{1000, 500}},
		"limited above": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "1000\n",
			"sys/fs/cgroup/a/memory.current": "700\n", "sys/fs/cgroup/a/b/memory.max": "max\n",
		}, Sizes{1000, 300}},
		"path of the outside": {map[string]string{
			"proc/self/cgroup": "0::/docker/123\n", "sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "1200\n",
		}, Sizes{1000, 0}},
		"version 1": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/a\nnonsense\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "900",
			"sys/fs/cgroup/memory/a/memory.stat":         "inactive_file 1\ntotal_inactive_file 50\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
		}, Sizes{1000, 150}},
	} {
		t.Run(name, func(t *testing.T) {
			root := fstest.MapFS{}
			for path, content := range test.files {
				root[path] = &fstest.MapFile{Data: []byte(content)}
			}
			if got := read(root); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestReadHere checks that this machine's sizes are plausible.
func TestReadHere(t *testing.T) {
	if _, err := os.Stat("/proc/meminfo"); err != nil {
		t.Skip("no /proc/meminfo: Linux alone has one")
	}
	if got := Read(); !(got.Free > 1e6 && got.Free <= got.Total && got.Total < 1e15) {
		t.Errorf("got %v", got)
	}
}

func TestText(t *testing.T) {
	for bytes, want := range map[float64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 999_499: "999 kB", 999_500: "1.0 MB", 24.5e9: "24 GB", 7.3e12: "7.3 TB", 1e30: "1000000000000 EB",
	} {
		if got := Text(bytes); got != want {
			t.Errorf("%g: got %s, want %s", bytes, got, want)
		}
	}
}
