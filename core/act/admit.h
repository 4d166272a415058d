/* admit: may this message be served? In this order: action known, logged in, payload size, rate,
 * cap.
 *
 * Thread: the loop of the connection. */
#ifndef ACT_ADMIT_H
#define ACT_ADMIT_H

#include "act/call.h"

/* True: yes, and where the route has a cap (in_flight) a place under it is taken: call_begin() must
 * follow. False: `*refusal` says why. `text` is room for its words (STATUS_TEXT_MAX). */
bool admit(struct conn *conn, const struct route *route, const struct message *message, char *text,
           struct outcome *refusal);

#endif
