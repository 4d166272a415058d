#include "act/fatal.h"

#include "act/checked_lend.h"
#include "act/fatal_text.h"
#include "act/inside.h"
#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/* SA_ONSTACK stacks: the handler has a few kilobytes on it, and a sanitizer's, called next, more.
 */
enum { STACK_BYTES = 128 * 1024 };

static const struct {
	int number;
	const char *name;
} fatal_signals[] = {
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" },   { SIGFPE, "SIGFPE" },
	{ SIGILL, "SIGILL" },   { SIGABRT, "SIGABRT" },
};
enum { SIGNALS = sizeof fatal_signals / sizeof fatal_signals[0] };

static struct sigaction found[SIGNALS]; /* as they were before fatal_open() */
static void *stacks[INSIDE_THREADS];
static _Atomic bool is_open;
/* Of several threads that die at once one tells, and the others leave it the time to. */
static _Atomic pid_t teller;
enum { TELLING_MS = 500 };
static pthread_mutex_t restoring = PTHREAD_MUTEX_INITIALIZER;

static int index_of(int number)
{
	int i = 0;
	while (i < SIGNALS - 1 && fatal_signals[i].number != number)
		i++;
	return i;
}

/* ---- the line ---- */

static uintptr_t code_address(const void *context)
{
	const ucontext_t *at = context;
#if defined(__x86_64__)
	return (uintptr_t)at->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)at->uc_mcontext.pc;
#else
	(void)at;
	return 0;
#endif
}

static void put_place(struct fatal_text *text)
{
	const struct inside *cell = inside_own;
	const struct generation *in = cell != NULL ? cell->self : NULL;
	if (in == NULL) {
		fatal_put(text, ", in no call of a plugin");
		return;
	}
	enum inside_what what = (enum inside_what)INSIDE_GET(cell, what);
	uint32_t action = INSIDE_GET(cell, action);
	fatal_put(text, ", inside plugin ");
	fatal_put(text, in->manifest.name);
	fatal_put(text, " ");
	fatal_put(text, in->manifest.version);
	fatal_put(text, " (generation ");
	fatal_put_number(text, in->number);
	fatal_put(text, "): ");
	fatal_put(text, inside_word(what));
	if (INSIDE_GET(cell, conn) == 0)
		return;
	if (what == INSIDE_HANDLE) {
		fatal_put(text, " of ");
		fatal_put(text, table_action(in->table, action)->name);
	}
	fatal_put(text, ", code ");
	fatal_put_number(text, INSIDE_GET(cell, code));
	fatal_put(text, ", connection ");
	fatal_put_number(text, INSIDE_GET(cell, conn));
}

static void put_thread(struct fatal_text *text)
{
	char name[17] = "";
	prctl(PR_GET_NAME, name);
	fatal_put(text, "; thread ");
	fatal_put(text, name);
}

static void tell(int index, const siginfo_t *info, const void *context)
{
	struct fatal_text text = { .len = 0 };
	bool is_fault = info->si_code > 0 && info->si_signo != SIGABRT;
	fatal_put_head(&text);
	fatal_put(&text, "signal ");
	fatal_put_number(&text, (uint64_t)fatal_signals[index].number);
	fatal_put(&text, " (");
	fatal_put(&text, fatal_signals[index].name);
	fatal_put(&text, ")");
	if (is_fault) {
		fatal_put(&text, " at address ");
		fatal_put_hex(&text, (uintptr_t)info->si_addr);
	}
	put_place(&text);
	put_thread(&text);
	fatal_put_code(&text, code_address(context));
	if (is_fault)
		checked_put_borrowed(&text, info->si_addr);
	fatal_put(&text, "; the process ends\n");
	log_write(text.bytes, text.len);
}

/* What the signal led to before has its turn when this returns: the instruction that faulted is run
 * again, and what was sent is sent again. */
