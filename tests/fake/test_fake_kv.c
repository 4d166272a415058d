/* act.kv/1 in the fake host: what a plugin finds there, and that it is what the server's own store
 * would say. */
#include <act/fake.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "act/kv.h"

enum { ROUNDS = 20000, KEYS = 12, ENTRIES_MAX = 6, BYTES_MAX = 64 };

static struct fake_host *run(struct fake_host *first, const char *file)
{
	struct fake_host *fake = first != NULL ? fake_new_beside(first, NULL) : fake_new(NULL);
	fake_load(fake, file);
	assert_int_equal(fake_run(fake), ACT_OK);
	return fake;
}

static const act_kv *store_of(struct fake_host *fake)
{
	const act_host *host = fake_table(fake);
	const act_kv *kv = host->extension(host, ACT_EXT_KV, sizeof(act_kv));
	assert_non_null(kv);
	return kv;
}

static void assert_answer(struct fake_host *fake, const char *action, const char *payload,
                          const char *expected)
{
	assert_string_equal(fake_call(fake, action, 1, NULL, payload)->body, expected);
}

/* ---- life ---- */

static void the_next_generation_finds_what_was_kept(void **state)
{
	struct fake_host *fake = run(NULL, FAKE_PLUGIN("keeper"));
	(void)state;
	assert_answer(fake, "put", "a 0 one", "rc 0");
	struct fake_host *next = run(fake, FAKE_PLUGIN("keeper_next"));
	assert_answer(next, "get", "a", "one");
	assert_answer(next, "put", "a 0 two", "rc 0");
	assert_answer(fake, "get", "a", "two");
	fake_end(fake);
	assert_answer(next, "get", "a", "two");
	assert_answer(next, "births", "", "2");
	fake_free(next);
	assert_int_equal(fake_run(fake), ACT_OK);
	assert_answer(fake, "births", "", "3");
	assert_int_equal(fake_kv_entries(fake), 2);
	fake_kv_clear(fake);
	assert_int_equal(fake_kv_entries(fake), 0);
	assert_answer(fake, "get", "a", "rc -1");
	fake_free(fake);
}

static void another_plugin_has_another_store(void **state)
{
	struct fake_host *one = run(NULL, FAKE_PLUGIN("keeper"));
	struct fake_host *other = run(NULL, FAKE_PLUGIN("keeper"));
	(void)state;
	assert_answer(one, "put", "a 0 one", "rc 0");
	assert_answer(other, "get", "a", "rc -1");
	fake_free(other);
	fake_free(one);
}

static void entries_end_by_the_clock_of_the_test(void **state)
{
	struct fake_host *fake = run(NULL, FAKE_PLUGIN("keeper"));
	struct fake_host *next = run(fake, FAKE_PLUGIN("keeper"));
	(void)state;
	assert_answer(fake, "put", "a 1000 one", "rc 0");
	fake_time_pass(fake, 999);
	assert_answer(next, "get", "a", "one");
	fake_time_pass(next, 1);
	assert_answer(fake, "get", "a", "rc -1");
	fake_free(next);
	fake_free(fake);
}

static void the_bounds_are_the_tests(void **state)
{
	struct fake_host *fake = run(NULL, FAKE_PLUGIN("keeper"));
	(void)state;
	fake_kv_limit(fake, 3, 100); /* "births" is one of them */
	assert_answer(fake, "put", "a 0 one", "rc 0");
	assert_answer(fake, "put", "b 10 one", "rc 0");
	assert_answer(fake, "put", "c 0 one", "rc -2");
	fake_time_pass(fake, 10);
	assert_answer(fake, "put", "c 0 one", "rc 0");
	fake_kv_limit(fake, 100, 22); /* "births" and 8 bytes, and twice 1 and 3 */
	assert_answer(fake, "put", "c 0 four", "rc -2");
	assert_answer(fake, "get", "c", "one");
	assert_answer(fake, "put", "c 0 on", "rc 0");
	fake_free(fake);
}

/* A test sees how its plugin bears a store that fails. */
static act_rc is_full(const act_host *h, act_bytes key, int64_t delta, uint32_t ttl_ms,
                      int64_t *sum)
{
	(void)h;
	(void)key;
	(void)delta;
	(void)ttl_ms;
	(void)sum;
	return ACT_E_BUSY;
}

