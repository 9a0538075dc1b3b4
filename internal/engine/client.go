package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"gradwatch/internal/config"
)

// drain is the longest wait for the engine's output after its end: a process that it started
// may keep the output open.
const drain = time.Second

// Crash is the error of an engine that ended without an answer.
type Crash struct {
	State  string   // how it ended: "signal: killed", "exit status 1"
	Words  []string // the last lines that it printed
	Folder string   // the run's, where it had one
}

// Error returns one line: how the engine ended, its last words, what is kept.
func (c *Crash) Error() string {
	line := fmt.Sprintf("the engine ended unexpectedly (%s)", c.State)
	if len(c.Words) > 0 {
		line += ": " + strings.Join(c.Words, " | ")
	}
	if c.Folder != "" {
		line += "; " + c.Folder + " keeps what was recorded"
	}
	return line
}

// Killed is the error of an engine that was killed: by a second signal after it was asked to
// stop, or for a reason from Engine.Lost.
type Killed struct {
	Cause  error  // why it was asked to stop, or the reason
	Lost   bool   // it was that of Engine.Lost
	Folder string // the run's, where it had one
}

// Error returns one line: why it ended, what is kept.
func (k *Killed) Error() string {
	line := fmt.Sprint(k.Cause)
	if !k.Lost {
		line += ", at once by a second signal"
	}
	if k.Folder != "" {
		line += "; " + k.Folder + " keeps what was recorded"
	}
	return line
}

// Unwrap returns the cause.
func (k *Killed) Unwrap() error { return k.Cause }

// Error returns the engine's message.
func (f *Failed) Error() string { return f.Message }

// Unwrap returns the [*invalid.Error] of a wrong request, nil for another failure.
func (f *Failed) Unwrap() error {
	if f.Invalid == nil {
		return nil
	}
	return f.Invalid
}

// Train starts an engine for one request. See [Engine.Train].
func (i Installation) Train(ctx context.Context, request Train, log io.Writer, on func(Message)) (*Finished, error) {
	e := i.Engine(log)
	defer e.Close()
	return e.Train(ctx, request, on)
}

// Devices returns the devices that the runtime sees.
func (i Installation) Devices(ctx context.Context, log io.Writer) ([]Device, error) {
	e := i.Engine(log)
	defer e.Close()
	last, err := e.ask(ctx, Request{Devices: true}, func(Message) {})
	if err != nil {
		return nil, err
	}
	return last.Devices, nil
}

// Engine is a process that handles one request after the other. It is started with the first
// request, and again with the next one after a crash. Use it from one goroutine.
type Engine struct {
	installation Installation
	log          io.Writer
	plan         config.Plan // by which the process was started, or is to be
	process      *process    // nil while there is none
	// Lost, if set, gets the process killed with the reason that it sends: for instance that
	// another process, which the engine waits for, is gone. The request then returns a
	// [*Killed].
	Lost <-chan error
}

// Engine returns an engine. What TensorFlow prints goes to log, or nowhere where
// log is nil. Close it after use.
func (i Installation) Engine(log io.Writer) *Engine {
	return &Engine{installation: i, log: log}
}

// Train has the engine train runs of one batch key, by the request's plan, and calls on for
// each message before the last. A plan that differs in what TensorFlow reads only while it
// is loaded starts another process. When ctx is done, the engine is asked to stop, and
// answers with a Finished; a second interrupt or termination signal kills it.
//
// Errors are [*Failed], [*Crash], [*Killed], or those of starting a process.
func (e *Engine) Train(ctx context.Context, request Train, on func(Message)) (*Finished, error) {
	if request.Plan.OneDNN != e.plan.OneDNN || request.Plan.Threads != e.plan.Threads || request.Plan.Branches != e.plan.Branches {
		e.Close()
	}
	e.plan = request.Plan
	last, err := e.ask(ctx, Request{Train: &request}, on)
	if err != nil {
		return nil, err
	}
	if last.Finished == nil || len(last.Finished.Runs) != len(request.Runs) {
		return nil, fmt.Errorf("the engine's answer is of other runs than the %d asked for", len(request.Runs))
	}
	return last.Finished, nil
}

// Append has the engine write an event into the folder of a run that has ended.
// Errors are as Train's.
func (e *Engine) Append(ctx context.Context, request Append) error {
	_, err := e.ask(ctx, Request{Append: &request}, func(Message) {})
	return err
}

// Decide has the engine evaluate a run that has ended on a grid of inputs. It returns nil
// where all replicas have diverged. Errors are as Train's.
func (e *Engine) Decide(ctx context.Context, request Decide) (*Decision, error) {
	e.plan = request.Summary.Plan
	last, err := e.ask(ctx, Request{Decide: &request}, func(Message) {})
	if err != nil || last.Decided == nil {
		return nil, err
	}
	return last.Decided.Decision, nil
}

// Close ends the process.
func (e *Engine) Close() {
	if e.process != nil {
		e.process.wait()
		e.process = nil
	}
}

