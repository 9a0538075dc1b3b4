//go:build tensorflow

package train_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"gradwatch/train"
)

// Train the five-layer tanh model and write its gradient histograms where
// TensorBoard finds them.
func Example() {
	logs, err := os.MkdirTemp("", "logs")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(logs) }()

	run := train.DefaultConfig() // two circles, 500 rows to train on, 500 to test
	run.Layers = train.Repeat(5, 5)
	run.Activations = []string{"tanh"}
	run.KernelInitializer = "uniform:0,1"
	run.Epochs = 20
	run.LogDir = logs
	result, err := train.Run(context.Background(), run, train.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Name, result.Summary.State, "after", result.Summary.Epochs, "epochs")
	fmt.Println("now: tensorboard --logdir", "logs")
	// Output:
	// tanh-5x5-uniform-0-1 done after 20 epochs
	// now: tensorboard --logdir logs
}
