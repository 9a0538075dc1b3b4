package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/cluster"
	"gradwatch/internal/config"
	"gradwatch/internal/engine"
	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
)

// ClusterFlags are the flags that have a cluster's workers train.
type ClusterFlags struct {
	file     string
	timeout  time.Duration
	insecure bool
}

// NewClusterFlags returns the flags with their defaults.
func NewClusterFlags() *ClusterFlags { return &ClusterFlags{timeout: time.Minute} }

// AddTo gives a command the flags. A chief listens, a study does not.
func (c *ClusterFlags) AddTo(command *cobra.Command, usage string, chief bool) {
	g := cli.NewGroup("Cluster")
	g.Add(FileValue("cluster", &c.file), "cluster", usage+": "+ClusterHelp)
	g.Add(timeoutValue(&c.timeout), "cluster-timeout", "longest wait for a worker that does not answer, and for one training step")
	if chief {
		g.AddBool(&c.insecure, "insecure", InsecureHelp)
	}
	g.AddTo(command)
}

// The bounds of a time to wait: a worker's start takes a second or two.
const (
	leastTimeout = time.Second
	mostTimeout  = 24 * time.Hour
)

func timeoutValue(target *time.Duration) pflag.Value {
	return cli.NewValue(target, func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		if err != nil || d < leastTimeout || d > mostTimeout {
			return 0, invalid.New("cluster-timeout", text, "a duration from 1s to 24h, such as 30s or 5m")
		}
		return d, nil
	}, time.Duration.String, "DURATION")
}

// Workers is the workers of a cluster, at work for a command.
type Workers struct {
	cluster.Cluster
	File    string // the cluster's
	Timeout time.Duration
}

// Workers returns the cluster that was asked for; nil for none.
func (c *ClusterFlags) Workers(given *pflag.FlagSet, device string) (*Workers, error) {
	if !given.Changed("cluster") {
		for _, name := range []string{"cluster-timeout", "insecure"} {
			if given.Changed(name) {
				return nil, cli.RequestErrorf("--%s: want it only with --cluster", name)
			}
		}
		return nil, nil
	}
	if strings.HasPrefix(device, "gpu") {
		return nil, invalid.New("device", device, "auto or cpu with --cluster")
	}
	read, err := ReadCluster(c.file)
	if err != nil {
		return nil, err
	}
	return &Workers{read, c.file, c.timeout}, nil
}

// checkChief refuses a cluster in which the process that trains has no address, or one
// where strangers would reach it.
func (c *Workers) checkChief(insecure bool) error {
	if c.Chief == "" {
		return cli.RequestErrorf(`--cluster: %s: want "chief" too: the address, on this machine, where the workers fetch the weights`, c.File)
	}
	if _, err := cluster.Listen("", c.Chief, insecure); err != nil {
		return cli.RequestErrorf("--cluster: %s: %v", c.File, invalid.Of(err, "chief", c.Chief))
	}
	return nil
}

// WithChief returns the cluster on which a run is to train, which it suits the run to;
// nil for none.
func (c *ClusterFlags) WithChief(given *pflag.FlagSet, run *config.Run) (*Workers, error) {
	chosen, err := c.Workers(given, run.Device)
	if chosen == nil || err != nil {
		return nil, err
	}
	if err := chosen.checkChief(c.insecure); err != nil {
		return nil, err
	}
	if err := run.CheckTowers(); err != nil {
		return nil, err
	}
	if given.Changed("resume") {
		return chosen, nil // it goes on as it began
	}
	run.Device = "cpu"
	if !given.Changed("checkpoint-freq") {
		run.CheckpointFreq = max(1, (run.Epochs+checkpointsOnCluster-1)/checkpointsOnCluster) // 1 of config.AutoEpochs
	}
	return chosen, nil
}

// checkpointsOnCluster is about how many checkpoints a run on a cluster makes by
// itself: what was trained since the last one is lost with a worker.
const checkpointsOnCluster = 50

// towers returns how an engine is to train with a gradient tower on every worker.
func (c *Workers) towers() *engine.Cluster {
	return &engine.Cluster{Cluster: c.Cluster, Alone: -1, Timeout: c.Timeout}
}

// Alone returns how an engine is to train on one worker.
func (c *Workers) Alone(task int) *engine.Cluster {
	return &engine.Cluster{Cluster: c.Cluster, Alone: task, Timeout: c.Timeout}
}

// Guard has the engine killed when one of the tasks is lost, until stop is called.
func (c *Workers) Guard(e *engine.Engine, tasks ...int) (stop func()) {
	// What asks the engine to stop must not end the watch: a step may hang.
	ctx, cancel := context.WithCancel(context.Background())
	lost, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		if l := c.Watch(ctx, tasks...); l != nil {
			lost <- l
		}
	}()
	e.Lost = lost
	return func() {
		cancel()
		<-done
		e.Lost = nil
	}
}

