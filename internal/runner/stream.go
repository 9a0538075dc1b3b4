package runner

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/stream"
	"gradwatch/internal/sysmem"
	"gradwatch/internal/terminal"
)

// ChooseStream decides for a stream where data would not fit into memory, unless that
// was refused, and what comes with it unless it was chosen otherwise.
func ChooseStream(env *cli.Env, run *config.Run, given *pflag.FlagSet) error {
	if !given.Changed("stream") && !slices.Contains(dataset.Names(), run.Dataset) {
		if reason := streamReason(run.Dataset); reason != "" {
			fmt.Fprintf(env.Stderr, "gradwatch: %s: training streams it from the disk, as with --stream\n", reason)
			run.Stream = true
		}
	}
	if run.Stream {
		usual := config.Defaults(run)
		if !given.Changed("train-metrics") {
			run.TrainMetrics = config.RunningMetrics
		}
		if !given.Changed("shuffle-rows") {
			run.ShuffleRows = usual.ShuffleRows
		}
		if !given.Changed("stratify") {
			run.Stratify = usual.Stratify
		}
		if !given.Changed("missing") {
			run.Missing = usual.Missing
		}
		if !given.Changed("one-hot") {
			run.OneHot = usual.OneHot
		}
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

// CheckStream makes the cache of what the run streams, so that a wrong request ends
// before the engine starts, and shows how far it is. It returns a sample of the points, and what the run is about to do.
func CheckStream(ctx context.Context, env *cli.Env, run *config.Run, says cli.Verbosity) (*dataset.Dataset, *Outline, error) {
	if err := CheckInside(run.LogDir, run.Name); err != nil {
		return nil, nil, err
	}
	if err := checkWeights(run); err != nil {
		return nil, nil, err
	}
	shows := newPassProgress(env, says, run.Dataset)
	set, err := stream.OpenDataset(func(source *dataset.Source, like *stream.Cache) (*stream.Cache, error) {
		return stream.Open(ctx, source, stream.Options{
			Folder: run.Cache, Like: like, Progress: shows.set,
			Notice: func(line string) { shows.Notify("gradwatch: " + line) },
		})
	}, run.Source())
	shows.close()
	if ctx.Err() != nil && err != nil {
		return nil, nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	defer set.Close()
	if err := run.CheckTarget(&set.Schema.Target); err != nil {
		return nil, nil, err
	}
	if _, err := run.WeighClasses(&set.Schema.Target, set.Classes); err != nil {
		return nil, nil, err
	}
	run.FillByRows(set.TrainRows, set.Schema.Target.Task == dataset.Regression)
	train, test, err := set.Samples(1)
	if err != nil {
		return nil, nil, err
	}
	points := &dataset.Examples{Columns: train.Columns, X: append(train.X, test.X...), Y: append(train.Y, test.Y...)}
	return &dataset.Dataset{Examples: points, Train: train.Len(), Schema: set.Schema}, outlineOfStream(run, set), nil
}

// passProgress shows how far a pass over a data set is: a bar, or a line now and then.
type passProgress struct {
	*terminal.Progress
	name  string
	bar   *terminal.Bar
	begin time.Time
	shown time.Time // when the last line was

	mu          sync.Mutex // a bar is drawn while rows are read
	doing       string
	done, total int64
}

// passEvery is how often a line is written: a pass that takes less writes none.
const passEvery = 2 * time.Second

func newPassProgress(env *cli.Env, says cli.Verbosity, name string) *passProgress {
	return &passProgress{Progress: terminal.NewProgress(env.Stderr, says.Quiet, says.Verbose), name: name, shown: time.Now()}
}

// set shows that done of total bytes are through what doing names.
func (p *passProgress) set(doing string, done, total int64) {
	p.mu.Lock()
	if p.doing != doing {
		p.doing, p.begin = doing, time.Now()
	}
	p.done, p.total = done, total
	p.mu.Unlock()
	if p.bar == nil {
		p.bar = p.Bar(doing+" "+terminal.Shorten(p.name, 30), total, p.position, p.left)
	}
	p.bar.Set(done)
	if p.Lines() && time.Since(p.shown) >= passEvery {
		p.shown = time.Now()
		p.Notify(fmt.Sprintf("%s %s  %s, %s", doing, p.name, p.position(), p.left(0)))
	}
}

// position returns how much text is done, of all.
func (p *passProgress) position() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("%.2f/%.2f GB", float64(p.done)/1e9, float64(p.total)/1e9)
}

// left returns an estimate of the time that is left.
func (p *passProgress) left(int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == 0 {
		return "starting"
	}
	spent := time.Since(p.begin)
	return terminal.Clock(time.Duration(float64(spent)*float64(p.total-p.done)/float64(p.done))) + " left"
}

func (p *passProgress) close() {
	p.bar.Remove()
	p.Close()
}
