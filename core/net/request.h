/* request: a socket that was accepted, until the head of its HTTP request is whole.
 *
 * Read here and not by libwebsockets, so that not a byte behind the head gets into the hands of a
 * library that is about to give the socket away: a client may send its first messages before it has
 * seen the server's answer. Slow heads, long ones, and their number are bounded here too. Owner:
 * the loop; thread: its own. */
#ifndef NET_REQUEST_H
#define NET_REQUEST_H

struct loop;

/* Takes an accepted, non-blocking socket over; it goes to front_serve() when its head is there, and
 * is closed when that takes longer than handshake_ms. A head longer than GATE_HEAD_MAX is refused.
 */
void request_begin(struct loop *loop, int fd, const char *address);

/* At the end of the server: closes those that wait. */
void request_end_all(struct loop *loop);

#endif
