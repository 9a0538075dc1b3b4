package cluster

import (
	"fmt"
	"net/netip"

	"gradwatch/internal/invalid"
)

// sharedSpace are addresses behind a carrier's translation (RFC 6598), which
// private networks laid over others use too.
var sharedSpace = netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)

// Public reports whether an address may be reached from other networks than this
// machine's own: it is neither the machine's itself (127.0.0.0/8) nor private
// (RFC 1918, RFC 6598, link-local).
func Public(ip netip.Addr) bool {
	return !ip.IsLoopback() && !ip.IsPrivate() && !ip.IsLinkLocalUnicast() && !sharedSpace.Contains(ip)
}

// Listen returns the address on which a task listens: its address in the cluster or, where
// text is not empty, another address of this machine; 0.0.0.0 stands for all of them.
// Without insecure a public address is an error: whoever reaches TensorFlow's server can run
// any code. The error is an [*invalid.Error] of the
// field listen.
func Listen(text, task string, insecure bool) (netip.AddrPort, error) {
	if text == "" {
		text = task
	}
	refused := func(format string, args ...any) error {
		return invalid.New("listen", text, fmt.Sprintf(format, args...))
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil || !at.Addr().Is4() {
		return at, refused("an IPv4 address of this machine and a port, such as 10.0.0.2:2222")
	}
	known, _ := parseAddress(task)
	switch {
	case at.Port() != known.Port():
		return at, refused("port %d, as the cluster has it for this task", known.Port())
	case insecure:
		return at, nil
	case at.Addr().IsUnspecified():
		return at, refused("one private address, or --insecure to listen on every interface: TensorFlow's server has no password")
	case Public(at.Addr()):
		return at, refused("a private address (127.*, 10.*, 172.16-31.*, 192.168.*, 100.64-127.*, 169.254.*), " +
			"or --insecure: TensorFlow's server has no password")
	}
	return at, nil
}
