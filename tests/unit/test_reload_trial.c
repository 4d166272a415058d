/* What a reload replaced is kept where the config says so: it serves again, or ends when its time
 * is over or somebody decides. */
#include "fixtures/reload_scene.h"

#include "act/stats.h"
#include "base/signals.h"

enum { CLIENTS = 40 };

#define HOLD HEAD SERV ", \"hold_s\": 86400"

static void start_both(struct scene *scene, const char *config_text)
{
	put(scene, "good_a.so", "swap.so");
	start(scene, config_text);
	put(scene, "good_b.so", "swap.so");
	again(scene, RELOAD_TAKEN);
}

static void decide(struct scene *scene, enum reload_verdict (*what)(struct reload *reload),
                   enum reload_verdict expected)
{
	assert_int_equal(what(scene->reload), expected);
}

static bool is_kept(const struct scene *scene)
{
	return reload_patience_ms(scene->reload) != SIGNALS_FOR_EVER;
}

/* ---- for a time ---- */

static void what_was_replaced_serves_again(void **state)
{
	struct scene *scene = *state;
	char words[128];
	put(scene, "good_a.so", "swap.so");
	start(scene, HOLD "}");
	struct client *client = connect_to(scene, 0);
	const struct generation *old = live(scene, "swap");
	assert_false(is_kept(scene));
	put(scene, "good_b.so", "swap.so");
	again(scene, RELOAD_TAKEN);
	uint64_t number = live(scene, "swap")->number;
	served_by(client, "b");
	assert_true(is_kept(scene));
	logged(scene, "what was replaced is kept for 86400 s");
	assert_int_equal(count_copies(scene), 2);
	decide(scene, reload_roll_back, RELOAD_ROLLED_BACK);
	served_by(client, "a");
	assert_ptr_equal(live(scene, "swap"), old);
	assert_false(is_kept(scene));
	snprintf(words, sizeof words, "plugin swap: 1.1 (generation %lu) is taken back", number);
	logged(scene, words);
	eventually(count_copies(scene) == 1);
}

static void what_was_rolled_back_is_tried_anew(void **state)
{
	struct scene *scene = *state;
	start_both(scene, HOLD "}");
	struct client *client = connect_to(scene, 0);
	decide(scene, reload_roll_back, RELOAD_ROLLED_BACK);
	decide(scene, reload_roll_back, RELOAD_REFUSED);
	logged(scene, "there is nothing to decide: what served before the last reload is not kept");
	served_by(client, "a");
	again(scene, RELOAD_TAKEN);
	served_by(client, "b");
}

static void nothing_is_kept_where_nothing_says_so(void **state)
{
	struct scene *scene = *state;
	start_both(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 0);
	assert_false(is_kept(scene));
	decide(scene, reload_roll_back, RELOAD_REFUSED);
	decide(scene, reload_promote, RELOAD_REFUSED);
	served_by(client, "b");
	eventually(count_copies(scene) == 1);
}

static void what_replaces_nothing_ends_nothing(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HOLD "}");
	put(scene, "giver_a.so", "giver.so");
	again(scene, RELOAD_TAKEN);
	assert_false(is_kept(scene));
	put(scene, "good_b.so", "swap.so");
	again(scene, RELOAD_TAKEN);
	put(scene, "taker.so", "taker.so");
	again(scene, RELOAD_TAKEN);
	assert_true(is_kept(scene));
	assert_int_equal(count_copies(scene), 4);
}

static void only_the_last_ones_are_kept(void **state)
{
	struct scene *scene = *state;
	start_both(scene, HOLD "}");
	struct client *client = connect_to(scene, 0);
	uint64_t second = live(scene, "swap")->number;
	put(scene, "good_a.so", "swap.so");
	again(scene, RELOAD_TAKEN);
	eventually(count_copies(scene) == 2);
	served_by(client, "a");
	decide(scene, reload_roll_back, RELOAD_ROLLED_BACK);
	served_by(client, "b");
	assert_int_equal(live(scene, "swap")->number, second);
}

