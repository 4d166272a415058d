/* Who is in which topic. */
#include <act/easy.h> /* before cmocka, whose fail() is a macro */

#include "base/mem.h"
#include "net/conn.h"
#include "net/hub.h"

#include "fixtures/dies.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONNS = 50 };

static struct hub hub;
static struct conn *conns[CONNS]; /* each has its place here as its number */

static int begin(void **state)
{
	(void)state;
	hub_init(&hub);
	for (int i = 0; i < CONNS; i++) {
		conns[i] = mem_new(1, sizeof(struct conn));
		conns[i]->id = (act_conn)i;
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (int i = 0; i < CONNS; i++) {
		hub_leave_all(&hub, conns[i]);
		assert_int_equal(conns[i]->membership_count, 0);
		free(conns[i]);
	}
	assert_int_equal(hub.topics.count, 0);
	hub_free(&hub);
	return 0;
}

struct roll {
	int calls;
	bool called[CONNS];
};

static void call_the_roll(struct conn *conn, void *context)
{
	struct roll *roll = context;
	roll->calls++;
	roll->called[conn->id] = true;
}

static struct roll members(enum hub_kind kind, const char *id)
{
	struct roll roll = { 0 };
	hub_each(&hub, kind, act_str(id), call_the_roll, &roll);
	return roll;
}

static void join(int conn, enum hub_kind kind, const char *id)
{
	assert_int_equal(hub_join(&hub, conns[conn], kind, act_str(id)), ACT_OK);
}

static void nobody_is_anywhere(void **state)
{
	(void)state;
	assert_int_equal(members(HUB_USER, "ann").calls, 0);
	hub_leave(&hub, conns[0], HUB_USER, act_str("ann"));
	hub_leave_all(&hub, conns[0]);
	assert_int_equal(hub.topics.count, 0);
}

static void all_of_a_topic_are_reached(void **state)
{
	(void)state;
	for (int i = 0; i < CONNS; i++)
		join(i, HUB_USER, i % 3 == 0 ? "ann" : "bob");
	struct roll roll = members(HUB_USER, "ann");
	assert_int_equal(roll.calls, (CONNS + 2) / 3);
	for (int i = 0; i < CONNS; i++)
		assert_int_equal(roll.called[i], i % 3 == 0);
	assert_int_equal(members(HUB_USER, "bob").calls, CONNS - roll.calls);
	assert_int_equal(members(HUB_USER, "an").calls, 0);
	assert_int_equal(members(HUB_USER, "anna").calls, 0);
}

static void a_user_is_no_group(void **state)
{
	(void)state;
	join(1, HUB_USER, "same");
	join(2, HUB_GROUP, "same");
	assert_int_equal(hub.topics.count, 2);
	assert_true(members(HUB_USER, "same").called[1]);
	assert_int_equal(members(HUB_USER, "same").calls, 1);
	assert_true(members(HUB_GROUP, "same").called[2]);
	assert_int_equal(members(HUB_GROUP, "same").calls, 1);
}

static void ids_may_hold_any_byte(void **state)
{
	(void)state;
	hub_join(&hub, conns[0], HUB_GROUP, act_mem("a\0b", 3));
	hub_join(&hub, conns[1], HUB_GROUP, act_mem("a\0c", 3));
	struct roll roll = { 0 };
	hub_each(&hub, HUB_GROUP, act_mem("a\0c", 3), call_the_roll, &roll);
	assert_int_equal(roll.calls, 1);
	assert_true(roll.called[1]);
}

static void twice_is_once(void **state)
{
	(void)state;
	join(0, HUB_GROUP, "g");
	join(0, HUB_GROUP, "g");
	assert_int_equal(members(HUB_GROUP, "g").calls, 1);
	assert_int_equal(conns[0]->membership_count, 1);
	hub_leave(&hub, conns[0], HUB_GROUP, act_str("g"));
	assert_int_equal(members(HUB_GROUP, "g").calls, 0);
	hub_leave(&hub, conns[0], HUB_GROUP, act_str("g"));
	assert_int_equal(hub.topics.count, 0);
}

/* Each step makes another order: first to last, last to first, and criss-cross. */
static void they_leave_in_any_order(void **state)
{
	(void)state;
	for (int step = 1; step < CONNS; step += 6) {
		struct roll here = { 0 };
		for (int i = 0; i < CONNS; i++) {
			join(i, HUB_GROUP, "other");
			join(i, HUB_GROUP, "g");
			here.called[i] = true;
		}
		for (int i = 0, at = 0; i < CONNS; i++, at = (at + step) % CONNS) {
			while (!here.called[at])
				at = (at + 1) % CONNS;
			here.called[at] = false;
			hub_leave(&hub, conns[at], HUB_GROUP, act_str("g"));
			struct roll roll = members(HUB_GROUP, "g");
			assert_int_equal(roll.calls, CONNS - 1 - i);
			assert_memory_equal(roll.called, here.called, sizeof here.called);
		}
		assert_int_equal(members(HUB_GROUP, "other").calls, CONNS);
	}
}

static void the_last_one_turns_off_the_light(void **state)
{
	(void)state;
	join(0, HUB_USER, "ann");
	join(0, HUB_GROUP, "g");
	join(1, HUB_GROUP, "g");
	assert_int_equal(hub.topics.count, 2);
	hub_leave_all(&hub, conns[0]);
	assert_int_equal(conns[0]->membership_count, 0);
	assert_int_equal(hub.topics.count, 1);
	assert_int_equal(members(HUB_GROUP, "g").calls, 1);
	hub_leave(&hub, conns[1], HUB_GROUP, act_str("g"));
	assert_int_equal(hub.topics.count, 0);
}

static void there_may_be_many_topics(void **state)
{
	enum { TOPICS = 10000 };
	char id[32];
	(void)state;
	for (int i = 0; i < TOPICS; i++) {
		snprintf(id, sizeof id, "user %d", i);
		join(i % CONNS, HUB_USER, id);
	}
	assert_int_equal(hub.topics.count, TOPICS);
	assert_true(hub.topics.buckets >= TOPICS);
	for (int i = 0; i < TOPICS; i++) {
		snprintf(id, sizeof id, "user %d", i);
		struct roll roll = members(HUB_USER, id);
		assert_int_equal(roll.calls, 1);
		assert_true(roll.called[i % CONNS]);
	}
	for (int i = 0; i < TOPICS; i += 2) {
		snprintf(id, sizeof id, "user %d", i);
		hub_leave(&hub, conns[i % CONNS], HUB_USER, act_str(id));
	}
	assert_int_equal(hub.topics.count, TOPICS / 2);
}

/* The bound is on groups: the user of the connection does not count. */
static void a_connection_is_in_so_many_groups(void **state)
{
	char id[32];
	(void)state;
	join(0, HUB_USER, "ann");
	for (int i = 0; i < HUB_GROUPS_MAX; i++) {
		snprintf(id, sizeof id, "group %d", i);
		join(0, HUB_GROUP, id);
	}
	join(1, HUB_GROUP, "one more");
	assert_int_equal(hub_join(&hub, conns[0], HUB_GROUP, act_str("one more")), ACT_E_BUSY);
	assert_int_equal(hub_join(&hub, conns[0], HUB_GROUP, act_str("a new one")), ACT_E_BUSY);
	assert_int_equal(members(HUB_GROUP, "one more").calls, 1);
	assert_int_equal(hub.topics.count, HUB_GROUPS_MAX + 2); /* the new one was not made */
	join(0, HUB_GROUP, "group 7");                          /* it is in that one */
	hub_leave(&hub, conns[0], HUB_GROUP, act_str("group 7"));
	join(0, HUB_GROUP, "one more");
	hub_leave(&hub, conns[0], HUB_USER, act_str("ann"));
	join(0, HUB_USER, "bob"); /* a login is not refused */
}

/* Its memory follows in both directions: alone, a few, many, and back. */
static void a_topic_shrinks_and_grows_again(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < CONNS; i++) {
			join(i, HUB_GROUP, "g");
			assert_int_equal(members(HUB_GROUP, "g").calls, i + 1);
		}
		for (int i = CONNS - 1; i > 0; i--) {
			hub_leave(&hub, conns[i], HUB_GROUP, act_str("g"));
			struct roll roll = members(HUB_GROUP, "g");
			assert_int_equal(roll.calls, i);
			assert_true(roll.called[0] && roll.called[i - 1]);
		}
	}
}

