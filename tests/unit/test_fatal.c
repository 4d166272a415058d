/* What the log says of a process that a plugin kills. Each case is a process of its own. */
#include "fixtures/log_file.h"

#include "act/fatal.h"
#include "act/inside.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { EXIT_BODY_RETURNED = 99 };

static const act_action actions[] = { { .name = "raw" }, { .name = "fly" } };
static const act_plugin table = { .size = sizeof table,
	                          .actions = actions,
	                          .action_count = 2,
	                          .action_size = sizeof actions[0] };
static struct act act;
static const struct generation echo = {
	.number = 3, .act = &act, .manifest = { .name = "echo", .version = "1.0" }, .table = &table
};

/* cmocka has some, which would go on with the next test, and so have sanitizers. */
static void forget_handlers(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		signal(numbers[i], SIG_DFL);
}

/* Runs body() in a process of its own; how it ended. What it logged is in log_file_text(). */
static int run(void (*body)(void))
{
	const struct rlimit no_core = { 0, 0 };
	int status;
	log_file_begin(LOG_DEBUG);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		forget_handlers();
		alarm(50);
		body();
		_exit(EXIT_BODY_RETURNED);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void says(const char *words)
{
	const char *text = log_file_text();
	if (strstr(text, words) == NULL)
		fail_msg("expected \"%s\" in the log, found \"%s\"", words, text);
}

static void says_not(const char *words)
{
	const char *text = log_file_text();
	if (strstr(text, words) != NULL)
		fail_msg("\"%s\" is in the log: \"%s\"", words, text);
}

static void died_of(int status, int number)
{
	if (!WIFSIGNALED(status) || WTERMSIG(status) != number)
		fail_msg("it ended with %#x, expected signal %d", (unsigned)status, number);
}

/* ---- signals ---- */

static void crash_in_a_call(void)
{
	void *nothing =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	fatal_open();
	inside_enter_call(&echo, INSIDE_HANDLE, 1, 7, 77);
	*(volatile char *)nothing = 1;
}

static void the_call_that_crashes_is_named(void **state)
{
	(void)state;
	died_of(run(crash_in_a_call), SIGSEGV);
	says("error fatal: signal 11 (SIGSEGV) at address 0x");
	says(", inside plugin echo 1.0 (generation 3): handle of fly, code 7, connection 77; "
	     "thread ");
#if defined(__x86_64__) || defined(__aarch64__)
	says("; in the code of /");
#endif
	says("; the process ends\n");
	log_file_end();
}

static void abort_in_a_step(void)
{
	fatal_open();
	inside_enter(&echo, INSIDE_CREATE);
	abort();
}

static void a_step_that_aborts_is_named(void **state)
{
	(void)state;
	died_of(run(abort_in_a_step), SIGABRT);
	says("signal 6 (SIGABRT), inside plugin echo 1.0 (generation 3): create; thread ");
	says_not("connection");
	says_not("at address");
	log_file_end();
}

static void abort_outside(void)
{
	fatal_open();
	struct inside_before before = inside_enter(&echo, INSIDE_CREATE);
	inside_leave(&before);
	abort();
}

static void nobody_is_blamed_outside_of_plugins(void **state)
{
	(void)state;
	died_of(run(abort_outside), SIGABRT);
	says("signal 6 (SIGABRT), in no call of a plugin; thread ");
	says_not("echo");
	log_file_end();
}

static void be_sent_a_signal(void)
{
	fatal_open();
	kill(getpid(), SIGBUS);
	pause();
}

static void what_was_sent_kills_too(void **state)
{
	(void)state;
	died_of(run(be_sent_a_signal), SIGBUS);
	says("signal 7 (SIGBUS), in no call of a plugin");
	says_not("at address");
	log_file_end();
}

/* ---- a stack that is used up ---- */

static unsigned use_stack(unsigned depth)
{
	volatile char room[4096];
	room[depth % sizeof room] = (char)depth;
	return depth == UINT32_MAX ? 0 : use_stack(depth + 1) + (unsigned)room[0];
}

static void *use_it_up(void *arg)
{
	stack_t none = { .ss_flags = SS_DISABLE };
	sigset_t deadly;
	(void)arg;
	sigaltstack(&none, NULL); /* a sanitizer gave it one */
	sigemptyset(&deadly);
	sigaddset(&deadly, SIGSEGV);
	pthread_sigmask(SIG_BLOCK, &deadly, NULL);
	fatal_thread(0);
	inside_enter(&echo, INSIDE_STOP);
	use_stack(0);
	return NULL;
}

static void use_up_the_stack(void)
{
	pthread_attr_t small;
	pthread_t thread;
	fatal_open();
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 256 * 1024);
	pthread_create(&thread, &small, use_it_up, NULL);
	pthread_join(thread, NULL);
}

