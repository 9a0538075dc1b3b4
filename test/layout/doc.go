// Package layout holds tests only: that the packages are as docs/architecture.md says, and that what the documentation names is there.
package layout