static void when_its_time_is_over_it_ends(void **state)
{
	struct scene *scene = *state;
	start_both(scene, HEAD SERV ", \"hold_s\": 1}");
	struct client *client = connect_to(scene, 0);
	eventually((assert_false(reload_look(scene->reload)), !is_kept(scene)));
	eventually(count_copies(scene) == 1);
	decide(scene, reload_roll_back, RELOAD_REFUSED);
	served_by(client, "b");
}

static void one_that_retired_comes_back(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HOLD "}");
	struct client *client = connect_to(scene, 0);
	drop(scene, "swap.so");
	again(scene, RELOAD_TAKEN);
	client_send(client, SWAP, "hi");
	client_expect_error(client, SWAP, "unknown_action", "");
	decide(scene, reload_roll_back, RELOAD_ROLLED_BACK);
	served_by(client, "a");
}

/* A user that is left alone by the reload is led back to the provider of before. */
static void services_come_back_too(void **state)
{
	struct scene *scene = *state;
	put(scene, "giver_a.so", "giver.so");
	put(scene, "taker.so", "taker.so");
	start(scene, HOLD "}");
	struct client *client = connect_to(scene, 0);
	const struct generation *taker = live(scene, "taker");
	put(scene, "giver_b.so", "giver.so");
	again(scene, RELOAD_TAKEN);
	client_send(client, ASK, "");
	client_expect(client, ASK, "b");
	decide(scene, reload_roll_back, RELOAD_ROLLED_BACK);
	assert_ptr_equal(live(scene, "taker"), taker);
	client_send(client, ASK, "");
	client_expect(client, ASK, "a");
}

static void the_end_ends_what_is_kept(void **state)
{
	struct scene *scene = *state;
	start_both(scene, HOLD "}");
	assert_int_equal(count_copies(scene), 2);
	end_reload(scene);
	assert_int_equal(count_copies(scene), 0);
}

/* ---- for some of the connections ---- */

static void connect_all(struct scene *scene, struct client **clients)
{
	for (uint32_t i = 0; i < CLIENTS; i++)
		clients[i] = connect_to(scene, i % HOUSE_LOOPS);
}

static void all_served_by(struct client *const *clients, const char *build)
{
	for (size_t i = 0; i < CLIENTS; i++)
		served_by(clients[i], build);
}

/* Each as its world says. How many have the new one. */
static size_t count_canaries(const struct scene *scene, struct client *const *clients)
{
	const struct act *act = &scene->house->act;
	size_t count = 0;
	for (size_t i = 0; i < CLIENTS; i++) {
		bool new = world_of(act, client_id(clients[i])) == world_now(act);
		served_by(clients[i], new ? "b" : "a");
		count += new ? 1 : 0;
	}
	return count;
}

#define CANARY HEAD SERV ", \"canary_percent\": 50"

static void a_canary_divides_the_connections(void **state)
{
	struct scene *scene = *state;
	struct client *clients[CLIENTS];
	start_both(scene, CANARY "}");
	connect_all(scene, clients);
	assert_in_range(count_canaries(scene, clients), 1, CLIENTS - 1);
	logged(scene, "50 % of the connections have the new plugins");
	/* Nobody decides but the one who is asked. */
	assert_false(reload_look(scene->reload));
	assert_true(is_kept(scene));
	decide(scene, reload_roll_back, RELOAD_ROLLED_BACK);
	all_served_by(clients, "a");
	assert_false(is_kept(scene));
	eventually(count_copies(scene) == 1);
}

static void promoted_it_serves_all(void **state)
{
	struct scene *scene = *state;
	struct client *clients[CLIENTS];
	start_both(scene, CANARY "}");
	connect_all(scene, clients);
	decide(scene, reload_promote, RELOAD_PROMOTED);
	all_served_by(clients, "b");
	/* hold_s is 0: the time that the old ones are kept for is over. */
	assert_false(reload_look(scene->reload));
	assert_false(is_kept(scene));
	eventually(count_copies(scene) == 1);
	decide(scene, reload_promote, RELOAD_REFUSED);
}

