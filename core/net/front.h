/* front: libwebsockets as a carrier: HTTP, the upgrade, and the frames of every connection that
 * came in.
 *
 * One libwebsockets context a loop, on the loop's own libuv loop. The listening sockets are ours
 * (net/listen); an accepted descriptor is adopted. Frames that go out are made here and written
 * whole (LWS_WRITE_RAW), many in one call. Thread: the loop's, but for making and freeing. */
#ifndef NET_FRONT_H
#define NET_FRONT_H

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

/* Takes an accepted, non-blocking socket over; it is closed when it fails. With `tls` it begins
 * with a TLS handshake, for which the front was made. */
void front_adopt(struct front *front, int fd, const char *address, bool tls);

/* [the loop] First part of the end: closes what is left. Then the libuv loop must run. */
void front_close(struct front *front);
/* [main, the loop's thread has ended and its libuv loop has run dry] Second part: frees it. */
void front_free(struct front *front);

#endif
