//go:build cgo && linux

package main

/*
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

// Go's runtime reserves address space before any Go code runs, and ends the process with stacks where it
// gets none. So this runs before it. LEAST is with what all commands have been seen to run; 1 is exitFailed.
#define LEAST 2000000UL

__attribute__((constructor)) static void check_address_space(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur / 1024 < LEAST) {
		dprintf(STDERR_FILENO, "gradwatch: the address space is limited to %lu kB by ulimit -v; want at least %lu\n",
			(unsigned long)(limit.rlim_cur / 1024), LEAST);
		_exit(1);
	}
}
*/
import "C"
