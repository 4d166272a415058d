/* The timers of a generation: set and dropped from any thread, and dead with it. */
#include "fixtures/puppet.h"

#include "act/park.h"

/* Each post goes through here, so that a test can look at what holds meanwhile. */
struct loop;
struct post;
static void post_seen(struct loop *loop, struct post *post);
#define loop_post post_seen
#include "act/timer.c"
#undef loop_post

#include <string.h>

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct puppet
		*clock; /* another one, with the same home: its timers tell that time passed */
	const act_host *h;
};

static void (*on_post)(void);

static void post_seen(struct loop *loop, struct post *post)
{
	if (on_post != NULL)
		on_post();
	loop_post(loop, post);
}

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{}");
	on_post = NULL;
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, 0),
		                .clock = puppet_new(house, "clock", ACT_F_PARALLEL, 0) };
	puppet_enter(scene.puppet);
	puppet_enter(scene.clock)->home = scene.puppet->generation->home;
	scene.h = scene.puppet->host;
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

static void serve(struct scene *scene)
{
	puppet_serve(scene->house);
	puppet_forget(scene->puppet);
}

static act_timer set(struct scene *scene, uint64_t tag, uint32_t ms, int32_t repeat)
{
	act_timer timer = 0;
	assert_int_equal(scene->h->timer_set(scene->h, tag, ms, repeat, &timer), ACT_OK);
	assert_true(timer != 0);
	return timer;
}

/* Returns when timers of a millisecond that were set before have long been due. */
static void let_time_pass(struct scene *scene)
{
	const act_host *h = scene->clock->host;
	puppet_forget(scene->clock);
	for (uint64_t i = 0; i < 3; i++) {
		char word[16];
		snprintf(word, sizeof word, "timer:%lu", i);
		assert_int_equal(h->timer_set(h, i, 10, 0, NULL), ACT_OK);
		eventually(puppet_heard(scene->clock, word));
	}
}

static uint32_t count(const struct scene *scene)
{
	struct generation_timers *timers = scene->puppet->generation->timers;
	pthread_mutex_lock(&timers->lock);
	uint32_t number = timers->count;
	pthread_mutex_unlock(&timers->lock);
	return number;
}

/* ---- setting ---- */

static void none_before_the_generation_is_live(void **state)
{
	struct scene *scene = *state;
	act_timer timer = 4711;
	assert_int_equal(scene->h->timer_set(scene->h, 1, 1, 0, &timer), ACT_E_INVAL);
	assert_int_equal(timer, 4711);
	serve(scene);
	assert_int_equal(scene->h->timer_set(scene->h, 1, 1, 0, NULL), ACT_OK);
	eventually(puppet_heard(scene->puppet, "timer:1"));
}

static void one_comes_once(void **state)
{
	struct scene *scene = *state;
	serve(scene);
	act_timer timer = set(scene, 7, 1, 0);
	eventually(puppet_heard(scene->puppet, "timer:7"));
	let_time_pass(scene);
	puppet_told(scene->puppet, "timer:7");
	assert_int_equal(scene->h->timer_drop(scene->h, timer), ACT_E_GONE);
	assert_int_equal(count(scene), 0);
}

static void one_that_repeats_comes_again(void **state)
{
	struct scene *scene = *state;
	serve(scene);
	act_timer timer = set(scene, 7, 1, 1);
	for (int i = 0; i < 5; i++) {
		eventually(puppet_heard(scene->puppet, "timer:7"));
		puppet_forget(scene->puppet);
	}
	assert_int_equal(scene->h->timer_drop(scene->h, timer), ACT_OK);
	house_settle(scene->house);
	puppet_forget(scene->puppet);
	let_time_pass(scene);
	puppet_told(scene->puppet, "");
}

static void zero_is_soon_but_not_for_ever(void **state)
{
	struct scene *scene = *state;
	serve(scene);
	set(scene, 1, 0, 0);
	eventually(puppet_heard(scene->puppet, "timer:1"));
	assert_int_equal(scene->h->timer_set(scene->h, 2, 0, 1, NULL), ACT_E_INVAL);
}

static void numbers_are_of_their_kind_and_come_once(void **state)
{
	struct scene *scene = *state;
	serve(scene);
	act_timer one = set(scene, 1, 3600000, 0), two = set(scene, 1, 3600000, 0);
	assert_true(one != two);
	assert_int_equal(slots_kind(one), TIMER_KIND);
	assert_int_equal(scene->h->timer_drop(scene->h, 0), ACT_E_GONE);
	assert_int_equal(scene->h->timer_drop(scene->h, two + 1), ACT_E_GONE);
	assert_int_equal(scene->h->timer_drop(scene->h, one), ACT_OK);
	assert_int_equal(scene->h->timer_drop(scene->h, one), ACT_E_GONE);
	assert_int_equal(count(scene), 1);
}

