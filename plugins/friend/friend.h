/* friend: the plugin's own state, and the verbs it serves.
 *
 * All verbs are ACT_A_BLOCKING: they run on workers, several at once, and wait for the database.
 * What one does is decided in a transaction; pushes and the answer leave after its commit. */
#ifndef FRIEND_FRIEND_H
#define FRIEND_FRIEND_H

#include <act/ext/sql.h>
#include <act/plugin.h>
#include <common/roll.h>
#include <stdint.h>

/* How much one user may have: the plugin's object under "plugins" in the config. */
struct friend_settings {
	int64_t friends_max;  /* friends                                    */
	int64_t requests_max; /* open requests, sent and received each      */
	int64_t blocks_max;   /* users that one blocks                      */
};

/* Made by create(), freed by destroy(). Nothing but the roll changes between. */
struct friend_plugin {
	const act_host *host;
	const act_sql *sql;
	struct friend_settings settings;
	struct roll roll;
};

/* The pushes, as their order in FRIEND_PUSHES. */
enum friend_push { FRIEND_REQUESTED, FRIEND_ANSWERED, FRIEND_REMOVED, FRIEND_PUSH_COUNT };

enum {
	FRIEND_NOTE_MAX = 300, /* characters */
	FRIEND_LIST_MAX = 200, /* entries of a page; what a reply holds with room to spare */
	FRIEND_LIST_DEFAULT = 100,
};

/* [worker] One verb: answers the call, or returns ACT_E_* for the server to answer with. */
typedef act_rc friend_verb(struct friend_plugin *self, const act_call *call);

friend_verb friend_add;      /* add.c    */
friend_verb friend_answer;   /* answer.c */
friend_verb friend_remove;   /* remove.c */
friend_verb friend_block;    /* block.c  */
friend_verb friend_unblock;  /* block.c  */
friend_verb friend_list;     /* list.c   */
friend_verb friend_requests; /* list.c   */

/* The tables that describe all this to the server, and the verb of the action of the same index. */
enum { FRIEND_ACTION_COUNT = 7 };
extern const act_action FRIEND_ACTIONS[FRIEND_ACTION_COUNT];
extern const act_pushing FRIEND_PUSHES[FRIEND_PUSH_COUNT];
extern friend_verb *const FRIEND_VERBS[FRIEND_ACTION_COUNT];

#endif
