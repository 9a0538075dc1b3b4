package study

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/record"
)

// sameNumber lets NaN equal NaN.
var sameNumber = cmp.Comparer(func(a, b record.Number) bool {
	return a == b || math.IsNaN(float64(a)) && math.IsNaN(float64(b))
})

// sampleAxes vary a flag that has a column's name and one whose values hold
// commas.
func sampleAxes(tb testing.TB) []Axis {
	tb.Helper()
	return mustParse(tb, "epochs=100,200", "layers=8,8;4")
}

func replica(seed uint32, state record.State, epochs int, accuracy float64) Replica {
	numbers := record.Result{Seed: seed, Loss: 0.5, Accuracy: record.Number(accuracy), ValLoss: 0.625, ValAccuracy: record.Number(accuracy)}
	if state == Failed || state == record.Diverged {
		nan := record.Number(math.NaN())
		numbers = record.Result{Seed: seed, Loss: nan, Accuracy: nan, ValLoss: nan, ValAccuracy: nan}
	}
	return Replica{numbers, state, epochs}
}

// sampleResults are one of each kind, two replicas each but where the
// configuration failed.
func sampleResults(t *testing.T) []Result {
	t.Helper()
	grid, err := Grid(sampleAxes(t))
	if err != nil {
		t.Fatal(err)
	}
	return []Result{
		{
			Configuration: grid[0], Folder: grid[0].Name(), Seconds: 1.25,
			Replicas: []Replica{replica(1, record.Done, 100, 0.75), replica(2, record.Done, 100, 0.25)},
		},
		{
			Configuration: grid[1], Folder: "other", Seconds: 2,
			Replicas: []Replica{replica(1, record.Diverged, 7, 0), replica(2, record.Done, 100, 1)},
			Message:  `epoch 7, step 0: "dense_1 output" is not finite`,
		},
		{Configuration: grid[2], Folder: grid[2].Name(), Seconds: 0.5, Message: "no memory, none at all"},
		{
			Configuration: grid[3], Folder: grid[3].Name(), Seconds: 3,
			Replicas: []Replica{replica(1, Failed, 0, 0), replica(2, record.Stopped, 3, 0.5)},
		},
	}
}

const sampleStudy = `configuration,--epochs,layers,replica,seed,state,epochs,loss,accuracy,val_loss,val_accuracy,seconds,message
"epochs=100,layers=8,8",100,"8,8",0,1,done,100,0.5,0.75,0.625,0.75,1.25,
"epochs=100,layers=8,8",100,"8,8",1,2,done,100,0.5,0.25,0.625,0.25,1.25,
other,100,4,0,1,diverged,7,NaN,NaN,NaN,NaN,2,"epoch 7, step 0: ""dense_1 output"" is not finite"
other,100,4,1,2,done,100,0.5,1,0.625,1,2,"epoch 7, step 0: ""dense_1 output"" is not finite"
"epochs=200,layers=8,8",200,"8,8",,,failed,,,,,,0.5,"no memory, none at all"
"epochs=200,layers=4",200,4,0,1,failed,,,,,,3,
"epochs=200,layers=4",200,4,1,2,stopped,3,0.5,0.5,0.625,0.5,3,
`

func two(Configuration) int { return 2 }