/* The same for what a connection keeps, whichever it leaves first. */
static void a_connection_joins_and_leaves_by_turns(void **state)
{
	char id[32];
	(void)state;
	for (int first = 0; first < 6; first++) {
		for (int i = 0; i < 6; i++) {
			snprintf(id, sizeof id, "group %d", i);
			join(0, HUB_GROUP, id);
			assert_int_equal(conns[0]->membership_count, i + 1);
		}
		for (int i = 0; i < 6; i++) {
			snprintf(id, sizeof id, "group %d", (first + i) % 6);
			assert_true(members(HUB_GROUP, id).called[0]);
			hub_leave(&hub, conns[0], HUB_GROUP, act_str(id));
			assert_int_equal(members(HUB_GROUP, id).calls, 0);
		}
		assert_int_equal(conns[0]->membership_count, 0);
	}
}

static void a_name_lasts_until_it_is_swept(void **state)
{
	(void)state;
	join(0, HUB_USER, "ann");
	const char *name = hub_name(&hub, HUB_USER, act_str("ann"));
	hub_leave_all(&hub, conns[0]);
	assert_string_equal(name, "ann");
	assert_ptr_equal(hub.dropped->id, name);
	join(0, HUB_USER, "ann"); /* another topic, of the same name */
	assert_ptr_not_equal(hub_name(&hub, HUB_USER, act_str("ann")), name);
	hub_sweep(&hub);
	assert_null(hub.dropped);
	assert_string_equal(hub_name(&hub, HUB_USER, act_str("ann")), "ann");
	hub_sweep(&hub);
}

