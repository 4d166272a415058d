/* roster: the generations that are in memory, and the last that were: how each stands, since when,
 * and what is done with it next.
 *
 * Nothing is decided by it: it is for whoever asks (GET /v1/status). A generation that is in the
 * roster is not freed while the roster is locked, so that any thread may look at it then. What
 * ended stays for a while, with its end. Owner: act. Threads: main and the retiring thread write,
 * any reads. */
#ifndef ACT_ROSTER_H
#define ACT_ROSTER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct generation;
struct roster;

/* How many that ended are kept. Those that were unloaded are forgotten first. */
enum { ROSTER_ENDED_MAX = 32 };

enum roster_state {
	ROSTER_MADE, /* nobody is served by it yet */
	ROSTER_SERVING,
	ROSTER_CANARY,   /* it serves some connections, and the one before it the others */
	ROSTER_HELD,     /* it was replaced, and may serve again */
	ROSTER_DRAINING, /* it was replaced, and ends */
	ROSTER_RESIDENT, /* it cannot be unloaded: it stays in memory */
	ROSTER_UNLOADED,
};

/* What is done with it next. */
enum roster_next {
	NEXT_NOTHING,
	NEXT_DECISION, /* somebody promotes or rolls back */
	NEXT_RELEASE,  /* the time that it is held for is over */
	NEXT_STOP,     /* stop() returns */
	NEXT_HURRY,    /* its open calls are told to hurry */
	NEXT_FAIL,     /* they are answered with an error */
	NEXT_RETURN,   /* what runs in it returns */
	NEXT_USERS,    /* those that use its services end */
	NEXT_LEAVE,    /* worker_leave() returns on each worker that ran its code */
	NEXT_DESTROY,  /* destroy() returns */
};

struct roster_entry {
	struct roster_entry *next;
	struct roster *roster;
	const struct generation *generation; /* NULL: it is freed */
	uint64_t number;
	char name[32];
	char version[16];
	char *file; /* in the plugin folder; "": not known */
	enum roster_state state;
	time_t since;
	enum roster_next step;
	uint64_t at_ms;    /* clock_ms() of NEXT_RELEASE; 0: of no known time */
	uint64_t hurry_ms; /* these two: where it drains */
	uint64_t fail_ms;
	char *why; /* it is resident; NULL: it is not */
};

struct roster *roster_new(void);
void roster_free(struct roster *roster);

/* ---- writing; [main, the retiring thread] ---- */

/* A generation is made. The entry is the roster's. */
struct roster_entry *roster_enter(struct roster *roster, const struct generation *generation,
                                  const char *file);
/* It stands so from now on, with nothing to come; nothing changes where it did already. */
void roster_turn(struct roster_entry *entry, enum roster_state state);
/* What comes next, and when (clock_ms(); 0: no time is set for it). */
void roster_next(struct roster_entry *entry, enum roster_next step, uint64_t at_ms);
/* It drains, and these times are set for it. */
void roster_drain(struct roster_entry *entry, uint64_t hurry_ms, uint64_t fail_ms);
/* It is stuck: it stays as it is, for ever. */
__attribute__((format(printf, 2, 3))) void roster_stay(struct roster_entry *entry,
                                                       const char *format, ...);
/* The generation is about to be freed: nobody looks at it from now on. */
void roster_leave(struct roster_entry *entry);
/* It is freed, and unloaded (NULL) or not, with the reason. One that never served is forgotten
 * where it was unloaded. `entry` is not the caller's any more. */
void roster_end(struct roster_entry *entry, const char *resident_why);

/* ---- reading; [any] ---- */

/* The first of them, in the order of their birth; unlock it soon. */
const struct roster_entry *roster_lock(struct roster *roster);
void roster_unlock(struct roster *roster);
/* Under the lock: how many that stay in memory were forgotten. */
uint64_t roster_forgotten(const struct roster *roster);

/* "serving", …: what they are called. */
const char *roster_state_name(enum roster_state state);
/* "hurry", …; NULL: nothing comes. */
const char *roster_next_name(enum roster_next step);

#endif
