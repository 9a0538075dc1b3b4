package events

import (
	_ "embed" // the descriptors
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"gradwatch/internal/events/tbproto"
)

// descriptors are those of TensorBoard's own messages, whole; tbproto/generate.py
// writes them.
//
//go:embed testdata/tensorboard.binpb
var descriptors []byte

// newMessage returns an empty message of TensorBoard's.
func newMessage(t *testing.T, name protoreflect.FullName) *dynamicpb.Message {
	t.Helper()
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(descriptors, &set); err != nil {
		t.Fatal(err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		t.Fatal(err)
	}
	found, err := files.FindDescriptorByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return dynamicpb.NewMessage(found.(protoreflect.MessageDescriptor))
}

// decode reads a message, all of whose fields have to be known.
func decode(t *testing.T, name protoreflect.FullName, data []byte) *dynamicpb.Message {
	t.Helper()
	message := newMessage(t, name)
	if err := proto.Unmarshal(data, message); err != nil {
		t.Fatalf("decode %s: %v", name, err)
	}
	if unknown := message.GetUnknown(); len(unknown) > 0 {
		t.Fatalf("decode %s: got unknown fields %x, want none", name, unknown)
	}
	return message
}

// serialized returns a histogram as TensorFlow serializes it.
func serialized(h *Histogram) []byte {
	var message tbproto.HistogramProto
	h.fill(&message)
	return encode(nil, &message)
}

// checkText compares a message with what it should be in protobuf's text format.
func checkText(t *testing.T, name protoreflect.FullName, data []byte, text string) {
	t.Helper()
	want := newMessage(t, name)
	if err := prototext.Unmarshal([]byte(text), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(proto.Message(want), proto.Message(decode(t, name, data)), protocmp.Transform(), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// onlyValue returns the summary's only value.
func onlyValue(t *testing.T, summary []byte) protoreflect.Message {
	t.Helper()
	values := field(decode(t, "tensorboard.Summary", summary), "value").List()
	if values.Len() != 1 {
		t.Fatalf("got %d values, want 1", values.Len())
	}
	return values.Get(0).Message()
}

// content returns what the summary's only value holds for a plugin's eyes.
func content(t *testing.T, summary []byte) []byte {
	t.Helper()
	metadata := field(onlyValue(t, summary), "metadata").Message()
	return field(field(metadata, "plugin_data").Message(), "content").Bytes()
}

// onlyString returns the one string that the summary's only value holds.
func onlyString(t *testing.T, summary []byte) []byte {
	t.Helper()
	return field(field(onlyValue(t, summary), "tensor").Message(), "string_val").List().Get(0).Bytes()
}

func field(m protoreflect.Message, name protoreflect.Name) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(name))
}
