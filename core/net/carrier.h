/* carrier: what moves a connection's bytes: the seam between a connection and the library or engine
 * below it.
 *
 * Nothing above net/conn knows which carrier a connection has. A carrier calls conn_message(),
 * conn_message_packed(), conn_alive(), conn_writable(), conn_peer_closing() and conn_gone(); the
 * connection calls these. All on the connection's loop. */
#ifndef NET_CARRIER_H
#define NET_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;

struct carrier {
	/* What it keeps for a connection lies behind it, in the same piece of memory: this many
	 * bytes, a multiple of 8. 0: nothing but the pointer that conn_open() was given. */
	size_t room;
	/* What is kept there lies in its place. -1: the connection cannot be carried, and is not
	 * opened. NULL: there is nothing to do. */
	int (*start)(struct conn *conn);
	/* Writes whole frames. The carrier keeps what the socket does not take and then answers
	 * true to blocked(); conn_writable() follows when all is out. 0; -1: the connection is
	 * lost, and the caller drops it. */
	int (*send)(struct conn *conn, const uint8_t *frames, size_t len);
	bool (*blocked)(const struct conn *conn);
	/* Sends a close frame and waits for the other side's; conn_gone() follows in the end. */
	void (*close)(struct conn *conn, uint16_t code, const char *reason);
	/* Ends the connection at once; conn_gone() is called before this returns. */
	void (*drop)(struct conn *conn);
	/* Stops and starts reading. A message or two that were read already may still come. */
	void (*pause)(struct conn *conn, bool pause);
};

#endif
