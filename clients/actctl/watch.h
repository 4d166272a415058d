/* watch: -v: every message that goes by, to the standard error. */
#ifndef ACTCTL_WATCH_H
#define ACTCTL_WATCH_H

#include "dialect.h"

/* One line that says what it is, then its bytes in hex and its JSON; cut where it is long. `way` is
 * '>' for what is sent, '<' for what came. */
void watch_message(char way, const struct dialect *dialect, bool text, act_bytes message);

#endif
