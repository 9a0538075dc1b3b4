// Command moons trains a model on rows in memory and predicts with it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"gradwatch/train"
)

func main() {
	config := train.DefaultConfig()
	config.Layers, config.Activations = train.Repeat(2, 8), []string{"relu"}
	config.Optimizer, config.LearningRate, config.Epochs, config.LogDir = "adam", 0.01, 100, "logs"
	random := rand.New(rand.NewPCG(1, 2))
	data := &train.Data{Train: moons(random, 400), Test: moons(random, 200)}
	result, err := train.Run(context.Background(), config, train.Options{Data: data})
	var wrong *train.InvalidError
	switch {
	case errors.As(err, &wrong):
		log.Fatalf("%s can't be %s", wrong.Field, wrong.Value)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Printf("accuracy on the test rows: %.3f\n", result.Summary.Result[0].ValAccuracy)

	model, err := train.NewPredictor(result.Folder, 0, 1)
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	predicted, err := model.PredictInputs([][]float64{{0, 1}, {1, -0.5}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("classes of two points:", predicted.Classes)
}

// moons returns points on two half circles, with noise: inputs [row][2], and the class of each.
func moons(random *rand.Rand, count int) train.Rows {
	var rows train.Rows
	for i := range count {
		class, angle := i%2, math.Pi*random.Float64()
		x, y := math.Cos(angle), math.Sin(angle)
		if class == 1 {
			x, y = 1-x, 0.5-y
		}
		rows.Inputs = append(rows.Inputs, []float64{x + 0.1*random.NormFloat64(), y + 0.1*random.NormFloat64()})
		rows.Targets = append(rows.Targets, float64(class))
	}
	return rows
}
