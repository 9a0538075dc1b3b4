package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/cluster"
	"gradwatch/internal/config"
	"gradwatch/internal/engine"
	"gradwatch/internal/invalid"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runner"
)

// workerFlags are the flags of a worker.
type workerFlags struct {
	cluster, listen  string
	task, threads    int
	oneDNN, insecure bool
	verbose          bool
}

func workerCommand(env *cli.Env) *cobra.Command {
	flags := &workerFlags{task: -1}
	machine := config.Default()
	c := &cobra.Command{
		Use:   "worker --cluster FILE --task N [FLAG...]",
		Short: "Serve as a worker of a cluster, until stopped",
		Long: `Starts TensorFlow's server, which trains for "gradwatch train --cluster" and
"gradwatch study --cluster" on other machines. It has no password and no
encryption: whoever reaches its port can run programs and write files here.
Therefore it listens on one private address only; see docs/cluster.md.`,
		Example: `  gradwatch worker --cluster cluster.json --task 0
  gradwatch worker --listen 10.0.0.2:2222 --cluster cluster.json --task 0`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			flags.threads = machine.Threads
			return serveWorker(c.Context(), env, flags, c.Flags())
		},
		DisableFlagsInUseLine: true,
	}
	g := cli.NewGroup("Worker")
	g.Add(runner.FileValue("cluster", &flags.cluster), "cluster", runner.ClusterHelp)
	g.Add(taskValue(&flags.task), "task", "number of this worker in the cluster, from 0")
	g.Add(cli.NewValue(&flags.listen, func(text string) (string, error) { return text, nil }, func(text string) string { return text }, "ADDRESS"),
		"listen", "where to listen, an address of this machine (default the worker's in the cluster)")
	g.AddBool(&flags.insecure, "insecure", runner.InsecureHelp)
	g.AddTo(c)
	m := cli.NewGroup("Machine")
	runflags.AddAs(m, &machine, "threads", "threads inside one operation, or auto, all cores")
	m.AddBool(&flags.oneDNN, "onednn", "use oneDNN's kernels, which are faster for large layers and slower for small ones")
	m.AddTo(c)
	cli.AddVerbose(c, &flags.verbose)
	return c
}

func taskValue(target *int) pflag.Value {
	return cli.NewValue(target, func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return 0, invalid.New("task", text, "an integer of at least 0")
		}
		return n, nil
	}, func(n int) string {
		if n < 0 {
			return ""
		}
		return strconv.Itoa(n)
	}, "N")
}

// request returns what the engine is asked for.
func (w *workerFlags) request(given *pflag.FlagSet) (engine.Serve, error) {
	for _, name := range []string{"cluster", "task"} {
		if !given.Changed(name) {
			return engine.Serve{}, cli.RequestErrorf("--%s: want it: %s", name, given.Lookup(name).Usage)
		}
	}
	c, err := runner.ReadCluster(w.cluster)
	if err != nil {
		return engine.Serve{}, err
	}
	if w.task >= len(c.Workers) {
		return engine.Serve{}, &invalid.Error{
			Field: "task", Value: strconv.Itoa(w.task), Want: fmt.Sprintf("an integer from 0 to %d, the cluster's workers", len(c.Workers)-1),
		}
	}
	at, err := cluster.Listen(w.listen, c.Workers[w.task], w.insecure)
	if err != nil {
		return engine.Serve{}, err
	}
	threads := w.threads
	if threads == 0 {
		threads = runtime.NumCPU()
	}
	return engine.Serve{Cluster: c, Task: w.task, Listen: at.String(), Threads: threads}, nil
}

// serveWorker serves until ctx is done, which is a worker's end.
func serveWorker(ctx context.Context, env *cli.Env, flags *workerFlags, given *pflag.FlagSet) error {
	request, err := flags.request(given)
	if err != nil {
		return err
	}
	installation, err := engine.Find(env.Program, "cpu")
	if err != nil {
		return err
	}
	e := installation.Engine(env.Log(flags.verbose))
	defer e.Close()
	e.Plan(request.Threads, flags.oneDNN)
	err = e.Serve(ctx, request, func() {
		fmt.Fprintf(env.Stdout, "worker %d of %d listens on %s, without password or encryption: keep others away from that port\n",
			request.Task, len(request.Cluster.Workers), request.Listen)
	})
	var killed *engine.Killed
	if ctx.Err() != nil && (err == nil || errors.As(err, &killed)) {
		return context.Cause(ctx)
	}
	return err
}