static void on_fatal(int number, siginfo_t *info, void *context)
{
	const struct timespec telling = { .tv_nsec = TELLING_MS * 1000000L };
	int index = index_of(number);
	pid_t nobody = 0;
	if (atomic_compare_exchange_strong(&teller, &nobody, gettid()))
		tell(index, info, context);
	else if (nobody != gettid())
		nanosleep(&telling, NULL);
	sigaction(number, &found[index], NULL);
	if (info->si_code <= 0)
		syscall(SYS_tgkill, getpid(), gettid(), number);
}

/* ---- exit(3) and fork(2) ---- */

/* The plugin that the calling thread is in; NULL: none. */
static const struct generation *caller(void)
{
	return inside_own != NULL ? inside_own->self : NULL;
}

/* A plugin that ends the process may do so with the status of success, and whoever looks after the
 * server would not start it again. */
static void on_exit_called(void)
{
	struct fatal_text text = { .len = 0 };
	if (caller() == NULL)
		return;
	fatal_put_head(&text);
	fatal_put(&text, "exit() was called");
	put_place(&text);
	put_thread(&text);
	fatal_put(&text, "; the process ends\n");
	log_write(text.bytes, text.len);
	_exit(EXIT_FAILURE);
}

/* The server starts its own processes by posix_spawn(3), which does not come here; nor do popen(3)
 * and system(3). */
static void after_fork(void)
{
	const char *advice = "the other process holds copies of every socket until it ends; "
			     "use posix_spawn()";
	const struct generation *in = caller();
	if (in == NULL)
		log_error("watch",
		          "a plugin called fork(), in a constructor or on a thread of its own: %s",
		          advice);
	else
		log_error("watch", "plugin %s %s (generation %lu): %s called fork(): %s",
		          in->manifest.name, in->manifest.version, in->number,
		          inside_word((enum inside_what)INSIDE_GET(inside_own, what)), advice);
}

/* A copy of the server that stays must not hold its sockets for longer than it lives. */
static void in_forked(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* ---- in place ---- */

static void handle(int i)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
	action.sa_sigaction = on_fatal;
	sigemptyset(&action.sa_mask);
	sigaction(fatal_signals[i].number, &action, NULL);
}

void fatal_open(void)
{
	for (int i = 0; i < SIGNALS; i++) {
		sigaction(fatal_signals[i].number, NULL, &found[i]);
		handle(i);
	}
	atexit(on_exit_called);
	pthread_atfork(NULL, after_fork, in_forked);
	atomic_store(&is_open, true);
}

static void unblock(void)
{
	sigset_t deadly;
	sigemptyset(&deadly);
	for (int i = 0; i < SIGNALS; i++)
		sigaddset(&deadly, fatal_signals[i].number);
	pthread_sigmask(SIG_UNBLOCK, &deadly, NULL);
}

void fatal_thread(uint32_t thread)
{
	stack_t now;
	if (!atomic_load(&is_open))
		return;
	unblock();
	if (sigaltstack(NULL, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0)
		return;
	if (stacks[thread] == NULL) {
		void *made = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
		                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
		if (made == MAP_FAILED)
			return; /* the thread does without */
		stacks[thread] = made;
	}
	const stack_t own = { .ss_sp = stacks[thread], .ss_size = STACK_BYTES };
	sigaltstack(&own, NULL);
}

bool fatal_restore(const char *who)
{
	char which[64] = "";
	if (!atomic_load(&is_open) || atomic_load(&teller) != 0)
		return false;
	pthread_mutex_lock(&restoring);
	for (int i = 0; i < SIGNALS; i++) {
		struct sigaction now;
		if (sigaction(fatal_signals[i].number, NULL, &now) != 0 ||
		    ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_fatal))
			continue;
		handle(i);
		size_t len = strlen(which);
		snprintf(which + len, sizeof which - len, "%s%s", len == 0 ? "" : ", ",
		         fatal_signals[i].name);
	}
	pthread_mutex_unlock(&restoring);
	if (which[0] == '\0')
		return false;
	log_error("watch",
	          "%s changed what a signal does, which belongs to the whole process (%s): it was "
	          "put back; a plugin leaves signals alone",
	          who, which);
	return true;
}
