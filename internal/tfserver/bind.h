#include <stdint.h>

// gradwatch_listen_on has sockets that are bound to a port of every interface be
// bound to it on one: address and port in network byte order.
void gradwatch_listen_on(uint32_t address, uint16_t port);
