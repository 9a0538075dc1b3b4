package events

import (
	"strings"

	"google.golang.org/protobuf/proto"

	"gradwatch/internal/events/tbproto"
)

// Summary collects values of one event. The zero value is empty and ready.
// TensorBoard takes each tag once in an event.
type Summary struct {
	buffer []byte // the serialized values so far

	// Messages that each value uses again, so that it allocates nothing.
	message   tbproto.Summary // of the one value
	value     tbproto.Summary_Value
	scalar    tbproto.Summary_Value_SimpleValue
	histo     tbproto.Summary_Value_Histo
	histogram tbproto.HistogramProto
	tensor    tbproto.Summary_Value_Tensor
	sizes     tbproto.TensorProto
}

// Scalar adds a scalar as WriteScalarSummary writes it: as a simple_value,
// without metadata. NaN and infinities are taken too.
func (s *Summary) Scalar(tag string, value float32) {
	s.scalar.SimpleValue = value
	s.value.Value = &s.scalar
	s.add(tag, nil)
}

// Histogram adds a histogram as WriteHistogramSummary writes it.
func (s *Summary) Histogram(tag string, h *Histogram) {
	h.fill(&s.histogram)
	s.histo.Histo = &s.histogram
	s.value.Value = &s.histo
	s.add(tag, nil)
}

// Bytes returns the serialized tensorflow.Summary, which stays valid until the
// next call of another method. It is empty when nothing was added.
func (s *Summary) Bytes() []byte { return s.buffer }

// Reset empties the summary and keeps its memory.
func (s *Summary) Reset() { s.buffer = s.buffer[:0] }

// addTensor adds a tensor for the plugin that the metadata names.
func (s *Summary) addTensor(tag string, tensor *tbproto.TensorProto, metadata *tbproto.SummaryMetadata) {
	s.tensor.Tensor = tensor
	s.value.Value = &s.tensor
	s.add(tag, metadata)
}

// add adds s.value, whose Value is set.
func (s *Summary) add(tag string, metadata *tbproto.SummaryMetadata) {
	s.value.Tag, s.value.Metadata = valid(tag), metadata
	s.message.Value = append(s.message.Value[:0], &s.value)
	s.buffer = encode(s.buffer, &s.message)
}

// encode appends a serialized message, whose texts are valid.
func encode(b []byte, message proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(b, message)
	if err != nil {
		panic(err) // only a text that is not UTF-8 is an error
	}
	return b
}

// valid returns the text with what is no UTF-8 replaced: no message can hold it.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// metadata returns the metadata of a plugin's value: content is for the plugin, and
// may be nil; the description is for the user, and may be empty.
func metadata(plugin, description string, content []byte) *tbproto.SummaryMetadata {
	return &tbproto.SummaryMetadata{
		PluginData:         &tbproto.SummaryMetadata_PluginData{PluginName: plugin, Content: content},
		SummaryDescription: valid(description),
	}
}

// shape returns a TensorShapeProto of those sizes.
func shape(sizes ...int64) *tbproto.TensorShapeProto {
	s := new(tbproto.TensorShapeProto)
	for _, size := range sizes {
		s.Dim = append(s.Dim, &tbproto.TensorShapeProto_Dim{Size: size})
	}
	return s
}

// stringTensor returns a TensorProto of one string: shape [].
func stringTensor(text []byte) *tbproto.TensorProto {
	return &tbproto.TensorProto{Dtype: tbproto.DataType_DT_STRING, TensorShape: shape(), StringVal: [][]byte{text}}
}

// stringsTensor returns a TensorProto of a list of strings: shape [n].
func stringsTensor(texts ...[]byte) *tbproto.TensorProto {
	return &tbproto.TensorProto{Dtype: tbproto.DataType_DT_STRING, TensorShape: shape(int64(len(texts))), StringVal: texts}
}

// noTensor returns a TensorProto of no floats: shape [0]. Summaries that are all
// metadata hold it.
func noTensor() *tbproto.TensorProto {
	return &tbproto.TensorProto{Dtype: tbproto.DataType_DT_FLOAT, TensorShape: shape(0)}
}
