//go:build tensorflow

package train

import (
	"bufio"
	"encoding/csv"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/metrics"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// evaluation is what a run's models predict for the test rows, or for those that validate.
type evaluation struct {
	target   *dataset.Target
	output   *config.Output
	test     *dataset.Examples
	replicas []int       // that have not diverged, by their index in the run
	outputs  [][]float32 // of each of these, [outputs * row]
	into     *record.Evaluation
	files    bool // whether its tables are written
}

// evaluate sets the summary's evaluation and writes its files, unless the data set is generated and it was not
// asked for, or nothing was recorded.
func (t *trainer) evaluate(r *recorder) error {
	validated := t.data.Validation != nil // and so no epoch measured the test rows
	if r.run.Generated() && !validated && !t.options.Evaluate || r.summary.Epochs == 0 {
		return nil
	}
	replicas := finiteReplicas(r)
	if replicas == nil {
		return nil
	}
	e, err := t.evaluation(r, replicas, t.data.Test)
	if err != nil {
		return err
	}
	if validated {
		r.accuracies = e.accuracies()
	}
	if validated {
		v, err := t.evaluation(r, replicas, t.data.Validation)
		if err != nil {
			return err
		}
		if err := v.score(r); err != nil {
			return err
		}
		r.summary.Validation = v.into
	}
	if r.run.Generated() && !t.options.Evaluate {
		return nil
	}
	e.files = !r.run.Generated()
	r.tests = e
	r.summary.Evaluation = e.into
	return e.score(r)
}

// evaluation returns what replicas predict for rows.
func (t *trainer) evaluation(r *recorder, replicas []int, rows *dataset.Examples) (*evaluation, error) {
	e := &evaluation{
		target: &t.data.Schema.Target, output: &t.model.Output, test: rows, replicas: replicas,
		into: &record.Evaluation{Replicas: len(replicas)},
	}
	return e, t.predictRows(r, e)
}

// score sets the scores and writes the files.
func (e *evaluation) score(r *recorder) error {
	if e.target.Task == dataset.Regression {
		return e.regression(r)
	}
	return e.classification(r)
}

// accuracies returns each replica's accuracy, of a regression its mean absolute error in the target's unit, by its
// index in the run.
func (e *evaluation) accuracies() map[int]record.Number {
	accuracies := make(map[int]record.Number)
	for i, replica := range e.replicas {
		sum := 0.0
		for row, y := range e.test.Y {
			switch {
			case e.target.Task == dataset.Regression:
				sum += math.Abs(e.target.Unscale(y) - e.target.Unscale(float64(e.outputs[i][row])))
			case e.class(i, row) == int(y):
				sum++
			}
		}
		accuracies[replica] = record.Number(sum / float64(e.test.Len()))
	}
	return accuracies
}

// finiteReplicas returns the indices, in the run, of the replicas that have not diverged.
func finiteReplicas(r *recorder) []int {
	var replicas []int
	for i := range r.rows {
		if r.rows[i].Finite() {
			replicas = append(replicas, i)
		}
	}
	return replicas
}

// predictRows sets the outputs for the test rows.
func (t *trainer) predictRows(r *recorder, e *evaluation) (err error) {
	e.outputs, err = t.predict(r, e.replicas, e.test.Len(), func(at int, inputs []float32) {
		for f, x := range e.test.Row(at) {
			inputs[f] = float32(x)
		}
	})
	return err
}

// predict returns what some of a run's replicas predict for so many scaled rows, [replica][outputs *
// rows]. row sets the inputs of the row at an index.
func (t *trainer) predict(r *recorder, replicas []int, rows int, row func(at int, inputs []float32)) ([][]float32, error) {
	const size = graph.PredictPoints
	inputs, outputs := t.model.Inputs, last(t.model.Layers).Units
	predicted := make([][]float32, len(replicas))
	for i := range predicted {
		predicted[i] = make([]float32, outputs*rows)
	}
	columns, one := make([]float32, (inputs+1)*size), make([]float32, inputs)
	for j := range size {
		columns[inputs*size+j] = 1
	}
	for at := 0; at < rows; at += size {
		n := min(size, rows-at)
		for j := range n {
			row(at+j, one)
			for f, x := range one {
				columns[f*size+j] = x
			}
		}
		fed, err := graph.NewTensor(columns, []int64{int64(inputs) + 1, size})
		if err != nil {
			return nil, err
		}
		for _, g := range t.groups {
			fetched, err := g.session.Run(g.program.Predict, fed)
			if err != nil {
				return nil, err
			}
			values, err := graph.Floats(fetched[0]) // [replica, outputs, size]
			if err != nil {
				return nil, err
			}
			for i, replica := range replicas {
				in := r.first + replica - g.first
				if in < 0 || in >= g.model.Replicas {
					continue
				}
				for k := range outputs {
					from := (in*outputs + k) * size
					copy(predicted[i][k*rows+at:k*rows+at+n], values[from:from+n])
				}
			}
			runtime.KeepAlive(fetched) // values are in its memory
		}
	}
	return predicted, nil
}

// class returns the class that a replica predicts for a row; len(classes) where the largest output stands for no
// class.
func (e *evaluation) class(replica, row int) int {
	rows, outputs := e.test.Len(), e.outputs[replica]
	if len(outputs) == rows {
		if outputs[row] > 0.5 {
			return 1
		}
		return 0
	}
	best := 0
	for k := range len(outputs) / rows {
		if outputs[k*rows+row] > outputs[best*rows+row] {
			best = k
		}
	}
	return min(best, len(e.target.Classes))
}

// classification writes the confusion matrix and sets its scores; with two classes, the ROC curve, too.
func (e *evaluation) classification(r *recorder) error {
	classes := e.target.Classes
	confusion, out := metrics.NewConfusion(len(classes), e.output.Units > len(classes)), e.into
	for i := range e.replicas {
		own := metrics.NewConfusion(len(classes), e.output.Units > len(classes))
		for row, y := range e.test.Y {
			own[int(y)][e.class(i, row)]++
		}
		confusion.Add(own)
		scores := own.Scores()
		out.MacroF1s = append(out.MacroF1s, record.Number(metrics.MacroF1(scores)))
		out.BalancedAccuracies = append(out.BalancedAccuracies, record.Number(metrics.BalancedAccuracy(scores)))
	}
	scores := confusion.Scores()
	for k, s := range scores {
		out.Classes = append(out.Classes, record.ClassScore{
			Class: classes[k], Precision: record.Number(s.Precision), Recall: record.Number(s.Recall), F1: record.Number(s.F1),
			Support: s.Support / len(e.replicas),
		})
	}
	out.MacroF1 = record.Number(metrics.MacroF1(scores))
	if len(classes) <= record.MaxConfusion {
		out.Confusion = confusion
	}
	columns := classes
	if len(confusion[0]) > len(classes) {
		columns = append(slices.Clip(columns), record.NoClass)
	}
	if e.files {
		err := r.folder.Write(runfolder.ConfusionFile, func(w io.Writer) error { return confusion.WriteCSV(w, classes, columns) })
		if err != nil {
			return err
		}
	}
	if len(classes) > 2 {
		return nil
	}
	return e.roc(r)
}

// roc writes the replicas' ROC curves, unless all test rows are of one class.
func (e *evaluation) roc(r *recorder) error {
	positive := make([]bool, e.test.Len())
	for i, y := range e.test.Y {
		positive[i] = y == 1
	}
	var rows [][]string
	for i, replica := range e.replicas {
		scores := e.outputs[i]
		if rows := e.test.Len(); e.output.Units > 1 {
			scores = scores[rows : 2*rows] // the second class's
		}
		curve, ok := metrics.ROC(scores, positive)
		if !ok {
			return nil
		}
		e.into.AUC = append(e.into.AUC, record.Number(curve.Area()))
		for j := range curve.True {
			rows = append(rows, e.row(r, replica, curve.False[j], curve.True[j], curve.Threshold[j]))
		}
	}
	return e.write(r, runfolder.ROCFile, []string{"false_positive_rate", "true_positive_rate", "threshold"}, rows)
}

// regression writes the predictions for the test rows, in the target's unit.
func (e *evaluation) regression(r *recorder) error {
	var rows [][]string
	values, predicted := make([]float64, e.test.Len()), make([]float64, e.test.Len())
	e.into.Constant = slices.Min(e.test.Y) == slices.Max(e.test.Y)
	for i, replica := range e.replicas {
		for row, y := range e.test.Y {
			values[row], predicted[row] = e.target.Unscale(y), e.target.Unscale(float64(e.outputs[i][row]))
			rows = append(rows, e.row(r, replica, values[row], predicted[row]))
		}
		e.into.R2 = append(e.into.R2, record.Number(metrics.Determination(values, predicted)))
	}
	return e.write(r, runfolder.PredictedFile, []string{"value", "predicted"}, rows)
}

// row returns the fields of a row of a file; with several replicas, the replica is the first.
func (e *evaluation) row(r *recorder, replica int, numbers ...float64) []string {
	var fields []string
	if r.run.Repeats > 1 {
		fields = append(fields, strconv.Itoa(replica))
	}
	for _, x := range numbers {
		fields = append(fields, strconv.FormatFloat(x, 'g', 9, 64))
	}
	return fields
}

func (e *evaluation) write(r *recorder, name string, columns []string, rows [][]string) error {
	if !e.files {
		return nil
	}
	if r.run.Repeats > 1 {
		columns = append([]string{"replica"}, columns...)
	}
	return r.folder.Write(name, func(w io.Writer) error {
		buffered := bufio.NewWriter(w)
		if err := csv.NewWriter(buffered).WriteAll(append([][]string{columns}, rows...)); err != nil {
			return err
		}
		return buffered.Flush()
	})
}
