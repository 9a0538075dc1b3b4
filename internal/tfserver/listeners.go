//go:build tensorflow

package tfserver

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"syscall"
)

// checkListeners returns an error unless this process listens on the address, and
// on its port nowhere else.
func checkListeners(want netip.AddrPort) error {
	found, err := listeners()
	if err != nil {
		return fmt.Errorf("look at what listens: %w", err)
	}
	listens := false
	for _, at := range found {
		switch {
		case at == want:
			listens = true
		case at.Port() == want.Port():
			return fmt.Errorf("TensorFlow's server listens on %s: want only %s", at, want)
		}
	}
	if !listens {
		return fmt.Errorf("TensorFlow's server does not listen on %s", want)
	}
	return nil
}

// listeners returns the addresses on which this process listens.
func listeners() ([]netip.AddrPort, error) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	var found []netip.AddrPort
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if accepts, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN); err != nil || accepts == 0 {
			continue // no socket, or none that listens
		}
		name, err := syscall.Getsockname(fd)
		if err != nil {
			continue
		}
		switch address := name.(type) {
		case *syscall.SockaddrInet4:
			found = append(found, netip.AddrPortFrom(netip.AddrFrom4(address.Addr), uint16(address.Port)))
		case *syscall.SockaddrInet6:
			found = append(found, netip.AddrPortFrom(netip.AddrFrom16(address.Addr).Unmap(), uint16(address.Port)))
		}
	}
	return found, nil
}
