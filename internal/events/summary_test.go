package events

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	"gradwatch/internal/events/tbproto"
	"gradwatch/internal/events/tbproto/hparams"
)

func TestSummary(t *testing.T) {
	var h Histogram
	h.Add([]float32{0, 0, negativeZero})
	for _, c := range []struct {
		name string
		add  func(s *Summary)
		want string
	}{
		{"nothing", func(*Summary) {}, ""},
		{"a scalar", func(s *Summary) { s.Scalar("loss", 0.25) }, `value { tag: "loss" simple_value: 0.25 }`},
		{"scalars that are 0 or not finite", func(s *Summary) {
			s.Scalar("zero", 0)
			s.Scalar("minus zero", negativeZero)
			s.Scalar("nan", nan)
			s.Scalar("inf", infinity)
		}, `value { tag: "zero" simple_value: 0 } value { tag: "minus zero" simple_value: -0.0 }
			value { tag: "nan" simple_value: nan } value { tag: "inf" simple_value: inf }`},
		{"a histogram", func(s *Summary) { s.Histogram("dense_1/kernel_0", &h) }, `value { tag: "dense_1/kernel_0" histo {
			num: 3 bucket_limit: [0, 1e-12, 1.7976931348623157e308] bucket: [0, 3, 0] } }`},
		{"both", func(s *Summary) {
			s.Scalar("loss", 1)
			s.Histogram("h", &h)
			s.Scalar("accuracy", 2)
		}, `value { tag: "loss" simple_value: 1 }
			value { tag: "h" histo { num: 3 bucket_limit: [0, 1e-12, 1.7976931348623157e308] bucket: [0, 3, 0] } }
			value { tag: "accuracy" simple_value: 2 }`},
		{"after a reset", func(s *Summary) {
			s.Histogram("h", &h)
			s.Reset()
			s.Scalar("loss", 1)
		}, `value { tag: "loss" simple_value: 1 }`},
		{"a tag that is no UTF-8", func(s *Summary) { s.Scalar("a\xffb", 1) }, `value { tag: "a\357\277\275b" simple_value: 1 }`},
		{"a layout", func(s *Summary) { s.Layout(nil) }, `value { tag: "custom_scalars__config__"
			tensor { dtype: DT_STRING tensor_shape {} string_val: "" }
			metadata { plugin_data { plugin_name: "custom_scalars" } } }`},
		{"a text", func(s *Summary) { s.Text("verdict", "# dense_1\n\n`\xff`") }, `value { tag: "verdict"
			tensor { dtype: DT_STRING tensor_shape {} string_val: "# dense_1\n\n` + "`" + `\357\277\275` + "`" + `" }
			metadata { plugin_data { plugin_name: "text" } } }`},
		{"no text", func(s *Summary) { s.Text("verdict", "") }, `value { tag: "verdict"
			tensor { dtype: DT_STRING tensor_shape {} string_val: "" }
			metadata { plugin_data { plugin_name: "text" } } }`},
		{"an image", func(s *Summary) { s.Image("flow", "layer by **epoch**", 800, 60, []byte("\x89PNG\xff")) }, `value { tag: "flow"
			tensor { dtype: DT_STRING tensor_shape { dim { size: 3 } } string_val: ["800", "60", "\211PNG\377"] }
			metadata { plugin_data { plugin_name: "images" } summary_description: "layer by **epoch**" } }`},
		{"an image without a description", func(s *Summary) { s.Image("flow", "", 1, 1, nil) }, `value { tag: "flow"
			tensor { dtype: DT_STRING tensor_shape { dim { size: 3 } } string_val: ["1", "1", ""] }
			metadata { plugin_data { plugin_name: "images" } } }`},
		{"a session", func(s *Summary) { s.SessionStart(Session{}) }, `value { tag: "_hparams_/session_start_info"
			tensor { dtype: DT_FLOAT tensor_shape { dim {} } }
			metadata { plugin_data { plugin_name: "hparams" content: "\032\000" } } }`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Summary
			c.add(&s)
			checkText(t, "tensorboard.Summary", s.Bytes(), c.want)
		})
	}
}

// TestFields compares every field of the generated code with TensorBoard's own.
func TestFields(t *testing.T) {
	var compare func(got protoreflect.MessageDescriptors)
	compared := 0
	compare = func(got protoreflect.MessageDescriptors) {
		for i := range got.Len() {
			message := got.Get(i)
			want := newMessage(t, message.FullName()).Descriptor().Fields()
			for k := range message.Fields().Len() {
				field := protodesc.ToFieldDescriptorProto(message.Fields().Get(k))
				original := protodesc.ToFieldDescriptorProto(want.ByName(message.Fields().Get(k).Name()))
				original.OneofIndex, field.OneofIndex = nil, nil // counts only those that are there
				if diff := cmp.Diff(original, field, protocmp.Transform()); diff != "" {
					t.Errorf("%s (-TensorBoard +generated):\n%s", message.FullName(), diff)
				}
				compared++
			}
			compare(message.Messages())
		}
	}
	compare(tbproto.File_tensorboard_proto.Messages())
	compare(hparams.File_tensorboard_hparams_proto.Messages())
	if compared == 0 {
		t.Error("compared no fields, want all")
	}
}

