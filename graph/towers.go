//go:build tensorflow

package graph

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	framework "github.com/galeone/tensorflow/tensorflow/go/core/framework/graph_go_proto"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
	"google.golang.org/protobuf/proto"
)

// Gradient towers train synchronously on several devices: each takes a shard of the
// step's batch and returns the gradients of its points' losses by their weights,
// which are 1 over the number of points in the whole batch. So the sum over the
// towers is the gradient of the batch's mean loss, as without towers, to rounding.
//
// What goes to a tower, and what comes back, is one tensor each, whatever the number
// of layers: a transfer costs more than its bytes. Variables, optimizer and all that
// is measured are on the chief.

// Placement says on which devices the parts of a program are.
type Placement struct {
	// Chief has all that is on no tower.
	Chief string
	// Towers are the towers' devices, each named once; none for a step without.
	Towers []string
}

// towerPrefix begins the names of a tower's ops, before its number and a slash.
const towerPrefix = "tower_"

// tower is what one tower makes of its shard.
type tower struct {
	outputs   []layerOutput
	gradients tf.Output // of all layers' weights together, [parameters]
}

// towerPass adds the towers, and returns what the layers make of the batch and the
// gradients by values, the layers' weights.
func (b *builder) towerPass(s *op.Scope, values []tf.Output, batch points) ([]layerOutput, []tf.Output) {
	all := pack(s.SubScope("weights"), values)
	batch.weights = b.lossWeights(s, batch)
	shards := b.shards(s.SubScope("shards"), batch)
	if s.Err() != nil {
		return make([]layerOutput, len(values)), values
	}
	towers := make([]tower, len(shards))
	sums := make([]tf.Output, len(shards))
	for i, shard := range shards {
		towers[i] = b.tower(s.SubScope(towerPrefix+strconv.Itoa(i)), all, shard)
		sums[i] = towers[i].gradients
	}
	gradients := b.unpack(s.SubScope("gradients"), op.AddN(s.SubScope("gradients"), sums))
	return b.joinOutputs(s.SubScope("outputs"), towers), gradients
}

// shard is the columns of some of the batch's points, [replica, Model.columnRows, count].
type shard struct {
	columns tf.Output
	count   int
}

// shards divides the batch among the towers, as evenly as it goes. Where it has
// fewer points than towers, the last of these get none and are left out.
func (b *builder) shards(s *op.Scope, batch points) []shard {
	columns := op.ConcatV2(s, []tf.Output{batch.x, batch.labels, batch.weights}, tg.Const(s.SubScope("rows"), int32(-2)))
	count := min(len(b.Placement.Towers), batch.count)
	sizes := make([]int32, count)
	for i := range sizes {
		sizes[i] = int32((i+1)*batch.count/count - i*batch.count/count)
	}
	if s.Err() != nil || count == 1 {
		return []shard{{columns, batch.count}}
	}
	parts := op.SplitV(s, columns, tg.Const(s.SubScope("sizes"), sizes), tg.Const(s.SubScope("points"), int32(-1)), int64(count))
	if s.Err() != nil {
		return nil
	}
	shards := make([]shard, count)
	for i := range shards {
		shards[i] = shard{parts[i], int(sizes[i])}
	}
	return shards
}

// tower adds one tower: the model, its loss's gradient by the logits, and the
// gradients by the weights.
func (b *builder) tower(s *op.Scope, all tf.Output, part shard) tower {
	weights := b.unpack(s.SubScope("weights"), all)
	p := b.Model.splitColumns(s.SubScope("shard"), part.columns, part.count)
	outputs := b.Model.pass(b.Model.layerScopes(s), b.Model.Replicas, weights, p, nil, nil)
	z := logits(outputs)
	gradient := b.Model.lossGradient(s.SubScope("loss"), z, p.labels, p.weights)
	gradients := b.gradients(s.SubScope("gradients"), z, weights, gradient)
	return tower{outputs, pack(s.SubScope("flat"), gradients)}
}

