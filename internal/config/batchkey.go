package config

import "encoding/json"

// BatchKey returns a text that is the same for runs that can train side by side in one
// graph: those that differ only in their seeds, initial weights, shuffling, learning rate
// (of sgd, where it is constant), and in where and how they are recorded.
func (r *Run) BatchKey() string {
	key := *r
	for _, f := range fields() {
		if f.has(beside) {
			f.clear(&key)
		}
	}
	key.LearningRate = r.Rate()
	if r.Optimizer == "sgd" && !r.Schedule().Changes() {
		key.LearningRate = 0
	}
	text, err := json.Marshal(key)
	if err != nil {
		return "" // texts and finite numbers can always be written
	}
	return string(text)
}