// Await waits until all tasks answer, for as long as a worker may be gone, and tells
// of it where it takes a while.
func (c *Workers) Await(ctx context.Context, tell func(string), tasks ...int) error {
	lost := c.Missing(ctx, tasks...)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if lost == nil {
		return nil
	}
	tell(fmt.Sprintf("gradwatch: %v: waiting up to %v for it", lost, c.Timeout))
	within, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	if lost = c.Wait(within, tasks...); lost == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &LostWorker{lost, c.Timeout}
}

// LostWorker is a worker that has not come back.
type LostWorker struct {
	*cluster.Lost
	waited time.Duration
}

// Error returns one line.
func (m *LostWorker) Error() string {
	return fmt.Sprintf("%s has not come back within %v", m.Worker, m.waited)
}

// ByCluster reports whether an engine ended because of the cluster.
func ByCluster(err error) bool {
	var killed *engine.Killed
	var failed *engine.Failed
	return errors.As(err, &killed) && killed.Lost || errors.As(err, &failed) && failed.Remote
}

// Where all workers answer and training fails all the same, it is tried again after a
// pause, each twice as long as the one before: a worker whose connection to the chief
// broke makes another only after a pause of its own.
const shortestPause, longestPause = 100 * time.Millisecond, 3 * time.Second

// trainOnCluster has the engine train the job with the workers. When one of them is
// lost, it waits for it and goes on from the newest checkpoint, in another process. It
// ends where it has failed, without an epoch in between, for as long as one waits for a
// worker.
func (j *Job) trainOnCluster(ctx context.Context, e *engine.Engine) (*Outcome, error) {
	trust := RetryBudget{Limit: j.Workers.Timeout}
	told := ""
	for {
		if err := j.Workers.Await(ctx, j.Notify, j.Workers.All()...); err != nil {
			return nil, j.withResume(err)
		}
		if trust.Failures == 1 {
			j.Notify(fmt.Sprintf("gradwatch: all %s answer: going on from the newest checkpoint", printable.Count(len(j.Workers.Workers), "worker")))
		}
		j.progressed = false
		stop := j.Workers.Guard(e, j.Workers.All()...)
		ended, err := j.Train(ctx, e)
		stop()
		if !ByCluster(err) {
			return ended, err
		}
		e.Close() // a session that failed can't be used again
		if ctx.Err() != nil {
			return nil, j.withResume(context.Cause(ctx))
		}
		if j.progressed {
			trust.Failures = 0
		}
		if trust.Fail() {
			return nil, err
		}
		var killed *engine.Killed
		if !errors.As(err, &killed) { // of what is gone, await tells
			if why := WithoutResume(err); why != told {
				j.Notify("gradwatch: " + why)
				told = why
			}
			trust.Pause(ctx)
		}
		if j.resumableDir != "" {
			j.Resume = j.resumableDir
		}
	}
}

// RetryBudget says how long failures in a row are borne.
type RetryBudget struct {
	Limit    time.Duration
	Failures int // in a row
	since    time.Time
}

// Fail counts a failure, and reports whether they have gone on for too long.
func (r *RetryBudget) Fail() bool {
	if r.Failures == 0 {
		r.since = time.Now()
	}
	r.Failures++
	return time.Since(r.since) > r.Limit
}

// Pause waits after a failure, or until ctx is done.
func (r *RetryBudget) Pause(ctx context.Context) {
	select {
	case <-time.After(min(shortestPause<<min(r.Failures-1, 10), longestPause)):
	case <-ctx.Done():
	}
}

// withResume adds to an error how to go on, where there is something to go on with.
func (j *Job) withResume(err error) error {
	if j.Resume == "" {
		return err
	}
	return fmt.Errorf("%w; go on with: %s", err, j.ResumeCommand(j.Resume))
}

// WithoutResume returns the engine's own words.
func WithoutResume(err error) string {
	var killed *engine.Killed
	var failed *engine.Failed
	switch {
	case errors.As(err, &killed):
		return fmt.Sprint(killed.Cause)
	case errors.As(err, &failed):
		return failed.Message
	}
	return fmt.Sprint(err)
}

// ResumeCommand is what goes on with the job's run.
func (j *Job) ResumeCommand(folder string) string {
	command := cli.ResumeCommand(j.Command, folder)
	if j.Workers != nil {
		command += " --cluster " + cli.Quote(j.Workers.File)
	}
	return command
}

// The help of flags that several commands have.
const (
	ClusterHelp  = `a JSON file with the addresses of all tasks: {"chief": "10.0.0.1:2222", "workers": ["10.0.0.2:2222", ...]}`
	InsecureHelp = "listen on a public address too, where anyone can run programs on this machine"
)

// FileValue returns the value of a flag that names the file of a cluster.
func FileValue(flag string, target *string) pflag.Value {
	return cli.NewValue(target, func(text string) (string, error) {
		if text == "" {
			return "", invalid.New(flag, text, "a file")
		}
		return text, nil
	}, func(text string) string { return text }, "FILE")
}

// ReadCluster reads a cluster's file.
func ReadCluster(path string) (cluster.Cluster, error) {
	c, err := cluster.Read(path)
	if err != nil {
		return c, cli.FileOr(err, func(err error) error { return cli.RequestErrorf("--cluster: %v", err) })
	}
	return c, nil
}