// pack returns the values of tensors one after the other.
func pack(s *op.Scope, tensors []tf.Output) tf.Output {
	flat := make([]tf.Output, len(tensors))
	for i, t := range tensors {
		fs := s.SubScope("flat")
		flat[i] = op.Reshape(fs, t, tg.Const(fs, []int32{-1}))
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return op.ConcatV2(s, flat, tg.Const(s.SubScope("axis"), int32(0)))
}

// unpack returns the layers' weights, or their gradients, of such values.
func (b *builder) unpack(s *op.Scope, flat tf.Output) []tf.Output {
	sizes := make([]int64, len(b.vars.weights))
	for k, w := range b.vars.weights {
		sizes[k] = 1
		for _, n := range w.shape {
			sizes[k] *= n
		}
	}
	parts := []tf.Output{flat}
	if len(sizes) > 1 && s.Err() == nil {
		parts = op.SplitV(s, flat, tg.Const(s.SubScope("sizes"), sizes), tg.Const(s.SubScope("axis"), int32(0)), int64(len(sizes)))
	}
	tensors := make([]tf.Output, len(sizes))
	for k, w := range b.vars.weights {
		if s.Err() != nil {
			return slices.Repeat([]tf.Output{flat}, len(sizes))
		}
		ls := s.SubScope(LayerName(k))
		tensors[k] = op.Reshape(ls, parts[k], tg.Const(ls, w.shape))
	}
	return tensors
}

// joinOutputs puts the towers' outputs together, for what looks at those of a step:
// the search for where training diverged, and running metrics.
func (b *builder) joinOutputs(s *op.Scope, towers []tower) []layerOutput {
	if len(towers) == 1 {
		return towers[0].outputs
	}
	joined := make([]layerOutput, len(b.Model.Layers))
	for k := range joined {
		parts := make([]tf.Output, len(towers))
		for i, t := range towers {
			parts[i] = t.outputs[k].h
		}
		ls := s.SubScope(LayerName(k))
		joined[k].h = op.ConcatV2(ls, parts, tg.Const(ls, int32(-1)))
	}
	return joined
}

// place moves the program into a graph in which each op has its device. The Go
// bindings can't set that of the ops that op.Gradients adds.
func (p *Program) place(at Placement) error {
	var text bytes.Buffer
	if _, err := p.Graph.WriteTo(&text); err != nil {
		return fmt.Errorf("serialize the graph: %w", err)
	}
	var def framework.GraphDef
	if err := proto.Unmarshal(text.Bytes(), &def); err != nil {
		return fmt.Errorf("read the graph: %w", err)
	}
	for _, node := range def.Node {
		node.Device = at.Chief
		if rest, found := strings.CutPrefix(node.Name, towerPrefix); found {
			number, _, _ := strings.Cut(rest, "/")
			i, err := strconv.Atoi(number)
			if err != nil {
				return fmt.Errorf("op %s has no tower: %w", node.Name, err)
			}
			node.Device = at.Towers[i]
		}
	}
	placed, err := proto.Marshal(&def)
	if err != nil {
		return fmt.Errorf("serialize the graph: %w", err)
	}
	to := tf.NewGraph()
	if err := to.Import(placed, ""); err != nil {
		return fmt.Errorf("place the graph: %w", err)
	}
	moveTo(to, reflect.ValueOf(p).Elem())
	p.Graph = to
	return nil
}

// moveTo replaces each op that v holds in exported fields, at any depth, by the op of the same
// name in g. It goes by the type and not by a list of the program's calls: a call that is
// missing from such a list would break training on a cluster only.
func moveTo(g *tf.Graph, v reflect.Value) {
	if op, ok := v.Interface().(*tf.Operation); ok {
		if op != nil {
			v.Set(reflect.ValueOf(g.Operation(op.Name())))
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			moveTo(g, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				moveTo(g, v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			moveTo(g, v.Index(i))
		}
	}
}
