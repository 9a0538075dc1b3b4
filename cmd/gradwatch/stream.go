package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/stream"
	"gradwatch/internal/sysmem"
)

// streamGroup is the title of the flags of data that don't fit into memory.
const streamGroup = "Data larger than memory"

func (r *runFlags) streamFlags() group {
	g := newGroup(streamGroup)
	g.addBool(&r.run.Stream, "stream", "read the rows of a CSV file, or of the files that a pattern matches, once into a cache on the disk, and train from the cache; the default for data that do not fit into memory")
	g.add(textValue("cache", "FOLDER", &r.run, func(c *config.Run) *string { return &c.Cache }),
		"cache", "holds caches (default gradwatch in the user's folder of caches)")
	g.add(integerValue("shuffle-buffer", &r.run, func(c *config.Run) *int { return &c.ShuffleBuffer }),
		"shuffle-buffer", "rows among which the order of a stream is drawn")
	g.add(integerValue("checkpoint-steps", &r.run, func(c *config.Run) *int { return &c.CheckpointSteps }),
		"checkpoint-steps", "steps between checkpoints within an epoch of a stream; 0 for none but where it is stopped")
	return g
}

// chooseStream decides for a stream where data would not fit into memory, unless that
// was refused, and what comes with it unless it was chosen otherwise.
func (f *front) chooseStream(run *config.Run, given *pflag.FlagSet) error {
	if !given.Changed("stream") && !slices.Contains(dataset.Names(), run.Dataset) {
		if reason := streamReason(run.Dataset); reason != "" {
			fmt.Fprintf(f.stderr, "gradwatch: %s: training streams it from the disk, as with --stream\n", reason)
			run.Stream = true
		}
	}
	if run.Stream && !given.Changed("train-metrics") {
		run.TrainMetrics = config.RunningMetrics
	}
	return run.Validate()
}

// streamReason says why a data set has to be streamed; "" where it need not.
func streamReason(name string) string {
	if _, err := filepath.Match(name, ""); stream.IsPattern(name) && err == nil {
		return fmt.Sprintf("--dataset %q is a pattern of files", name)
	}
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return "" // the reader says what is wrong
	}
	needs, err := stream.MemoryOf(name)
	if err != nil {
		return ""
	}
	if has := sysmem.Read().Free; float64(needs) > has {
		return fmt.Sprintf("%s takes about %s of memory, and %s are free", name, sysmem.Text(float64(needs)), sysmem.Text(has))
	}
	return ""
}

// checkStream makes the cache of what the run streams, so that a wrong request ends
// before the engine starts, and shows how far it is. It returns a sample of the points.
func (f *front) checkStream(ctx context.Context, run *config.Run, says talk) (*dataset.Set, error) {
	if err := checkInside(run.LogDir, run.Name); err != nil {
		return nil, err
	}
	if err := checkWeights(run); err != nil {
		return nil, err
	}
	shows := newPassBoard(f, says, run.Dataset)
	set, err := stream.OpenSet(func(source *dataset.Source, like *stream.Cache) (*stream.Cache, error) {
		return stream.Open(ctx, source, stream.Options{
			Folder: run.Cache, Like: like, Progress: shows.progress,
			Notice: func(line string) { shows.tell("gradwatch: " + line) },
		})
	}, run.Source())
	shows.close()
	if ctx.Err() != nil && err != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	defer set.Close()
	if err := run.CheckTarget(&set.Schema.Target); err != nil {
		return nil, err
	}
	if _, err := run.WeighClasses(&set.Schema.Target, set.Classes); err != nil {
		return nil, err
	}
	train, test, err := set.Samples(1)
	if err != nil {
		return nil, err
	}
	points := &dataset.Points{Columns: train.Columns, X: append(train.X, test.X...), Y: append(train.Y, test.Y...)}
	return &dataset.Set{Points: points, Train: train.Len(), Schema: set.Schema}, nil
}

// passBoard shows how far a pass over a data set is: a bar on a terminal, elsewhere a
// line now and then, nothing where quiet.
type passBoard struct {
	name  string
	front *front
	board board
	begin time.Time

	mu          sync.Mutex
	bar         *mpb.Bar
	doing       string
	done, total int64
	told        time.Time // of the last line
}

// passEvery is how often a line is written: a pass that takes less writes none.
const passEvery = 2 * time.Second

func newPassBoard(f *front, says talk, name string) *passBoard {
	return &passBoard{
		name: name, front: f, board: newBoard(f.stderr, says.quiet, says.verbose), begin: time.Now(), told: time.Now(),
	}
}

func (p *passBoard) progress(doing string, done, total int64) {
	p.mu.Lock()
	if p.doing != doing {
		p.doing, p.begin = doing, time.Now()
	}
	p.done, p.total = done, total
	p.mu.Unlock()
	switch b := p.board.(type) {
	case *bars:
		if p.bar == nil {
			p.bar = p.newBar(b.container)
		}
		p.bar.SetCurrent(done)
	case *lines:
		if time.Since(p.told) >= passEvery {
			p.told = time.Now()
			fmt.Fprintf(p.front.stderr, "%s %s  %s, %s\n", doing, p.name, p.position(decor.Statistics{}), p.left(decor.Statistics{}))
		}
	}
}

func (p *passBoard) newBar(container *mpb.Progress) *mpb.Bar {
	return container.New(p.total, barStyle(), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(
			decor.Name(p.doing+" "+shorten(p.name, 30), decor.WC{C: decor.DSyncSpaceR}),
			decor.Any(p.position, decor.WC{C: decor.DSyncSpace}),
		),
		mpb.AppendDecorators(decor.Any(p.left)),
	)
}

// position returns how much text is done, of all.
func (p *passBoard) position(decor.Statistics) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("%.2f/%.2f GB", float64(p.done)/1e9, float64(p.total)/1e9)
}

// left returns an estimate of the time that is left.
func (p *passBoard) left(decor.Statistics) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == 0 {
		return "starting"
	}
	spent := time.Since(p.begin)
	return clock(time.Duration(float64(spent)*float64(p.total-p.done)/float64(p.done))) + " left"
}

func (p *passBoard) tell(line string) { tell(p.front.stderr, p.board, line) }

func (p *passBoard) close() {
	if p.bar != nil {
		p.bar.Abort(true)
	}
	p.board.close()
}
