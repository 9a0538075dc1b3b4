//go:build tensorflow

package session

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	core "github.com/galeone/tensorflow/tensorflow/go/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
)

// Session runs the calls of one graph, in this process or on the servers of a
// cluster. Its errors are one line each.
type Session struct {
	tf      *tf.Session
	cluster bool // servers of a cluster take part
	// failed is set when a call on a cluster fails. Closing the session would then wait for
	// servers that may be gone, so Close leaves it open.
	failed atomic.Bool
}

// New returns a session for the graph on a device: auto, cpu, gpu, or gpu:N. The single-threaded
// executor runs ops in the caller's thread, which costs less for small ops than handing them to
// another thread. If the plan has branches, TensorFlow's own executor runs two ops at a time.
// Grappler's rewrites are off: on graphs this small they take longer than they save. The first
// session of a process decides the number of threads and the devices of all later ones.
func New(g *tf.Graph, plan config.Plan, device string) (*Session, error) {
	settings := &core.ConfigProto{
		IntraOpParallelismThreads: int32(plan.Threads),
		InterOpParallelismThreads: 1,
		AllowSoftPlacement:        true,
		GraphOptions: &core.GraphOptions{
			RewriteOptions: &core.RewriterConfig{DisableMetaOptimizer: true},
		},
		Experimental: &core.ConfigProto_Experimental{ExecutorType: "SINGLE_THREADED_EXECUTOR"},
	}
	if plan.Branches {
		settings.InterOpParallelismThreads, settings.Experimental = 2, nil
	}
	gpu, numbered := strings.CutPrefix(device, "gpu:")
	switch {
	case device == "cpu":
		settings.DeviceCount = map[string]int32{"GPU": 0}
	case numbered:
		settings.GpuOptions = &core.GPUOptions{VisibleDeviceList: gpu}
	}
	started, err := startSession(g, settings, "")
	if err != nil {
		return nil, fmt.Errorf("start a TensorFlow session: %w", err)
	}
	return &Session{tf: started}, nil
}

// startSession starts a session on a target; "" for this process.
func startSession(g *tf.Graph, settings *core.ConfigProto, target string) (*tf.Session, error) {
	encoded, err := proto.Marshal(settings)
	if err != nil {
		return nil, fmt.Errorf("encode the session's settings: %w", err)
	}
	session, err := tf.NewSession(g, &tf.SessionOptions{Config: encoded, Target: target})
	// The bindings don't keep the graph alive while TensorFlow makes the session, so it could be
	// collected and freed. Afterwards the session holds it.
	runtime.KeepAlive(g)
	if err != nil {
		return nil, OneLine(err)
	}
	return session, nil
}

// Devices returns the devices that the TensorFlow runtime sees.
func Devices() ([]tf.Device, error) {
	return listDevices("auto", config.Plan{Threads: 1})
}

func listDevices(device string, plan config.Plan) ([]tf.Device, error) {
	session, err := New(tf.NewGraph(), plan, device)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	devices, err := session.tf.ListDevices()
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", OneLine(err))
	}
	return devices, nil
}

// FindDevice returns the device that a run trains on, cpu or a GPU's name, given the device that it
// asks for. It returns an [*invalid.Error] if there is no such device.
func FindDevice(device string, plan config.Plan) (string, error) {
	devices, err := listDevices(device, plan)
	switch {
	case err != nil && strings.HasPrefix(device, "gpu:"):
		return "", invalid.New("device", device, fmt.Sprintf("one that gradwatch devices lists (%v)", err))
	case err != nil:
		return "", err
	}
	for _, d := range devices {
		if d.Type == "GPU" {
			return d.Name, nil
		}
	}
	if strings.HasPrefix(device, "gpu") {
		return "", invalid.New("device", device, "cpu or auto: TensorFlow sees no GPU here")
	}
	return "cpu", nil
}

// Run runs a call. values are those of the call's feeds, in their order; it returns what
// the call fetches.
func (s *Session) Run(c graph.Call, values ...*tf.Tensor) ([]*tf.Tensor, error) {
	feeds := make(map[tf.Output]*tf.Tensor, len(values))
	for i, value := range values {
		feeds[c.Feeds[i]] = value
	}
	fetched, err := s.tf.Run(feeds, c.Fetches, c.Targets)
	return fetched, s.wrap(err)
}

// RunTargets runs operations with values for placeholders. Training steps use it, with one map of
// feeds for all steps of an epoch.
func (s *Session) RunTargets(feeds map[tf.Output]*tf.Tensor, targets []*tf.Operation) error {
	_, err := s.tf.Run(feeds, nil, targets)
	return s.wrap(err)
}

// wrap returns a call's error as one line, and as a [ClusterError] if servers take part; nil for nil.
func (s *Session) wrap(err error) error {
	if err == nil {
		return nil
	}
	err = OneLine(err)
	if !s.cluster {
		return err
	}
	s.failed.Store(true)
	return &ClusterError{err}
}

// Close closes the session. It does nothing for nil.
func (s *Session) Close() {
	if s != nil && !s.failed.Load() {
		_ = s.tf.Close() // everything was saved before
	}
}

// OneLine returns the first line of TensorFlow's error, whose other lines name the nodes that it passed
// through. It skips the lines of a cluster that say only where the error comes from.
func OneLine(err error) error {
	found := ""
	for line := range strings.Lines(err.Error()) { //nolint:forbidigo // TensorFlow's bindings give no more than a text
		line = strings.TrimSpace(line)
		from := strings.HasPrefix(line, "From /job:") && strings.HasSuffix(line, ":") || strings.HasSuffix(line, "root error(s) found.")
		if strings.Trim(line, "=") != "" && !from {
			found = line
			break
		}
	}
	return errors.New("TensorFlow: " + found)
}
