package diagnose

// guess returns the training loss of guessing by the classes' shares among the
// training rows: their entropy. Where classes have weights, the shares are those of
// the weights, and the loss is over the number of rows all the same, as in training.
func (r *Run) guess() float64 {
	if len(r.ClassWeights) != 2 {
		return entropy(r.Class1)
	}
	first, second := r.ClassWeights[0]*(1-r.Class1), r.ClassWeights[1]*r.Class1
	all := first + second
	if all == 0 {
		return 0
	}
	return all * entropy(second/all)
}