static void promoted_it_may_still_be_taken_back(void **state)
{
	struct scene *scene = *state;
	struct client *clients[CLIENTS];
	start_both(scene, CANARY ", \"hold_s\": 86400}");
	connect_all(scene, clients);
	decide(scene, reload_promote, RELOAD_PROMOTED);
	assert_true(is_kept(scene));
	logged(scene, "what was replaced is kept for 86400 s");
	decide(scene, reload_promote, RELOAD_REFUSED);
	assert_true(is_kept(scene));
	decide(scene, reload_roll_back, RELOAD_ROLLED_BACK);
	all_served_by(clients, "a");
}

static void a_canary_for_all_is_none(void **state)
{
	struct scene *scene = *state;
	struct client *clients[CLIENTS];
	start_both(scene, HOLD ", \"canary_percent\": 100}");
	connect_all(scene, clients);
	all_served_by(clients, "b");
	decide(scene, reload_promote, RELOAD_REFUSED);
	decide(scene, reload_roll_back, RELOAD_ROLLED_BACK);
	all_served_by(clients, "a");
}

/* ---- too many errors ---- */

static void fail_a_call(struct loop *loop, void *context)
{
	const struct generation *generation = context;
	stats_refuse(generation->stats, loop->index, 0, STATUS_PLUGIN_FAILED);
}

static void fail_calls(const struct scene *scene, uint32_t count)
{
	struct generation *generation = (struct generation *)(uintptr_t)live(scene, "swap");
	for (uint32_t i = 0; i < count; i++)
		house_on_loop(scene->house, i % HOUSE_LOOPS, fail_a_call, generation);
}

#define RULES ", \"rollback\": {\"errors_percent\": 50, \"min_calls\": 4}}"

static void who_fails_too_often_is_taken_back(void **state)
{
	struct scene *scene = *state;
	start_both(scene, HOLD RULES);
	struct client *client = connect_to(scene, 0);
	served_by(client, "b");
	fail_calls(scene, 2);
	assert_false(reload_look(scene->reload)); /* too few to tell */
	served_by(client, "b");
	assert_false(reload_look(scene->reload)); /* half of them: as many as may be */
	fail_calls(scene, 1);
	assert_true(reload_look(scene->reload));
	assert_int_equal(reload_report(scene->reload)->verdict, RELOAD_ROLLED_BACK);
	logged(scene, ") failed 3 of 5 calls (3 failed, 0 too late, 0 unavailable)");
	served_by(client, "a");
	assert_false(is_kept(scene));
}

/* The old ones do not get worse by a reload. */
static void who_was_there_before_is_not_judged(void **state)
{
	struct scene *scene = *state;
	put(scene, "giver_a.so", "giver.so");
	put(scene, "good_a.so", "swap.so");
	start(scene, HOLD RULES);
	put(scene, "giver_b.so", "giver.so");
	again(scene, RELOAD_TAKEN);
	fail_calls(scene, 10);
	assert_false(reload_look(scene->reload));
	assert_true(is_kept(scene));
}

static void with_none_to_go_back_to_nobody_is_judged(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HOLD RULES);
	fail_calls(scene, 10);
	assert_false(reload_look(scene->reload));
	served_by(connect_to(scene, 0), "a");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(what_was_replaced_serves_again),
		IN_SCENE(what_was_rolled_back_is_tried_anew),
		IN_SCENE(nothing_is_kept_where_nothing_says_so),
		IN_SCENE(what_replaces_nothing_ends_nothing),
		IN_SCENE(only_the_last_ones_are_kept),
		IN_SCENE(when_its_time_is_over_it_ends),
		IN_SCENE(one_that_retired_comes_back),
		IN_SCENE(services_come_back_too),
		IN_SCENE(the_end_ends_what_is_kept),
		IN_SCENE(a_canary_divides_the_connections),
		IN_SCENE(promoted_it_serves_all),
		IN_SCENE(promoted_it_may_still_be_taken_back),
		IN_SCENE(a_canary_for_all_is_none),
		IN_SCENE(who_fails_too_often_is_taken_back),
		IN_SCENE(who_was_there_before_is_not_judged),
		IN_SCENE(with_none_to_go_back_to_nobody_is_judged),
	};
	if (argc > 1 && strcmp(argv[1], "--prove") == 0)
		return prove_main(argc, argv);
	return cmocka_run_group_tests_name("reload_trial", tests, NULL, NULL);
}