static void a_test_may_offer_its_own(void **state)
{
	const act_kv full = { .size = sizeof full, .add = is_full };
	struct fake_host *fake = fake_new(NULL);
	(void)state;
	fake_offer(fake, ACT_EXT_KV, &full);
	fake_load(fake, FAKE_PLUGIN("keeper"));
	assert_int_equal(fake_create(fake), ACT_E_NOSUPP);
	fake_free(fake);
}

/* ---- the same as the server's ---- */

/* Both stores, and a stream of numbers that is the same in each run. */
struct pair {
	struct fake_host *fake;
	const act_host *host;
	const act_kv *kv;
	struct kv *real_kv;
	struct kv_store *real;
	uint64_t now_ms;
	uint64_t random;
};

static uint32_t pick(struct pair *pair, uint32_t count)
{
	pair->random = pair->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(pair->random >> 33) % count;
}

/* Values of any length up to 15, among them those of counters. */
static act_bytes pick_value(struct pair *pair)
{
	static const char bytes[16] = { 1 };
	return act_mem(bytes, pick(pair, 3) == 0 ? 8 : pick(pair, 16));
}

static void compare_get(struct pair *pair, act_bytes key)
{
	char one[16] = "", other[16] = "";
	size_t len = pick(pair, 17), same = len;
	act_rc rc = pair->kv->get(pair->host, key, one, &len);
	assert_int_equal(rc, kv_get(pair->real, pair->now_ms, key, other, &same));
	assert_int_equal(len, same);
	assert_memory_equal(one, other, sizeof one);
}

static void compare_write(struct pair *pair, act_bytes key)
{
	act_bytes value = pick_value(pair), before = pick_value(pair);
	const act_bytes *there = pick(pair, 2) == 0 ? NULL : &before;
	uint32_t ttl_ms = pick(pair, 2) * pick(pair, 50);
	int64_t delta = pick(pair, 3) - 1, sum = 0, same = 0;
	switch (pick(pair, 4)) {
	case 0:
		assert_int_equal(pair->kv->swap(pair->host, key, there, value, ttl_ms),
		                 kv_swap(pair->real, pair->now_ms, key, there, value, ttl_ms));
		break;
	case 1:
		assert_int_equal(pair->kv->add(pair->host, key, delta, ttl_ms, &sum),
		                 kv_add(pair->real, pair->now_ms, key, delta, ttl_ms, &same));
		assert_int_equal(sum, same);
		break;
	default:
		assert_int_equal(pair->kv->put(pair->host, key, value, ttl_ms),
		                 kv_put(pair->real, pair->now_ms, key, value, ttl_ms));
	}
}

/* The keys that a walk of each gives are the same, in whatever order. */
static void compare_walk(struct pair *pair)
{
	int seen[KEYS] = { 0 };
	uint64_t cursor = 0;
	char key[8];
	size_t len;
	act_bytes prefix = act_str(pick(pair, 2) == 0 ? "" : "k");
	for (len = sizeof key; pair->kv->next(pair->host, prefix, &cursor, key, &len) == ACT_OK;
	     len = sizeof key)
		seen[key[1] - 'a']++;
	cursor = 0;
	for (len = sizeof key;
	     kv_next(pair->real, pair->now_ms, prefix, &cursor, key, &len) == ACT_OK;
	     len = sizeof key)
		seen[key[1] - 'a']--;
	for (size_t i = 0; i < KEYS; i++)
		assert_int_equal(seen[i], 0);
}

static void compare_once(struct pair *pair)
{
	const char name[] = { 'k', (char)('a' + pick(pair, KEYS)) };
	act_bytes key = act_mem(name, sizeof name);
	switch (pick(pair, 8)) {
	case 0:
		pair->now_ms += 7;
		fake_time_pass(pair->fake, 7);
		break;
	case 1:
		assert_int_equal(pair->kv->del(pair->host, key),
		                 kv_del(pair->real, pair->now_ms, key));
		break;
	case 2:
		compare_walk(pair);
		break;
	case 3:
		compare_get(pair, key);
		break;
	default:
		compare_write(pair, key);
	}
}

