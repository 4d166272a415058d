/* heartbeat: signs of life for a supervisor that wants them (WatchdogSec= of systemd.service(5)).
 *
 * A thread of its own sends them, so that neither a long reload nor a busy loop holds them up, and
 * only as long as `look` finds that all gets on: a server in which something hangs is to be missed.
 * Owner: the main program; there is one. Thread: main, but for `look`. */
#ifndef BASE_HEARTBEAT_H
#define BASE_HEARTBEAT_H

#include "base/err.h"
#include "base/supervisor.h"

#include <stdint.h>

struct heartbeat;

/* [the heartbeat] 0: all gets on; -1 with `why`: something has not moved for `silent_ms`. */
typedef int heartbeat_look(void *context, uint32_t silent_ms, struct err *why);

/* Sends one at once, then one each half of the time within which the supervisor wants one; what
 * hangs is missed from half of that time on. `supervisor` and `context` outlive it. NULL: the
 * supervisor wants none. */
struct heartbeat *heartbeat_new(struct supervisor *supervisor, heartbeat_look *look, void *context);
/* Ends the thread; NULL is taken for nothing. */
void heartbeat_free(struct heartbeat *heartbeat);

#endif
