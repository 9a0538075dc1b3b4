// Package feed makes what training steps are fed: batches, dropout's masks and learning rates. It also
// follows what is measured, for early stopping and for plateaus of the learning rate.
package feed
