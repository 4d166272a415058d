/* play: one connection through a script (script.h), with everything that the server owes it noted
 * and held against what the server says.
 *
 * A protocol's fuzzer says what it expects of a message (play_owe), and what each message of the
 * server's settles (play_settle). Here is what holds for all of them: whatever is owed is settled
 * once, after a close nothing is said, and all is within its bounds. */
#ifndef FUZZ_PLAY_H
#define FUZZ_PLAY_H

#include "net/conn.h"

#include <act/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLAY_DEBTS_MAX = 512 };

/* What the server owes for a message: an answer, or a close. */
struct debt {
	uint32_t code; /* the answer's, as the protocol has it */
	uint32_t seq;
	bool control;        /* it is no action's, but the server's own */
	bool text;           /* a raw endpoint answers text with text */
	uint16_t close;      /* not 0: no answer, but a close with this code */
	bool refused;        /* the answer must be STATUS_BAD_FRAME */
	const uint8_t *body; /* what an echo answers with; of the script */
	size_t len;
};

struct play {
	const struct protocol_rules *rules;
	struct conn *conn; /* NULL: it is gone */
	bool raw;
	bool blocked;
	bool paused;
	uint32_t overrun; /* messages since reading was paused */
	bool leaving;     /* the client closes */
	uint16_t closed;  /* by the server, with this code; 0: not */
	uint64_t passed_ms;
	bool pushed;
	bool may_expire;     /* the server said that the login ends */
	uint32_t bad_tokens; /* that it has refused */
	uint32_t said;       /* messages of the server's */

	struct debt debts[PLAY_DEBTS_MAX]; /* in the order of the messages */
	size_t debt_count;
};

/* Does a message wait where as many calls are open as may be? */
enum turn {
	TURN_WAITS,
	TURN_PASSES, /* it becomes no call */
	TURN_EITHER, /* it is at fault, and ends the connection in any case */
};

struct protocol_rules {
	const struct protocol *protocol; /* NULL: what goes without a subprotocol */
	/* Before the server gets a message: notes what it owes for it. */
	enum turn (*ask)(struct play *play, bool text, const uint8_t *bytes, size_t len);
	/* The server says something. */
	void (*hear)(struct play *play, bool text, const uint8_t *bytes, size_t len);
};

/* One run: LLVMFuzzerTestOneInput() of the protocol's fuzzer. */
void play_run(const struct protocol_rules *rules, const uint8_t *bytes, size_t len);

/* Notes a debt; the caller fills it. */
struct debt *play_owe(struct play *play);
/* The debt that an answer settles, by its code, seq and kind; `status`: STATUS_OK, or an error's.
 * Where several have the same it is the oldest, but for those errors that tell more. */
struct debt *play_find(struct play *play, uint32_t code, uint32_t seq, bool control,
                       uint32_t status);
/* It is settled, and is no more. */
void play_settle(struct play *play, struct debt *debt);
/* An answer to an action of the plugin that is no error: is this what it should be? */
void play_check_answer(const struct debt *debt, const void *body, size_t len);
/* An answer that is one: can the action end so? */
void play_check_error(const struct debt *debt, uint32_t status);
/* The status of this name in JSON, the server's own; STATUS_OWN where it is a plugin's. */
uint32_t play_status(const char *name, size_t len);

#endif
