//go:build tensorflow

package serving

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"

	"gradwatch/train/session"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	framework "github.com/galeone/tensorflow/tensorflow/go/core/framework/graph_go_proto"
	shapes "github.com/galeone/tensorflow/tensorflow/go/core/framework/tensor_shape_go_proto"
	types "github.com/galeone/tensorflow/tensorflow/go/core/framework/types_go_proto"
	core "github.com/galeone/tensorflow/tensorflow/go/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"gradwatch/graph"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
	"gradwatch/internal/savedmodel"
)

// Names that loaders of a SavedModel ask for, which are TensorFlow's.
const (
	ServeTag       = "serve"
	ServeSignature = "serving_default"
	predictMethod  = "tensorflow/serving/predict"
	savedSchema    = 1 // of SavedModel
)

// largestModel is the largest size of a protocol buffer that can be read, in bytes.
const largestModel = 1<<31 - 1

// exported is the content of the file that says where a SavedModel comes from.
type exported struct {
	Run     string `json:"run"`
	Replica int    `json:"replica"`
	Seed    uint32 `json:"seed"`
	// Inputs names the inputs, in their order.
	Inputs  []string `json:"inputs"`
	Outputs []string `json:"outputs"`
	// Schema says how a table's columns become the inputs, and what the classes are. Its scaling
	// is part of the model.
	Schema   *dataset.Schema `json:"schema"`
	Versions record.Versions `json:"versions"`
}

// Export writes a replica, from 0, of the run in a folder as a SavedModel into the folder out,
// complete or not at all. The model's signature takes "inputs", float32 [batch, inputs], unscaled. Its
// outputs are, for two classes, "probability" of the second, float32 [batch], and "class", int64
// [batch]; for more classes "probabilities", float32 [batch, classes], and "class"; for a regression
// "prediction", float32 [batch]. Outputs that are neither sigmoid nor softmax are called "output", float32
// [batch], or "outputs", float32 [batch, outputs]. Weights are constants, so the model has no variables.
//
// If out exists, Export returns an [*invalid.Error], unless overwrite is set and out is a SavedModel,
// which it then replaces. It returns an [*invalid.Error], too, for a replica that the run doesn't have.
func Export(folder string, replica int, out string, overwrite bool) error {
	l, err := load(folder, replica)
	if err != nil {
		return err
	}
	serving, err := graph.NewServing(l.spec)
	if err != nil {
		return err
	}
	model, err := savedModel(serving)
	if err != nil {
		return err
	}
	about, err := json.MarshalIndent(l.about(folder, serving), "", "  ")
	if err != nil {
		return fmt.Errorf("describe the model: %w", err)
	}
	return savedmodel.Write(out, overwrite, []savedmodel.File{
		{Name: savedmodel.ModelFile, Content: model},
		{Name: path.Join(savedmodel.ExtraFolder, savedmodel.RunFile), Content: append(about, '\n')},
	})
}

func (l *loaded) about(folder string, serving *graph.Serving) *exported {
	e := &exported{
		Run: filepath.Base(folder), Replica: l.replica, Seed: l.summary.Seeds[l.replica],
		Inputs: l.spec.Schema.InputNames(), Schema: l.spec.Schema, Versions: l.summary.Versions,
	}
	for _, output := range serving.Outputs {
		e.Outputs = append(e.Outputs, output.Name)
	}
	return e
}

// savedModel returns the serialized SavedModel of a graph.
func savedModel(serving *graph.Serving) ([]byte, error) {
	var serialized bytes.Buffer
	if _, err := serving.Graph.WriteTo(&serialized); err != nil {
		return nil, fmt.Errorf("serialize the graph: %w", session.OneLine(err))
	}
	def := &framework.GraphDef{}
	if err := proto.Unmarshal(serialized.Bytes(), def); err != nil {
		return nil, fmt.Errorf("read the serialized graph: %w", err)
	}
	signature := &core.SignatureDef{
		MethodName: predictMethod,
		Inputs:     map[string]*core.TensorInfo{graph.ServingInputs: tensorInfo(serving.Inputs)},
		Outputs:    make(map[string]*core.TensorInfo),
	}
	for _, output := range serving.Outputs {
		signature.Outputs[output.Name] = tensorInfo(output.Output)
	}
	model := &core.SavedModel{
		SavedModelSchemaVersion: savedSchema,
		MetaGraphs: []*core.MetaGraphDef{{
			MetaInfoDef:  &core.MetaGraphDef_MetaInfoDef{Tags: []string{ServeTag}, TensorflowVersion: tf.Version()},
			GraphDef:     def,
			SignatureDef: map[string]*core.SignatureDef{ServeSignature: signature},
		}},
	}
	if size := proto.Size(model); size > largestModel {
		return nil, fmt.Errorf("the model has %d bytes: want at most %d, which a SavedModel's readers take", size, largestModel)
	}
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(model)
	if err != nil {
		return nil, fmt.Errorf("encode the SavedModel: %w", err)
	}
	return content, nil
}

// tensorInfo describes a tensor to a signature's users.
func tensorInfo(output tf.Output) *core.TensorInfo {
	shape := &shapes.TensorShapeProto{}
	dims, _ := output.Shape().ToSlice() // the rank is known: package graph made it
	for _, size := range dims {
		shape.Dim = append(shape.Dim, &shapes.TensorShapeProto_Dim{Size: size})
	}
	return &core.TensorInfo{
		Encoding:    &core.TensorInfo_Name{Name: fmt.Sprintf("%s:%d", output.Op.Name(), output.Index)},
		Dtype:       types.DataType(output.DataType()),
		TensorShape: shape,
	}
}
