// Package runflags is the flags of a run: it makes a [config.Run] of them, and of a
// configuration the flags that ask for it.
package runflags
