package events

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Summary collects values of one event. The zero value is empty and ready.
// TensorBoard takes each tag once in an event.
type Summary struct {
	buffer []byte // the tensorflow.Summary so far
	value  []byte // room for the Summary.Value in the making
	inner  []byte // room for the message within it
}

// Fields of tensorflow.Summary and of Summary.Value.
const (
	summaryValue = 1

	valueTag       = 1
	valueSimple    = 2
	valueHistogram = 5
	valueTensor    = 8
	valueMetadata  = 9
)

// Scalar adds a scalar as WriteScalarSummary writes it: as a simple_value,
// without metadata. NaN and infinities are taken too.
func (s *Summary) Scalar(tag string, value float32) {
	s.begin(tag)
	s.value = protowire.AppendTag(s.value, valueSimple, protowire.Fixed32Type)
	s.value = protowire.AppendFixed32(s.value, math.Float32bits(value))
	s.end()
}

// Histogram adds a histogram as WriteHistogramSummary writes it.
func (s *Summary) Histogram(tag string, h *Histogram) {
	s.begin(tag)
	s.inner = h.AppendProto(s.inner[:0])
	s.value = appendMessage(s.value, valueHistogram, s.inner)
	s.end()
}

// Bytes returns the serialized tensorflow.Summary, which stays valid until the
// next call of another method. It is empty when nothing was added.
func (s *Summary) Bytes() []byte { return s.buffer }

// Reset empties the summary and keeps its memory.
func (s *Summary) Reset() { s.buffer = s.buffer[:0] }

func (s *Summary) begin(tag string) { s.value = appendText(s.value[:0], valueTag, tag) }

func (s *Summary) end() { s.buffer = appendMessage(s.buffer, summaryValue, s.value) }

// Fields of tensorflow.SummaryMetadata and of its PluginData.
const (
	metadataPlugin      = 1
	metadataDescription = 3

	pluginName    = 1
	pluginContent = 2
)

// plugin adds a value of one of TensorBoard's plugins: the tensor, and content
// for the plugin's eyes. The description is for the user's.
func (s *Summary) plugin(tag, plugin, description string, content, tensor []byte) {
	s.tensor(tag, tensor, metadata(plugin, description, content))
}

// tensor adds a TensorProto with its SummaryMetadata.
func (s *Summary) tensor(tag string, tensor, metadata []byte) {
	s.begin(tag)
	s.value = appendMessage(s.value, valueTensor, tensor)
	s.value = appendMessage(s.value, valueMetadata, metadata)
	s.end()
}

// metadata returns a SummaryMetadata.
func metadata(plugin, description string, content []byte) []byte {
	data := appendText(nil, pluginName, plugin)
	if len(content) > 0 {
		data = appendMessage(data, pluginContent, content)
	}
	return appendText(appendMessage(nil, metadataPlugin, data), metadataDescription, description)
}

// Fields of tensorflow.TensorProto and TensorShapeProto, and values of DataType.
const (
	tensorType    = 1
	tensorShape   = 2
	tensorContent = 4
	tensorStrings = 8

	shapeDim = 2

	dimSize = 1

	typeFloat  = 1
	typeString = 7
)

// stringTensor returns a TensorProto of one string: shape [].
func stringTensor(text []byte) []byte {
	b := appendNumber(nil, tensorType, typeString)
	b = appendMessage(b, tensorShape, nil)
	return appendMessage(b, tensorStrings, text)
}

// stringsTensor returns a TensorProto of a list of strings: shape [n].
func stringsTensor(texts ...[]byte) []byte {
	b := appendNumber(nil, tensorType, typeString)
	b = appendMessage(b, tensorShape, appendMessage(nil, shapeDim, appendNumber(nil, dimSize, uint64(len(texts)))))
	for _, text := range texts {
		b = appendMessage(b, tensorStrings, text)
	}
	return b
}

// noTensor returns a TensorProto of no floats: shape [0]. Summaries that are all
// metadata hold it.
func noTensor() []byte {
	b := appendNumber(nil, tensorType, typeFloat)
	return appendMessage(b, tensorShape, appendMessage(nil, shapeDim, nil))
}
