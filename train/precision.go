//go:build tensorflow

package train

import (
	"runtime"

	"golang.org/x/sys/cpu"

	"gradwatch/internal/config"
)

// notePrecision tells a run in bfloat16 on a processor that has no instructions for
// it: there TensorFlow computes it through float32, which takes longer.
func (t *trainer) notePrecision() {
	if t.run.Precision == config.Bfloat16 && t.device == "cpu" && !multipliesBfloat16() {
		t.notice("--precision bfloat16: this processor has no instructions for it, float32 would be faster")
	}
}

// multipliesBfloat16 reports whether the processor does, or may: of those that are
// no x86 nothing is known.
func multipliesBfloat16() bool {
	return runtime.GOARCH != "amd64" || cpu.X86.HasAVX512BF16 || cpu.X86.HasAMXBF16
}
