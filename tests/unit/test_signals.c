/* Signals as words. Each test is a child: signals_open() is once for a process. */
#include "base/signals.h"

#include "base/log.h"

#include "fixtures/cmocka_all.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int status_of_child(void (*run)(void))
{
	int status = 0;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		run();
		_exit(70);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect(enum signals_word word)
{
	if (signals_wait(NULL) != word)
		_exit(71);
}

static void reload_and_end(void)
{
	signals_open();
	kill(getpid(), SIGHUP);
	expect(SIGNALS_RELOAD);
	kill(getpid(), SIGHUP);
	expect(SIGNALS_RELOAD);
	kill(getpid(), SIGTERM);
	expect(SIGNALS_END);
	expect(SIGNALS_END); /* there is no way back */
	_exit(0);
}

static void words_come_one_by_one(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(reload_and_end), 0);
}

static void interrupt(void)
{
	signals_open();
	kill(getpid(), SIGINT);
	expect(SIGNALS_END);
	_exit(0);
}

static void an_interrupt_is_an_end(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(interrupt), 0);
}

static void never_end(void)
{
	log_open("/dev/null", LOG_ERROR);
	signals_open();
	signals_end_within(1);
	kill(getpid(), SIGTERM);
	for (;;)
		pause();
}

static void an_end_that_does_not_come_is_made(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(never_end), 1);
}

/* Tickets go up; a word answers all that were given before it. */
static void ask_with_tickets(void)
{
	uint64_t answered = 0, first = signals_ask(SIGNALS_RELOAD),
		 second = signals_ask(SIGNALS_RELOAD);
	if (second <= first)
		_exit(72);
	if (signals_wait(&answered) != SIGNALS_RELOAD || answered != second)
		_exit(73);
	uint64_t third = signals_ask(SIGNALS_RELOAD);
	if (third <= second || signals_wait(&answered) != SIGNALS_RELOAD || answered != third)
		_exit(74);
	_exit(0);
}

static void tickets_are_answered_together(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(ask_with_tickets), 0);
}

static void ask_beside_a_signal(void)
{
	uint64_t answered = 0;
	signals_open();
	kill(getpid(), SIGHUP);
	expect(SIGNALS_RELOAD); /* it was heard */
	uint64_t ticket = signals_ask(SIGNALS_RELOAD);
	if (signals_wait(&answered) != SIGNALS_RELOAD || answered < ticket)
		_exit(75);
	_exit(0);
}

static void a_ticket_counts_beside_signals(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(ask_beside_a_signal), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_come_one_by_one),
		cmocka_unit_test(an_interrupt_is_an_end),
		cmocka_unit_test(an_end_that_does_not_come_is_made),
		cmocka_unit_test(tickets_are_answered_together),
		cmocka_unit_test(a_ticket_counts_beside_signals),
	};
	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