/* With a stack of its own for the handler, and though the thread had the signal blocked. */
static void a_stack_that_is_used_up_is_told_of(void **state)
{
	(void)state;
	died_of(run(use_up_the_stack), SIGSEGV);
	says("signal 11 (SIGSEGV) at address 0x");
	says(", inside plugin echo 1.0 (generation 3): stop; ");
	log_file_end();
}

/* ---- exit() and fork() ---- */

static void leave_in_a_call(void)
{
	fatal_open();
	inside_enter_call(&echo, INSIDE_HANDLE, 0, 7, 77);
	exit(EXIT_SUCCESS);
}

static void exit_in_a_plugin_is_a_failure(void **state)
{
	(void)state;
	int status = run(leave_in_a_call);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
	says("error fatal: exit() was called, inside plugin echo 1.0 (generation 3): handle of "
	     "raw, "
	     "code 7, connection 77; thread ");
	log_file_end();
}

static void leave_outside(void)
{
	fatal_open();
	exit(42);
}

static void exit_of_the_server_is_none(void **state)
{
	(void)state;
	int status = run(leave_outside);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
	assert_string_equal(log_file_text(), "");
	log_file_end();
}

static void fork_in_a_step(void)
{
	int status;
	fatal_open();
	inside_enter(&echo, INSIDE_START);
	pid_t child = fork();
	if (child == 0)
		pause();
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	inside_own->self = NULL;
	if (fork() == 0)
		_exit(0);
	wait(&status);
}

static void fork_in_a_plugin_is_told_of(void **state)
{
	(void)state;
	assert_int_equal(WEXITSTATUS(run(fork_in_a_step)), EXIT_BODY_RETURNED);
	says("plugin echo 1.0 (generation 3): start called fork(): the other process holds copies");
	says("a plugin called fork(), in a constructor or on a thread of its own: ");
	log_file_end();
}

/* ---- handlers that were changed ---- */

static void ignore(int number)
{
	(void)number;
}

static bool leads_to(int number, void (*handler)(int))
{
	struct sigaction now;
	sigaction(number, NULL, &now);
	return now.sa_handler == handler;
}

static void change_handlers(void)
{
	if (fatal_restore("too early"))
		_exit(1);
	fatal_open();
	if (fatal_restore("nobody"))
		_exit(2);
	signal(SIGFPE, ignore);
	if (!fatal_restore("plugin x: create") || leads_to(SIGFPE, ignore))
		_exit(3);
	if (fatal_restore("nobody"))
		_exit(4);
	signal(SIGSEGV, ignore);
	signal(SIGABRT, SIG_IGN);
	if (!fatal_restore("plugin y: start") || leads_to(SIGABRT, SIG_IGN))
		_exit(5);
	abort();
}

static void a_handler_that_was_changed_is_put_back(void **state)
{
	(void)state;
	died_of(run(change_handlers), SIGABRT);
	says("error watch: plugin x: create changed what a signal does, which belongs to the whole "
	     "process (SIGFPE): it was put back");
	says("plugin y: start changed what a signal does, which belongs to the whole process "
	     "(SIGSEGV, SIGABRT): ");
	says_not("nobody");
	says_not("too early");
	says("signal 6 (SIGABRT), in no call");
	log_file_end();
}

static void keep_the_stack(void)
{
	static char own[256 * 1024];
	stack_t mine = { .ss_sp = own, .ss_size = sizeof own }, now;
	sigaltstack(&mine, NULL);
	fatal_open();
	fatal_thread(0);
	sigaltstack(NULL, &now);
	_exit(now.ss_sp == own ? 0 : 1);
}

static void a_stack_that_is_there_is_kept(void **state)
{
	(void)state;
	assert_int_equal(run(keep_the_stack), 0);
	log_file_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_call_that_crashes_is_named),
		cmocka_unit_test(a_step_that_aborts_is_named),
		cmocka_unit_test(nobody_is_blamed_outside_of_plugins),
		cmocka_unit_test(what_was_sent_kills_too),
		cmocka_unit_test(a_stack_that_is_used_up_is_told_of),
		cmocka_unit_test(exit_in_a_plugin_is_a_failure),
		cmocka_unit_test(exit_of_the_server_is_none),
		cmocka_unit_test(fork_in_a_plugin_is_told_of),
		cmocka_unit_test(a_handler_that_was_changed_is_put_back),
		cmocka_unit_test(a_stack_that_is_there_is_kept),
	};
	return cmocka_run_group_tests_name("fatal", tests, NULL, NULL);
}
