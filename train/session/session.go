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
	// servers that may be gone, so close leaves it open.
	failed atomic.Bool
}

// New returns a session for the graph. The single-threaded executor runs
// ops in the caller's thread, which for small ops costs less than handing them
// over; where the plan has branches TensorFlow's own executor runs two at a time.
// Grappler's rewrites take longer than they save on graphs this small.
// The first session of a process decides the number of threads and the devices
// of all: its pool of threads is the process's.
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
	// The bindings don't: a graph that nobody else holds could be collected, and
	// freed, while TensorFlow makes the session. From then on the session holds it.
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

// FindDevice returns the device that a run which asks for device trains on: cpu,
// or a GPU's name.
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

// RunTargets runs operations with values for placeholders. A training step is run so: its
// map of feeds is made once an epoch.
func (s *Session) RunTargets(feeds map[tf.Output]*tf.Tensor, targets []*tf.Operation) error {
	_, err := s.tf.Run(feeds, nil, targets)
	return s.wrap(err)
}

// wrap returns a call's error as one line, as a [ClusterError] where servers take part;
// nil for nil.
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

// Close releases the session; nil has nothing to release.
func (s *Session) Close() {
	if s != nil && !s.failed.Load() {
		_ = s.tf.Close() // what there was to save is saved
	}
}

// OneLine cuts TensorFlow's error, which may name every node on its way, to its
// first line, after those of a cluster that say only where it comes from.
func OneLine(err error) error {
	found := ""
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSpace(line)
		from := strings.HasPrefix(line, "From /job:") && strings.HasSuffix(line, ":") || strings.HasSuffix(line, "root error(s) found.")
		if strings.Trim(line, "=") != "" && !from {
			found = line
			break
		}
	}
	return errors.New("TensorFlow: " + found)
}
