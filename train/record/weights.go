package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
)

// Layer is one dense layer's weights, as Keras lays them.
type Layer struct {
	Kernel [][]float32 // [inputs, units]
	Bias   []float32   // [units]
}

// WriteWeights writes weights.json: for one replica a list of kernel, bias,
// kernel, bias, ..., as Keras's get_weights gives them; for more a list of such
// lists. Numbers are the shortest that read back as the same float32; NaN and
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
	writeList(out, 2*len(layers), func(i int) {
		layer := layers[i/2]
		if i%2 == 1 {
			writeVector(out, layer.Bias)
			return
		}
		writeList(out, len(layer.Kernel), func(row int) { writeVector(out, layer.Kernel[row]) })
	})
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
		if v := float64(values[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			out.WriteString("null")
			return
		}
		out.Write(strconv.AppendFloat(out.AvailableBuffer(), float64(values[i]), 'g', -1, 32))
	})
}

// ReadWeights reads a weights.json of one replica or several. The shapes are
// not yet checked against a model.
func ReadWeights(path string) ([][]Layer, error) {
	data, err := os.ReadFile(path)
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
		return nil, fmt.Errorf("want a list of kernel, bias, kernel, bias, ...: %w", err)
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

func parseModel(arrays []json.RawMessage) ([]Layer, error) {
	if len(arrays)%2 != 0 {
		return nil, fmt.Errorf("%d arrays: want a kernel and a bias for each layer", len(arrays))
	}
	layers := make([]Layer, len(arrays)/2)
	for k := range layers {
		var kernel [][]*float32
		if err := json.Unmarshal(arrays[2*k], &kernel); err != nil {
			return nil, fmt.Errorf("kernel of dense_%d: want rows of numbers: %w", k+1, err)
		}
		var bias []*float32
		if err := json.Unmarshal(arrays[2*k+1], &bias); err != nil {
			return nil, fmt.Errorf("bias of dense_%d: want a list of numbers: %w", k+1, err)
		}
		for i, row := range kernel {
			values, err := finite(row)
			if err != nil {
				return nil, fmt.Errorf("kernel of dense_%d, row %d: %w", k+1, i, err)
			}
			layers[k].Kernel = append(layers[k].Kernel, values)
		}
		values, err := finite(bias)
		if err != nil {
			return nil, fmt.Errorf("bias of dense_%d: %w", k+1, err)
		}
		layers[k].Bias = values
	}
	return layers, nil
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
