/* act: the middle of the house: from a message to the plugin that serves it, and back.
 *
 * This is its root: what is there once, and what is there once a loop. */
#ifndef ACT_ACT_H
#define ACT_ACT_H

#include "act/need.h"
#include "base/mem.h"
#include "base/slots.h"

#include <act/plugin.h>
#include <stdatomic.h>
#include <stdint.h>

struct call;
struct conn;
struct generation;
struct kv;
struct loop;
struct message;
struct net;
struct parked;
struct pool;
struct roster;
struct sql_handles;
struct stats;
struct survey;
struct watcher;
struct world;

/* Of tokens, timers and watches, see base/slots.h. A token of an action that owes no answer says so
 * in its kind. */
enum { TOKEN_KIND = 2, TOKEN_NOREPLY_KIND = 3, TIMER_KIND = 4, WATCH_KIND = 5 };

/* One loop's calls. Thread: the loop's. */
struct act_loop {
	_Alignas(MEM_LINE) struct act *act;
	struct loop *loop;
	struct slots calls;
	struct call *spare;          /* call objects to be used again */
	struct parked *parked_first; /* what waits for a hand-over (act/park.h) */
	struct parked **parked_last;
	size_t parked_bytes;
};

struct act {
	struct net *net;
	struct pool *pool;
	_Atomic(const struct world *) world;
	/* The one before, while it is kept (reload/previous.h); NULL: it is not. Of 100 connections
	 * `share` have the new one. */
	_Atomic(const struct world *) before;
	_Atomic uint32_t share;
	struct act_loop *loops; /* as many as the net has */
	struct need auth;       /* the server's own use of act.auth/1 */
	struct sql_handles *sql;
	struct kv *kv; /* what plugins keep beyond their generations */
	struct stats *stats;
	struct roster *roster; /* all generations that there are */
	struct survey *survey; /* NULL: the loops are not asked */
	/* Limits that any thread may need: a config lives only as long as the loops look at it. */
	_Atomic uint32_t reply_bytes;
	_Atomic uint32_t home_queue;
	_Atomic uint32_t push_queue_bytes;
	/* Every push writes here, and every message reads what is above. */
	unsigned char apart[MEM_LINE];
	_Atomic uint64_t pushes_under_way; /* in bytes */
	struct generation *lost;           /* given up before they served; kept for ever. [main] */
	bool check;                        /* "check": set once, before anything is loaded */
	_Atomic uint32_t stuck_ms;         /* act/watch.h */
	struct watcher *watch;             /* NULL: nobody watches */
	_Atomic uint32_t steps_lost; /* steps of plugins that are over their time and still run */
};

/* [main] Once the loops are made, before they run. */
void act_open(struct act *act, struct net *net, struct pool *pool);
/* [main] When no generation is left and the loops have ended. */
void act_close(struct act *act);

/* For struct net_upcalls. */
struct gate_answer;
struct gate_question;
void act_opened(struct conn *conn);
void act_closed(struct conn *conn);
void act_message(struct conn *conn, const struct message *message);
/* Also for plugins: binds a user and tells the plugins of it. */
void act_bind(struct conn *conn, act_bytes user, act_bytes device);
void act_authenticate(struct act *act, const struct gate_question *question,
                      struct gate_answer *answer);

#endif
