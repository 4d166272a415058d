/* wire: carries a connection on a socket of ours: a plain one that has left libwebsockets behind
 * when its upgrade was done.
 *
 * One receive brings many messages, and what is said to a connection in a turn leaves in one send.
 * A message that lies whole in what was received goes up from there, without a copy. A connection
 * with nothing under way holds no buffer. Owner: the loop; thread: its own. */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct conn_birth;
struct loop;
struct wire_desk;

/* Takes over the socket of a connection whose 101 has been sent, and its place among
 * limits.connections, with the bytes that came behind its request: they are borrowed, and written
 * to. */
void wire_begin(struct loop *loop, int fd, const struct conn_birth *birth, uint8_t *early,
                size_t early_len);

/* Where a loop receives. What is there is of no use any more when the next event is told. */
uint8_t *wire_receive_room(struct loop *loop, size_t *room);

/* [main, the loop has ended] NULL: there is none. */
void wire_desk_free(struct wire_desk *desk);

#endif
