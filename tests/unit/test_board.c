/* What the main thread pins up: who waited for a reload is told of that one, and of no other. */
#include "fixtures/fake_server.h"

#include "base/signals.h"

#include <stdlib.h>

/* Takes the report of an ask; it must be of the reload of that number. */
static void told_of(struct board_ask *ask, unsigned number)
{
	char expected[32];
	char *report = board_take_report(&fake_board, ask);
	assert_non_null(report);
	snprintf(expected, sizeof expected, "{\"number\":%u,", number);
	if (strncmp(report, expected, strlen(expected)) != 0)
		fail_msg("expected reload %u, found: %s", number, report);
	free(report);
}

static void not_told(struct board_ask *ask)
{
	assert_null(board_take_report(&fake_board, ask));
}

/* The main thread hears the words; the ticket that its next reload answers. */
static uint64_t heard(void)
{
	uint64_t ticket;
	assert_int_equal(signals_wait(&ticket), SIGNALS_RELOAD);
	return ticket;
}

static void all_who_asked_before_it_began_are_told(void **state)
{
	struct board_ask one, two, late;
	(void)state;
	board_ask(&fake_board, &one, SIGNALS_RELOAD);
	board_ask(&fake_board, &two, SIGNALS_RELOAD);
	uint64_t ticket = heard();
	board_ask(&fake_board, &late, SIGNALS_RELOAD);
	not_told(&one);
	fake_reload(1, RELOAD_TAKEN, ticket);
	told_of(&one, 1);
	told_of(&two, 1);
	not_told(&late);
	fake_reload(2, RELOAD_TAKEN, heard());
	told_of(&late, 2);
	board_withdraw(&fake_board, &two);
	board_withdraw(&fake_board, &one);
	board_withdraw(&fake_board, &late);
}

/* Who looks late is still told of the reload that was asked for. */
static void a_later_reload_is_not_taken_for_it(void **state)
{
	struct board_ask ask;
	(void)state;
	board_ask(&fake_board, &ask, SIGNALS_RELOAD);
	fake_reload(1, RELOAD_REFUSED, heard());
	(void)signals_ask(SIGNALS_RELOAD);
	fake_reload(2, RELOAD_TAKEN, heard());
	told_of(&ask, 1);
	board_withdraw(&fake_board, &ask);
}

static void who_left_is_not_told(void **state)
{
	struct board_ask gone, stays;
	(void)state;
	board_ask(&fake_board, &gone, SIGNALS_RELOAD);
	board_ask(&fake_board, &stays, SIGNALS_RELOAD);
	board_withdraw(&fake_board, &gone);
	fake_reload(1, RELOAD_TAKEN, heard());
	told_of(&stays, 1);
	board_withdraw(&fake_board, &stays);
	/* And one who leaves with a report in hand. */
	board_ask(&fake_board, &gone, SIGNALS_RELOAD);
	fake_reload(2, RELOAD_TAKEN, heard());
	board_withdraw(&fake_board, &gone);
}

static void patience_follows_the_config(void **state)
{
	(void)state;
	uint32_t before_ms = board_patience_ms(&fake_board);
	fake_reload(0, RELOAD_TAKEN, 0); /* load_ms is 100 there */
	assert_int_equal(board_patience_ms(&fake_board), 1900);
	assert_int_equal(before_ms, 190000);
}

#define FAKE(test) cmocka_unit_test_setup_teardown(test, fake_begin, fake_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE(all_who_asked_before_it_began_are_told),
		FAKE(a_later_reload_is_not_taken_for_it),
		FAKE(who_left_is_not_told),
		FAKE(patience_follows_the_config),
	};
	return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}
