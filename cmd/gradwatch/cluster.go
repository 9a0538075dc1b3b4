package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gradwatch/internal/cluster"
	"gradwatch/internal/config"
	"gradwatch/internal/engine"
	"gradwatch/internal/invalid"
)

// clusterFlags are the flags that have a cluster's workers train.
type clusterFlags struct {
	file     string
	timeout  time.Duration
	insecure bool
}

func newClusterFlags() *clusterFlags { return &clusterFlags{timeout: time.Minute} }

// addTo gives a command the flags. A chief listens, a study does not.
func (c *clusterFlags) addTo(command *cobra.Command, usage string, chief bool) {
	g := newGroup("Cluster")
	g.add(fileValue("cluster", &c.file), "cluster", usage+": "+clusterHelp)
	g.add(timeoutValue(&c.timeout), "cluster-timeout", "longest wait for a worker that does not answer, and for one training step")
	if chief {
		g.addBool(&c.insecure, "insecure", insecureHelp)
	}
	g.addTo(command)
}

// The bounds of a time to wait: a worker's start takes a second or two.
const (
	leastTimeout = time.Second
	mostTimeout  = 24 * time.Hour
)

func timeoutValue(target *time.Duration) pflag.Value {
	return &value[time.Duration]{target, func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		if err != nil || d < leastTimeout || d > mostTimeout {
			return 0, invalid.New("cluster-timeout", text, "a duration from 1s to 24h, such as 30s or 5m")
		}
		return d, nil
	}, time.Duration.String, "DURATION"}
}

// crew is the workers of a cluster, at work for a command.
type crew struct {
	cluster.Cluster
	file    string // the cluster's
	timeout time.Duration
}

// crew returns the cluster that was asked for; nil for none.
func (c *clusterFlags) crew(given *pflag.FlagSet, device string) (*crew, error) {
	if !given.Changed("cluster") {
		for _, name := range []string{"cluster-timeout", "insecure"} {
			if given.Changed(name) {
				return nil, requestErrorf("--%s: want it with --cluster alone", name)
			}
		}
		return nil, nil
	}
	if strings.HasPrefix(device, "gpu") {
		return nil, invalid.New("device", device, "auto or cpu with --cluster")
	}
	read, err := readCluster(c.file)
	if err != nil {
		return nil, err
	}
	return &crew{read, c.file, c.timeout}, nil
}

// checkChief refuses a cluster in which the process that trains has no address, or one
// where strangers would reach it.
func (c *crew) checkChief(insecure bool) error {
	if c.Chief == "" {
		return requestErrorf(`--cluster: %s: want "chief" too: the address, on this machine, where the workers fetch the weights`, c.file)
	}
	if _, err := cluster.Listen("", c.Chief, insecure); err != nil {
		return requestErrorf("--cluster: %s: %v", c.file, invalid.Of(err, "chief", c.Chief))
	}
	return nil
}

// chiefCrew returns the cluster on which a run is to train, which it suits the run to;
// nil for none.
func (c *clusterFlags) chiefCrew(given *pflag.FlagSet, run *config.Run) (*crew, error) {
	crew, err := c.crew(given, run.Device)
	if crew == nil || err != nil {
		return nil, err
	}
	if err := crew.checkChief(c.insecure); err != nil {
		return nil, err
	}
	if err := run.CheckTowers(); err != nil {
		return nil, err
	}
	if given.Changed("resume") {
		return crew, nil // it goes on as it began
	}
	run.Device = "cpu"
	if !given.Changed("checkpoint-freq") {
		run.CheckpointFreq = (run.Epochs + checkpointsOnCluster - 1) / checkpointsOnCluster
	}
	return crew, nil
}

// checkpointsOnCluster is about how many checkpoints a run on a cluster makes by
// itself: what was trained since the last one is lost with a worker.
const checkpointsOnCluster = 50

// towers returns how an engine is to train with a gradient tower on every worker.
func (c *crew) towers() *engine.Cluster {
	return &engine.Cluster{Cluster: c.Cluster, Alone: -1, Timeout: c.timeout}
}

// alone returns how an engine is to train on one worker.
func (c *crew) alone(task int) *engine.Cluster {
	return &engine.Cluster{Cluster: c.Cluster, Alone: task, Timeout: c.timeout}
}

// guard has the engine killed when one of the tasks is lost, until stop is called.
func (c *crew) guard(e *engine.Engine, tasks ...int) (stop func()) {
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

// await waits until all tasks answer, for as long as a worker may be gone, and tells
// of it where it takes a while.
func (c *crew) await(ctx context.Context, tell func(string), tasks ...int) error {
	lost := c.Missing(ctx, tasks...)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if lost == nil {
		return nil
	}
	tell(fmt.Sprintf("gradwatch: %v: waiting up to %v for it", lost, c.timeout))
	within, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if lost = c.Wait(within, tasks...); lost == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &missing{lost, c.timeout}
}

// missing is a worker that has not come back.
type missing struct {
	*cluster.Lost
	waited time.Duration
}

// Error returns one line.
func (m *missing) Error() string {
	return fmt.Sprintf("%s has not come back within %v", m.Worker, m.waited)
}

// byCluster reports whether an engine ended because of the cluster.
func byCluster(err error) bool {
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
func (j *job) trainOnCluster(ctx context.Context, e *engine.Engine) (*outcome, error) {
	trust := retries{limit: j.crew.timeout}
	told := ""
	for {
		if err := j.crew.await(ctx, j.tell, j.crew.All()...); err != nil {
			return nil, j.withResume(err)
		}
		if trust.failures == 1 {
			j.tell(fmt.Sprintf("gradwatch: all %s answer: going on from the newest checkpoint", count(len(j.crew.Workers), "worker")))
		}
		j.heard = false
		stop := j.crew.guard(e, j.crew.All()...)
		ended, err := j.train(ctx, e)
		stop()
		if !byCluster(err) {
			return ended, err
		}
		e.Close() // a session that failed can't be used again
		if ctx.Err() != nil {
			return nil, j.withResume(context.Cause(ctx))
		}
		if j.heard {
			trust.failures = 0
		}
		if trust.fail() {
			return nil, err
		}
		var killed *engine.Killed
		if !errors.As(err, &killed) { // of what is gone, await tells
			if why := withoutResume(err); why != told {
				j.tell("gradwatch: " + why)
				told = why
			}
			trust.pause(ctx)
		}
		if j.made != "" {
			j.resume = j.made
		}
	}
}

// retries says how long failures in a row are borne.
type retries struct {
	limit    time.Duration
	failures int // in a row
	since    time.Time
}

// fail counts a failure, and reports whether they have gone on for too long.
func (r *retries) fail() bool {
	if r.failures == 0 {
		r.since = time.Now()
	}
	r.failures++
	return time.Since(r.since) > r.limit
}

// pause waits after a failure, or until ctx is done.
func (r *retries) pause(ctx context.Context) {
	select {
	case <-time.After(min(shortestPause<<min(r.failures-1, 10), longestPause)):
	case <-ctx.Done():
	}
}

// withResume adds to an error how to go on, where there is something to go on with.
func (j *job) withResume(err error) error {
	if j.resume == "" {
		return err
	}
	return fmt.Errorf("%w; go on with: %s", err, j.resumeCommand(j.resume))
}

// withoutResume returns the engine's own words.
func withoutResume(err error) string {
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

// resumeCommand is what goes on with the job's run.
func (j *job) resumeCommand(folder string) string {
	command := resumeCommand(j.command, folder)
	if j.crew != nil {
		command += " --cluster " + quoted(j.crew.file)
	}
	return command
}
