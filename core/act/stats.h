/* stats: what became of the calls: how many, how long, how many bytes, by generation and action.
 *
 * Each loop counts in memory of its own (base/count.h), so that counting takes no lock; who reads
 * adds the loops up. A generation is listed from its birth until ten minutes after its end: whoever
 * collects the numbers now and then sees the last of them. The list has a lock, which no call
 * takes.
 *
 * Every call ends exactly once, by one status: also one whose connection is gone, and one that was
 * refused before it began. Owner: act. */
#ifndef ACT_STATS_H
#define ACT_STATS_H

#include "base/histogram.h"
#include "base/status.h"

#include <act/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stats;

/* How many that ended are kept, and for how long. */
enum { STATS_ENDED_MAX = 64, STATS_ENDED_MS = 600000 };

/* How a call can end: a status of the server's own (STATUS_OK: it was served), and two more. */
enum {
	STATS_OWN = STATUS_PLUGIN_FAILED + 1, /* refused by the plugin with a number of its own */
	STATS_GONE,                           /* its connection closed before the answer */
	STATS_ENDS,
};

enum stats_state {
	STATS_MADE,     /* nobody is served by it yet; not listed by stats_each() */
	STATS_SERVING,  /* messages are routed to it */
	STATS_HELD,     /* it was replaced, and may serve again */
	STATS_DRAINING, /* it was replaced, and ends its calls */
	STATS_ENDED,    /* it is no more */
};

/* One action of one generation on one loop. */
struct stats_action {
	_Atomic uint64_t begun;
	_Atomic uint64_t ended[STATS_ENDS];
	_Atomic uint64_t bytes_in;  /* payloads of calls that began */
	_Atomic uint64_t bytes_out; /* payloads of good answers     */
	struct histogram times; /* of calls that were answered; from the message to its answer */
};

struct stats_generation {
	struct stats_generation *next;
	struct stats *stats;
	uint64_t number;
	char name[32];
	char version[16];
	uint32_t action_count;
	char **actions; /* their names */
	struct stats_action **loops;
	/* Under the lock of the list: */
	enum stats_state state;
	bool served;
	uint64_t ended_ms;
};

/* Added up over the loops. */
struct stats_sum {
	uint64_t begun;
	uint64_t ended[STATS_ENDS];
	uint64_t bytes_in;
	uint64_t bytes_out;
	struct histogram_sum times;
};

/* `loops`: how many loops count. Nothing counts any more when it is freed. */
struct stats *stats_new(uint32_t loops);
void stats_free(struct stats *stats);

/* ---- the list; [any] ---- */

/* A generation is born; in STATS_MADE. Everything is copied. The table is one that was checked
 * (act/table.h). */
struct stats_generation *stats_enter(struct stats *stats, uint64_t number, const char *version,
                                     const act_plugin *table);
/* It serves, or drains. */
void stats_turn(struct stats_generation *generation, enum stats_state state);
/* It is no more, and not the caller's any more. One that never served is forgotten at once. */
void stats_leave(struct stats_generation *generation);

/* Forgets those that ended more than STATS_ENDED_MS before `now_ms`, and the oldest above
 * STATS_ENDED_MAX. */
void stats_forget(struct stats *stats, uint64_t now_ms);
/* Calls each() for every generation that served, oldest first. each() may read it; it is called
 * under the lock. */
void stats_each(struct stats *stats,
                void (*each)(const struct stats_generation *generation, void *context),
                void *context);

/* Calls look() for the generation of that number, whatever its state, under the lock. False: it is
 * not listed (any more). */
bool stats_look(struct stats *stats, uint64_t number,
                void (*look)(const struct stats_generation *generation, void *context),
                void *context);

/* ---- counting; [the loop] whose index is given ---- */

/* A call begins. `bytes`: its payload. */
void stats_begin(struct stats_generation *generation, uint32_t loop, uint32_t action, size_t bytes);
/* A call ends. `status`: STATUS_*, the plugin's own number, or STATS_GONE. `begun_ns`: clock_ns()
 * when it began; `bytes`: of the answer's payload where the status is STATUS_OK. */
void stats_end(struct stats_generation *generation, uint32_t loop, uint32_t action, uint32_t status,
               uint64_t begun_ns, size_t bytes);
/* A message was refused before it became a call. */
void stats_refuse(struct stats_generation *generation, uint32_t loop, uint32_t action,
                  uint32_t status);
/* The same where no generation was found that could have served it. */
void stats_refuse_unrouted(struct stats *stats, uint32_t loop, uint32_t status);

/* ---- reading; [any] ---- */

/* Adds up one action's numbers. */
void stats_sum(const struct stats_generation *generation, uint32_t action, struct stats_sum *sum);
/* Calls of all its actions that began and did not end. */
uint64_t stats_open_calls(const struct stats_generation *generation);
/* Messages without a generation, by how they ended. */
void stats_sum_unrouted(const struct stats *stats, uint64_t ended[STATS_ENDS]);

/* "ok", "unknown_action", …, "plugin_error", "gone": the name of an index of `ended`. */
const char *stats_end_name(uint32_t end);

#endif
