package engine

import (
	"context"
	"fmt"
	"os"

	"gradwatch/internal/config"
)

// Export asks for a replica of a run that has ended as a SavedModel.
type Export struct {
	Folder    string `json:"folder"` // the run's, absolute
	Replica   int    `json:"replica"`
	Out       string `json:"out"` // absolute
	Overwrite bool   `json:"overwrite,omitempty"`
}

// Predict asks for predictions by a replica of a run that has ended. Rows come
// and predictions go over RowsFile and PredictedFile, until the rows end.
type Predict struct {
	Folder  string      `json:"folder"` // absolute
	Replica int         `json:"replica"`
	Plan    config.Plan `json:"plan"`
}

// Export has the engine write a SavedModel. Errors are as Train's.
func (i Installation) Export(ctx context.Context, request Export) error {
	e := i.Engine(nil)
	defer e.Close()
	_, err := e.ask(ctx, Request{Export: &request}, func(Message) {})
	return err
}

// Predict streams rows through a new engine. It calls next for scaled rows, [count, inputs],
// until there are none, and at the same time each with their predictions, in the same order.
// An error of next or each ends it once the earlier rows are answered, and is returned; other
// errors are as Train's, or the cause of ctx. When Predict has returned, a call of next may
// still wait for rows, after an error, and a call of each for its output, when ctx is done;
// neither is called again.
func (i Installation) Predict(
	ctx context.Context, request Predict, next func() ([]float32, error), each func(*Predicted) error,
) error {
	s, err := newStreams()
	if err != nil {
		return err
	}
	defer s.close()
	e := i.Engine(nil)
	e.plan = request.Plan
	defer e.Close()
	e.process, err = i.start(e.plan, nil, s.theirs...)
	s.closeTheirs()
	if err != nil {
		e.process = nil
		return err
	}

	inner, enough := context.WithCancel(ctx)
	defer enough()
	given, taken := make(chan error, 1), make(chan error, 1)
	go func() { given <- s.give(inner, next) }()
	go func() { taken <- s.take(enough, each) }()
	stop := context.AfterFunc(inner, func() { _ = s.rows.Close() }) // next may wait for rows that never come
	defer stop()
	if _, err := e.ask(ctx, Request{Predict: &request}, func(Message) {}); err != nil {
		s.close()
		if ctx.Err() == nil {
			<-taken //nolint:errcheck // waits: no call of each outlives this one, whose error is the first
		}
		return err
	}
	failed := <-taken
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if failed != nil {
		return failed
	}
	return <-given
}

// streams are the pipes of rows and predictions.
type streams struct {
	rows, predicted *os.File
	theirs          []*os.File // the engine's ends
}

func newStreams() (*streams, error) {
	reads, rows, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	predicted, writes, err := os.Pipe()
	if err != nil {
		_, _ = reads.Close(), rows.Close()
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	return &streams{rows: rows, predicted: predicted, theirs: []*os.File{reads, writes}}, nil
}

// close ends both streams: who waits for them goes on. Errors don't matter then.
func (s *streams) close() {
	_, _ = s.rows.Close(), s.predicted.Close()
}

func (s *streams) closeTheirs() {
	for _, file := range s.theirs {
		_ = file.Close() // the engine has its own of them
	}
}

// give writes rows until there are no more, or until ctx is done. It returns only errors of
// next: where writing fails, the engine reports the reason.
func (s *streams) give(ctx context.Context, next func() ([]float32, error)) error {
	defer s.rows.Close()
	frames := NewFrameWriter(s.rows)
	for ctx.Err() == nil {
		values, err := next()
		if err != nil || len(values) == 0 {
			return err
		}
		if frames.Rows(values) != nil {
			return nil
		}
	}
	return nil
}

// take reads all predictions, so that the engine never waits; after an error of each it calls
// enough, so that fewer follow.
func (s *streams) take(enough func(), each func(*Predicted) error) error {
	frames := NewFrameReader(s.predicted)
	var failed error
	for {
		p, err := frames.Predicted()
		switch {
		case err != nil:
			return err
		case p.Rows == 0:
			return failed
		case failed == nil:
			if failed = each(p); failed != nil {
				enough()
			}
		}
	}
}