func TestWriteResults(t *testing.T) {
	results := sampleResults(t)
	results[0], results[3] = results[3], results[0] // as they were finished
	results[3].Folder = ""                          // stands for the configuration's name
	var text strings.Builder
	if err := WriteResults(&text, sampleAxes(t), results); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleStudy, text.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// countingWriter counts its calls.
type countingWriter struct {
	bytes.Buffer
	calls int
}

func (c *countingWriter) Write(p []byte) (int, error) {
	c.calls++
	return c.Buffer.Write(p)
}

// TestAppendResult writes a file as a study does while it goes on.
func TestAppendResult(t *testing.T) {
	var file countingWriter
	if err := WriteResults(&file, sampleAxes(t), nil); err != nil {
		t.Fatal(err)
	}
	for i, result := range sampleResults(t) {
		if err := AppendResult(&file, &result); err != nil {
			t.Fatal(err)
		}
		if file.calls != i+2 {
			t.Errorf("%d calls for the header and %d results", file.calls, i+1)
		}
	}
	if diff := cmp.Diff(sampleStudy, file.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMessageOfManyLines checks that no message can break a row in two.
func TestMessageOfManyLines(t *testing.T) {
	result := sampleResults(t)[2]
	result.Message = "first,\r\n\tsecond\n"
	var text strings.Builder
	if err := AppendResult(&text, &result); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(text.String(), ",\"first, second\"\n") || strings.Count(text.String(), "\n") != 1 {
		t.Errorf("got %q", text.String())
	}
}

func TestReadResults(t *testing.T) {
	path := filepath.Join(t.TempDir(), ResultsFile)
	if err := os.WriteFile(path, []byte(sampleStudy), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := ReadResults(path, sampleAxes(t), two)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleResults(t), got, sameNumber); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := ReadResults(path+"2", nil, two); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

// TestTornFile cuts the file at every byte: what is whole is read, and nothing
// is an error.
func TestTornFile(t *testing.T) {
	all := sampleResults(t)
	// Where each result ends, in lines.
	ends := []int{3, 5, 6, 8}
	for cut := range len(sampleStudy) + 1 {
		lines, want := strings.Count(sampleStudy[:cut], "\n"), 0
		for want < len(ends) && lines >= ends[want] {
			want++
		}
		got, err := ParseResults([]byte(sampleStudy[:cut]), ResultsFile, sampleAxes(t), two)
		if err != nil {
			t.Fatalf("cut at byte %d: %v", cut, err)
		}
		if diff := cmp.Diff(all[:want:want], append([]Result{}, got...), sameNumber); diff != "" {
			t.Fatalf("cut at byte %d (-want +got):\n%s", cut, diff)
		}
	}
}

// TestLaterResultCounts reads a configuration that failed and was done again.
func TestLaterResultCounts(t *testing.T) {
	results := sampleResults(t)
	again := Result{Configuration: results[2].Configuration, Folder: "again", Replicas: results[0].Replicas}
	var text strings.Builder
	if err := WriteResults(&text, sampleAxes(t), append(results, again)); err != nil {
		t.Fatal(err)
	}
	got, err := ParseResults([]byte(text.String()), ResultsFile, sampleAxes(t), two)
	if err != nil {
		t.Fatal(err)
	}
	results[2] = again
	if diff := cmp.Diff(results, got, sameNumber); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestVariedRepeats reads configurations that differ in their replicas.
func TestVariedRepeats(t *testing.T) {
	axes := mustParse(t, "repeats=1,2")
	grid := mustGrid(t, "repeats=1,2")
	results := []Result{
		{Configuration: grid[0], Folder: "a", Replicas: []Replica{replica(1, record.Done, 1, 1)}},
		{Configuration: grid[1], Folder: "b", Replicas: []Replica{replica(1, record.Done, 1, 1), replica(2, record.Done, 1, 0)}},
	}
	var text strings.Builder
	if err := WriteResults(&text, axes, results); err != nil {
		t.Fatal(err)
	}
	repeats := func(c Configuration) int { return c.Index + 1 }
	got, err := ParseResults([]byte(text.String()), ResultsFile, axes, repeats)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(results, got, sameNumber); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseResultsErrors(t *testing.T) {
	const first = `"epochs=100,layers=8,8",100,"8,8",0,1,done,100,0.5,0.75,0.625,0.75,1.25,` + "\n"
	const failed = `x,200,4,,,failed,,,,,,1,` + "\n"
	replace := func(text, old, with string) string {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatalf("no %s in %s", old, text)
		}
		return strings.Replace(text, old, with, 1)
	}
	for _, test := range []struct{ name, rows, want string }{
		{"too few fields", "a,b\n", "line 2, column 1: wrong number of fields"},
		{"quote", `a"b` + "\n", `line 2, column 2: bare " in non-quoted-field`},
		{"value", replace(first, ",100,", ",101,"), `line 2, configuration "epochs=100,layers=8,8": want one of this study's, not one of ["101" "8,8"]`},
		{"folder", replace(failed, "x", ""), `line 2, configuration "": want the name of a folder`},
		{"replica", replace(first, ",0,1,", ",a,1,"), `line 2, replica "a": want an integer from 0 to 2147483647`},
		{"replica out of order", first + replace(first, ",0,1,", ",2,1,"), `line 3, replica "2": want 1`},
		{"replica without the first", replace(first, ",0,1,", ",1,1,"), `line 2, replica "1": want 0, the configuration's first`},
		{"seed", replace(first, ",0,1,", ",0,4294967296,"), `line 2, seed "4294967296": want an integer from 0 to 4294967295`},
		{"state", replace(first, "done", "running"), `line 2, state "running": want done, stopped, diverged or failed`},
		{"epochs", replace(first, "done,100", "done,"), `line 2, epochs "": want an integer from 0 to 2147483647`},
		{"loss", replace(first, "0.5", "x"), `line 2, loss "x": want a number`},
		{"no number", replace(first, "0.625", ""), `line 2, val_loss "": want a number`},
		{"number that failed", replace(first, "done,100", "failed,"), `line 2, loss "0.5": want nothing where the replica failed`},
		{"seconds", replace(first, "1.25", "-1"), `line 2, seconds "-1": want a number of at least 0`},
		{"failure in another state", replace(failed, "failed", "done"), `line 2, state "done": want failed, where no replica is named`},
		{"failure with a number", replace(failed, "failed,", "failed,3"), `line 2, epochs "3": want nothing where the configuration failed`},
		{"missing replica", first + failed, `line 3, configuration "x": want the other replicas of "epochs=100,layers=8,8" first, of which there are 1`},
		{"after a blank line", "\n" + replace(first, "done", "running"), `line 3, state "running"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			header, _, _ := strings.Cut(sampleStudy, "\n")
			_, err := ParseResults([]byte(header+"\n"+test.rows), ResultsFile, sampleAxes(t), two)
			if err == nil || !strings.HasPrefix(err.Error(), ResultsFile+", "+test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	_, err := ParseResults([]byte(sampleStudy), ResultsFile, mustParse(t, "units=1"), two)
	if err == nil || !strings.HasPrefix(err.Error(), `study.csv, line 1, header "configuration,--epochs,`) {
		t.Errorf("of another study: got %v", err)
	}
	one := func(Configuration) int { return 1 }
	_, err = ParseResults([]byte(sampleStudy), ResultsFile, sampleAxes(t), one)
	if err == nil || !strings.HasPrefix(err.Error(), `study.csv, line 3, replica "1": want 0, the`) {
		t.Errorf("with fewer repeats: got %v", err)
	}
}

// FuzzParseResults checks that no file makes the reader panic, that its errors
// name the file, and that what it reads is written and read again as the same.
func FuzzParseResults(f *testing.F) {
	f.Add([]byte(sampleStudy))
	f.Add([]byte(strings.ReplaceAll(sampleStudy, "0.5", "-Inf")))
	f.Add([]byte(strings.ReplaceAll(sampleStudy, "\n", "\r\n")))
	f.Add([]byte(sampleStudy[:300]))
	f.Add([]byte{})
	axes := sampleAxes(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		results, err := ParseResults(data, ResultsFile, axes, two)
		if err != nil {
			if !strings.HasPrefix(err.Error(), ResultsFile+", line ") {
				t.Errorf("got %v, want the file and the line", err)
			}
			return
		}
		var once, twice bytes.Buffer
		if err := WriteResults(&once, axes, results); err != nil {
			t.Fatal(err)
		}
		again, err := ParseResults(once.Bytes(), ResultsFile, axes, two)
		if err != nil {
			t.Fatalf("%v\n%s", err, once.Bytes())
		}
		if err := WriteResults(&twice, axes, again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(once.String(), twice.String()); diff != "" {
			t.Errorf("(-once +twice):\n%s", diff)
		}
		for i := range results {
			results[i].Statistics()
		}
	})
}

func TestState(t *testing.T) {
	for _, test := range []struct {
		states []record.State
		want   record.State
	}{
		{nil, Failed},
		{[]record.State{record.Done, record.Done}, record.Done},
		{[]record.State{record.Done, record.Diverged, record.Done}, record.Diverged},
		{[]record.State{record.Diverged, record.Stopped}, record.Stopped},
		{[]record.State{Failed, record.Stopped}, Failed},
	} {
		var r Result
		for _, state := range test.states {
			r.Replicas = append(r.Replicas, Replica{State: state})
		}
		if got := r.State(); got != test.want {
			t.Errorf("%v: got %s, want %s", test.states, got, test.want)
		}
	}
}

// TestBestR2 has a replica of a regression diverge: that is worse than any R².
func TestBestR2(t *testing.T) {
	replica := func(r2 float64, state record.State) Replica {
		return Replica{State: state, Result: record.Result{Metric: record.R2, ValAccuracy: record.Number(r2)}}
	}
	result := func(index int, replicas ...Replica) Result {
		return Result{Configuration: Configuration{Index: index}, Replicas: replicas}
	}
	nan := math.NaN()
	results := []Result{
		result(0, replica(-0.3, record.Done), replica(nan, record.Diverged)),
		result(1, replica(-0.2, record.Done), replica(-0.3, record.Done)),
		result(2, replica(nan, record.Diverged), replica(nan, record.Diverged)),
		result(3, replica(-1e8, record.Done), replica(-1e8, record.Done)),
	}
	for _, want := range []int{1, 0, 3} {
		best := Best(results)
		if best == nil || best.Configuration.Index != want {
			t.Fatalf("got %+v, want configuration %d", best, want)
		}
		results = slices.DeleteFunc(results, func(r Result) bool { return r.Configuration.Index == want })
	}
	if best := Best(results); best != nil {
		t.Errorf("all diverged: got %+v, want none", best)
	}
}

// TestRound has numbers be the same bits as those that are read back.
func TestRound(t *testing.T) {
	r := Result{Replicas: []Replica{{Result: record.Result{Loss: record.Number(1.0 / 3), ValAccuracy: record.Number(float32(0.834))}}}}
	r.Round()
	if got := []record.Number{r.Replicas[0].Loss, r.Replicas[0].ValAccuracy}; got[0] != 0.333333333 || got[1] != 0.833999991 {
		t.Errorf("got %v, want 0.333333333 and 0.833999991", got)
	}
}

func TestBest(t *testing.T) {
	results := sampleResults(t)
	// 0.5 in the mean, as the second, where 1 and a divergence count as 0.5, and
	// the fourth with a failure as 0.25.
	if best := Best(results); best == nil || best.Configuration.Index != 0 {
		t.Errorf("got %v, want the first", best)
	}
	results[0].Replicas[0].ValAccuracy = 0.5
	if best := Best(results); best == nil || best.Configuration.Index != 1 {
		t.Errorf("got %v, want the second", best)
	}
	if best := Best(results[2:3]); best != nil {
		t.Errorf("of one that failed: got %v, want none", best)
	}
}

func ExampleWriteSummary() {
	axes := []Axis{{Flag: "activation", Values: []string{"tanh", "relu"}}}
	grid, _ := Grid(axes)
	accuracies := [][]record.Number{{0.5, 0.8}, {0.8, 0.9}}
	results := make([]Result, len(grid))
	for i := range grid {
		results[i] = Result{Configuration: grid[i], Seconds: 1}
		for r, accuracy := range accuracies[i] {
			numbers := record.Result{Seed: uint32(r + 1), Loss: 0.5, Accuracy: accuracy, ValLoss: 0.5, ValAccuracy: accuracy}
			results[i].Replicas = append(results[i].Replicas, Replica{Result: numbers, State: record.Done, Epochs: 500})
		}
	}
	var table strings.Builder
	if err := WriteSummary(&table, axes, results); err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(table.String()) {
		fields := strings.Split(line, ",")
		fmt.Println(strings.Join(fields[1:7], " "))
	}
	// Output:
	// activation state repeats diverged val_accuracy_mean val_accuracy_std
	// tanh done 2 0 0.65 0.212132034
	// relu done 2 0 0.85 0.0707106781
}
