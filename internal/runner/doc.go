// Package runner trains one run: it checks what was asked for, starts the engine, follows
// it, on a cluster's workers too, and draws the pictures.
package runner
