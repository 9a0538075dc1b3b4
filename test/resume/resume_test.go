//go:build tensorflow

package resume

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/testenv"
	"gradwatch/internal/testenv/tensorboard"
)

// runCase is a run that is killed again and again.
type runCase struct {
	name        string
	environment []string
	args        []string
	epochs      int
	replicas    int
	samples     int    // in points.csv, of moons; 0 for no file
	folder      string // holds logs
}

func runCases() []runCase {
	return []runCase{
		{
			name: "one replica", epochs: 500, replicas: 1,
			args: []string{"--preset", "relu-5", "--checkpoint-freq", "7"},
		},
		{
			name: "two groups, adam", epochs: 200, replicas: 16,
			environment: []string{"GOMAXPROCS=4"}, // two cores a group
			args: []string{
				"--optimizer", "adam", "--activation", "tanh", "--repeats", "16", "--seed", "3", "--checkpoint-freq", "5", "--keep", "2",
			},
		},
		{
			name: "large, ops side by side", epochs: 200, replicas: 1,
			environment: []string{"GOMAXPROCS=2"},
			args: []string{
				"--layers", "200,200,200", "--batch-size", "256", "--optimizer", "adam", "--dropout", "0.1", "--checkpoint-freq", "20",
			},
		},
		{
			// No checkpoint but the last one of each stop: what is killed starts over.
			name: "without checkpoints under way", epochs: 400, replicas: 1,
			args: []string{"--optimizer", "rmsprop", "--train-metrics", "running"},
		},
		{
			// Checkpoints within epochs.
			name: "stream", epochs: 60, replicas: 1, samples: 4000,
			args: []string{
				"--stream", "--dataset", "points.csv", "--cache", "caches", "--optimizer", "adam", "--layers", "16,16",
				"--checkpoint-steps", "17", "--test-fraction", "0.3",
			},
		},
	}
}

// kills is how often each run is killed in a round.
const kills = 6

