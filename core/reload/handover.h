/* handover: act.state/1 from the generation that serves to the one that is to serve.
 *
 * The old one is parked (act/park.h), comes to rest, saves; the new one loads. It stays parked
 * until the reload is decided: then handover_end() lets what waits go to whoever serves. Thread:
 * main. */
#ifndef RELOAD_HANDOVER_H
#define RELOAD_HANDOVER_H

#include "act/generation.h"
#include "base/err.h"

/* Is there a state to be handed over? Both have act.state/1, and provide no service: a provider
 * cannot rest, as those that use it do not. */
bool handover_wanted(const struct generation *from, const struct generation *to);

/* Hands over, between create() and start() of `to`. 0: `from` is parked, and handover_end() must
 * follow. ACT_E_FAIL with a sentence: it serves again. ACT_E_LATE: so too, and a worker is lost in
 * load() of `to`, which must be left as it is. `load_ms`: for coming to rest, save() and load(),
 * each. */
act_rc handover_make(struct generation *from, struct generation *to, uint32_t load_ms,
                     struct err *why);
/* `taken`: another serves in its place. */
void handover_end(struct generation *from, bool taken);

#endif
