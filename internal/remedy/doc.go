// Package remedy says what may mend a run that does not learn: which changes of its
// configuration fit what is wrong with it, which of them go together, and what came
// of training them.
//
//	remedies := remedy.Fitting(&run, []diagnose.Kind{diagnose.Vanishing})
//	...
//	pairs := remedy.Combine(remedies, singles, singles, 12) // train these too
//	...
//	best := remedy.Best(outcomes)
//
// It knows the flags' names and what they do, trains nothing and prints nothing: the
// command does.
package remedy