// ask sends the engine a request and returns its last message. After an error other than a
// [*Failed] the process and its pipes are gone.
func (e *Engine) ask(ctx context.Context, request Request, on func(Message)) (Message, error) {
	if err := ctx.Err(); err != nil {
		return Message{}, context.Cause(ctx)
	}
	if e.process == nil {
		p, err := e.installation.start(e.plan, e.log)
		if err != nil {
			return Message{}, err
		}
		e.process = p
	}
	p := e.process
	p.folder = ""
	answered := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		p.send(request)
		p.watch(ctx, answered, e.Lost)
	}()
	last, ok := p.receive(on)
	close(answered)
	<-watched
	if ok && last.Failed != nil {
		return Message{}, last.Failed
	}
	if ok {
		return last, nil
	}
	state := p.wait()
	e.process = nil
	if p.lost != nil {
		return Message{}, &Killed{Cause: p.lost, Lost: true, Folder: p.folder}
	}
	if p.killed {
		return Message{}, &Killed{Cause: context.Cause(ctx), Folder: p.folder}
	}
	if p.garbled != nil {
		return Message{}, fmt.Errorf("the engine's message is not understood, is %s of the same version? %w",
			e.installation.Program, p.garbled)
	}
	return Message{}, &Crash{State: state, Words: p.words.last(), Folder: p.folder}
}

// process is an engine that runs.
type process struct {
	cmd      *exec.Cmd
	requests io.WriteCloser // its standard input
	messages *os.File       // its file descriptor 3
	words    *tail          // its standard output and error
	decoder  *json.Decoder  // of messages
	folder   string         // the run's, once it is known
	garbled  error          // what was wrong with a message
	killed   bool           // by a second signal; set before watch returns
	lost     error          // why it was killed, where Engine.Lost said so; likewise
}

// start starts an engine, with files as its descriptors from 4 on.
func (i Installation) start(plan config.Plan, log io.Writer, files ...*os.File) (*process, error) {
	messages, theirs, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	defer theirs.Close()
	p := &process{
		cmd: exec.Command(i.Program), messages: messages, decoder: json.NewDecoder(messages), words: &tail{log: log},
	}
	p.cmd.Env = i.environment(plan, log != nil)
	p.cmd.ExtraFiles = append([]*os.File{theirs}, files...)
	p.cmd.Stdout, p.cmd.Stderr = p.words, p.words
	p.cmd.WaitDelay = drain
	// In a process group of its own it does not get a terminal's Ctrl-C: only the front does,
	// which then asks the engine to stop.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.requests, err = p.cmd.StdinPipe(); err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		_ = messages.Close()
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	return p, nil
}

// environment returns the front's, with what TensorFlow reads while it is
// loaded. oneDNN stays as planned even with a log, because it decides bits.
func (i Installation) environment(plan config.Plan, verbose bool) []string {
	oneDNN := "0"
	if plan.OneDNN {
		oneDNN = "1"
	}
	library := i.Library
	if before := os.Getenv("LD_LIBRARY_PATH"); before != "" {
		library += string(os.PathListSeparator) + before
	}
	logLevel := "2" // only errors
	if verbose {
		logLevel = "0"
	}
	// The caller's own settings of the allocator come after ours, and the rest
	// before: exec takes the last of several.
	return append(append(allocator(), os.Environ()...),
		"LD_LIBRARY_PATH="+library,
		"TF_ENABLE_ONEDNN_OPTS="+oneDNN,
		"TF_CPP_MIN_LOG_LEVEL="+logLevel,
	)
}

// allocator returns settings of the C library's allocator, by which the process keeps the
// memory that a step or a measurement frees. By default glibc returns large pieces to the
// kernel and requests them again some thousand times a second, which takes a fifth of the
// time of thirty replicas.
func allocator() []string {
	return []string{"MALLOC_TRIM_THRESHOLD_=268435456", "MALLOC_MMAP_THRESHOLD_=33554432", "MALLOC_TOP_PAD_=16777216"}
}

// send writes a line to the engine. Only one goroutine, that of ask, sends a request and then
// what stops it. A failure is ignored: it means that the engine is gone, which receive
// reports.
func (p *process) send(line any) {
	data, err := json.Marshal(line)
	if err != nil {
		p.kill()
		return
	}
	_, _ = p.requests.Write(append(data, '\n'))
}

// receive reads messages until a request's last: Finished, Appended, Decided, Exported,
// Predicted, Devices or Failed. It returns false where the engine ended without one.
func (p *process) receive(on func(Message)) (last Message, ok bool) {
	for {
		var m Message
		if err := p.decoder.Decode(&m); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				p.garbled = err
				p.kill() // never wait for more
			}
			return Message{}, false
		}
		switch {
		case m.Finished != nil, m.Appended, m.Decided != nil, m.Exported, m.Predicted, m.Served, m.Devices != nil, m.Failed != nil:
			return m, true
		case m.Started != nil:
			p.folder = m.Started.Folder
		case m.Made != "":
			p.folder = m.Made
		}
		on(m)
	}
}

// watch asks the engine to stop when ctx is done, and kills it at the next
// signal, or when a reason comes through lost, unless it has answered.
func (p *process) watch(ctx context.Context, answered <-chan struct{}, lost <-chan error) {
	select {
	case <-answered:
		return
	case p.lost = <-lost:
		p.kill()
		return
	case <-ctx.Done():
	}
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(again)
	p.send(Request{Stop: true})
	select {
	case <-answered:
	case p.lost = <-lost:
		p.kill()
	case <-again:
		p.killed = true
		p.kill()
	}
}

// kill ends the engine and what it may have started.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // an error: it is gone
}

// wait closes the pipes, on which the engine ends, and returns how it ended.
func (p *process) wait() string {
	_ = p.requests.Close()
	err := p.cmd.Wait()
	_ = p.messages.Close()
	if p.cmd.ProcessState == nil {
		return fmt.Sprint(err)
	}
	return p.cmd.ProcessState.String()
}
