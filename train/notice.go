//go:build tensorflow

package train

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"

	"gradwatch/internal/config"
)

// nvidiaNode is there where the kernel drives an NVIDIA GPU.
const nvidiaNode = "/dev/nvidia0"

// notifyOfGPU tells a run that may use a GPU, and finds itself on the CPU, of a GPU
// that the kernel has as node.
func (t *trainer) notifyOfGPU(node string) {
	if _, err := os.Stat(node); err == nil && t.run.Device == "auto" && t.device == "cpu" {
		t.notify("trains on the CPU: there is an NVIDIA GPU, but TensorFlow sees none; scripts/setup --gpu fetches its " +
			"library with CUDA, and gradwatch devices --verbose shows what it misses")
	}
}

// notifyOfPrecision tells a run in bfloat16 on a processor that has no instructions for
// it: there TensorFlow computes it through float32, which takes longer.
func (t *trainer) notifyOfPrecision() {
	if t.run.Precision == config.Bfloat16 && t.device == "cpu" && !multipliesBfloat16() {
		t.notify("--precision bfloat16: this processor has no instructions for it, float32 would be faster")
	}
}

// multipliesBfloat16 reports whether the processor does, or may: of those that are
// no x86 nothing is known.
func multipliesBfloat16() bool {
	return runtime.GOARCH != "amd64" || cpu.X86.HasAVX512BF16 || cpu.X86.HasAMXBF16
}

// notify hands a line to the caller of Run, if it asked for notices.
func (t *trainer) notify(line string) {
	if t.options.Notice != nil {
		t.options.Notice(line)
	}
}

// checkSources says so if the data set's rows are others now than those that were read:
// the run is of the latter. It reads the files again only where the file system tells of
// a change.
func (t *trainer) checkSources() {
	touched := t.sources.Touched()
	if len(touched) == 0 || t.data.Unchanged(&t.run, touched) {
		return
	}
	t.notify(fmt.Sprintf("%s was changed while the run was under way: the run is of the rows that were read at its start", strings.Join(touched, ", ")))
}
