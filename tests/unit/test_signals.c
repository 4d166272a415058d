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

/* The next word must be this one, and answer the tickets up to that number. */
static void expect_for(enum signals_word word, uint64_t ticket, int fault)
{
	uint64_t answered = 0;
	if (signals_wait_for(0, &answered) != word || answered != ticket)
		_exit(fault);
}

/* A roll-back between two reloads stays between them, and nobody hears of another's. */
static void ask_in_turn(void)
{
	uint64_t none = 7, early = signals_ask(SIGNALS_RELOAD);
	uint64_t back = signals_ask(SIGNALS_ROLLBACK), late = signals_ask(SIGNALS_RELOAD);
	if (early >= back || back >= late)
		_exit(76);
	expect_for(SIGNALS_RELOAD, early, 77);
	expect_for(SIGNALS_ROLLBACK, back, 78);
	expect_for(SIGNALS_RELOAD, late, 79);
	if (signals_wait_for(1, &none) != SIGNALS_NOTHING || none != 7)
		_exit(80);
	_exit(0);
}

static void words_come_in_their_order(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(ask_in_turn), 0);
}

/* Of two that decide the later counts, for both who asked. */
static void ask_both_ways(void)
{
	uint64_t first = signals_ask(SIGNALS_PROMOTE), second = signals_ask(SIGNALS_ROLLBACK);
	if (first != second)
		_exit(81);
	expect_for(SIGNALS_ROLLBACK, first, 82);
	if (signals_wait_for(0, NULL) != SIGNALS_NOTHING)
		_exit(83);
	_exit(0);
}

static void the_later_decision_counts(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(ask_both_ways), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_come_one_by_one),
		cmocka_unit_test(an_interrupt_is_an_end),
		cmocka_unit_test(an_end_that_does_not_come_is_made),
		cmocka_unit_test(tickets_are_answered_together),
		cmocka_unit_test(a_ticket_counts_beside_signals),
		cmocka_unit_test(words_come_in_their_order),
		cmocka_unit_test(the_later_decision_counts),
	};
	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
