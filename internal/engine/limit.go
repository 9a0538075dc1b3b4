package engine

import (
	"fmt"
	"syscall"
)

// leastAddressSpace is in kB, as ulimit has it. An engine that trains relu-5 ends with 2,600,000,
// and TensorFlow and the Go runtime say little about why.
const leastAddressSpace = 4_000_000

// checkAddressSpace returns an error where an engine would not get the address space that it needs.
func checkAddressSpace() error {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_AS, &limit) == nil && limit.Cur/1024 < leastAddressSpace {
		return fmt.Errorf("the address space is limited to %d kB by ulimit -v; want at least %d", limit.Cur/1024, leastAddressSpace)
	}
	return nil
}
