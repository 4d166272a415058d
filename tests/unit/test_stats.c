/* What became of the calls: the list of generations, what is counted, and that every call of a real
 * house ends once, by the right name. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/call.h"
#include "act/stats.h"

#include <stdlib.h>

/* ---- the list, and the numbers ---- */

enum { LOOPS = 3 };

static const act_action actions[] = { { .name = "add" }, { .name = "list" } };
static const act_plugin table = { .size = sizeof table,
	                          .name = "friend",
	                          .actions = actions,
	                          .action_count = 2,
	                          .action_size = sizeof actions[0] };

static int open_stats(void **state)
{
	*state = stats_new(LOOPS);
	return 0;
}

static int close_stats(void **state)
{
	stats_free(*state);
	return 0;
}

static void append(const struct stats_generation *generation, void *context)
{
	static const char *const states[] = { "made", "serving", "held", "draining", "ended" };
	char *text = context;
	size_t len = strlen(text);
	snprintf(text + len, 4096 - len, "%s@%lu:%s ", generation->name, generation->number,
	         states[generation->state]);
}

static void listed(struct stats *stats, const char *expected)
{
	char text[4096] = "";
	stats_each(stats, append, text);
	assert_string_equal(text, expected);
}

static void a_generation_is_listed_when_it_serves(void **state)
{
	struct stats *stats = *state;
	struct stats_generation *one = stats_enter(stats, 4, "1.0", &table);
	struct stats_generation *two = stats_enter(stats, 7, "1.1", &table);
	listed(stats, "");
	stats_turn(one, STATS_SERVING);
	listed(stats, "friend@4:serving ");
	stats_turn(one, STATS_DRAINING);
	stats_turn(two, STATS_SERVING);
	listed(stats, "friend@4:draining friend@7:serving ");
	assert_string_equal(one->version, "1.0");
	assert_string_equal(one->actions[0], "add");
	assert_string_equal(one->actions[1], "list");
	stats_leave(one);
	listed(stats, "friend@4:ended friend@7:serving ");
}

static void one_that_never_served_is_forgotten_at_once(void **state)
{
	struct stats *stats = *state;
	struct stats_generation *one = stats_enter(stats, 1, "1.0", &table);
	struct stats_generation *two = stats_enter(stats, 2, "1.0", &table);
	stats_leave(one);
	stats_turn(two, STATS_SERVING);
	listed(stats, "friend@2:serving ");
}

static void one_that_ended_is_kept_for_a_while(void **state)
{
	struct stats *stats = *state;
	struct stats_generation *one = stats_enter(stats, 1, "1.0", &table);
	stats_turn(one, STATS_SERVING);
	stats_leave(one);
	uint64_t ended_ms = one->ended_ms;
	stats_forget(stats, ended_ms + STATS_ENDED_MS);
	listed(stats, "friend@1:ended ");
	stats_forget(stats, ended_ms + STATS_ENDED_MS + 1);
	listed(stats, "");
}

static void count_one(const struct stats_generation *generation, void *context)
{
	struct {
		uint64_t first;
		size_t count;
	} *seen = context;
	if (seen->count++ == 0)
		seen->first = generation->number;
}

static void only_so_many_that_ended_are_kept(void **state)
{
	struct stats *stats = *state;
	struct {
		uint64_t first;
		size_t count;
	} seen = { 0, 0 };
	for (uint64_t number = 1; number <= STATS_ENDED_MAX + 5; number++) {
		struct stats_generation *one = stats_enter(stats, number, "1.0", &table);
		stats_turn(one, STATS_SERVING);
		stats_leave(one);
	}
	stats_each(stats, count_one, &seen);
	assert_int_equal(seen.count, STATS_ENDED_MAX);
	assert_int_equal(seen.first, 6); /* the oldest went */
}

static void loops_are_added_up(void **state)
{
	struct stats *stats = *state;
	struct stats_generation *one = stats_enter(stats, 1, "1.0", &table);
	struct stats_sum sum;
	for (uint32_t loop = 0; loop < LOOPS; loop++) {
		stats_begin(one, loop, 1, 10);
		stats_begin(one, loop, 1, 5);
		stats_end(one, loop, 1, STATUS_OK, clock_ns(), 100);
	}
	stats_end(one, 2, 1, STATUS_DEADLINE, clock_ns(), 0);
	assert_int_equal(stats_open_calls(one), 2);
	stats_sum(one, 1, &sum);
	assert_int_equal(sum.begun, 6);
	assert_int_equal(sum.ended[STATUS_OK], 3);
	assert_int_equal(sum.ended[STATUS_DEADLINE], 1);
	assert_int_equal(sum.bytes_in, 45);
	assert_int_equal(sum.bytes_out, 300);
	stats_sum(one, 0, &sum);
	assert_int_equal(sum.begun, 0);
	stats_leave(one);
}

static uint64_t timed(const struct stats_sum *sum)
{
	uint64_t count = 0;
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
		count += sum->times.counts[i];
	return count;
}

