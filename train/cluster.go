//go:build tensorflow

package train

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	core "github.com/galeone/tensorflow/tensorflow/go/core/protobuf/for_core_protos_go_proto"

	"gradwatch/graph"
	"gradwatch/internal/cluster"
	"gradwatch/internal/config"
)

// Cluster says how the servers of TensorFlow's runtime take part in training.
type Cluster struct {
	// Target is that of sessions: a server's, as grpc://10.0.0.2:2222.
	Target string
	// Towers is on how many workers, the first ones, a gradient tower each computes
	// its share of every batch. Variables, and all that is measured, are on the chief,
	// which is this process and the target. 0 for none.
	Towers int
	// Alone is the worker, that of the target, on which all of the graph is, where
	// there are no towers.
	Alone int
	// Timeout bounds each call, with an error; 0 for none. How else would one know of a worker
	// that is stopped?
	Timeout time.Duration
}

// ClusterError is a failure of a call in which a cluster's servers take part.
type ClusterError struct{ Cause error }

// Error returns the cause's line.
func (e *ClusterError) Error() string { return fmt.Sprint(e.Cause) }

// Unwrap returns the cause.
func (e *ClusterError) Unwrap() error { return e.Cause }

// check refuses what a cluster's workers can't do.
func (c *Cluster) check(run *config.Run) error {
	if c.Towers == 0 {
		return nil
	}
	return run.CheckTowers()
}

// place sets where the parts of a graph are.
func (c *Cluster) place(spec *graph.Spec) {
	if c.Towers == 0 {
		spec.Transfer = true
		return
	}
	spec.Placement = &graph.Placement{Chief: taskDevice(cluster.Chief, 0)}
	for i := range c.Towers {
		spec.Placement.Towers = append(spec.Placement.Towers, taskDevice(cluster.Worker, i))
	}
}

func taskDevice(job string, task int) string {
	return fmt.Sprintf("/job:%s/replica:0/task:%d/device:CPU:0", job, task)
}

// newSession returns a session whose ops the servers run. What it keeps there is its
// own: names that another session left, one that was killed perhaps, are others.
func (c *Cluster) newSession(g *tf.Graph) (*tf.Session, error) {
	settings := &core.ConfigProto{
		AllowSoftPlacement:   false,
		OperationTimeoutInMs: c.Timeout.Milliseconds(),
		IsolateSessionState:  true,
		GraphOptions: &core.GraphOptions{
			RewriteOptions: &core.RewriterConfig{DisableMetaOptimizer: true},
		},
	}
	if c.Towers == 0 {
		// Without it the session would wait for all of the cluster's tasks.
		settings.DeviceFilters = []string{"/job:" + cluster.Worker + "/task:" + strconv.Itoa(c.Alone)}
	}
	session, err := startSession(g, settings, c.Target)
	if err != nil {
		return nil, fmt.Errorf("start a TensorFlow session: %w", &ClusterError{err})
	}
	return session, nil
}

// CheckWorkers returns an error that names a worker whose address another task answers at: TensorFlow
// would find its devices unknown. timeout bounds each call.
func CheckWorkers(c cluster.Cluster, timeout time.Duration) error {
	for task := range c.Workers {
		got, err := taskAt(c.Workers[task], timeout)
		if err != nil {
			return &ClusterError{fmt.Errorf("%s: %w", c.Name(task), err)}
		}
		if want := fmt.Sprintf("/job:%s/replica:0/task:%d/", cluster.Worker, task); !strings.HasPrefix(got, want) {
			var job string
			var number int
			if _, err := fmt.Sscanf(strings.ReplaceAll(got, "/", " "), " job:%s replica:0 task:%d", &job, &number); err == nil {
				got = fmt.Sprintf("%s %d", job, number)
			}
			return fmt.Errorf("at %s answers %s: want worker %d there: give all tasks the same cluster file", c.Workers[task], got, task)
		}
	}
	return nil
}

// taskAt returns the full name of a device of the server at the address.
func taskAt(address string, timeout time.Duration) (string, error) {
	session, err := startSession(tf.NewGraph(), &core.ConfigProto{
		OperationTimeoutInMs: timeout.Milliseconds(),
		IsolateSessionState:  true,
		DeviceFilters:        []string{"/job:none"}, // it would wait for the other tasks
	}, "grpc://"+address)
	if err != nil {
		return "", err
	}
	defer func() { _ = session.Close() }() // it was only asked
	devices, err := session.ListDevices()
	if err != nil {
		return "", oneLine(err)
	}
	if len(devices) == 0 {
		return "", fmt.Errorf("TensorFlow's server has no device")
	}
	return devices[0].Name, nil
}

// remote is what a group has of a cluster; the zero value is for one without.
type remote struct {
	cluster *Cluster
	files   *transfer // nil where the graph saves itself
	// failed: a call has. Then the session is left as it is: to close it would wait for
	// servers that are gone.
	failed atomic.Bool
}

// blame returns a call's error as the cluster's, where there is one.
func (r *remote) blame(err error) error {
	if err == nil || r.cluster == nil {
		return err
	}
	r.failed.Store(true)
	return &ClusterError{err}
}

// transfer saves a graph that is on a worker into files here, and restores it.
type transfer struct {
	graph   *graph.Files
	session *tf.Session
}

// newTransfer returns the transfer of a program; nil where it has none.
func newTransfer(p *graph.Program, plan config.Plan, device string) (*transfer, error) {
	if p.Transfer == nil {
		return nil, nil
	}
	files, err := graph.NewFiles(p.Transfer)
	if err != nil {
		return nil, err
	}
	session, err := newSession(files.Graph, plan, device)
	return &transfer{files, session}, err
}

// save writes the group's variables, as the last Snapshot keeps them.
func (t *transfer) save(g *group, prefix *tf.Tensor) error {
	values, err := g.call(g.program.Transfer.Fetch)
	if err != nil {
		return err
	}
	_, err = runCall(t.session, t.graph.Save, append([]*tf.Tensor{prefix}, values...)...)
	return err
}

// restore sets the group's variables from verified files.
func (t *transfer) restore(g *group, prefix *tf.Tensor) error {
	values, err := runCall(t.session, t.graph.Restore, prefix)
	if err != nil {
		return err
	}
	_, err = g.call(g.program.Transfer.Assign, values...)
	return err
}

func (t *transfer) close() {
	if t != nil && t.session != nil {
		_ = t.session.Close() // what there was to save is saved
	}
}
