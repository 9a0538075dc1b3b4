package cluster

import (
	"context"
	"time"
)

const (
	// probeEvery is the time between two probes of a worker.
	probeEvery = time.Second
	// silence is the longest time without an answer: a worker that is busy computing still
	// answers, from another thread.
	silence = 5 * time.Second
	// retryEvery is the time between two probes of a worker that is gone.
	retryEvery = 100 * time.Millisecond
)

// Lost is the loss of a worker, while it was needed.
type Lost struct {
	Worker string // its name, see Cluster.Name
	Killed bool   // its process is gone; else it doesn't answer
}

// Error returns one line: which worker, and how it was lost.
func (l *Lost) Error() string {
	if l.Killed {
		return l.Worker + " is gone"
	}
	return l.Worker + " does not answer"
}

// Watch returns when one of the tasks is lost, or ctx done: then nil.
func (c Cluster) Watch(ctx context.Context, tasks ...int) *Lost {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lost := make(chan *Lost, len(tasks))
	for _, task := range tasks {
		go func() { lost <- c.watch(ctx, task) }()
	}
	for range tasks {
		if l := <-lost; l != nil {
			return l
		}
	}
	return nil
}

func (c Cluster) watch(ctx context.Context, task int) *Lost {
	heard := time.Now()
	for {
		probe, cancel := context.WithDeadline(ctx, heard.Add(silence))
		err := Answers(probe, c.Workers[task])
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			heard = time.Now()
		case gone(err):
			return &Lost{Worker: c.Name(task), Killed: true}
		case time.Since(heard) >= silence:
			return &Lost{Worker: c.Name(task)}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(probeEvery):
		}
	}
}

// Missing returns the loss of the first of the tasks that does not answer within a second;
// nil where all answer.
func (c Cluster) Missing(ctx context.Context, tasks ...int) *Lost {
	for _, task := range tasks {
		probe, cancel := context.WithTimeout(ctx, probeEvery)
		err := Answers(probe, c.Workers[task])
		cancel()
		if err != nil {
			return &Lost{Worker: c.Name(task), Killed: gone(err)}
		}
	}
	return nil
}

// Wait waits until all tasks answer and returns nil. When ctx is done before, it returns the
// loss of one that does not.
func (c Cluster) Wait(ctx context.Context, tasks ...int) *Lost {
	for missing := (*Lost)(nil); ; {
		lost := c.Missing(ctx, tasks...)
		switch {
		case lost == nil:
			return nil
		case ctx.Err() == nil:
			missing = lost
		case missing == nil:
			return lost
		default: // what the end of ctx cut short says nothing
			return missing
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryEvery):
		}
	}
}

// All returns the tasks of all workers.
func (c Cluster) All() []int {
	all := make([]int, len(c.Workers))
	for i := range all {
		all[i] = i
	}
	return all
}
