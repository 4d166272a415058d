/* ready: would a client that came now be served? */
#ifndef ADMIN_READY_H
#define ADMIN_READY_H

#include "admin/board.h"
#include "base/err.h"

/* A loop that did not tick for this long is stuck. */
enum { READY_TICK_MS = 5000 };

/* [admin] True; or false with a sentence: it starts, it ends, or a loop is stuck. */
bool ready_ask(struct board *board, struct err *why);

#endif
