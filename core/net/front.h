/* front: libwebsockets: HTTP, the upgrade and TLS; and, as a carrier, the frames of the connections
 * that stay with it.
 *
 * One libwebsockets context a loop. The listening sockets are ours (net/listen). A plain socket
 * comes with the head of its request (net/request), and leaves for net/wire as soon as its upgrade
 * is done. Frames that go out through libwebsockets are made here and written whole
 * (LWS_WRITE_RAW), many in one call. Thread: the loop's, but for making and freeing. */
#ifndef NET_FRONT_H
#define NET_FRONT_H

#include <act/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;
struct front;

/* [main, one after another, before any thread runs] libwebsockets keeps a few process-wide
 * variables that a context sets; where one has TLS, all have. NULL: it said why in the log. */
struct front *front_new(struct loop *loop, uint32_t handshake_ms, bool tls);
/* [main, once, when all fronts are made and before the loops run] Ends libwebsockets' own messages:
 * clients can set them off at will, and it puts them together in one buffer for all threads. */
void front_quiet(void);

/* Takes an accepted, non-blocking socket over that begins with a TLS handshake, and keeps it; it is
 * closed when it fails. For a front that was made with `tls`. */
void front_adopt(struct front *front, int fd, const char *address);
/* Takes over an accepted, non-blocking socket and the whole head of the request that came by it:
 * answers it, and passes the socket on with the bytes `behind` the head, or closes it. All are
 * borrowed, and those behind written to. */
void front_serve(struct front *front, int fd, const char *address, act_bytes head, uint8_t *behind,
                 size_t len);

/* ---- for the loop's turn ---- */

/* Lets libwebsockets do what it has to do. True: it did something, which may have led to more. */
bool front_turn(struct front *front);
/* For how long may the loop sleep, of `ms`? */
int front_patience_ms(struct front *front, int ms);
/* Now and then: libwebsockets looks at its own deadlines, which are seconds long. */
void front_tick(struct front *front);

/* ---- the end ---- */

/* [the loop] First part: closes what is left. Then the loop goes on for a turn or two. */
void front_close(struct front *front);
/* [main, the loop's thread has ended] Second part: frees it. */
void front_free(struct front *front);

#endif
