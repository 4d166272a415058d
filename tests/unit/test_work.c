/* act_host.work: a plugin's own task on a worker, and its end on the home loop. */
#include "fixtures/puppet.h"

struct scene {
	struct house *house;
	struct puppet *puppet;
	const act_host *h;
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{\"limits\": {\"worker_queue\": 2}}");
	scene = (struct scene){ .house = house, .puppet = puppet_new(house, "friend", 0, 0) };
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

static void enter(struct scene *scene)
{
	puppet_enter(scene->puppet);
	puppet_serve(scene->house);
	scene->h = scene->puppet->host;
	puppet_forget(scene->puppet);
}

static uint64_t pins(const struct scene *scene)
{
	return atomic_load(&scene->puppet->generation->pins);
}

static act_rc work(struct scene *scene, uint64_t tag)
{
	return scene->h->work(scene->h, tag, scene->puppet);
}

static void note_worker(struct puppet *puppet)
{
	puppet_note(puppet, pool_self() >= 0 ? "worker" : "elsewhere");
}

static void note_done(void *self, uint64_t tag, void *arg)
{
	struct puppet *puppet = self;
	puppet_note(puppet, "done:%lu%s%s", tag, arg == self ? "" : ":another-arg",
	            loop_self() == puppet->generation->home ? "" : ":elsewhere");
}

static void is_done_on_a_worker_and_ends_at_home(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_work = note_worker;
	scene->puppet->table.work_done = note_done;
	enter(scene);
	assert_int_equal(work(scene, 5), ACT_OK);
	eventually(puppet_heard(scene->puppet, "done:5"));
	puppet_told(scene->puppet, "work:5 worker done:5");
	house_settle(scene->house);
	assert_int_equal(pins(scene), 0);
}

static void pins_from_the_asking_to_the_end(void **state)
{
	struct scene *scene = *state;
	enter(scene);
	gate_shut(&scene->puppet->gate);
	assert_int_equal(work(scene, 1), ACT_OK);
	assert_int_equal(work(scene, 2), ACT_OK);
	assert_int_equal(pins(scene), 2);
	eventually(gate_waiting(&scene->puppet->gate) == 2);
	gate_open(&scene->puppet->gate);
	eventually(puppet_heard(scene->puppet, "done:1") && puppet_heard(scene->puppet, "done:2"));
	house_settle(scene->house);
	assert_int_equal(pins(scene), 0);
}

struct holding {
	struct post post;
	struct gate *gate;
};

static void on_hold(struct post *post)
{
	gate_pass(((struct holding *)post)->gate);
}

/* The work is over and the home loop has not come to its end yet. */
static void work_done_pins_on_its_way(void **state)
{
	struct scene *scene = *state;
	struct gate home;
	struct holding holding = { { .run = on_hold }, &home };
	enter(scene);
	gate_init(&home);
	gate_shut(&home);
	loop_post(scene->puppet->generation->home, &holding.post);
	assert_int_equal(work(scene, 1), ACT_OK);
	eventually(puppet_heard(scene->puppet, "work:1"));
	assert_int_equal(pins(scene), 1);
	puppet_told(scene->puppet, "work:1");
	gate_open(&home);
	house_settle(scene->house);
	puppet_told(scene->puppet, "done:1");
	assert_int_equal(pins(scene), 0);
	gate_free(&home);
}

static void marks_the_worker_that_did_it(void **state)
{
	struct scene *scene = *state;
	uint32_t left = 0;
	enter(scene);
	gate_shut(&scene->puppet->gate);
	for (uint64_t i = 0; i < HOUSE_WORKERS; i++) {
		assert_int_equal(work(scene, i), ACT_OK);
		eventually(gate_waiting(&scene->puppet->gate) == i + 1);
	}
	gate_open(&scene->puppet->gate);
	eventually(pins(scene) == 0);
	assert_true(generation_leave_workers(scene->puppet->generation, EVENTUALLY_MS));
	for (int i = 0; i < HOUSE_WORKERS; i++)
		left += atomic_load(&scene->puppet->leaves[i]);
	assert_int_equal(left, HOUSE_WORKERS);
}

static void a_full_queue_refuses(void **state)
{
	struct scene *scene = *state;
	enter(scene);
	gate_shut(&scene->puppet->gate);
	for (uint64_t i = 0; i < HOUSE_WORKERS; i++) {
		assert_int_equal(work(scene, i), ACT_OK);
		eventually(gate_waiting(&scene->puppet->gate) == i + 1);
	}
	assert_int_equal(work(scene, 10), ACT_OK);
	assert_int_equal(work(scene, 11), ACT_OK);
	assert_int_equal(work(scene, 12), ACT_E_BUSY);
	assert_int_equal(pins(scene), HOUSE_WORKERS + 2);
	gate_open(&scene->puppet->gate);
	eventually(pins(scene) == 0);
	assert_false(puppet_heard(scene->puppet, "work:12"));
	assert_true(puppet_heard(scene->puppet, "done:11"));
}

static void a_plugin_without_work_has_none(void **state)
{
	struct scene *scene = *state;
	scene->puppet->table.work = NULL;
	enter(scene);
	assert_int_equal(work(scene, 1), ACT_E_NOSUPP);
	assert_int_equal(pins(scene), 0);
}

static void a_plugin_without_work_done_is_not_told(void **state)
{
	struct scene *scene = *state;
	scene->puppet->table.work_done = NULL;
	enter(scene);
	assert_int_equal(work(scene, 1), ACT_OK);
	eventually(pins(scene) == 0);
	puppet_told(scene->puppet, "work:1");
}

static void work_again(struct puppet *puppet)
{
	if (puppet->context != NULL)
		return;
	puppet->context = puppet;
	puppet_note(puppet, "again:%d", puppet->host->work(puppet->host, 2, puppet));
}

static void work_may_ask_for_more(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_work = work_again;
	enter(scene);
	assert_int_equal(work(scene, 1), ACT_OK);
	eventually(puppet_heard(scene->puppet, "done:2"));
	eventually(pins(scene) == 0);
	assert_true(puppet_heard(scene->puppet, "again:0"));
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(is_done_on_a_worker_and_ends_at_home),
		IN_SCENE(pins_from_the_asking_to_the_end),
		IN_SCENE(work_done_pins_on_its_way),
		IN_SCENE(marks_the_worker_that_did_it),
		IN_SCENE(a_full_queue_refuses),
		IN_SCENE(a_plugin_without_work_has_none),
		IN_SCENE(a_plugin_without_work_done_is_not_told),
		IN_SCENE(work_may_ask_for_more),
	};
	return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
