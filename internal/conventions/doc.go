// Package conventions knows the names that programs give to what they record in TensorBoard's event files: which tag is of a gradient, of
// weights, of a loss, and of which layer. It makes of a run's series what internal/diagnose judges. docs/eventfiles.md shows the table.
package conventions
