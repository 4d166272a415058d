/* The table of names: what is found in it, and how it grows. */
#include <act/easy.h> /* before cmocka, whose fail() is a macro */

#include "net/topics.h"

#include "fixtures/dies.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { KIND = 1, MANY = 5 * TOPICS_CHUNK };

static struct topics topics;

static int begin(void **state)
{
	(void)state;
	topics_init(&topics);
	return 0;
}

static act_bytes name_of(int number)
{
	static char name[32];
	return act_mem(name, (size_t)snprintf(name, sizeof name, "name %d", number));
}

static void forget(struct topic *topic)
{
	topics_take(&topics, topic);
	free(topic);
}

static int end(void **state)
{
	(void)state;
	for (int i = 0; i < MANY; i++) {
		struct topic *topic = topics_find(&topics, KIND, name_of(i));
		if (topic != NULL)
			forget(topic);
	}
	topics_free(&topics);
	return 0;
}

static void finds_what_was_made(void **state)
{
	(void)state;
	struct topic *topic = topics_make(&topics, KIND, name_of(7));
	assert_string_equal(topic->id, "name 7");
	assert_int_equal(topic->id_len, 6);
	assert_int_equal(topic->kind, KIND);
	assert_int_equal(topic->count, 0);
	assert_ptr_equal(topics_make(&topics, KIND, name_of(7)), topic);
	assert_ptr_equal(topics_find(&topics, KIND, name_of(7)), topic);
	assert_null(topics_find(&topics, KIND + 1, name_of(7)));
	assert_null(topics_find(&topics, KIND, name_of(77)));
	assert_null(topics_find(&topics, KIND, act_str("")));
	assert_int_equal(topics.count, 1);
}

static void an_empty_name_is_a_name(void **state)
{
	(void)state;
	struct topic *topic = topics_make(&topics, KIND, act_str(""));
	assert_string_equal(topic->id, "");
	assert_ptr_equal(topics_find(&topics, KIND, act_str("")), topic);
	forget(topic);
	assert_null(topics_find(&topics, KIND, act_str("")));
}

/* In which bucket does each stand? */
static void look(size_t *where, const struct topic **who)
{
	size_t seen = 0;
	for (size_t at = 0; at < topics.buckets; at++) {
		const struct topic *topic = topics.chunks[at / TOPICS_CHUNK][at % TOPICS_CHUNK];
		for (; topic != NULL; topic = topic->next) {
			int number = atoi(topic->id + sizeof "name");
			where[number] = at;
			who[number] = topic;
			seen++;
		}
	}
	assert_int_equal(seen, topics.count);
}

/* Each time one bucket is added, and takes over a few from one other; all else stays where it is.
 * These names are spread well: with one a bucket on average none holds more than eight. */
static void grows_by_one_bucket_at_a_time(void **state)
{
	static size_t before[MANY], after[MANY];
	static const struct topic *who[MANY], *who_then[MANY];
	enum { A_FEW = 8 };
	int moved_ever = 0;
	(void)state;
	for (int i = 0; i < MANY; i++) {
		size_t buckets = topics.buckets;
		int moved = 0;
		topics_make(&topics, KIND, name_of(i));
		look(after, who);
		assert_true(topics.buckets - buckets <= 1);
		for (int k = 0; k < i; k++) {
			assert_ptr_equal(who[k], who_then[k]);
			if (after[k] != before[k]) {
				assert_int_equal(after[k], buckets); /* the new one */
				moved++;
			}
		}
		assert_true(moved <= A_FEW);
		moved_ever += moved;
		memcpy(before, after, sizeof before);
		memcpy(who_then, who, sizeof who);
	}
	assert_int_equal(topics.buckets, MANY);
	assert_true(moved_ever > MANY / 4);
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(topics_find(&topics, KIND, name_of(i)), who[i]);
}

static void what_is_taken_out_is_gone_and_the_rest_is_not(void **state)
{
	(void)state;
	for (int i = 0; i < MANY; i++)
		topics_make(&topics, KIND, name_of(i));
	for (int i = 0; i < MANY; i += 3)
		forget(topics_find(&topics, KIND, name_of(i)));
	for (int i = 0; i < MANY; i++) {
		const struct topic *topic = topics_find(&topics, KIND, name_of(i));
		assert_int_equal(topic == NULL, i % 3 == 0);
	}
	assert_int_equal(topics.count, MANY - (MANY + 2) / 3);
}

static void take_twice(void)
{
	struct topic *topic = topics_make(&topics, KIND, name_of(1));
	topics_take(&topics, topic);
	topics_take(&topics, topic);
}

static void free_with_a_topic(void)
{
	topics_make(&topics, KIND, name_of(1));
	topics_free(&topics);
}

static void make_too_long_a_name(void)
{
	static const char long_name[UINT16_MAX + 1];
	topics_make(&topics, KIND, act_mem(long_name, sizeof long_name));
}

static void faults_stop_the_program(void **state)
{
	(void)state;
	assert_dies(take_twice, "*at != NULL does not hold");
	assert_dies(free_with_a_topic, "topics->count == 0 does not hold");
	assert_dies(make_too_long_a_name, "id.len <= UINT16_MAX does not hold");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_what_was_made, begin, end),
		cmocka_unit_test_setup_teardown(an_empty_name_is_a_name, begin, end),
		cmocka_unit_test_setup_teardown(grows_by_one_bucket_at_a_time, begin, end),
		cmocka_unit_test_setup_teardown(what_is_taken_out_is_gone_and_the_rest_is_not,
		                                begin, end),
		cmocka_unit_test_setup_teardown(faults_stop_the_program, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
