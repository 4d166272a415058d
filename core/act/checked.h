/* checked: "check": true: the rules of act/plugin.h, watched over while plugins run.
 *
 * Each host table leads through functions that look before they hand on, each call is remembered
 * for a while after its end, and what handle() borrows is lent on pages of its own
 * (act/checked_lend.h). What breaks a rule is one error line, which names the plugin, its function
 * and the rule, and is counted. What a plugin cannot avoid, an answer that comes just after the
 * deadline or after the end of the connection, is counted alone. Off, it costs a branch. Threads:
 * any, where nothing else is said. */
#ifndef ACT_CHECKED_H
#define ACT_CHECKED_H

#include <act/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct call;
struct fatal_text;
struct generation;
struct inside_before;

/* What is watched over. */
enum checked_rule {
	CHECKED_THREADS, /* a function was called, or entered, on a thread that it is not for */
	CHECKED_TWICE,   /* a call was answered more than once */
	CHECKED_STALE,   /* a number that is not, or never was, what it is given as */
	CHECKED_REENTRY, /* the server entered a plugin from inside its own call */
	CHECKED_RULES,
};

/* Counted, and no findings. */
enum checked_late {
	CHECKED_LATE,   /* answers behind the deadline, or behind the end of drain_ms */
	CHECKED_CLOSED, /* answers behind the end of the connection */
	CHECKED_LATES,
};

/* [main] Has a host table lead through the checks. `host` was filled by host_fill(). */
void checked_fill(act_host *host);

/* A thread is about to enter a function of a plugin; `what` is an enum inside_what. */
void checked_enter(const struct generation *generation, int what,
                   const struct inside_before *before);

/* handle(), with what it borrows on pages of its own. */
act_rc checked_handle(const struct generation *generation, const act_call *view);

/* A function was called on a thread that it is not for. Returns ACT_E_THREAD, with a finding where
 * the server checks. `function` and `rule` are words for the line. */
act_rc checked_thread(const act_host *h, const char *function, const char *rule);

/* [the loop] A call begins and ends; checked_calls.c. `status`: as in struct call. */
void checked_begin(const struct call *call);
void checked_end(const struct call *call);

/* Answering: checked_calls.c. Between the two the call is answered. */
void checked_answering(const act_host *h, const char *function, act_token token);
void checked_answered(const act_host *h, act_token token, act_rc rc);
/* handle() returned an error, which is an answer as well. */
void checked_failed(const struct generation *generation, act_token token, act_rc rc);

/* Says that a rule was broken, and counts it. */
__attribute__((format(printf, 4, 5))) void checked_found(const struct generation *generation,
                                                         enum checked_rule rule,
                                                         const char *function, const char *format,
                                                         ...);
void checked_count_late(enum checked_late which);

/* Since the start; and the words for them in the metrics: "threads", "late". */
uint64_t checked_findings(enum checked_rule rule);
uint64_t checked_lates(enum checked_late which);
const char *checked_rule_name(enum checked_rule rule);
const char *checked_late_name(enum checked_late which);

#endif
