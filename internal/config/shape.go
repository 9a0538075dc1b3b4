package config

import "encoding/json"

// Shape returns a text that is the same for runs that can train side by side in
// one graph: those that differ only in their seeds, initial weights, shuffling,
// learning rate (of sgd, where it is constant), and in where and how they are recorded.
func (r *Run) Shape() string {
	shape := *r
	shape.Seed, shape.Repeats, shape.Shuffle = 0, 0, false
	shape.KernelInitializer, shape.OutputInitializer, shape.BiasInitializer, shape.InitialWeights = "", "", "", ""
	shape.LearningRate = r.Rate()
	if r.Optimizer == "sgd" && !r.Schedule().Changes() {
		shape.LearningRate = 0
	}
	shape.LogDir, shape.Name, shape.Overwrite = "", "", false
	shape.HistogramReplica, shape.LogReplicas = 0, false
	shape.CheckpointFreq, shape.CheckpointSteps, shape.Keep = 0, 0, 0
	text, err := json.Marshal(shape)
	if err != nil {
		return "" // of a struct of texts and finite numbers it is none
	}
	return string(text)
}
