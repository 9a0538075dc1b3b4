//go:build tensorflow

package main

import (
	"context"
	"fmt"
	"net/netip"

	"gradwatch/internal/cluster"
	"gradwatch/internal/engine"
	"gradwatch/internal/tfserver"
	"gradwatch/train"
	"gradwatch/train/session"
)

// serve makes this process a worker until it is asked to stop. The TensorFlow server ends with the
// process.
func (s *server) serve(ctx context.Context, request *engine.Serve) {
	at, err := netip.ParseAddrPort(request.Listen)
	if err == nil {
		_, err = tfserver.Start(tfserver.Config{
			Cluster: request.Cluster, Job: cluster.Worker, Task: request.Task, Listen: at, Threads: request.Threads,
		})
	}
	if err != nil {
		s.fail(err)
		return
	}
	s.send(engine.Message{Serving: true})
	<-ctx.Done()
	s.send(engine.Message{Served: true})
}

// join sets how a run trains on a cluster. With gradient towers, this process becomes the chief. It
// stays the chief for all later requests, which are of the same cluster.
func (s *server) join(request *engine.Train, options *train.Options) error {
	c := request.Cluster
	options.Resumable = func(folder string) { s.send(engine.Message{Made: folder}) }
	if c.Alone >= 0 { // no gradient towers: one worker has all of the graph
		options.Cluster = &train.Cluster{Target: "grpc://" + c.Workers[c.Alone], Alone: c.Alone, Timeout: c.Timeout}
		return nil
	}
	if err := session.CheckWorkers(c.Cluster, c.Timeout); err != nil {
		return err
	}
	if s.chief == "" {
		at, err := netip.ParseAddrPort(c.Chief)
		if err != nil {
			return fmt.Errorf("the chief's address: %w", err)
		}
		s.chief, err = tfserver.Start(tfserver.Config{
			Cluster: c.Cluster, Job: cluster.Chief, Listen: at, Threads: request.Plan.Threads,
		})
		if err != nil {
			return err
		}
	}
	options.Cluster = &train.Cluster{Target: s.chief, Towers: len(c.Workers), Alone: -1, Timeout: c.Timeout}
	return nil
}
