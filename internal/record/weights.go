package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"gradwatch/internal/numeric"
	"gradwatch/internal/runfolder"
)

// Layer is one dense layer's weights, as Keras lays them.
type Layer struct {
	Kernel [][]float32 // [inputs, units]
	Bias   []float32   // [units]
	// Norm is the layer's normalization; nil for none.
	Norm *Norm
}

// Norm is the variables of a layer's batch normalization, [units] each, or of its layer
// normalization, which has gamma and beta alone: the others are nil.
type Norm struct {
	Gamma, Beta, MovingMean, MovingVariance []float32
}

// NewNorm returns the normalization of these variables, the two of layer normalization
// or the four of batch normalization, in Keras's order.
func NewNorm(vectors [][]float32) *Norm {
	n := &Norm{Gamma: vectors[0], Beta: vectors[1]}
	if len(vectors) > layerNormVectors {
		n.MovingMean, n.MovingVariance = vectors[2], vectors[3]
	}
	return n
}

// layerNormVectors and batchNormVectors are the numbers of a normalization's variables.
const layerNormVectors, batchNormVectors = 2, 4

// Vectors returns the variables in Keras's order.
func (n *Norm) Vectors() [][]float32 {
	vectors := [][]float32{n.Gamma, n.Beta, n.MovingMean, n.MovingVariance}
	if n.MovingMean == nil && n.MovingVariance == nil {
		return vectors[:layerNormVectors]
	}
	return vectors
}

// vectorNames are the names of a layer's vectors in the order of the file: what follows
// its kernel.
var vectorNames = [1 + batchNormVectors]string{"bias", "gamma", "beta", "moving mean", "moving variance"}

// vectors are those of the layer.
func (l *Layer) vectors() [][]float32 {
	list := [][]float32{l.Bias}
	if l.Norm != nil {
		list = append(list, l.Norm.Vectors()...)
	}
	return list
}

// WriteWeights writes weights.json: for one replica a list of kernel, bias,
// kernel, bias, ..., as Keras's get_weights gives them, where gamma, beta, moving
// mean and moving variance follow the bias of a layer with batch normalization, gamma
// and beta that of a layer with layer normalization; for more replicas a list of such lists. Numbers are the shortest that read back as the same float32; NaN and
// infinities become null, which JSON has no numbers for.
func WriteWeights(w io.Writer, replicas [][]Layer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if len(replicas) == 1 {
		writeModel(out, replicas[0])
	} else {
		writeList(out, len(replicas), func(r int) { writeModel(out, replicas[r]) })
	}
	out.WriteByte('\n')
	return out.Flush()
}

func writeModel(out *bufio.Writer, layers []Layer) {
	var arrays []func()
	for k := range layers {
		kernel := layers[k].Kernel
		arrays = append(arrays, func() {
			writeList(out, len(kernel), func(row int) { writeVector(out, kernel[row]) })
		})
		for _, v := range layers[k].vectors() {
			arrays = append(arrays, func() { writeVector(out, v) })
		}
	}
	writeList(out, len(arrays), func(i int) { arrays[i]() })
}

func writeList(out *bufio.Writer, n int, element func(i int)) {
	out.WriteByte('[')
	for i := range n {
		if i > 0 {
			out.WriteByte(',')
		}
		element(i)
	}
	out.WriteByte(']')
}

func writeVector(out *bufio.Writer, values []float32) {
	writeList(out, len(values), func(i int) {
		if !numeric.Finite(float64(values[i])) {
			out.WriteString("null")
			return
		}
		out.Write(strconv.AppendFloat(out.AvailableBuffer(), float64(values[i]), 'g', -1, 32))
	})
}

