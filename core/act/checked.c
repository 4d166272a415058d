#include "act/checked.h"

#include "act/checked_lend.h"
#include "act/inside.h"
#include "base/log.h"
#include "net/loop.h"

#include <stdarg.h>
#include <stdio.h>

static _Atomic uint64_t findings[CHECKED_RULES], lates[CHECKED_LATES];

/* ---- findings ---- */

/* Where the thread is, in words; "" where it is in no plugin. */
static void say_place(char *out, size_t size)
{
	const struct inside *cell = inside_own;
	out[0] = '\0';
	if (cell == NULL || cell->self == NULL)
		return;
	int len = snprintf(out, size, ", in %s", inside_word((enum inside_what)cell->what));
	if (INSIDE_GET(cell, conn) != 0)
		snprintf(out + len, size - (size_t)len, " (code %u, connection %lu)",
		         INSIDE_GET(cell, code), INSIDE_GET(cell, conn));
}

void checked_found(const struct generation *generation, enum checked_rule rule,
                   const char *function, const char *format, ...)
{
	char place[96], text[256];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	say_place(place, sizeof place);
	atomic_fetch_add_explicit(&findings[rule], 1, memory_order_relaxed);
	log_error("check", "plugin %s %s (generation %lu): %s%s: %s", generation->manifest.name,
	          generation->manifest.version, generation->number, function, place, text);
}

void checked_count_late(enum checked_late which)
{
	atomic_fetch_add_explicit(&lates[which], 1, memory_order_relaxed);
}

uint64_t checked_findings(enum checked_rule rule)
{
	return atomic_load_explicit(&findings[rule], memory_order_relaxed);
}

uint64_t checked_lates(enum checked_late which)
{
	return atomic_load_explicit(&lates[which], memory_order_relaxed);
}

const char *checked_rule_name(enum checked_rule rule)
{
	static const char *const names[CHECKED_RULES] = { "threads", "answers", "numbers",
		                                          "reentry" };
	return names[rule];
}

const char *checked_late_name(enum checked_late which)
{
	static const char *const names[CHECKED_LATES] = { "deadline", "closed" };
	return names[which];
}

/* ---- threads, and who is inside whom ---- */

/* Where act/plugin.h says that a function runs. */
enum where { WHERE_ANY, WHERE_WORKER, WHERE_LOOP, WHERE_HOME };

static enum where where_of(const struct generation *generation, enum inside_what what)
{
	enum where loop = generation->parallel ? WHERE_LOOP : WHERE_HOME;
	switch (what) {
	case INSIDE_CREATE:
	case INSIDE_START:
	case INSIDE_ACTIVATE:
	case INSIDE_STOP:
	case INSIDE_DESTROY:
	case INSIDE_SAVE:
	case INSIDE_LOAD:
	case INSIDE_WORK:
	case INSIDE_WORKER_LEAVE:
		return WHERE_WORKER;
	case INSIDE_ON_TIMER:
	case INSIDE_ON_FD:
	case INSIDE_WORK_DONE:
		return WHERE_HOME;
	case INSIDE_CONN_OPEN:
	case INSIDE_CONN_CLOSE:
	case INSIDE_USER_BOUND:
	case INSIDE_USER_UNBOUND:
		return loop;
	case INSIDE_HANDLE: /* a blocking one runs on a worker, and needs a parallel plugin */
		return generation->parallel ? WHERE_ANY : WHERE_HOME;
	default:
		return WHERE_ANY;
	}
}

static bool is_there(const struct generation *generation, enum where where)
{
	switch (where) {
	case WHERE_WORKER:
		return pool_self() >= 0;
	case WHERE_LOOP:
		return loop_self() != NULL;
	case WHERE_HOME:
		return loop_self() == generation->home;
	default:
		return true;
	}
}

/* A finding here is the server's own fault: it enters plugins, they do not enter one another. */
void checked_enter(const struct generation *generation, int what,
                   const struct inside_before *before)
{
	enum inside_what entered = (enum inside_what)what;
	if (before->self != NULL && entered != INSIDE_SERVICE && entered != INSIDE_EXTENSION)
		checked_found(generation, CHECKED_REENTRY, inside_word(entered),
		              "the server entered it from inside a call of plugin %s: rule 6 "
		              "(a fault of the server)",
		              before->self->manifest.name);
	if (!is_there(generation, where_of(generation, entered)))
		checked_found(generation, CHECKED_THREADS, inside_word(entered),
		              "the server entered it on another thread than act/plugin.h says (a "
		              "fault of the server)");
}

act_rc checked_thread(const act_host *h, const char *function, const char *rule)
{
	const struct generation *generation = generation_of(h);
	if (generation->act->check)
		checked_found(generation, CHECKED_THREADS, function, "%s", rule);
	return ACT_E_THREAD;
}

/* ---- what is lent to handle() ---- */

act_rc checked_handle(const struct generation *generation, const act_call *view)
{
	struct checked_loan *loan = checked_lend(generation, view);
	act_rc rc = generation->table->handle(generation->self,
	                                      loan != NULL ? checked_loan_view(loan) : view);
	if (loan != NULL)
		checked_take_back(loan);
	if (rc < 0)
		checked_failed(generation, view->token, rc);
	return rc;
}
