/* Who does not come back from a plugin is told of. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/watch.h"

#include <string.h>

enum { CODE = 100, HOMELY = 500, SOON_MS = 20, NEVER_MS = 86400000 };

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct puppet *homely; /* runs on its home loop alone */
	uint32_t home;
	struct client *client; /* on the other loop, which therefore never waits */
};

static void end_watch(void *object)
{
	struct act *act = object;
	watch_free(act->watch);
	act->watch = NULL;
}

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{\"endpoints\": {\"/serv/\": {}}}");
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE),
		                .homely = puppet_new(house, "homely", 0, HOMELY) };
	puppet_enter(scene.puppet);
	scene.home = puppet_enter(scene.homely)->home->index;
	puppet_serve(house);
	scene.client = client_new(house, 1 - scene.home, "/serv/", NULL, NULL);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

static struct watcher *watch(const struct scene *scene, uint32_t stuck_ms)
{
	struct act *act = &scene->house->act;
	atomic_store(&act->stuck_ms, stuck_ms);
	act->watch = watch_new(act);
	house_defer(scene->house, HOUSE_END_REST, end_watch, act);
	return act->watch;
}

static act_rc wait_at_the_gate(struct puppet *puppet, const act_call *call)
{
	gate_pass(&puppet->gate);
	return puppet->host->reply(puppet->host, call->token, 0, call->payload);
}

/* The first thread of these that was told of; the one behind them: none was. */
static uint32_t told(struct watcher *watch, uint32_t first, uint32_t count, struct watch_stay *out)
{
	uint32_t thread = first;
	while (thread < first + count && !watch_find(watch, thread, out))
		thread++;
	return thread;
}

static uint32_t count_told(struct watcher *watch)
{
	struct watch_stay stay;
	uint32_t count = 0;
	for (uint32_t thread = 0; thread < INSIDE_THREADS; thread++)
		count += watch_find(watch, thread, &stay) ? 1 : 0;
	return count;
}

static void logged(const struct scene *scene, const char *words)
{
	if (!house_logged(scene->house, words))
		fail_msg("the log has no line \"%s\"", words);
}

/* ---- who stays ---- */

static void a_loop_that_stays_is_told_of(void **state)
{
	const struct scene *scene = *state;
	struct watcher *watcher = watch(scene, SOON_MS);
	struct puppet *puppet = scene->homely;
	struct watch_stay stay;
	char words[256];
	puppet->on_call = wait_at_the_gate;
	gate_shut(&puppet->gate);
	client_send(scene->client, HOMELY + PUPPET_ECHO, "hi");
	eventually(watch_find(watcher, inside_of_loop(scene->home), &stay));
	assert_true(stay.ms >= SOON_MS);
	assert_string_equal(stay.plugin, "homely");
	assert_string_equal(stay.version, "1.0");
	assert_string_equal(stay.action, "echo");
	assert_int_equal(stay.view.what, INSIDE_HANDLE);
	snprintf(words, sizeof words,
	         "loop-%u has been inside plugin homely 1.0 (generation %lu): handle of echo, code "
	         "%u, connection %lu for ",
	         scene->home, puppet->generation->number, HOMELY + PUPPET_ECHO,
	         client_id(scene->client));
	logged(scene, words);
	logged(scene, " ms; until it returns, the loop's connections wait");
	gate_open(&puppet->gate);
	client_expect(scene->client, HOMELY + PUPPET_ECHO, "hi");
	eventually(!watch_find(watcher, inside_of_loop(scene->home), &stay));
	logged(scene, " came back from plugin homely 1.0 (generation ");
}

static void a_worker_that_stays_is_told_of(void **state)
{
	const struct scene *scene = *state;
	struct watcher *watcher = watch(scene, SOON_MS);
	struct puppet *puppet = scene->puppet;
	uint32_t first = inside_of_worker(0), end = first + HOUSE_THREADS;
	struct watch_stay stay;
	gate_shut(&puppet->gate);
	assert_int_equal(puppet->host->work(puppet->host, 1, puppet), ACT_OK);
	eventually(told(watcher, first, HOUSE_THREADS, &stay) < end);
	assert_string_equal(stay.plugin, "friend");
	assert_int_equal(stay.view.what, INSIDE_WORK);
	assert_int_equal(stay.view.conn, 0);
	assert_string_equal(stay.action, "");
	logged(scene, "): work for ");
	gate_open(&puppet->gate);
	eventually(told(watcher, first, HOUSE_THREADS, &stay) == end);
	logged(scene, "came back from plugin friend 1.0 (generation ");
}

