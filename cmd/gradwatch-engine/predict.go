//go:build tensorflow

package main

import (
	"fmt"
	"os"

	"gradwatch/internal/engine"
	"gradwatch/train/serving"
)

func (s *server) export(request *engine.Export) {
	if err := serving.Export(request.Folder, request.Replica, request.Out, request.Overwrite); err != nil {
		s.fail(err)
		return
	}
	s.send(engine.Message{Exported: true})
}

// predict answers rows with predictions until there are no more rows.
func (s *server) predict(request *engine.Predict) {
	rows, predicted := os.NewFile(engine.RowsFile, "rows"), os.NewFile(engine.PredictedFile, "predictions")
	if err := predictAll(request, rows, predicted); err != nil {
		s.fail(err)
		return
	}
	s.send(engine.Message{Predicted: true})
}

func predictAll(request *engine.Predict, rows, predicted *os.File) error {
	model, err := serving.NewPredictor(request.Folder, request.Replica, request.Plan)
	if err != nil {
		return err
	}
	defer model.Close()
	in, out := engine.NewFrameReader(rows), engine.NewFrameWriter(predicted)
	for {
		values, err := in.Rows()
		if err != nil {
			return err
		}
		var answer engine.Predicted // of no rows: the end
		if len(values) > 0 {
			p, err := model.Predict(values)
			if err != nil {
				return err
			}
			answer = frameOf(p, len(values)/model.Schema().Inputs())
		}
		if err := out.Predicted(answer); err != nil {
			return fmt.Errorf("write predictions: %w", err)
		}
		if len(values) == 0 {
			return nil
		}
	}
}

// frameOf returns the predictions for so many rows as a frame has them.
func frameOf(p *serving.Predictions, rows int) engine.Predicted {
	answer := engine.Predicted{Rows: rows, Width: len(p.Values) / rows, Values: p.Values, Classes: make([]int32, rows)}
	for i, class := range p.Classes {
		answer.Classes[i] = int32(class)
	}
	return answer
}
