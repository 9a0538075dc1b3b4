// Command gradwatch trains multilayer perceptrons on the TensorFlow runtime and
// shows in TensorBoard what flows through them.
//
//	gradwatch tutorial                    # the vanishing-gradients tutorial
//	gradwatch train --preset tanh-5       # one model
//	gradwatch data --dataset moons        # a data set: CSV and scatter plot
//
// It is pure Go: flags, help, progress, charts. TensorFlow runs in
// gradwatch-engine, which package internal/engine starts.
package main
