//go:build tensorflow

// Command gradwatch-engine is the part of gradwatch that is linked with
// TensorFlow. gradwatch starts it; see package internal/engine for how they
// speak. By hand it answers one thing: gradwatch-engine check prints the
// TensorFlow library's version.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/internal/engine"
	"gradwatch/internal/record"
	"gradwatch/train"
	"gradwatch/train/eventfile"
	"gradwatch/train/session"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "check" {
		fmt.Println(tf.Version())
		return
	}
	runtime.GOMAXPROCS(runtime.NumCPU() + idleProcessors)
	signal.Ignore(syscall.SIGXFSZ) // a file at its limit is an error of writing, which says more than a signal
	if err := serve(os.Stdin, os.NewFile(3, "messages")); err != nil {
		fmt.Fprintln(os.Stderr, "gradwatch-engine:", err)
		os.Exit(1)
	}
}

// decisionGrid is the number of points a side on which decision.png stands.
const decisionGrid = 120

// progressEvery is the least time between two messages of progress: as often as a person can see,
// and seldom enough that small models don't wait for them. Each tenth of a run has a message in any
// case. The run's history has every epoch.
const progressEvery = 20 * time.Millisecond

// idleProcessors are added to Go's processors. A thread that is inside TensorFlow for more than 20 µs
// loses its processor to Go's scheduler; if none is free when it returns, it sleeps. With some to
// spare, a step saves two switches of threads.
const idleProcessors = 2

// longestEnd bounds the time that the engine runs after gradwatch has ended. Saving what it has trained
// takes far less, unless it is blocked.
const longestEnd = 2 * time.Minute

// server answers requests, one after the other.
type server struct {
	out          *bufio.Writer
	chief        string    // the target of this process's TensorFlow server; "" before it has one
	lastProgress time.Time // when the last progress was sent
	lastTenth    int       // how many tenths of the run were done then
	err          error     // the first error of writing a message
}

func serve(in io.Reader, out *os.File) error {
	if out == nil {
		return errors.New("gradwatch starts this program; want to train? run gradwatch train")
	}
	s := &server{out: bufio.NewWriter(out)}
	requests, failed := read(in)
	for r := range requests {
		switch {
		case r.Train != nil:
			s.train(r.ctx, r.Train)
		case r.Append != nil:
			s.append(r.Append)
		case r.Decide != nil:
			s.decide(r.Decide)
		case r.Export != nil:
			s.export(r.Export)
		case r.Predict != nil:
			s.predict(r.Predict)
		case r.Devices:
			s.devices()
		case r.Serve != nil:
			s.serve(r.ctx, r.Serve)
		default:
			return errors.New("the request is empty")
		}
		if s.err != nil {
			return s.err
		}
	}
	return <-failed
}

// request is a request of gradwatch. Its context is done when gradwatch asks to stop, or has ended:
// then the work is saved and ends.
type request struct {
	engine.Request
	ctx context.Context
}

// read returns a channel of the requests, and one that then receives why they ended: nil if gradwatch
// has closed its end.
func read(in io.Reader) (<-chan request, <-chan error) {
	requests, failed := make(chan request), make(chan error, 1)
	go func() {
		defer close(requests)
		stop := func() {}
		lines := json.NewDecoder(in)
		for {
			var next engine.Request
			err := lines.Decode(&next)
			if err != nil || next.Stop {
				stop()
			}
			switch {
			case errors.Is(err, io.EOF):
				time.AfterFunc(longestEnd, func() { os.Exit(1) })
				failed <- nil
				return
			case err != nil:
				failed <- fmt.Errorf("read a request: %w", err)
				return
			case !next.Stop:
				ctx, cancel := context.WithCancel(context.Background())
				stop = cancel
				// The one before is answered, else the front would not ask again.
				requests <- request{next, ctx}
			}
		}
	}()
	return requests, failed
}

