// Package layout holds tests only: that the packages are as docs/architecture.md says.
package layout
