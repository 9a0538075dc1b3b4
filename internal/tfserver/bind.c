//go:build tensorflow

// TensorFlow's server listens on 0.0.0.0, written into its source. Its library calls
// the C library's bind by name, and a program's own function of a name goes before a
// library's: so this one is called. Go's package net calls the kernel itself.

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bind.h"

static uint32_t only_address;
static uint16_t only_port; // 0 before gradwatch_listen_on

void gradwatch_listen_on(uint32_t address, uint16_t port) {
	only_address = address;
	only_port = port;
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	if (only_port != 0 && address->sa_family == AF_INET && length >= sizeof v4) {
		memcpy(&v4, address, sizeof v4);
		if (v4.sin_port == only_port && v4.sin_addr.s_addr == INADDR_ANY) {
			v4.sin_addr.s_addr = only_address;
			return syscall(SYS_bind, fd, &v4, sizeof v4);
		}
	}
	if (only_port != 0 && address->sa_family == AF_INET6 && length >= sizeof v6) {
		memcpy(&v6, address, sizeof v6);
		if (v6.sin6_port == only_port && IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr)) {
			// ::ffff:a.b.c.d, as gRPC's sockets are of both families
			v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xff;
			memcpy(&v6.sin6_addr.s6_addr[12], &only_address, sizeof only_address);
			return syscall(SYS_bind, fd, &v6, sizeof v6);
		}
	}
	return syscall(SYS_bind, fd, address, length);
}