// TestKilled kills runs at random moments, moments inside a save among them, and
// goes on with them each time: they end as runs that were never killed. It does so for
// as long, and as often, as the flags ask.
func TestKilled(t *testing.T) {
	end := time.Now().Add(time.Duration(*minutes) * time.Minute)
	total := 0
	for round := 0; round == 0 || total < *leastKills || time.Now().Before(end); round++ {
		all := t.TempDir()
		var done []runCase
		for i, c := range runCases() {
			t.Run(fmt.Sprintf("%s/%d", c.name, round), func(t *testing.T) {
				c.folder = filepath.Join(all, strconv.Itoa(i))
				if err := os.Mkdir(c.folder, 0o777); err != nil {
					t.Fatal(err)
				}
				c.makePoints(t)
				c.run(t, "whole")
				total += c.killAndResume(t)
				compareFiles(t, c.whole(), c.killed())
				done = append(done, c)
			})
			if t.Failed() {
				return
			}
		}
		compareSeries(t, done)
		if round == 0 {
			compareServed(t, all, done)
		}
		if t.Failed() {
			return
		}
		if err := os.RemoveAll(all); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("killed %d times", total)
}

// makePoints writes the points that the run streams.
func (c *runCase) makePoints(t *testing.T) {
	t.Helper()
	if c.samples == 0 {
		return
	}
	p := start(t, c.folder, nil, "data", "--dataset", "moons", "--samples", strconv.Itoa(c.samples), "--out", "points")
	if code := p.Wait(t); code != 0 {
		t.Fatalf("got status %d, want 0: %s", code, p.Stderr.String())
	}
}

// train returns the arguments that train the run from its beginning.
func (c *runCase) train(name string, more ...string) []string {
	return slices.Concat(
		[]string{"train", "--quiet", "--plots=false", "--histogram-freq", "20", "--run", name, "--epochs", strconv.Itoa(c.epochs)}, c.args, more)
}

// run trains without a break.
func (c *runCase) run(t *testing.T, name string) {
	t.Helper()
	p := start(t, c.folder, c.environment, c.train(name)...)
	if code := p.Wait(t); code != 0 {
		t.Fatalf("got status %d, want 0: %s", code, p.Stderr.String())
	}
}

// whole and killed return the folders of the two runs.
func (c *runCase) whole() string  { return filepath.Join(c.folder, "logs", "whole") }
func (c *runCase) killed() string { return filepath.Join(c.folder, "logs", "killed") }

// next starts the run, or goes on with it.
func (c *runCase) next(t *testing.T) *testenv.Process {
	t.Helper()
	if _, err := os.Stat(filepath.Join(c.killed(), "summary.json")); err != nil {
		return start(t, c.folder, c.environment, c.train("killed", "--overwrite")...) // killed before it was a run
	}
	return start(t, c.folder, nil, "train", "--quiet", "--plots=false", "--resume", "logs/killed") // its plan is in its summary
}

// killAndResume kills the run several times and lets it end then. It returns how
// often it was killed.
func (c *runCase) killAndResume(t *testing.T) int {
	t.Helper()
	killed := 0
	for k := range kills {
		p := c.next(t)
		moment := c.await(p, k)
		if p.Ended() {
			break
		}
		c.kill(t, p, moment)
		killed++
	}
	p := c.next(t)
	if code := p.Wait(t); code != 0 {
		t.Fatalf("got status %d after %d kills, want 0: %s", code, killed, p.Stderr.String())
	}
	if killed < kills/2 {
		t.Errorf("the run was killed %d times, want at least %d: it ended too soon", killed, kills/2)
	}
	return killed
}

// await waits for the moment of kill k, which it describes, or the run's end.
func (c *runCase) await(p *testenv.Process, k int) string {
	part := c.epochs / (kills + 1)
	epoch := rand.IntN(part) + k*part
	switch rand.IntN(3) {
	case 0:
		// A moment of its start, most often; on a fast machine not beyond this kill's
		// part of the epochs, so that there are some left for the next ones.
		after := time.Duration(rand.IntN(800)) * time.Millisecond
		end := time.Now().Add(after)
		testenv.WaitFor(func() bool {
			return p.Ended() || time.Now().After(end) || c.recorded() >= (k+1)*part
		})
		return fmt.Sprintf("at most %v after its start", after)
	case 1:
		testenv.WaitFor(func() bool { return p.Ended() || c.recorded() >= epoch })
		return fmt.Sprintf("epoch %d", epoch)
	default:
		testenv.WaitFor(func() bool { return p.Ended() || c.recorded() >= epoch })
		// Without a pause: a save takes some milliseconds.
		for !p.Ended() && !saving(c.killed()) {
			if c.recorded() >= epoch+part {
				break // there are no saves
			}
		}
		time.Sleep(time.Duration(rand.IntN(4000)) * time.Microsecond)
		return fmt.Sprintf("in a save from epoch %d on", epoch)
	}
}

// kill kills the engine, the front or both, and waits until both are gone.
func (c *runCase) kill(t *testing.T, p *testenv.Process, moment string) {
	t.Helper()
	engine := p.Engine()
	targets := []string{"engine", "front", "both"}
	target := targets[rand.IntN(len(targets))]
	if target != "front" && engine != 0 {
		_ = syscall.Kill(engine, syscall.SIGKILL) // an error: it is gone
	}
	if target != "engine" || engine == 0 {
		_ = p.Kill()
	}
	p.Wait(t)
	if engine != 0 && !testenv.WaitFor(testenv.Gone(engine)) {
		t.Fatalf("the engine, process %d, outlives its front", engine)
	}
	t.Logf("%s killed, %s: %d epochs recorded, checkpoints %s", target, moment, c.recorded(), checkpoints(t, c.killed()))
}

// recorded returns how many epochs the run that is killed has recorded.
func (c *runCase) recorded() int { return testenv.Rows(c.killed()) / c.replicas }

// checkpoints returns the names in the folder of a run's checkpoints.
func checkpoints(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(folder, "checkpoints"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

// compareSeries compares what TensorBoard's Python reader has of the two runs of each case.
// All are read at once, because the reader takes long to start.
func compareSeries(t *testing.T, cases []runCase) {
	t.Helper()
	var folders []string
	for _, c := range cases {
		folders = append(folders, c.whole(), c.killed())
	}
	series, err := tensorboard.ReadSeries(t.Context(), folders...)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		if diff := cmp.Diff(steps(series[2*i]), steps(series[2*i+1])); diff != "" {
			t.Errorf("%s: TensorBoard's Python reader (-whole +killed):\n%s", c.name, diff)
		}
	}
}

// compareFiles compares all but the event files.
func compareFiles(t *testing.T, whole, killed string) {
	t.Helper()
	for _, name := range []string{"weights.json", "history.csv", "flow.csv", "units.csv"} {
		var contents [2]string
		for i, run := range []string{whole, killed} {
			content, err := os.ReadFile(filepath.Join(run, name))
			if err != nil {
				t.Fatal(err)
			}
			contents[i] = string(content)
		}
		if diff := cmp.Diff(contents[0], contents[1]); diff != "" {
			t.Errorf("%s (-whole +killed):\n%s", name, diff)
		}
	}
	if got, want := files(t, killed), files(t, whole); got != want {
		t.Errorf("got files %s, want those of the run that was not killed: %s", got, want)
	}
}

// steps returns the set of (run, tag, step, value), sorted.
func steps(series []tensorboard.Series) []string {
	var set []string
	for _, s := range series {
		for _, step := range s.Steps {
			set = append(set, fmt.Sprintf("%s %s %d %s", s.Run, s.Tag, step.Step, step.Value))
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// files returns the names of a run's files, but for event files, and of its
// checkpoints.
func files(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), "events.out.tfevents.") {
			names = append(names, entry.Name())
		}
	}
	// Those of a run that was stopped between two saves are of other epochs.
	last := checkpoints(t, folder)
	return strings.Join(names, " ") + ": " + last[strings.LastIndex(last, " ")+1:]
}

// compareServed compares what TensorBoard's pages get of the two runs of each case.
func compareServed(t *testing.T, all string, cases []runCase) {
	t.Helper()
	server, err := tensorboard.Start(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, c := range cases {
		err = server.Wait(ctx, func(ctx context.Context) error {
			var sets [2][]string
			for k, run := range []string{"whole", "killed"} {
				var err error
				if sets[k], err = served(ctx, server, filepath.Base(c.folder)+"/logs/"+run); err != nil {
					return err
				}
			}
			if diff := cmp.Diff(sets[0], sets[1]); diff != "" || len(sets[0]) == 0 {
				return fmt.Errorf("(-whole +killed):\n%s", diff)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: TensorBoard's pages: %v", c.name, err)
		}
	}
}

// served returns the steps of a run that TensorBoard serves.
func served(ctx context.Context, server *tensorboard.Server, run string) ([]string, error) {
	var set []string
	scalars, err := server.Tags(ctx, tensorboard.ScalarPlugin)
	if err != nil {
		return nil, err
	}
	for _, tag := range scalars[run] {
		series, err := server.Scalars(ctx, run, tag)
		if err != nil {
			return nil, err
		}
		for _, step := range series {
			set = append(set, fmt.Sprint(tag, step.Step, step.Value))
		}
	}
	histograms, err := server.Tags(ctx, tensorboard.HistogramPlugin)
	if err != nil {
		return nil, err
	}
	for _, tag := range histograms[run] {
		series, err := server.Histograms(ctx, run, tag)
		if err != nil {
			return nil, err
		}
		for _, step := range series {
			set = append(set, fmt.Sprint(tag, step.Step, step.Buckets))
		}
	}
	return set, nil
}
