package figures

import (
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"gradwatch/internal/chart"
	"gradwatch/internal/format"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// ofEvaluation returns the ROC curve of two classes, or what a regression predicts.
func ofEvaluation(path, name string, s *record.Summary) ([]Picture, error) {
	e := s.Evaluation
	switch {
	case e == nil:
		return nil, nil
	case len(e.AUC) > 0:
		curves, err := readReplicas(filepath.Join(path, runfolder.ROCFile))
		if err != nil {
			return nil, err
		}
		figure := chart.ROC{Title: name + ": area under the ROC curve " + format.Spread(e.AUC), Class: e.Classes[1].Class}
		for _, c := range curves {
			figure.Curves = append(figure.Curves, chart.Curve{X: c[0], Y: c[1]})
		}
		return []Picture{{"roc.png", figure}}, nil
	case len(e.R2) > 0:
		replicas, err := readReplicas(filepath.Join(path, runfolder.PredictedFile))
		if err != nil {
			return nil, err
		}
		explained := "R² " + format.Spread(e.R2)
		if e.Constant {
			explained = "R² not defined"
		}
		figure := chart.Predicted{Title: name + ": predictions on the test rows, " + explained, Target: s.Schema.Target.Name}
		for _, c := range replicas {
			figure.Values = append(figure.Values, c[0]...)
			figure.Predicted = append(figure.Predicted, c[1]...)
		}
		return []Picture{{"predicted.png", figure}}, nil
	}
	return nil, nil
}

// readReplicas reads the first two columns of numbers of a CSV file that a run wrote, by
// its replicas.
func readReplicas(path string) ([][2][]float64, error) {
	file, err := runfolder.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	records := csv.NewReader(file)
	records.ReuseRecord = true
	header, err := records.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	leading := 0
	if header[0] == "replica" {
		leading = 1
	}
	var replicas [][2][]float64
	before := ""
	for {
		fields, err := records.Read()
		if err == io.EOF {
			return replicas, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if replica := strings.Join(fields[:leading], ""); len(replicas) == 0 || replica != before {
			replicas, before = append(replicas, [2][]float64{}), strings.Clone(replica)
		}
		last := &replicas[len(replicas)-1]
		for i := range last {
			x, err := strconv.ParseFloat(fields[leading+i], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %q: want a number", path, fields[leading+i])
			}
			last[i] = append(last[i], x)
		}
	}
}