static void it_says_what_the_servers_store_says(void **state)
{
	struct fake_host *fake = run(NULL, FAKE_PLUGIN("keeper"));
	struct pair pair = { .fake = fake, .host = fake_table(fake), .kv = store_of(fake) };
	(void)state;
	pair.real_kv = kv_new(NULL);
	pair.real = kv_store(pair.real_kv, "keeper");
	fake_kv_clear(fake);
	fake_kv_limit(fake, ENTRIES_MAX, BYTES_MAX);
	kv_limit(pair.real_kv, BYTES_MAX, ENTRIES_MAX);
	for (int i = 0; i < ROUNDS; i++)
		compare_once(&pair);
	kv_sweep(pair.real_kv, pair.now_ms, SIZE_MAX);
	assert_int_equal(fake_kv_entries(fake), kv_entries(pair.real));
	kv_free(pair.real_kv);
	fake_free(fake);
}

static void it_refuses_what_the_servers_store_refuses(void **state)
{
	static const char letters[ACT_KV_KEY_MAX + 1] = { 'a' };
	const act_bytes nowhere = { NULL, 1 };
	const act_bytes bad[] = { { NULL, 0 }, { "", 0 }, nowhere, { letters, sizeof letters } };
	struct fake_host *fake = run(NULL, FAKE_PLUGIN("keeper"));
	const act_host *host = fake_table(fake);
	const act_kv *kv = store_of(fake);
	act_bytes key = act_str("a"), value = act_str("x");
	uint64_t cursor = 0;
	size_t len = 1;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(kv->get(host, bad[i], &cursor, &len), ACT_E_INVAL);
		assert_int_equal(kv->put(host, bad[i], value, 0), ACT_E_INVAL);
		assert_int_equal(kv->del(host, bad[i]), ACT_E_INVAL);
		assert_int_equal(kv->add(host, bad[i], 1, 0, NULL), ACT_E_INVAL);
		assert_int_equal(kv->swap(host, bad[i], NULL, value, 0), ACT_E_INVAL);
	}
	assert_int_equal(kv->put(host, key, nowhere, 0), ACT_E_INVAL);
	assert_int_equal(kv->swap(host, key, &nowhere, value, 0), ACT_E_INVAL);
	assert_int_equal(kv->get(host, key, NULL, &len), ACT_E_INVAL);
	assert_int_equal(kv->next(host, nowhere, &cursor, &len, &len), ACT_E_INVAL);
	assert_int_equal(kv->next(host, value, NULL, &len, &len), ACT_E_INVAL);
	char *most = calloc(1, ACT_KV_VALUE_MAX + 1);
	assert_int_equal(kv->put(host, key, act_mem(most, ACT_KV_VALUE_MAX + 1), 0), ACT_E_TOOBIG);
	assert_int_equal(kv->put(host, key, act_mem(most, ACT_KV_VALUE_MAX), 0), ACT_OK);
	free(most);
	fake_free(fake);
}

static void a_key_without_room_comes_again(void **state)
{
	struct fake_host *fake = run(NULL, FAKE_PLUGIN("keeper"));
	const act_kv *kv = store_of(fake);
	uint64_t cursor = 0;
	char key[8] = "";
	size_t len = 2;
	(void)state;
	assert_int_equal(kv->next(fake_table(fake), act_str("b"), &cursor, key, &len),
	                 ACT_E_TOOBIG);
	assert_int_equal(len, 6);
	assert_int_equal(kv->next(fake_table(fake), act_str("b"), &cursor, key, &len), ACT_OK);
	assert_string_equal(key, "births");
	assert_int_equal(kv->next(fake_table(fake), act_str("b"), &cursor, key, &len), ACT_END);
	assert_int_equal(kv->next(fake_table(fake), act_str("b"), &cursor, key, &len), ACT_END);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_generation_finds_what_was_kept),
		cmocka_unit_test(another_plugin_has_another_store),
		cmocka_unit_test(entries_end_by_the_clock_of_the_test),
		cmocka_unit_test(the_bounds_are_the_tests),
		cmocka_unit_test(a_test_may_offer_its_own),
		cmocka_unit_test(it_says_what_the_servers_store_says),
		cmocka_unit_test(it_refuses_what_the_servers_store_refuses),
		cmocka_unit_test(a_key_without_room_comes_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
