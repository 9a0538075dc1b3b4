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

// nvidiaNode exists where the kernel drives an NVIDIA GPU.
const nvidiaNode = "/dev/nvidia0"

// notifyOfGPU reports that the kernel has a GPU, as node, which a run that may use one doesn't use.
func (t *trainer) notifyOfGPU(node string) {
	if _, err := os.Stat(node); err == nil && t.run.Device == "auto" && t.device == "cpu" {
		t.notify("trains on the CPU: there is an NVIDIA GPU, but TensorFlow sees none; scripts/setup --gpu fetches its " +
			"library with CUDA, and gradwatch devices --verbose shows what it misses")
	}
}

// notifyOfPrecision reports that the processor has no instructions for bfloat16: TensorFlow then
// computes in float32 and converts, which takes longer.
func (t *trainer) notifyOfPrecision() {
	if t.run.Precision == config.Bfloat16 && t.device == "cpu" && !multipliesBfloat16() {
		t.notify("--precision bfloat16: this processor has no instructions for it, float32 would be faster")
	}
}

// multipliesBfloat16 reports whether the processor has instructions for bfloat16. For processors other
// than x86 it isn't known, and the answer is true.
func multipliesBfloat16() bool {
	return runtime.GOARCH != "amd64" || cpu.X86.HasAVX512BF16 || cpu.X86.HasAMXBF16
}

// notify hands a line to the caller of Run, if it asked for notices.
func (t *trainer) notify(line string) {
	if t.options.Notice != nil {
		t.options.Notice(line)
	}
}

// checkSources reports that the data set's files no longer hold the rows that the run was trained on. It
// reads them again only if the file system says that they were changed.
func (t *trainer) checkSources() {
	touched := t.sources.Touched()
	if len(touched) == 0 || t.data.Unchanged(&t.run, touched) {
		return
	}
	t.notify(fmt.Sprintf("%s was changed while the run was under way: the run is of the rows that were read at its start", strings.Join(touched, ", ")))
}