static void there_is_a_bound(void **state)
{
	struct scene *scene = *state;
	serve(scene);
	act_timer last = 0;
	for (int i = 0; i < TIMERS_MAX; i++)
		last = set(scene, 1, 3600000, 0);
	assert_int_equal(scene->h->timer_set(scene->h, 1, 1, 0, NULL), ACT_E_BUSY);
	assert_int_equal(scene->h->timer_drop(scene->h, last), ACT_OK);
	set(scene, 1, 3600000, 0);
	assert_int_equal(scene->h->timer_set(scene->h, 1, 1, 0, NULL), ACT_E_BUSY);
}

/* ---- on the home loop ---- */

static act_timer to_drop;

static void drop_at_home(struct loop *loop, void *context)
{
	struct scene *scene = context;
	(void)loop;
	puppet_note(scene->puppet, "drop:%d", scene->h->timer_drop(scene->h, to_drop));
}

/* Once timer_drop() has returned there, it does not come. */
static void dropped_at_home_it_is_over(void **state)
{
	struct scene *scene = *state;
	uint32_t home = scene->puppet->generation->home->index;
	serve(scene);
	to_drop = set(scene, 7, 1, 1);
	eventually(puppet_heard(scene->puppet, "timer:7"));
	house_on_loop(scene->house, home, drop_at_home, scene);
	puppet_forget(scene->puppet);
	let_time_pass(scene);
	puppet_told(scene->puppet, "");
}

static void on_timer_set_and_drop(void *self, uint64_t tag)
{
	struct puppet *puppet = self;
	const act_host *h = puppet->host;
	const struct loop *loop = loop_self();
	puppet_note(puppet, "timer:%lu%s", tag,
	            loop == puppet->generation->home ? "" : ":elsewhere");
	if (tag == 1) {
		puppet_note(puppet, "drop:%d", h->timer_drop(h, to_drop));
		h->timer_set(h, 2, 1, 0, NULL);
	}
}

static void a_timer_may_set_and_drop_others(void **state)
{
	struct scene *scene = *state;
	scene->puppet->table.on_timer = on_timer_set_and_drop;
	serve(scene);
	to_drop = set(scene, 3, 3600000, 0);
	set(scene, 1, 1, 0);
	eventually(puppet_heard(scene->puppet, "timer:2"));
	puppet_told(scene->puppet, "timer:1 drop:0 timer:2");
	assert_int_equal(count(scene), 0);
}

static void set_and_drop_at_once(struct loop *loop, void *context)
{
	struct scene *scene = context;
	act_timer timer = 0;
	(void)loop;
	scene->h->timer_set(scene->h, 9, 1, 1, &timer);
	puppet_note(scene->puppet, "drop:%d", scene->h->timer_drop(scene->h, timer));
}

/* It is dropped before its start has come through the inbox. */
static void one_that_never_started_is_dropped(void **state)
{
	struct scene *scene = *state;
	serve(scene);
	house_on_loop(scene->house, scene->puppet->generation->home->index, set_and_drop_at_once,
	              scene);
	let_time_pass(scene);
	puppet_told(scene->puppet, "drop:0");
}

static void a_plugin_without_on_timer_may_set_one(void **state)
{
	struct scene *scene = *state;
	scene->puppet->table.on_timer = NULL;
	serve(scene);
	set(scene, 1, 1, 0);
	eventually(count(scene) == 0);
}

/* ---- while their generation is parked ---- */

static void those_that_are_due_meanwhile_come_once_afterwards(void **state)
{
	struct scene *scene = *state;
	serve(scene);
	park_begin(scene->puppet->generation);
	set(scene, 7, 1, 0);
	act_timer often = set(scene, 8, 1, 1), dropped = set(scene, 9, 1, 0);
	set(scene, 10, 3600000, 0);
	let_time_pass(scene);
	puppet_told(scene->puppet, "");
	assert_int_equal(count(scene), 4);
	assert_int_equal(scene->h->timer_drop(scene->h, dropped), ACT_OK);
	park_end(scene->puppet->generation, false);
	eventually(puppet_heard(scene->puppet, "timer:7"));
	eventually(puppet_heard(scene->puppet, "timer:8"));
	assert_int_equal(scene->h->timer_drop(scene->h, often), ACT_OK);
	house_settle(scene->house);
	assert_false(puppet_heard(scene->puppet, "timer:9"));
	assert_false(puppet_heard(scene->puppet, "timer:10"));
	puppet_forget(scene->puppet);
	let_time_pass(scene);
	puppet_told(scene->puppet, "");
	assert_int_equal(count(scene), 1);
}

