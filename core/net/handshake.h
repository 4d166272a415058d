/* handshake: a request's head as libwebsockets holds it, read into what the gate asks for, and the
 * reply to one that is refused. Thread: the loop's. */
#ifndef NET_HANDSHAKE_H
#define NET_HANDSHAKE_H

#include "net/gate.h"

struct lws;
struct session;

/* Asks the gate. `upgrade`: the value of the Upgrade header, NULL without. `full`: there are
 * limits.connections already. */
void handshake_decide(struct lws *wsi, const struct session *session, const char *upgrade,
                      bool full, struct gate_verdict *verdict);
/* Writes the refusal as a whole HTTP response; the connection is to be closed after it. */
void handshake_refuse(struct lws *wsi, const struct gate_verdict *verdict);

#endif