static void only_what_was_answered_has_a_time(void **state)
{
	struct stats *stats = *state;
	struct stats_generation *one = stats_enter(stats, 1, "1.0", &table);
	struct stats_sum sum;
	stats_begin(one, 0, 0, 1);
	stats_end(one, 0, 0, 4711, clock_ns() - 20000000000, 50);
	stats_begin(one, 0, 0, 1);
	stats_end(one, 0, 0, STATS_GONE, clock_ns(), 50);
	stats_refuse(one, 0, 0, STATUS_RATE_LIMITED);
	stats_sum(one, 0, &sum);
	assert_int_equal(timed(&sum), 1);
	assert_int_equal(sum.times.counts[HISTOGRAM_BOUNDS], 1);
	assert_int_equal(sum.ended[STATS_OWN], 1);
	assert_int_equal(sum.ended[STATS_GONE], 1);
	assert_int_equal(sum.ended[STATUS_RATE_LIMITED], 1);
	assert_int_equal(sum.bytes_out, 0);
	assert_int_equal(stats_open_calls(one), 0);
	stats_leave(one);
}

static void what_finds_no_plugin_is_counted_apart(void **state)
{
	struct stats *stats = *state;
	uint64_t ended[STATS_ENDS];
	stats_refuse_unrouted(stats, 0, STATUS_UNKNOWN_ACTION);
	stats_refuse_unrouted(stats, 2, STATUS_UNKNOWN_ACTION);
	stats_refuse_unrouted(stats, 1, STATUS_UNAVAILABLE);
	stats_sum_unrouted(stats, ended);
	assert_int_equal(ended[STATUS_UNKNOWN_ACTION], 2);
	assert_int_equal(ended[STATUS_UNAVAILABLE], 1);
	assert_int_equal(ended[STATUS_OK], 0);
}

static void every_end_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < STATS_ENDS; i++)
		for (uint32_t k = 0; k < i; k++)
			assert_string_not_equal(stats_end_name(i), stats_end_name(k));
	assert_string_equal(stats_end_name(STATUS_OK), "ok");
	assert_string_equal(stats_end_name(STATS_OWN), "plugin_error");
	assert_string_equal(stats_end_name(STATS_GONE), "gone");
}

/* ---- the calls of a house ---- */

enum { CODE = 100 };

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct client *client;
};

/* Code 1 is PUPPET_HOLD with a deadline that passes at once; of code 3 one is served at once. */
static const char config_text[] =
	"{\"endpoints\": {\"/serv/\": {}}, \"deadline_ms\": 3600000, \"actions\": {"
	"\"1\": {\"action\": \"friend.hold\", \"deadline_ms\": 1},"
	"\"3\": {\"action\": \"friend.hold\", \"in_flight\": 1}, \"101\": \"friend.hold\", \"9\": "
	"\"absent.thing\"}}";

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new(config_text);
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE) };
	puppet_enter(scene.puppet);
	puppet_serve(house);
	scene.client = client_new(house, 0, "/serv/", NULL, NULL);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

/* The numbers of an action must be: so many ended so, and none otherwise. */
static void ended(struct scene *scene, uint32_t action, uint32_t end, uint64_t count)
{
	struct stats_sum sum;
	house_settle(scene->house); /* an answer is counted after it was sent */
	stats_sum(scene->puppet->generation->stats, action, &sum);
	for (uint32_t i = 0; i < STATS_ENDS; i++)
		if (sum.ended[i] != (i == end ? count : 0))
			fail_msg("%s: expected %lu, found %lu", stats_end_name(i),
			         i == end ? count : 0, sum.ended[i]);
	assert_int_equal(sum.begun, count);
}

static void an_answer_counts(void **state)
{
	struct scene *scene = *state;
	struct stats_sum sum;
	for (int i = 0; i < 3; i++) {
		client_send(scene->client, CODE + PUPPET_ECHO, "four");
		client_expect(scene->client, CODE + PUPPET_ECHO, "four");
	}
	ended(scene, PUPPET_ECHO, STATUS_OK, 3);
	stats_sum(scene->puppet->generation->stats, PUPPET_ECHO, &sum);
	assert_int_equal(sum.bytes_in, 12);
	assert_int_equal(sum.bytes_out, 12);
	assert_int_equal(timed(&sum), 3);
}

static void an_answer_of_a_worker_counts(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_BLOCK, "x");
	client_expect(scene->client, CODE + PUPPET_BLOCK, "x");
	ended(scene, PUPPET_BLOCK, STATUS_OK, 1);
}

static void an_error_counts_by_its_name(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_RETURN, "-3");
	client_expect_error(scene->client, CODE + PUPPET_RETURN, "payload_refused", "");
	ended(scene, PUPPET_RETURN, STATUS_PAYLOAD_REFUSED, 1);
	client_send(scene->client, CODE + PUPPET_SILENT, "");
	client_expect_error(scene->client, CODE + PUPPET_SILENT, "plugin_failed", "");
	ended(scene, PUPPET_SILENT, STATUS_PLUGIN_FAILED, 1);
}