// TestTextsThatAreNoUTF8 puts such a text into every text that there is: TensorBoard's messages can't hold it.
func TestTextsThatAreNoUTF8(t *testing.T) {
	const bad = "\xff"
	var s Summary
	s.Scalar(bad, 1)
	s.Histogram(bad, new(Histogram))
	s.Sizes(bad, new(Histogram))
	s.Text(bad, bad)
	s.Image(bad, bad, 1, 1, nil)
	s.Layout([]Category{{Title: bad, Charts: []Chart{{Title: bad, Bands: []Band{{Value: bad, Lower: bad, Upper: bad}}}}}})
	session := Session{Group: bad, HParams: []HParam{Text(bad, bad), Number(bad+"n", 1), Bool(bad+"b", true)}}
	s.SessionStart(session)
	s.Experiment([]Session{session}, []Metric{{Tag: bad, Name: bad}})
	values := field(decode(t, "tensorboard.Summary", s.Bytes()), "value").List()
	if values.Len() != 8 {
		t.Errorf("got %d values, want 8", values.Len())
	}
}

func TestLayout(t *testing.T) {
	var s Summary
	s.Layout([]Category{
		{Title: "replicas", Charts: []Chart{{Title: "accuracy", Bands: []Band{Spread("accuracy"), Spread("val_accuracy")}}, {Title: "none"}}},
		{Title: "empty"},
	})
	checkText(t, "tensorboard.Layout", onlyString(t, s.Bytes()), `
		category { title: "replicas"
			chart { title: "accuracy" margin {
				series { value: "spread/accuracy_mean" lower: "spread/accuracy_lower" upper: "spread/accuracy_upper" }
				series { value: "spread/val_accuracy_mean" lower: "spread/val_accuracy_lower" upper: "spread/val_accuracy_upper" } } }
			chart { title: "none" margin {} } }
		category { title: "empty" }`)
}

func TestHParams(t *testing.T) {
	start := time.Unix(1700000000, 250_000_000)
	for _, c := range []struct {
		name string
		add  func(s *Summary)
		want string
	}{
		{"start", func(s *Summary) {
			s.SessionStart(Session{
				HParams: []HParam{
					Number("units", 5), Number("momentum", 0), Text("activation", "relu"), Text("note", ""),
					Bool("shuffle", true), Bool("nesterov", false), Text("file", "\xff.csv"),
				},
				Group: "depth/relu-5", Start: start,
			})
		}, `session_start_info { group_name: "depth/relu-5" start_time_secs: 1700000000.25
			hparams { key: "units" value { number_value: 5 } } hparams { key: "momentum" value { number_value: 0 } }
			hparams { key: "activation" value { string_value: "relu" } } hparams { key: "note" value { string_value: "" } }
			hparams { key: "shuffle" value { bool_value: true } } hparams { key: "nesterov" value { bool_value: false } }
			hparams { key: "file" value { string_value: "\357\277\275.csv" } } }`},
		{
			"success", func(s *Summary) { s.SessionEnd(Success, start) },
			`session_end_info { status: STATUS_SUCCESS end_time_secs: 1700000000.25 }`,
		},
		{"failure", func(s *Summary) { s.SessionEnd(Failure, time.Time{}) }, `session_end_info { status: STATUS_FAILURE }`},
		{"experiment", func(s *Summary) {
			s.Experiment([]Session{
				{HParams: []HParam{Number("units", 5), Text("activation", "tanh"), Bool("shuffle", true), Number("layers", 2)}},
				{HParams: []HParam{Number("units", 5), Text("activation", "relu"), Bool("shuffle", true), Number("layers", -1)}},
				{HParams: []HParam{Number("units", 5), Text("activation", "tanh"), Number("layers", 1), Number("rate", 0)}},
			}, []Metric{{"val_accuracy", "test accuracy"}, {"loss", ""}})
		}, `experiment {
			hparam_infos { name: "units" type: DATA_TYPE_FLOAT64 domain_interval { min_value: 5 max_value: 5 } }
			hparam_infos { name: "activation" type: DATA_TYPE_STRING differs: true
				domain_discrete { values { string_value: "tanh" } values { string_value: "relu" } } }
			hparam_infos { name: "shuffle" type: DATA_TYPE_BOOL domain_discrete { values { bool_value: true } } }
			hparam_infos { name: "layers" type: DATA_TYPE_FLOAT64 differs: true domain_interval { min_value: -1 max_value: 2 } }
			hparam_infos { name: "rate" type: DATA_TYPE_FLOAT64 domain_interval {} }
			metric_infos { name { tag: "val_accuracy" } display_name: "test accuracy" }
			metric_infos { name { tag: "loss" } } }`},
		{"mixed kinds", func(s *Summary) {
			s.Experiment([]Session{{HParams: []HParam{Number("a", 1)}}, {HParams: []HParam{Bool("a", true)}}}, nil)
		}, `experiment { hparam_infos { name: "a" type: DATA_TYPE_STRING differs: true
			domain_discrete { values { number_value: 1 } values { bool_value: true } } } }`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Summary
			c.add(&s)
			checkText(t, "tensorboard.hparams.HParamsPluginData", content(t, s.Bytes()), c.want)
		})
	}
}
