/* probe: a plugin whose actions do, one by one, what the host table offers, and tell what came of
 * it. The tests say with the payload what to do: words between blanks, "-" for an empty one. */
#ifndef PROBE_H
#define PROBE_H

#include <act/easy.h>

#include <pthread.h>

#define PROBE_HELD_MAX 64
#define PROBE_EVENTS_MAX 16384 /* bytes */

/* The actions, in the order of the plugin's table. */
enum probe_action {
	PROBE_ME,
	PROBE_HOLD,
	PROBE_RELEASE,
	PROBE_BLOCK,
	PROBE_TWICE,
	PROBE_FAIL,
	PROBE_RC,
	PROBE_NOTE,
	PROBE_EVENTS,
	PROBE_BIND,
	PROBE_JOIN,
	PROBE_LEAVE,
	PROBE_PUSH,
	PROBE_CLOSE,
	PROBE_TIMER,
	PROBE_DROP,
	PROBE_WORK,
	PROBE_LATE,
	PROBE_BIG,
	PROBE_PLACE,
	PROBE_PRIVATE,
	PROBE_OVERRUN,
	PROBE_SMALL,
	PROBE_RAW,
	PROBE_RENAME,
	PROBE_ACTIONS
};

/* The pushes, in the order of the plugin's table. */
enum probe_push { PROBE_PUSH_NOTE, PROBE_PUSH_TICK, PROBE_PUSH_MUTE, PROBE_PUSHES };

/* A call that waits for another one to answer it. */
struct probe_held {
	act_token token; /* 0: free */
	char name[32];
};

struct probe {
	const act_host *host;
	pthread_mutex_t lock; /* over what follows */
	struct probe_held held[PROBE_HELD_MAX];
	char events[PROBE_EVENTS_MAX]; /* lines; when full, no more are kept */
	size_t events_len;
};

typedef act_rc probe_verb(struct probe *probe, const act_call *call);

/* answers.c: answers of each kind. */
probe_verb probe_me, probe_twice, probe_fail, probe_rc, probe_note, probe_big, probe_place,
	probe_private, probe_echo;
/* calls.c: calls that stay open. */
probe_verb probe_hold, probe_release, probe_block, probe_overrun;
void probe_cancel(void *self, act_token token, act_rc why);
/* clock.c: timers and work. */
probe_verb probe_timer, probe_drop, probe_work;
void probe_on_timer(void *self, uint64_t tag);
void probe_work_run(void *self, uint64_t tag, void *arg);
void probe_work_done(void *self, uint64_t tag, void *arg);
/* people.c: users, groups, pushes, closing. */
probe_verb probe_bind, probe_rename, probe_join, probe_leave, probe_push, probe_close;
/* events.c: what the server told, in the order it told it. */
probe_verb probe_events;
void probe_conn_open(void *self, const act_peer *peer);
void probe_conn_close(void *self, act_conn conn);
void probe_user_bound(void *self, act_conn conn, act_bytes user);
void probe_user_unbound(void *self, act_conn conn, act_bytes user);

/* Keeps one line; printf-style, without the line's end. [any] */
__attribute__((format(printf, 2, 3))) void probe_event(struct probe *probe, const char *format,
                                                       ...);

/* Answers a call with "rc N". */
act_rc probe_reply_rc(struct probe *probe, const act_call *call, act_rc rc);

#endif
