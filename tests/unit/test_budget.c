/* When a new generation has failed too many of its calls. */
#include "fixtures/puppet.h"

#include "act/stats.h"
#include "reload/budget.h"

#include <stdio.h>
#include <string.h>

struct scene {
	struct house *house;
	struct generation *generation;
	struct config config;
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{}");
	struct puppet *puppet = puppet_new(house, "swap", ACT_F_PARALLEL, 2000);
	scene = (struct scene){ .house = house, .generation = puppet_generation(puppet) };
	scene.config.rollback = (struct config_rollback){ .min_calls = 10, .errors_percent = 20 };
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;
	generation_free(scene->generation, NULL);
	house_free(scene->house);
	return 0;
}

static void end(struct scene *scene, uint32_t action, uint32_t status, int times)
{
	for (int i = 0; i < times; i++) {
		stats_begin(scene->generation->stats, (uint32_t)i % HOUSE_LOOPS, action, 0);
		stats_end(scene->generation->stats, (uint32_t)i % HOUSE_LOOPS, action, status, 0,
		          0);
	}
}

static bool broken(const struct scene *scene)
{
	struct err why = { "" };
	return budget_is_broken(&scene->config, scene->generation, &why);
}

static void more_than_its_share_breaks_it(void **state)
{
	struct scene *scene = *state;
	end(scene, PUPPET_ECHO, STATUS_OK, 8);
	end(scene, PUPPET_HOLD, STATUS_PLUGIN_FAILED, 2);
	assert_false(broken(scene)); /* 20 of 100 is not more than that */
	end(scene, PUPPET_ECHO, STATUS_DEADLINE, 1);
	assert_true(broken(scene));
}

static void it_is_judged_by_enough_calls(void **state)
{
	struct scene *scene = *state;
	end(scene, PUPPET_ECHO, STATUS_PLUGIN_FAILED, 9);
	assert_false(broken(scene));
	end(scene, PUPPET_ECHO, STATUS_UNAVAILABLE, 1);
	assert_true(broken(scene));
}

/* What it refuses is served; what never reached it says nothing of it. */
static void refusals_are_no_failures(void **state)
{
	struct scene *scene = *state;
	end(scene, PUPPET_ECHO, STATUS_PAYLOAD_REFUSED, 50);
	end(scene, PUPPET_ECHO, STATUS_FORBIDDEN, 50);
	end(scene, PUPPET_ECHO, 4711, 50);
	end(scene, PUPPET_ECHO, STATUS_PLUGIN_FAILED, 30);
	assert_false(broken(scene));
	end(scene, PUPPET_ECHO, STATUS_RATE_LIMITED, 1000);
	end(scene, PUPPET_ECHO, STATUS_OVERLOADED, 1000);
	end(scene, PUPPET_ECHO, STATS_GONE, 1000);
	end(scene, PUPPET_ECHO, STATUS_PLUGIN_FAILED, 8);
	assert_true(broken(scene));
}

static void at_0_nothing_breaks_it(void **state)
{
	struct scene *scene = *state;
	scene->config.rollback.errors_percent = 0;
	end(scene, PUPPET_ECHO, STATUS_PLUGIN_FAILED, 1000);
	assert_false(broken(scene));
}

static void it_says_what_it_saw(void **state)
{
	struct scene *scene = *state;
	struct err why = { "" };
	char expected[300];
	end(scene, PUPPET_ECHO, STATUS_OK, 5);
	end(scene, PUPPET_ECHO, STATUS_PLUGIN_FAILED, 4);
	end(scene, PUPPET_ECHO, STATUS_DEADLINE, 3);
	end(scene, PUPPET_ECHO, STATUS_UNAVAILABLE, 2);
	assert_true(budget_is_broken(&scene->config, scene->generation, &why));
	snprintf(expected, sizeof expected,
	         "plugin swap %s (generation %lu) failed 9 of 14 calls (4 failed, 3 too late, 2 "
	         "unavailable); rollback.errors_percent is 20",
	         scene->generation->manifest.version, scene->generation->number);
	assert_string_equal(why.text, expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(more_than_its_share_breaks_it), TEST(it_is_judged_by_enough_calls),
		TEST(refusals_are_no_failures),      TEST(at_0_nothing_breaks_it),
		TEST(it_says_what_it_saw),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