// send writes a message at once, so that it arrives whatever happens to this process afterwards.
func (s *server) send(message engine.Message) {
	line, err := json.Marshal(message)
	if err == nil {
		_, err = s.out.Write(append(line, '\n'))
	}
	if err == nil {
		err = s.out.Flush()
	}
	if s.err == nil {
		s.err = err
	}
}

func (s *server) train(ctx context.Context, request *engine.Train) {
	s.lastProgress, s.lastTenth = time.Time{}, 0
	options := train.Options{
		Plan:     request.Plan,
		Versions: request.Versions,
		Describe: request.Describe,
		Resume:   request.Resume,
		Paired:   request.Paired,
		Evaluate: request.Evaluate,
		Notice:   func(line string) { s.send(engine.Message{Notice: line}) },
		Mistakes: func(lines []string) { s.send(engine.Message{Mistakes: lines}) },
		Started: func(run int, folder, name, device string) {
			s.send(engine.Message{Started: &engine.Started{Run: run, Folder: folder, Name: name, Device: device}})
		},
		Epoch: func(epoch int, rows []record.Row) {
			tenth := 10 * (epoch + 1) / request.Runs[0].Epochs
			if tenth != s.lastTenth || time.Since(s.lastProgress) >= progressEvery {
				s.lastProgress, s.lastTenth = time.Now(), tenth
				s.send(engine.Message{Progress: progress(epoch, rows)})
			}
		},
	}
	if request.Decision {
		options.DecisionGrid = decisionGrid
	}
	if request.Cluster != nil {
		if err := s.join(request, &options); err != nil {
			s.fail(err)
			return
		}
	}
	results, err := train.RunAll(ctx, request.Runs, options)
	if err != nil {
		s.fail(err)
		return
	}
	finished := &engine.Finished{}
	for _, result := range results {
		finished.Runs = append(finished.Runs, engine.Ended{Summary: result.Summary, Decision: decision(result.Decision)})
	}
	s.send(engine.Message{Finished: finished})
}

// decision returns a decision as a message has it; nil for nil.
func decision(d *train.Decision) *engine.Decision {
	if d == nil {
		return nil
	}
	return &engine.Decision{
		Plane: d.Plane, XMin: d.XMin, XMax: d.XMax, YMin: d.YMin, YMax: d.YMax, Probability: d.Probability, Classes: d.Classes,
	}
}

func (s *server) decide(request *engine.Decide) {
	decided, err := train.Decide(&request.Summary, request.Weights, decisionGrid)
	if err != nil {
		s.fail(err)
		return
	}
	s.send(engine.Message{Decided: &engine.Decided{Decision: decision(decided)}})
}

// progress returns the mean of the rows.
func progress(epoch int, rows []record.Row) *engine.Progress {
	p := &engine.Progress{Epoch: epoch}
	share := 1 / float64(len(rows))
	for _, row := range rows {
		p.Loss += record.Number(row.Loss * share)
		p.Accuracy += record.Number(row.Accuracy * share)
		p.ValLoss += record.Number(row.ValLoss * share)
		p.ValAccuracy += record.Number(row.ValAccuracy * share)
	}
	return p
}

func (s *server) append(request *engine.Append) {
	if err := eventfile.Append(request.Folder, request.Step, request.Summary); err != nil {
		s.fail(err)
		return
	}
	s.send(engine.Message{Appended: true})
}

func (s *server) devices() {
	devices, err := session.Devices()
	if err != nil {
		s.fail(err)
		return
	}
	list := make([]engine.Device, len(devices))
	for i, d := range devices {
		list[i] = engine.Device{Name: d.Name, Type: d.Type, Memory: d.MemoryLimitBytes, TensorFlow: tf.Version()}
	}
	s.send(engine.Message{Devices: list})
}

// fail sends why a request failed.
func (s *server) fail(err error) {
	failed := &engine.Failed{
		Message: fmt.Sprint(err), NoCheckpoint: errors.Is(err, train.ErrNoCheckpoint), Remote: errors.As(err, new(*train.ClusterError)),
	}
	errors.As(err, &failed.Invalid)
	s.send(engine.Message{Failed: failed})
}
