/* change: what all verbs share that change something between the caller and one other user.
 *
 * change_run() checks that there are two users, holds them both in one transaction, lets the verb
 * decide, commits, and only then pushes and answers. So two calls about the same pair, on two
 * workers, follow one another, and nobody hears of what was rolled back. */
#ifndef FRIEND_CHANGE_H
#define FRIEND_CHANGE_H

#include "friend.h"

#include <act/plugin.h>
#include <common/db.h>
#include <common/payload.h>
#include <common/refusals.h>
#include <stdbool.h>

/* "user": the other one. The first field of every such verb. */
#define CHANGE_USER_FIELD                                                                          \
	{                                                                                          \
		.key = "user", .kind = PAYLOAD_ID, .rules = PAYLOAD_REQUIRED, .min = 1, .max = 255 \
	}

/* What was decided; set by the verb, used after the commit. */
struct change_outcome {
	const char *state;    /* static; the answer is {"state": …}                       */
	enum refusal refusal; /* or this and `text`; 0: none                              */
	char text[400];       /* room for a user id of 255 bytes                          */
	bool pushes;          /* `push` goes to the other user                            */
	enum friend_push push;
	bool accept; /* of FRIEND_ANSWERED */
};

struct change {
	struct friend_plugin *self;
	const act_call *call;
	act_bytes me;
	act_bytes other;
	act_bytes now;                 /* the time, as the tables keep it */
	const struct payload *payload; /* by the verb's own fields        */
	struct change_outcome out;     /* empty each time the verb begins */
};

/* Decides, within the transaction `db`: fills change->out and changes the tables. Both users exist
 * and are held. May be called again after a roll-back. */
typedef act_rc change_verb(struct db *db, struct change *change);

/* Serves one call. `fields` begin with CHANGE_USER_FIELD. */
act_rc change_run(struct friend_plugin *self, const act_call *call,
                  const struct payload_field *fields, size_t count, change_verb *verb);

/* Ways to decide; each returns ACT_OK for the verb to return. */
act_rc change_state(struct change *change, const char *state);
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
act_rc
change_refuse(struct change *change, enum refusal refusal, const char *format, ...);
void change_push(struct change *change, enum friend_push push);

/* The step that add and answer share: the two become friends, unless either has too many. Drops
 * the other's request, and tells the other (FRIEND_ANSWERED). */
act_rc change_befriend(struct db *db, struct change *change);
/* The step that remove and block share: ends the friendship and withdraws the caller's request, and
 * tells the other (FRIEND_REMOVED) of what the other could see. */
act_rc change_end(struct db *db, struct change *change);
/* Refuses where the caller blocks the other: ACT_OK, and out.refusal says whether. */
act_rc change_check_block(struct db *db, struct change *change);

#endif
