/* server: the way from a connection to a plugin and back, in this process: the real rooms net and
 * act, one loop that the fuzzer itself turns, the plugin of plugin.h, and small limits.
 *
 * No sockets, no threads, and time passes when it is told to. Made at the first use, and then as
 * good as new after each run. Thread: one. */
#ifndef FUZZ_SERVER_H
#define FUZZ_SERVER_H

#include "base/config.h"
#include "net/conn.h"

#include <stdint.h>

/* The endpoints. */
#define SERVER_ACTION "/serv/"
#define SERVER_RAW "/raw"

/* A token is "NAME" of a good user, "NAME+7" for one whose login lasts 7 s, and "-" and whatever
 * begins with it is bad. */

/* The loop, ready for a run. */
struct loop *server_begin(void);
const struct config *server_config(void);
const struct endpoint *server_endpoint(const char *path);

/* The end of a turn: all that was set off is done, and what is to be said leaves. */
void server_turn(void);
/* Time passes; then a turn ends. */
void server_pass_ms(uint64_t ms);

/* Nothing of the run is left: no connection, call, timer or push. */
void server_check_idle(void);

#endif
