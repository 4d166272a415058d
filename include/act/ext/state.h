/* act/ext/state.h: act.state/1: what a plugin keeps in memory, handed over to its next generation.
 *
 * A plugin that must not lose what it keeps (games that are being played, counters, tables that
 * are dear to build) gives a table for ACT_EXT_STATE from act_plugin.extension(). When it is
 * replaced, and both generations have such a table, the server makes the old one quiet: messages,
 * notices and timers wait, and what runs in it comes to its end. Then the old one's save() writes,
 * the new one's load() reads, start() follows, and what waited goes to the new one. Where anything
 * of that fails, or takes longer than load_ms, the new one is refused, and the old one goes on as
 * if nothing had been.
 *
 * Calls that are answered later (ACT_DEFER) have to be answered before that: cancel(ACT_E_BUSY)
 * asks for it at half of the time. Bytes that only have to outlive a reload are simpler kept with
 * act.kv/1. Not for plugins that provide a service. */
#ifndef ACT_EXT_STATE_H
#define ACT_EXT_STATE_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ACT_EXT_STATE "act.state/1"

/* The most that save() may write in all. */
#define ACT_STATE_BYTES_MAX 67108864u

/* Takes a piece of the state, which is copied. ACT_OK; ACT_E_TOOBIG, ACT_E_NOMEM: save() is to give
 * up and return that. */
typedef act_rc act_state_sink(void *context, act_bytes piece);

/* The plugin's own table; static. */
typedef struct act_state {
	uint32_t size;   /* sizeof(act_state) */
	uint32_t format; /* of what save() writes: a number that the plugin counts up itself */
	/* [worker] Write what is kept, in pieces. Nothing else runs in the generation. It goes on
	 * as it was where the hand-over fails later: save() changes nothing. */
	act_rc (*save)(void *self, act_state_sink *sink, void *context);
	/* [worker] Between create() and start(): read what the generation before has saved, in its
	 * format. ACT_E_*: the new generation is refused; ACT_E_NOSUPP: it does not know the
	 * format. Borrowed. */
	act_rc (*load)(void *self, uint32_t format, act_bytes state);
} act_state;

#ifdef __cplusplus
}
#endif
#endif
