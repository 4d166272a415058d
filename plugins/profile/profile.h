/* profile: the plugin's own state, and the verbs it serves.
 *
 * All verbs are ACT_A_BLOCKING: they run on workers, several at once, and wait for the database. */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include <act/ext/sql.h>
#include <act/plugin.h>
#include <common/roll.h>

/* Made by create(), freed by destroy(). Nothing but the roll changes between. */
struct profile_plugin {
	const act_host *host;
	const act_sql *sql;
	struct roll roll;
};

enum {
	PROFILE_NAME_MAX = 64,    /* characters */
	PROFILE_BIO_MAX = 500,    /* characters */
	PROFILE_AVATAR_MAX = 300, /* characters, all of ASCII */
	PROFILE_FOUND_MAX = 50,   /* users that one search gives */
	PROFILE_FOUND_DEFAULT = 20,
};

/* [worker] One verb: answers the call, or returns ACT_E_* for the server to answer with. */
typedef act_rc profile_verb(struct profile_plugin *self, const act_call *call);

profile_verb profile_get;    /* get.c    */
profile_verb profile_set;    /* set.c    */
profile_verb profile_search; /* search.c */
profile_verb profile_get_pb; /* get_pb.c */

/* The table that describes them to the server, and the verb of the action of the same index. */
enum { PROFILE_ACTION_COUNT = 4 };
extern const act_action PROFILE_ACTIONS[PROFILE_ACTION_COUNT];
extern profile_verb *const PROFILE_VERBS[PROFILE_ACTION_COUNT];

#endif