/* The next one serves: those of the one before never come, and end with it. */
static void those_of_one_that_was_replaced_stand_still(void **state)
{
	struct scene *scene = *state;
	serve(scene);
	set(scene, 7, 1, 1);
	eventually(puppet_heard(scene->puppet, "timer:7"));
	park_begin(scene->puppet->generation);
	puppet_forget(scene->puppet);
	park_end(scene->puppet->generation, true);
	let_time_pass(scene);
	puppet_told(scene->puppet, "");
	assert_int_equal(generation_step(scene->puppet->generation, STEP_STOP, EVENTUALLY_MS),
	                 ACT_OK);
	assert_int_equal(count(scene), 0);
}

/* ---- the end ---- */

static void they_die_with_their_generation(void **state)
{
	struct scene *scene = *state;
	serve(scene);
	act_timer timer = set(scene, 7, 1, 1);
	set(scene, 8, 3600000, 0);
	eventually(puppet_heard(scene->puppet, "timer:7"));
	assert_int_equal(generation_step(scene->puppet->generation, STEP_STOP, EVENTUALLY_MS),
	                 ACT_OK);
	puppet_forget(scene->puppet);
	assert_int_equal(count(scene), 0);
	assert_int_equal(scene->h->timer_drop(scene->h, timer), ACT_E_GONE);
	assert_int_equal(scene->h->timer_set(scene->h, 9, 1, 0, NULL), ACT_E_INVAL);
	let_time_pass(scene);
	puppet_told(scene->puppet, "");
}

struct setter {
	struct scene *scene;
	_Atomic bool enough;
	_Atomic uint32_t set;
};

static void *set_and_drop_for_ever(void *arg)
{
	struct setter *setter = arg;
	const act_host *h = setter->scene->h;
	while (!atomic_load(&setter->enough)) {
		act_timer timer;
		if (h->timer_set(h, 1, 1, 1, &timer) == ACT_OK) {
			atomic_fetch_add(&setter->set, 1);
			h->timer_drop(h, timer);
		}
	}
	return NULL;
}

static void they_die_while_threads_set_more(void **state)
{
	struct scene *scene = *state;
	struct setter setter = { .scene = scene };
	pthread_t threads[2];
	serve(scene);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, set_and_drop_for_ever, &setter),
		                 0);
	eventually(atomic_load(&setter.set) > 100);
	assert_int_equal(generation_step(scene->puppet->generation, STEP_STOP, EVENTUALLY_MS),
	                 ACT_OK);
	assert_int_equal(count(scene), 0);
	puppet_forget(scene->puppet);
	let_time_pass(scene);
	atomic_store(&setter.enough, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	puppet_told(scene->puppet, "");
}

static struct scene *watched;
static uint32_t posted, posted_unlocked;

static void look_at_lock(void)
{
	pthread_mutex_t *lock = &watched->puppet->generation->timers->lock;
	posted++;
	if (pthread_mutex_trylock(lock) != 0)
		return;
	posted_unlocked++;
	pthread_mutex_unlock(lock);
}

/* timers_stop() takes the lock on the home loop: what it does not find any more has its end in the
 * inbox by then, so that none is left ticking when the generation goes. */
static void one_that_is_taken_out_has_its_end_posted(void **state)
{
	struct scene *scene = *state;
	serve(scene);
	watched = scene;
	posted = posted_unlocked = 0;
	on_post = look_at_lock;
	act_timer timer = set(scene, 1, 3600000, 0);
	assert_int_equal(scene->h->timer_drop(scene->h, timer), ACT_OK);
	on_post = NULL;
	assert_int_equal(posted, 2);
	assert_int_equal(posted_unlocked, 0);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(none_before_the_generation_is_live),
		IN_SCENE(one_comes_once),
		IN_SCENE(one_that_repeats_comes_again),
		IN_SCENE(zero_is_soon_but_not_for_ever),
		IN_SCENE(numbers_are_of_their_kind_and_come_once),
		IN_SCENE(there_is_a_bound),
		IN_SCENE(dropped_at_home_it_is_over),
		IN_SCENE(a_timer_may_set_and_drop_others),
		IN_SCENE(one_that_never_started_is_dropped),
		IN_SCENE(a_plugin_without_on_timer_may_set_one),
		IN_SCENE(those_that_are_due_meanwhile_come_once_afterwards),
		IN_SCENE(those_of_one_that_was_replaced_stand_still),
		IN_SCENE(they_die_with_their_generation),
		IN_SCENE(they_die_while_threads_set_more),
		IN_SCENE(one_that_is_taken_out_has_its_end_posted),
	};
	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