static act_rc wait_in_turn(struct puppet *puppet, const act_call *call)
{
	bool first = call->payload.len == strlen("first");
	gate_pass(first ? &puppet->gate : &puppet->stop_gate);
	return puppet->host->reply(puppet->host, call->token, 0, call->payload);
}

/* Between the two the thread is outside for so short that the watch has hardly seen it. */
static void the_next_stay_is_another_one(void **state)
{
	static const char *const payloads[] = { "first", "second" };
	const struct scene *scene = *state;
	struct puppet *puppet = scene->homely;
	struct watcher *watcher = watch(scene, SOON_MS);
	struct watch_stay stay;
	puppet->on_call = wait_in_turn;
	gate_shut(&puppet->gate);
	gate_shut(&puppet->stop_gate);
	client_send_many(scene->client, HOMELY + PUPPET_ECHO, payloads, 2);
	eventually(watch_find(watcher, inside_of_loop(scene->home), &stay));
	assert_false(house_logged(scene->house, "came back from plugin homely"));
	gate_open(&puppet->gate);
	eventually(house_logged(scene->house, "came back from plugin homely"));
	eventually(watch_find(watcher, inside_of_loop(scene->home), &stay));
	gate_open(&puppet->stop_gate);
	client_expect(scene->client, HOMELY + PUPPET_ECHO, "first");
	client_expect(scene->client, HOMELY + PUPPET_ECHO, "second");
}

static void the_bound_may_change_meanwhile(void **state)
{
	const struct scene *scene = *state;
	struct watcher *watcher = watch(scene, NEVER_MS);
	struct watch_stay stay;
	scene->homely->on_call = wait_at_the_gate;
	gate_shut(&scene->homely->gate);
	client_send(scene->client, HOMELY + PUPPET_ECHO, "hi");
	eventually(gate_waiting(&scene->homely->gate) == 1);
	assert_int_equal(count_told(watcher), 0);
	atomic_store(&scene->house->act.stuck_ms, SOON_MS);
	eventually(watch_find(watcher, inside_of_loop(scene->home), &stay));
	gate_open(&scene->homely->gate);
	client_expect(scene->client, HOMELY + PUPPET_ECHO, "hi");
}

/* ---- words ---- */

static void said_as(const struct watch_stay *stay, const char *expected)
{
	char words[256];
	watch_say(stay, words, sizeof words);
	assert_string_equal(words, expected);
}

static void a_stay_is_put_in_words(void **state)
{
	struct watch_stay stay = { { 3, INSIDE_HANDLE, 0, 1, 77 }, 50, "echo", "1.0", "raw" };
	(void)state;
	said_as(&stay, "plugin echo 1.0 (generation 3): handle of raw, code 1, connection 77");
	stay.view.what = INSIDE_SERVICE;
	said_as(&stay, "plugin echo 1.0 (generation 3): a function of its service for raw, code 1, "
	               "connection 77");
	stay.view = (struct inside_view){ .generation = 3, .what = INSIDE_ON_TIMER };
	said_as(&stay, "plugin echo 1.0 (generation 3): on_timer");
}

static void words_that_do_not_fit_are_cut(void **state)
{
	const struct watch_stay stay = { { 3, INSIDE_HANDLE, 0, 1, 77 }, 0, "echo", "1.0", "raw" };
	char whole[256], words[256];
	(void)state;
	watch_say(&stay, whole, sizeof whole);
	for (size_t size = 1; size < strlen(whole); size++) {
		watch_say(&stay, words, size);
		assert_int_equal(strlen(words), size - 1);
		assert_memory_equal(words, whole, size - 1);
	}
}

static void nobody_to_end_is_no_fault(void **state)
{
	const struct scene *scene = *state;
	watch_free(NULL);
	/* Also while it sleeps: the end does not wait for its next look. */
	struct watcher *watcher = watch(scene, NEVER_MS);
	assert_int_equal(count_told(watcher), 0);
	end_watch(&scene->house->act);
	assert_null(scene->house->act.watch);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(a_loop_that_stays_is_told_of),
		IN_SCENE(a_worker_that_stays_is_told_of),
		IN_SCENE(the_next_stay_is_another_one),
		IN_SCENE(the_bound_may_change_meanwhile),
		cmocka_unit_test(a_stay_is_put_in_words),
		cmocka_unit_test(words_that_do_not_fit_are_cut),
		IN_SCENE(nobody_to_end_is_no_fault),
	};
	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