static void a_number_of_the_plugin_counts_as_its_own(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0);
	assert_int_equal(puppet_fail(scene->puppet, token, 1234, "no"), ACT_OK);
	client_expect_error(scene->client, CODE + PUPPET_HOLD, "plugin_error", "");
	ended(scene, PUPPET_HOLD, STATS_OWN, 1);
}

static void a_deadline_counts(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, 1, "");
	client_expect_error(scene->client, 1, "deadline", "");
	/* What comes later counts for nothing. */
	act_token token = puppet_token(scene->puppet, 0);
	assert_int_equal(puppet_reply(scene->puppet, token, "late"), ACT_E_GONE);
	ended(scene, PUPPET_HOLD, STATUS_DEADLINE, 1);
}

static void a_call_whose_connection_is_gone_counts_as_gone(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	(void)puppet_token(scene->puppet, 0);
	assert_int_equal(stats_open_calls(scene->puppet->generation->stats), 1);
	client_drop(scene->client);
	ended(scene, PUPPET_HOLD, STATS_GONE, 1);
	assert_int_equal(stats_open_calls(scene->puppet->generation->stats), 0);
}

static void a_worker_that_serves_nobody_counts_as_gone(void **state)
{
	struct scene *scene = *state;
	gate_shut(&scene->puppet->gate);
	client_send(scene->client, CODE + PUPPET_BLOCK, "");
	eventually(gate_waiting(&scene->puppet->gate) == 1);
	client_drop(scene->client);
	gate_open(&scene->puppet->gate);
	ended(scene, PUPPET_BLOCK, STATS_GONE, 1);
}

static void what_owes_no_answer_counts(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_NOTE, "");
	client_send(scene->client, CODE + PUPPET_ECHO, "behind");
	client_expect(scene->client, CODE + PUPPET_ECHO, "behind");
	ended(scene, PUPPET_NOTE, STATUS_OK, 1);
}

static void what_is_refused_counts_at_its_action(void **state)
{
	struct scene *scene = *state;
	struct client *other = client_new(scene->house, 1, "/serv/", NULL, NULL);
	client_send(scene->client, CODE + PUPPET_PRIVATE, "");
	client_expect_error(scene->client, CODE + PUPPET_PRIVATE, "not_logged_in", "");
	ended(scene, PUPPET_PRIVATE, STATUS_NOT_LOGGED_IN, 1);
	client_send(scene->client, 3, "");
	act_token token = puppet_token(scene->puppet, 0);
	client_send(other, 3, "");
	client_expect_error(other, 3, "overloaded", "");
	assert_int_equal(puppet_reply(scene->puppet, token, ""), ACT_OK);
	client_expect(scene->client, 3, "");
	struct stats_sum sum;
	house_settle(scene->house);
	stats_sum(scene->puppet->generation->stats, PUPPET_HOLD, &sum);
	assert_int_equal(sum.begun, 2);
	assert_int_equal(sum.ended[STATUS_OK], 1);
	assert_int_equal(sum.ended[STATUS_OVERLOADED], 1);
	assert_int_equal(timed(&sum), 1);
}

static void what_has_no_plugin_counts_apart(void **state)
{
	struct scene *scene = *state;
	uint64_t ends[STATS_ENDS];
	client_send(scene->client, 77, "");
	client_expect_error(scene->client, 77, "unknown_action", "");
	client_send(scene->client, 9, "");
	client_expect_error(scene->client, 9, "unavailable", "");
	stats_sum_unrouted(scene->house->act.stats, ends);
	assert_int_equal(ends[STATUS_UNKNOWN_ACTION], 1);
	assert_int_equal(ends[STATUS_UNAVAILABLE], 1);
}

#define PURE(test) cmocka_unit_test_setup_teardown(test, open_stats, close_stats)
#define HOUSE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PURE(a_generation_is_listed_when_it_serves),
		PURE(one_that_never_served_is_forgotten_at_once),
		PURE(one_that_ended_is_kept_for_a_while),
		PURE(only_so_many_that_ended_are_kept),
		PURE(loops_are_added_up),
		PURE(only_what_was_answered_has_a_time),
		PURE(what_finds_no_plugin_is_counted_apart),
		PURE(every_end_has_a_name_of_its_own),
		HOUSE(an_answer_counts),
		HOUSE(an_answer_of_a_worker_counts),
		HOUSE(an_error_counts_by_its_name),
		HOUSE(a_number_of_the_plugin_counts_as_its_own),
		HOUSE(a_deadline_counts),
		HOUSE(a_call_whose_connection_is_gone_counts_as_gone),
		HOUSE(a_worker_that_serves_nobody_counts_as_gone),
		HOUSE(what_owes_no_answer_counts),
		HOUSE(what_is_refused_counts_at_its_action),
		HOUSE(what_has_no_plugin_counts_apart),
	};
	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
