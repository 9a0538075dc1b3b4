package engine

import (
	"context"
	"time"

	"gradwatch/internal/cluster"
)

// Serve asks for a task of a cluster.
type Serve struct {
	Cluster cluster.Cluster `json:"cluster"`
	Task    int             `json:"task"`
	Listen  string          `json:"listen"` // an IPv4 address and a port
	Threads int             `json:"threads"`
}

// Cluster says how workers take part in training.
type Cluster struct {
	cluster.Cluster
	// Alone is the worker that all of the graph is on; -1 for a gradient tower on
	// each, with the variables in the engine, which is the chief.
	Alone int `json:"alone"`
	// Timeout bounds one call of the runtime.
	Timeout time.Duration `json:"timeout"`
}

// Serve has the engine serve, and calls ready when it does, until ctx is done; then
// it returns nil. Errors are as [Engine.Train]'s.
func (e *Engine) Serve(ctx context.Context, request Serve, ready func()) error {
	_, err := e.ask(ctx, Request{Serve: &request}, func(m Message) {
		if m.Serving {
			ready()
		}
	})
	return err
}

// Plan sets by which plan the process of the next request is started.
func (e *Engine) Plan(threads int, oneDNN bool) {
	e.plan.Threads, e.plan.OneDNN = threads, oneDNN
}