static void ask_for_a_name_of_nobody(void)
{
	hub_name(&hub, HUB_USER, act_str("ann"));
}

static void free_while_somebody_is_in(void)
{
	hub_join(&hub, conns[0], HUB_GROUP, act_str("g"));
	hub_free(&hub);
}

static void faults_stop_the_program(void **state)
{
	(void)state;
	assert_dies(ask_for_a_name_of_nobody, "topic != NULL does not hold");
	assert_dies(free_while_somebody_is_in, "topics->count == 0 does not hold");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nobody_is_anywhere, begin, end),
		cmocka_unit_test_setup_teardown(all_of_a_topic_are_reached, begin, end),
		cmocka_unit_test_setup_teardown(a_user_is_no_group, begin, end),
		cmocka_unit_test_setup_teardown(ids_may_hold_any_byte, begin, end),
		cmocka_unit_test_setup_teardown(twice_is_once, begin, end),
		cmocka_unit_test_setup_teardown(they_leave_in_any_order, begin, end),
		cmocka_unit_test_setup_teardown(the_last_one_turns_off_the_light, begin, end),
		cmocka_unit_test_setup_teardown(there_may_be_many_topics, begin, end),
		cmocka_unit_test_setup_teardown(a_connection_is_in_so_many_groups, begin, end),
		cmocka_unit_test_setup_teardown(a_topic_shrinks_and_grows_again, begin, end),
		cmocka_unit_test_setup_teardown(a_connection_joins_and_leaves_by_turns, begin, end),
		cmocka_unit_test_setup_teardown(a_name_lasts_until_it_is_swept, begin, end),
		cmocka_unit_test_setup_teardown(faults_stop_the_program, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
