/* survey: which calls are open, and what is parked: each loop is asked, and tells of its own.
 *
 * The calls of a loop are the loop's alone, so the question goes to its inbox. A loop that does not
 * answer in time (something hangs in it) is known as such, and is not asked again before it has
 * answered: at most one question waits for it. Owner: act. Thread: one at a time takes a survey and
 * reads it; the loops answer. */
#ifndef ACT_SURVEY_H
#define ACT_SURVEY_H

#include <act/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct act;
struct survey;

/* How many calls of one generation are told of, the oldest. */
enum { SURVEY_LISTED = 8 };

/* Where the answer of a call is expected from. */
enum survey_where {
	SURVEY_DEFERRED, /* the plugin has its token */
	SURVEY_HOME,     /* it was sent to the plugin's home loop */
	SURVEY_QUEUED,   /* it waits for a worker */
	SURVEY_WORKER,   /* it was taken by a worker; or, deferred there, as SURVEY_DEFERRED */
};

struct survey_call {
	act_token token;
	act_conn conn;     /* 0: it is gone */
	uint64_t begun_ns; /* clock_ns() */
	uint32_t code;
	uint32_t action;
	enum survey_where where;
};

/* One generation. */
struct survey_of {
	uint64_t generation;
	uint64_t parked; /* messages and notices that wait for the end of a hand-over */
	uint32_t listed;
	struct survey_call oldest[SURVEY_LISTED];
};

struct survey *survey_new(struct act *act);
/* The loops have ended. */
void survey_free(struct survey *survey);

/* [any but a loop] Asks all loops, and waits for their answers, for at most `wait_ms`. */
void survey_take(struct survey *survey, uint32_t wait_ms);
/* Has this loop answered? */
bool survey_answered(struct survey *survey, uint32_t loop);
/* What those that did have told of a generation, by its number. */
void survey_find(struct survey *survey, uint64_t generation, struct survey_of *out);

#endif
