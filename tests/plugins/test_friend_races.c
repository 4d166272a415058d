/* The plugin friend under several workers at once: no call may see, or leave, half a change. */
#include "people.h"

#include <pthread.h>

static int setup(void **state)
{
	static struct people people;
	people_open(&people, "friend", NULL);
	*state = &people;
	return 0;
}

static int teardown(void **state)
{
	people_close(*state);
	return 0;
}

/* One of two users who ask each other at the same moment. */
struct asker {
	struct people *people;
	pthread_barrier_t *start;
	char me[16];
	char other[16];
	const struct fake_answer *answer;
};

static void *ask(void *arg)
{
	struct asker *asker = arg;
	char payload[64];
	snprintf(payload, sizeof payload, "{'user':'%s'}", asker->other);
	pthread_barrier_wait(asker->start);
	asker->answer = people_call(asker->people, asker->me, "add", payload);
	return NULL;
}

/* Exactly one of the two was first. Whoever that was heard of the other's acceptance, and the other
 * of the request. */
static void check_crossing(struct people *people, const struct asker *one,
                           const struct asker *other)
{
	char expected[256], pushes[256];
	const bool one_first = strcmp(one->answer->body, "{\"state\":\"requested\"}") == 0;
	const struct asker *first = one_first ? one : other, *second = one_first ? other : one;
	assert_string_equal(first->answer->body, "{\"state\":\"requested\"}");
	assert_string_equal(second->answer->body, "{\"state\":\"friends\"}");
	people_pushes(people, pushes, sizeof pushes);
	/* A push leaves after its commit, so these two may come in either order. */
	snprintf(expected, sizeof expected, "requested to %s: {'user':'%s','note':''}", second->me,
	         first->me);
	assert_non_null(strstr(pushes, people_json(expected)));
	snprintf(expected, sizeof expected, "answered to %s: {'user':'%s','accept':true}",
	         first->me, second->me);
	assert_non_null(strstr(pushes, people_json(expected)));
	assert_int_equal(fake_count(people->host, FAKE_PUSH), 2);
	people_check_list(people, one->me, "list", "{}", "friends", other->me);
	people_check_list(people, other->me, "list", "{}", "friends", one->me);
	people_check_list(people, one->me, "requests", "{}", "received", "");
	people_check_list(people, other->me, "requests", "{}", "received", "");
}

static void crossing_requests_make_one_friendship(void **state)
{
	enum { ROUNDS = 50 };
	struct people *people = *state;
	pthread_barrier_t start;
	pthread_barrier_init(&start, NULL, 2);
	for (int round = 0; round < ROUNDS; round++) {
		struct asker askers[2] = { { .people = people, .start = &start },
			                   { .people = people, .start = &start } };
		pthread_t threads[2];
		for (int i = 0; i < 2; i++) {
			snprintf(askers[i].me, sizeof askers[i].me, "%c%d", 'a' + i, round);
			snprintf(askers[i].other, sizeof askers[i].other, "%c%d", 'b' - i, round);
			people_login(people, askers[i].me);
		}
		fake_forget(people->host);
		for (int i = 0; i < 2; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		check_crossing(people, &askers[0], &askers[1]);
	}
	pthread_barrier_destroy(&start);
}

static const char *const NAMES[] = { "alice", "bob", "carol", "eve" };
enum { NAME_COUNT = 4, THREADS = 4, CALLS = 200 };

struct crowd {
	struct people *people;
	unsigned seed;
	int failures; /* answers that no order of calls explains */
};

/* The calls of one worker: any user does anything with any other. */
static void *mingle(void *arg)
{
	static const char *const actions[] = { "add", "answer", "remove", "block", "unblock" };
	struct crowd *crowd = arg;
	char payload[64];
	for (int i = 0; i < CALLS; i++) {
		const unsigned me = (unsigned)rand_r(&crowd->seed) % NAME_COUNT;
		const unsigned other =
			(me + 1 + (unsigned)rand_r(&crowd->seed) % (NAME_COUNT - 1)) % NAME_COUNT;
		const char *action = actions[(unsigned)rand_r(&crowd->seed) % 5];
		snprintf(payload, sizeof payload, "{'user':'%s'%s}", NAMES[other],
		         strcmp(action, "answer") == 0 ? ",'accept':true" : "");
		const struct fake_answer *answer =
			people_call(crowd->people, NAMES[me], action, payload);
		crowd->failures +=
			answer->rc != ACT_OK ||
			(answer->status != 0 && answer->status != 1003 && answer->status != 1005);
	}
	return NULL;
}

static bool lists(struct people *people, const char *user, const char *action, const char *payload,
                  const char *key, const char *other)
{
	bool found = false;
	cJSON *reply = people_reply(people, user, action, payload);
	const cJSON *entry;
	cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(reply, key))
	{
		found = found || strcmp(people_text(entry, "user"), other) == 0;
	}
	cJSON_Delete(reply);
	return found;
}

static void check_pair(struct people *people, const char *one, const char *other)
{
	const bool friends = lists(people, one, "list", "{}", "friends", other);
	const bool asked = lists(people, one, "requests", "{'list':'sent'}", "sent", other);
	const bool was_asked = lists(people, other, "requests", "{'list':'sent'}", "sent", one);
	const bool blocks = lists(people, one, "list", "{'list':'blocked'}", "blocked", other);
	assert_int_equal(friends, lists(people, other, "list", "{}", "friends", one));
	assert_false(friends && (asked || was_asked));
	assert_false(asked && was_asked);
	assert_false(blocks && (friends || asked));
}

static void whatever_happens_the_tables_agree(void **state)
{
	struct crowd crowds[THREADS];
	pthread_t threads[THREADS];
	for (unsigned i = 0; i < THREADS; i++) {
		crowds[i] = (struct crowd){ .people = *state, .seed = 1000 + i };
		assert_int_equal(pthread_create(&threads[i], NULL, mingle, &crowds[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(crowds[i].failures, 0);
	}
	for (int i = 0; i < NAME_COUNT; i++)
		for (int k = 0; k < NAME_COUNT; k++)
			if (i != k)
				check_pair(*state, NAMES[i], NAMES[k]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(crossing_requests_make_one_friendship),
		TEST(whatever_happens_the_tables_agree),
	};
	return cmocka_run_group_tests_name("friend races", tests, NULL, NULL);
}