// ReadWeights reads a weights.json of one replica or several. The shapes are
// not yet checked against a model.
func ReadWeights(path string) ([][]Layer, error) {
	data, err := runfolder.ReadInput(path)
	if err != nil {
		return nil, err
	}
	replicas, err := ParseWeights(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return replicas, nil
}

// ParseWeights reads the content of a weights.json.
func ParseWeights(data []byte) ([][]Layer, error) {
	var lists []json.RawMessage
	if err := json.Unmarshal(data, &lists); err != nil {
		return nil, fmt.Errorf("want a list of kernel, bias, kernel, bias, ...%s: %w", LineOf(data, err), err)
	}
	if len(lists) == 0 {
		return nil, fmt.Errorf("want a list of kernel, bias, kernel, bias, ..., got an empty one")
	}
	if depth(lists[0]) < 3 {
		layers, err := parseModel(lists)
		return [][]Layer{layers}, err
	}
	replicas := make([][]Layer, len(lists))
	for r, list := range lists {
		var arrays []json.RawMessage
		if err := json.Unmarshal(list, &arrays); err != nil {
			return nil, fmt.Errorf("replica %d: want a list of kernel, bias, kernel, bias, ...: %w", r, err)
		}
		layers, err := parseModel(arrays)
		if err != nil {
			return nil, fmt.Errorf("replica %d: %w", r, err)
		}
		replicas[r] = layers
	}
	return replicas, nil
}

// depth counts the brackets that open a JSON value.
func depth(value json.RawMessage) int {
	count := 0
	for _, c := range bytes.TrimSpace(value) {
		switch c {
		case '[':
			count++
		case ' ', '\t', '\n', '\r':
		default:
			return count
		}
	}
	return count
}

// parseModel reads the arrays of one replica. A layer is a kernel, which alone is
// a list of lists, and one vector or, with layer normalization, three or, with batch
// normalization, five.
func parseModel(arrays []json.RawMessage) ([]Layer, error) {
	var layers []Layer
	for len(arrays) > 0 {
		count := 1
		for count < len(arrays) && depth(arrays[count]) < 2 {
			count++
		}
		layer, err := parseLayer(len(layers), arrays[:count])
		if err != nil {
			return nil, err
		}
		layers, arrays = append(layers, layer), arrays[count:]
	}
	return layers, nil
}

// parseLayer reads the arrays of layer k.
func parseLayer(k int, arrays []json.RawMessage) (Layer, error) {
	var layer Layer
	var kernel [][]*float32
	if err := json.Unmarshal(arrays[0], &kernel); err != nil {
		return layer, fmt.Errorf("kernel of dense_%d: want rows of numbers: %w", k+1, err)
	}
	for i, row := range kernel {
		values, err := finite(row)
		if err != nil {
			return layer, fmt.Errorf("kernel of dense_%d, row %d: %w", k+1, i, err)
		}
		layer.Kernel = append(layer.Kernel, values)
	}
	if !slices.Contains([]int{1, 1 + layerNormVectors, 1 + batchNormVectors}, len(arrays)-1) {
		return layer, fmt.Errorf("dense_%d has %d vectors after its kernel: want its bias or, with layer normalization, bias, gamma and beta "+
			"or, with batch normalization, bias, gamma, beta, moving mean and moving variance", k+1, len(arrays)-1)
	}
	var vectors [][]float32
	for i, array := range arrays[1:] {
		var numbers []*float32
		if err := json.Unmarshal(array, &numbers); err != nil {
			return layer, fmt.Errorf("%s of dense_%d: want a list of numbers: %w", vectorNames[i], k+1, err)
		}
		values, err := finite(numbers)
		if err != nil {
			return layer, fmt.Errorf("%s of dense_%d: %w", vectorNames[i], k+1, err)
		}
		vectors = append(vectors, values)
	}
	layer.Bias = vectors[0]
	if len(vectors) > 1 {
		layer.Norm = NewNorm(vectors[1:])
	}
	return layer, nil
}

func finite(values []*float32) ([]float32, error) {
	numbers := make([]float32, len(values))
	for i, value := range values {
		if value == nil {
			return nil, fmt.Errorf("number %d is null: want a finite number", i)
		}
		numbers[i] = *value
	}
	return numbers, nil
}
