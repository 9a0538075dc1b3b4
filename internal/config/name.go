package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// FolderName returns the name of the run's folder: Name or, where that is empty, one made
// of the activation, the layers and their units, and the settings that differ from the
// default (relu-5x5, tanh-10x25-adam, relu-8-8-4-moons), or linear-model for one without hidden layers.
func (r *Run) FolderName() string {
	if r.Name != "" {
		return r.Name
	}
	parts := []string{strings.Join(r.Activations, "-")}
	switch {
	case len(r.Layers) == 0:
		parts = []string{"linear-model"}
	case r.Even():
		parts = append(parts, fmt.Sprintf("%dx%d", len(r.Layers), r.Layers[0]))
	default:
		parts = append(parts, strings.ReplaceAll(joinInts(r.Layers), ",", "-"))
	}
	base := Defaults(r)
	if r.BatchNorm {
		parts = append(parts, "batch-norm")
	}
	if r.LayerNorm {
		parts = append(parts, "layer-norm")
	}
	if r.Residual {
		parts = append(parts, "residual")
	}
	if r.KernelInitializer != "" {
		parts = append(parts, r.KernelInitializer)
	}
	if r.BiasInitializer != base.BiasInitializer {
		parts = append(parts, "bias", r.BiasInitializer)
	}
	if r.OutputActivation != base.OutputActivation {
		parts = append(parts, "output", r.OutputActivation)
	}
	if r.UnitsOutput != base.UnitsOutput {
		parts = append(parts, "units-output", strconv.Itoa(r.UnitsOutput))
	}
	if r.Loss != base.Loss {
		parts = append(parts, r.Loss)
	}
	if r.Optimizer != base.Optimizer {
		parts = append(parts, r.Optimizer)
	}
	for _, bound := range r.clipping() {
		if bound.value != 0 {
			parts = append(parts, bound.field, formatNumber(bound.value))
		}
	}
	parts = append(parts, r.regularizationParts()...)
	if r.Dataset != Default().Dataset {
		name := strings.TrimSuffix(filepath.Base(r.Dataset), ".gz")
		parts = append(parts, strings.TrimSuffix(name, filepath.Ext(name)))
	}
	if r.Fold != 0 {
		parts = append(parts, "fold", strconv.Itoa(r.Fold))
	}
	return fileName(strings.Join(parts, "-"))
}

// maxFolderName keeps a folder's name readable in TensorBoard's list of runs
// and far below the file system's 255 bytes.
const maxFolderName = 80

// fileName keeps letters, digits and a few signs of text, and puts a dash for
// the rest. A plus stays: 1e+09 is not 1e-09.
func fileName(text string) string {
	clean := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-+", c) {
			return c
		}
		return '-'
	}, text)
	if len(clean) > maxFolderName { // two names may differ only in what is cut off
		sum := sha256.Sum256([]byte(text))
		end := "-" + hex.EncodeToString(sum[:4])
		clean = clean[:maxFolderName-len(end)] + end
	}
	return strings.TrimLeft(clean, ".")
}
