//go:build tensorflow

package session

import (
	"fmt"
	"strconv"
	"strings"
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
	// Towers is the number of workers, the first ones, that have a gradient tower, which
	// computes its share of every batch. Variables and measurements are on the chief, which is
	// this process and the target. 0 for none.
	Towers int
	// Alone is the number of the target's worker, which has all of the graph. It is used only
	// without towers.
	Alone int
	// Timeout bounds the time of each call, which otherwise waits forever for a worker that is
	// stopped; 0 for no bound.
	Timeout time.Duration
}

// ClusterError is a failure of a call in which a cluster's servers take part.
type ClusterError struct{ Cause error }

// Error returns the text of the cause, one line.
func (e *ClusterError) Error() string { return fmt.Sprint(e.Cause) }

// Unwrap returns the cause.
func (e *ClusterError) Unwrap() error { return e.Cause }

// Check returns an [*invalid.Error] for a run that gradient towers can't train.
func (c *Cluster) Check(run *config.Run) error {
	if c.Towers == 0 {
		return nil
	}
	return run.CheckTowers()
}

// Place sets on which devices the parts of a graph are.
func (c *Cluster) Place(spec *graph.Spec) {
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

// NewSession returns a session whose ops the servers run. Its variables are its own:
// another session's, even one that was killed, have other names.
func (c *Cluster) NewSession(g *tf.Graph) (*Session, error) {
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
	started, err := startSession(g, settings, c.Target)
	if err != nil {
		return nil, fmt.Errorf("start a TensorFlow session: %w", &ClusterError{err})
	}
	return &Session{tf: started, cluster: true}, nil
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
		return "", OneLine(err)
	}
	if len(devices) == 0 {
		return "", fmt.Errorf("TensorFlow's server has no device")
	}
	return devices[0].Name, nil
}

// Transfer saves the variables of a graph that is on a worker into files here, and
// restores them from such files.
type Transfer struct {
	worker  *graph.Transfer // fetches and sets the variables, in the graph's own session
	files   *graph.Files    // writes and reads the files, in session
	session *Session
}

// NewTransfer returns the transfer of a program; nil where it has none.
func NewTransfer(p *graph.Program, plan config.Plan, device string) (*Transfer, error) {
	if p.Transfer == nil {
		return nil, nil
	}
	files, err := graph.NewFiles(p.Transfer)
	if err != nil {
		return nil, err
	}
	session, err := New(files.Graph, plan, device)
	return &Transfer{p.Transfer, files, session}, err
}

// Save writes the variables, as the last Snapshot keeps them, into files whose names begin
// with prefix, a string scalar. from is the graph's session.
func (t *Transfer) Save(from *Session, prefix *tf.Tensor) error {
	values, err := from.Run(t.worker.Fetch)
	if err != nil {
		return err
	}
	_, err = t.session.Run(t.files.Save, append([]*tf.Tensor{prefix}, values...)...)
	return err
}

// Restore sets the variables from files that were verified. into is the graph's session.
func (t *Transfer) Restore(into *Session, prefix *tf.Tensor) error {
	values, err := t.session.Run(t.files.Restore, prefix)
	if err != nil {
		return err
	}
	_, err = into.Run(t.worker.Assign, values...)
	return err
}

// Close closes the session. A nil transfer has none.
func (t *Transfer) Close() {
	if t != nil {
		t.session.Close()
	}
}
