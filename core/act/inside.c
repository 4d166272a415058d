#include "act/inside.h"

#include "act/fatal.h"
#include "net/loop.h"

#include <stdio.h>

_Thread_local struct inside *inside_own;

static struct inside cells[INSIDE_THREADS];
/* Of a thread that is no loop and no worker: a plugin's own, that calls a service. Nobody watches
 * it. */
static _Thread_local struct inside unwatched;

struct inside *inside_make(void)
{
	const struct loop *loop = loop_self();
	int worker = pool_self();
	if (loop != NULL)
		inside_own = &cells[inside_of_loop(loop->index)];
	else if (worker >= 0)
		inside_own = &cells[inside_of_worker((uint32_t)worker)];
	else
		inside_own = &unwatched;
	if (inside_own != &unwatched)
		fatal_thread((uint32_t)(inside_own - cells));
	return inside_own;
}

const char *inside_word(enum inside_what what)
{
	static const char *const words[INSIDE_COUNT] = {
		[INSIDE_NOTHING] = "nothing",
		[INSIDE_CREATE] = "create",
		[INSIDE_START] = "start",
		[INSIDE_ACTIVATE] = "activate",
		[INSIDE_STOP] = "stop",
		[INSIDE_DESTROY] = "destroy",
		[INSIDE_SAVE] = "save",
		[INSIDE_LOAD] = "load",
		[INSIDE_HANDLE] = "handle",
		[INSIDE_CANCEL] = "cancel",
		[INSIDE_CONN_OPEN] = "conn_open",
		[INSIDE_CONN_CLOSE] = "conn_close",
		[INSIDE_USER_BOUND] = "user_bound",
		[INSIDE_USER_UNBOUND] = "user_unbound",
		[INSIDE_ON_TIMER] = "on_timer",
		[INSIDE_ON_FD] = "on_fd",
		[INSIDE_WORK] = "work",
		[INSIDE_WORK_DONE] = "work_done",
		[INSIDE_WORKER_LEAVE] = "worker_leave",
		[INSIDE_EXTENSION] = "extension",
		[INSIDE_SERVICE] = "a function of its service",
	};
	return words[what < INSIDE_COUNT ? what : INSIDE_NOTHING];
}

uint64_t inside_look(uint32_t thread, struct inside_view *out)
{
	const struct inside *cell = &cells[thread];
	*out = (struct inside_view){ .generation = INSIDE_GET(cell, generation),
		                     .what = (enum inside_what)INSIDE_GET(cell, what),
		                     .action = INSIDE_GET(cell, action),
		                     .code = INSIDE_GET(cell, code),
		                     .conn = INSIDE_GET(cell, conn) };
	return INSIDE_GET(cell, stays);
}

void inside_thread_name(uint32_t thread, char *out, size_t size)
{
	if (thread < CONFIG_THREADS_MAX)
		snprintf(out, size, "loop-%u", thread);
	else
		snprintf(out, size, "worker-%u", thread - CONFIG_THREADS_MAX);
}
