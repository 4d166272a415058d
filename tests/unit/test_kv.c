/* The bytes that plugins keep in the server: what is kept, for how long, and how much. The time is
 * the test's. */
#include "fixtures/cmocka_all.h"

#include "act/kv.h"
#include "base/mem.h"

#include <act/ext/kv.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MAX = 5000, BYTES_MAX = 1 << 20 };

static struct kv *kv;
static struct kv_store *store;
static uint64_t now_ms;

static int open_store(void **state)
{
	(void)state;
	now_ms = 1000;
	kv = kv_new(NULL);
	kv_limit(kv, BYTES_MAX, ENTRIES_MAX);
	store = kv_store(kv, "friend");
	return 0;
}

static int close_store(void **state)
{
	(void)state;
	kv_free(kv);
	return 0;
}

static act_rc put(const char *key, const char *value, uint32_t ttl_ms)
{
	return kv_put(store, now_ms, act_str(key), act_str(value), ttl_ms);
}

static act_rc add(const char *key, int64_t delta, uint32_t ttl_ms, int64_t *sum)
{
	return kv_add(store, now_ms, act_str(key), delta, ttl_ms, sum);
}

static act_rc swap(const char *key, const char *before, const char *after)
{
	act_bytes there = act_str(before != NULL ? before : "");
	return kv_swap(store, now_ms, act_str(key), before != NULL ? &there : NULL, act_str(after),
	               0);
}

/* NULL: there is none. */
static void assert_kept(const char *key, const char *value)
{
	char found[64];
	size_t len = sizeof found - 1;
	act_rc rc = kv_get(store, now_ms, act_str(key), found, &len);
	if (value == NULL) {
		assert_int_equal(rc, ACT_E_GONE);
		return;
	}
	assert_int_equal(rc, ACT_OK);
	found[len] = '\0';
	assert_string_equal(found, value);
}

/* ---- reading and writing ---- */

static void what_is_put_is_there(void **state)
{
	(void)state;
	assert_kept("a", NULL);
	assert_int_equal(put("a", "one", 0), ACT_OK);
	assert_int_equal(put("b", "", 0), ACT_OK);
	assert_kept("a", "one");
	assert_kept("b", "");
	assert_int_equal(put("a", "another, longer", 0), ACT_OK);
	assert_kept("a", "another, longer");
	assert_int_equal(put("a", "", 0), ACT_OK);
	assert_kept("a", "");
	assert_int_equal(kv_entries(store), 2);
	assert_int_equal(kv_bytes(store), 2);
	assert_int_equal(kv_del(store, now_ms, act_str("a")), ACT_OK);
	assert_int_equal(kv_del(store, now_ms, act_str("a")), ACT_E_GONE);
	assert_kept("a", NULL);
	assert_kept("b", "");
}

static void a_plugin_finds_its_own_alone(void **state)
{
	size_t len = 0;
	(void)state;
	struct kv_store *other = kv_store(kv, "other");
	assert_int_equal(put("a", "one", 0), ACT_OK);
	assert_int_equal(kv_get(other, now_ms, act_str("a"), NULL, &len), ACT_E_GONE);
	assert_ptr_equal(kv_store(kv, "friend"), store);
	assert_ptr_equal(kv_store(kv, "other"), other);
}

static void keys_and_values_are_any_bytes(void **state)
{
	static const char zeros[3], more[4];
	char found[3];
	size_t len = sizeof found;
	(void)state;
	act_bytes key = { zeros, 3 }, other = { more, 4 };
	assert_int_equal(kv_put(store, now_ms, key, key, 0), ACT_OK);
	assert_int_equal(kv_get(store, now_ms, other, found, &len), ACT_E_GONE);
	assert_int_equal(kv_get(store, now_ms, key, found, &len), ACT_OK);
	assert_int_equal(len, 3);
	assert_memory_equal(found, zeros, 3);
}

static void a_value_without_room_is_measured(void **state)
{
	char found[4] = "...";
	size_t len = 2;
	(void)state;
	assert_int_equal(put("a", "one", 0), ACT_OK);
	assert_int_equal(kv_get(store, now_ms, act_str("a"), found, &len), ACT_E_TOOBIG);
	assert_int_equal(len, 3);
	assert_string_equal(found, "...");
	assert_int_equal(kv_get(store, now_ms, act_str("a"), found, &len), ACT_OK);
	assert_string_equal(found, "one");
	len = 0;
	assert_int_equal(kv_get(store, now_ms, act_str("a"), NULL, &len), ACT_E_TOOBIG);
	assert_int_equal(len, 3);
}

static void what_is_no_key_is_refused(void **state)
{
	static const char letters[ACT_KV_KEY_MAX + 1];
	static const act_bytes bad[] = {
		{ NULL, 0 }, { "", 0 }, { NULL, 3 }, { letters, sizeof letters }
	};
	act_bytes longest = { letters, ACT_KV_KEY_MAX };
	size_t len = 0;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(kv_get(store, now_ms, bad[i], NULL, &len), ACT_E_INVAL);
		assert_int_equal(kv_put(store, now_ms, bad[i], act_str("x"), 0), ACT_E_INVAL);
		assert_int_equal(kv_del(store, now_ms, bad[i]), ACT_E_INVAL);
		assert_int_equal(kv_add(store, now_ms, bad[i], 1, 0, NULL), ACT_E_INVAL);
		assert_int_equal(kv_swap(store, now_ms, bad[i], NULL, act_str("x"), 0),
		                 ACT_E_INVAL);
	}
	assert_int_equal(kv_put(store, now_ms, longest, act_str("x"), 0), ACT_OK);
	assert_int_equal(kv_entries(store), 1);
}

static void what_is_no_place_is_refused(void **state)
{
	act_bytes nowhere = { NULL, 1 };
	uint64_t cursor = 0;
	size_t len = 1;
	(void)state;
	assert_int_equal(kv_put(store, now_ms, act_str("a"), nowhere, 0), ACT_E_INVAL);
	assert_int_equal(kv_swap(store, now_ms, act_str("a"), &nowhere, act_str("x"), 0),
	                 ACT_E_INVAL);
	assert_int_equal(kv_get(store, now_ms, act_str("a"), NULL, &len), ACT_E_INVAL);
	assert_int_equal(kv_get(store, now_ms, act_str("a"), NULL, NULL), ACT_E_INVAL);
	assert_int_equal(kv_next(store, now_ms, act_str(""), &cursor, NULL, &len), ACT_E_INVAL);
	assert_int_equal(kv_next(store, now_ms, act_str(""), NULL, &len, &len), ACT_E_INVAL);
	assert_int_equal(kv_next(store, now_ms, nowhere, &cursor, &len, &len), ACT_E_INVAL);
}

/* ---- the bounds ---- */

static void a_value_has_a_bound(void **state)
{
	char *value = mem_new(ACT_KV_VALUE_MAX + 1, 1);
	act_bytes most = { value, ACT_KV_VALUE_MAX }, more = { value, ACT_KV_VALUE_MAX + 1 };
	(void)state;
	kv_limit(kv, 2 * ACT_KV_VALUE_MAX, 2);
	assert_int_equal(kv_put(store, now_ms, act_str("a"), more, 0), ACT_E_TOOBIG);
	assert_int_equal(kv_swap(store, now_ms, act_str("a"), NULL, more, 0), ACT_E_TOOBIG);
	assert_int_equal(kv_put(store, now_ms, act_str("a"), most, 0), ACT_OK);
	free(value);
}

static void the_number_of_keys_has_a_bound(void **state)
{
	(void)state;
	kv_limit(kv, BYTES_MAX, 2);
	assert_int_equal(put("a", "1", 0), ACT_OK);
	assert_int_equal(add("b", 1, 0, NULL), ACT_OK);
	assert_int_equal(put("c", "1", 0), ACT_E_BUSY);
	assert_int_equal(add("c", 1, 0, NULL), ACT_E_BUSY);
	assert_int_equal(swap("c", NULL, "1"), ACT_E_BUSY);
	assert_kept("c", NULL);
	assert_int_equal(put("a", "2", 0), ACT_OK);
	assert_int_equal(kv_del(store, now_ms, act_str("b")), ACT_OK);
	assert_int_equal(put("c", "1", 0), ACT_OK);
	/* Another plugin has bounds of its own. */
	store = kv_store(kv, "other");
	assert_int_equal(put("a", "1", 0), ACT_OK);
}

static void the_bytes_have_a_bound(void **state)
{
	(void)state;
	kv_limit(kv, 8, 100);
	assert_int_equal(put("ab", "1234", 0), ACT_OK);
	assert_int_equal(put("cd", "1", 0), ACT_E_BUSY);
	assert_int_equal(put("c", "1", 0), ACT_OK);
	assert_int_equal(kv_bytes(store), 8);
	/* Nothing was changed where it failed; room is given back. */
	assert_int_equal(put("c", "12", 0), ACT_E_BUSY);
	assert_kept("c", "1");
	assert_int_equal(put("ab", "123", 0), ACT_OK);
	assert_int_equal(put("c", "12", 0), ACT_OK);
	assert_int_equal(kv_bytes(store), 8);
	assert_int_equal(kv_entries(store), 2);
}

static void a_lower_bound_takes_nothing_away(void **state)
{
	(void)state;
	assert_int_equal(put("a", "1234", 0), ACT_OK);
	assert_int_equal(put("b", "1234", 0), ACT_OK);
	kv_limit(kv, 4, 1);
	assert_kept("a", "1234");
	assert_int_equal(put("a", "12345", 0), ACT_E_BUSY);
	assert_int_equal(put("a", "12", 0), ACT_OK);
	assert_int_equal(put("c", "", 0), ACT_E_BUSY);
	assert_int_equal(kv_del(store, now_ms, act_str("b")), ACT_OK);
	assert_int_equal(put("a", "123", 0), ACT_OK);
	kv_limit(kv, 0, 0);
	assert_int_equal(put("d", "", 0), ACT_E_BUSY);
}

/* What is over does not fill a store, wherever in it that lies. */
static void what_is_over_makes_room(void **state)
{
	char key[16];
	(void)state;
	kv_limit(kv, BYTES_MAX, 100);
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof key, "%d", i);
		assert_int_equal(put(key, "x", 10), ACT_OK);
	}
	now_ms += 9;
	assert_int_equal(put("more", "x", 0), ACT_E_BUSY);
	now_ms += 1;
	assert_int_equal(put("more", "x", 0), ACT_OK);
	assert_int_equal(kv_entries(store), 1);
}

/* ---- time ---- */

static void an_entry_ends_with_its_time(void **state)
{
	(void)state;
	assert_int_equal(put("a", "1", 10), ACT_OK);
	assert_int_equal(put("b", "1", 0), ACT_OK);
	now_ms += 9;
	assert_kept("a", "1");
	now_ms += 1;
	assert_int_equal(kv_entries(store), 2);
	assert_kept("a", NULL);
	assert_int_equal(kv_entries(store), 1);
	now_ms += (uint64_t)UINT32_MAX * 10;
	assert_kept("b", "1");
}

static void what_is_over_cannot_be_ended_or_swapped(void **state)
{
	(void)state;
	assert_int_equal(put("a", "1", 10), ACT_OK);
	assert_int_equal(put("b", "1", 10), ACT_OK);
	now_ms += 10;
	assert_int_equal(kv_del(store, now_ms, act_str("a")), ACT_E_GONE);
	assert_int_equal(swap("b", "1", "2"), ACT_E_GONE);
	assert_int_equal(swap("b", NULL, "3"), ACT_OK);
	assert_kept("b", "3");
}

static void a_put_sets_the_time_anew(void **state)
{
	(void)state;
	assert_int_equal(put("a", "1", 10), ACT_OK);
	assert_int_equal(put("b", "1", 10), ACT_OK);
	assert_int_equal(put("c", "1", 0), ACT_OK);
	now_ms += 5;
	assert_int_equal(put("a", "2", 10), ACT_OK);
	assert_int_equal(put("b", "2", 0), ACT_OK);
	assert_int_equal(put("c", "2", 10), ACT_OK);
	now_ms += 9;
	assert_kept("a", "2");
	assert_kept("c", "2");
	now_ms += 1;
	assert_kept("a", NULL);
	assert_kept("b", "2");
	assert_kept("c", NULL);
}

/* Whatever the order of their times, what is over is found, and nothing else. */
static void a_sweep_ends_what_is_over(void **state)
{
	char key[8];
	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "%u", i);
		assert_int_equal(put(key, "x", 1 + i * 7919 % 1000), ACT_OK);
	}
	for (uint32_t i = 0; i < 1000; i += 3) {
		snprintf(key, sizeof key, "%u", i);
		assert_int_equal(kv_del(store, now_ms, act_str(key)), ACT_OK);
	}
	for (uint64_t passed = 0; passed <= 1000; passed += 50) {
		uint32_t left = 0;
		while (kv_sweep(kv, now_ms + passed, 10) > 0)
			;
		for (uint32_t i = 0; i < 1000; i++)
			left += i % 3 != 0 && 1 + i * 7919 % 1000 > passed;
		assert_int_equal(kv_entries(store), left);
	}
	assert_int_equal(kv_entries(store), 0);
	assert_int_equal(kv_bytes(store), 0);
}

static void a_sweep_does_so_much_and_no_more(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		store = kv_store(kv, i == 0 ? "one" : "two");
		for (char key[2] = "a"; key[0] <= 'j'; key[0]++)
			assert_int_equal(put(key, "x", 10), ACT_OK);
	}
	assert_int_equal(kv_sweep(kv, now_ms + 9, 100), 0);
	assert_int_equal(kv_sweep(kv, now_ms + 10, 7), 7);
	assert_int_equal(kv_sweep(kv, now_ms + 10, 100), 13);
	assert_int_equal(kv_sweep(kv, now_ms + 10, 100), 0);
}

/* ---- swap and add ---- */

static void a_swap_looks_at_what_is_there(void **state)
{
	(void)state;
	assert_int_equal(swap("a", "1", "2"), ACT_E_GONE);
	assert_int_equal(swap("a", "", "2"), ACT_E_GONE);
	assert_kept("a", NULL);
	assert_int_equal(swap("a", NULL, ""), ACT_OK);
	assert_int_equal(swap("a", NULL, "2"), ACT_E_GONE);
	assert_int_equal(swap("a", "", "2"), ACT_OK);
	assert_int_equal(swap("a", "22", "3"), ACT_E_GONE);
	assert_int_equal(swap("a", "1", "3"), ACT_E_GONE);
	assert_kept("a", "2");
	assert_int_equal(swap("a", "2", "3"), ACT_OK);
	assert_kept("a", "3");
}

static void a_counter_counts(void **state)
{
	int64_t sum = 0, found = 0;
	size_t len = sizeof found;
	(void)state;
	assert_int_equal(add("a", 5, 0, &sum), ACT_OK);
	assert_int_equal(sum, 5);
	assert_int_equal(add("a", -7, 0, &sum), ACT_OK);
	assert_int_equal(sum, -2);
	assert_int_equal(kv_get(store, now_ms, act_str("a"), &found, &len), ACT_OK);
	assert_int_equal(found, -2);
	found = INT64_MAX;
	assert_int_equal(
		kv_put(store, now_ms, act_str("a"), (act_bytes){ &found, sizeof found }, 0),
		ACT_OK);
	assert_int_equal(add("a", 1, 0, &sum), ACT_E_INVAL);
	assert_int_equal(sum, -2);
	assert_int_equal(add("a", -1, 0, &sum), ACT_OK);
	assert_int_equal(sum, INT64_MAX - 1);
	assert_int_equal(put("b", "1234567", 0), ACT_OK);
	assert_int_equal(add("b", 1, 0, &sum), ACT_E_INVAL);
	assert_kept("b", "1234567");
}

/* As a window of time is counted in: it begins with the first. */
static void a_counter_keeps_its_time(void **state)
{
	int64_t sum;
	(void)state;
	assert_int_equal(add("a", 1, 10, NULL), ACT_OK);
	now_ms += 9;
	assert_int_equal(add("a", 1, 10, &sum), ACT_OK);
	assert_int_equal(sum, 2);
	now_ms += 1;
	assert_int_equal(add("a", 1, 10, &sum), ACT_OK);
	assert_int_equal(sum, 1);
}

/* ---- walking ---- */

static uint32_t seen[10000];

static act_rc step(const char *prefix, uint64_t *cursor)
{
	char key[16];
	size_t len = sizeof key - 1;
	act_rc rc = kv_next(store, now_ms, act_str(prefix), cursor, key, &len);
	if (rc == ACT_OK) {
		key[len] = '\0';
		assert_memory_equal(key, prefix, strlen(prefix));
		seen[strtoul(key + strcspn(key, "0123456789"), NULL, 10)]++;
	}
	return rc;
}

static void put_numbers(const char *prefix, uint32_t from, uint32_t to)
{
	char key[16];
	for (uint32_t i = from; i < to; i++) {
		snprintf(key, sizeof key, "%s%u", prefix, i);
		assert_int_equal(put(key, "x", 0), ACT_OK);
	}
}

static void del_number(const char *prefix, uint32_t number)
{
	char key[16];
	snprintf(key, sizeof key, "%s%u", prefix, number);
	assert_int_equal(kv_del(store, now_ms, act_str(key)), ACT_OK);
}

static void a_walk_sees_each_with_its_prefix(void **state)
{
	uint64_t cursor = 0;
	(void)state;
	memset(seen, 0, sizeof seen);
	assert_int_equal(step("", &cursor), ACT_END);
	put_numbers("a:", 0, 1000);
	put_numbers("b:", 1000, 2000);
	cursor = 0;
	while (step("a:", &cursor) == ACT_OK)
		;
	for (uint32_t i = 0; i < 2000; i++)
		assert_int_equal(seen[i], i < 1000);
	assert_int_equal(step("a:", &cursor), ACT_END);
	cursor = 0;
	while (step("", &cursor) == ACT_OK)
		;
	for (uint32_t i = 0; i < 2000; i++)
		assert_int_equal(seen[i], i < 1000 ? 2 : 1);
	cursor = UINT64_MAX;
	assert_int_equal(step("", &cursor), ACT_END);
}

/* Every third stays; the others go, come again and are joined by more, which makes the tables grow.
 */
static void a_walk_sees_what_stays_exactly_once(void **state)
{
	uint64_t cursor = 0;
	uint32_t steps = 0;
	(void)state;
	memset(seen, 0, sizeof seen);
	put_numbers("", 0, 900);
	while (step("", &cursor) == ACT_OK && steps < 3000) {
		if (steps < 900 && steps % 3 != 0)
			del_number("", steps);
		if (steps % 3 == 0)
			put_numbers("", steps / 3 * 3, steps / 3 * 3 + 1); /* a value anew */
		put_numbers("", 1000 + steps, 1001 + steps);
		if (steps % 5 == 1 && steps < 900 && steps % 3 != 0)
			put_numbers("", steps, steps + 1);
		steps++;
	}
	assert_true(steps >= 300);
	for (uint32_t i = 0; i < 900; i += 3)
		assert_int_equal(seen[i], 1);
}

static void a_key_without_room_comes_again(void **state)
{
	char key[8] = "";
	size_t len = 2;
	uint64_t cursor = 0;
	(void)state;
	assert_int_equal(put("abc", "1", 0), ACT_OK);
	assert_int_equal(kv_next(store, now_ms, act_str(""), &cursor, key, &len), ACT_E_TOOBIG);
	assert_int_equal(len, 3);
	assert_int_equal(kv_next(store, now_ms, act_str(""), &cursor, key, &len), ACT_OK);
	assert_string_equal(key, "abc");
	assert_int_equal(kv_next(store, now_ms, act_str(""), &cursor, key, &len), ACT_END);
}

static void a_walk_passes_by_what_is_over(void **state)
{
	uint64_t cursor = 0;
	(void)state;
	memset(seen, 0, sizeof seen);
	assert_int_equal(put("1", "x", 10), ACT_OK);
	assert_int_equal(put("2", "x", 20), ACT_OK);
	now_ms += 10;
	while (step("", &cursor) == ACT_OK)
		;
	assert_int_equal(seen[1], 0);
	assert_int_equal(seen[2], 1);
}

/* ---- threads ---- */

enum { THREADS = 4, EACH = 2000 };

static _Atomic uint32_t locks_won, inside;

static void work_once(uint32_t thread, uint32_t round)
{
	char key[16], found[16];
	size_t len = sizeof found;
	uint64_t cursor = (uint64_t)(round % 16) << 32;
	assert_int_equal(add("count", 1, 0, NULL), ACT_OK);
	snprintf(key, sizeof key, "own:%u:%u", thread, round % 50);
	assert_int_equal(put(key, "x", round % 3), ACT_OK);
	kv_get(store, now_ms + round % 5, act_str(key), found, &len);
	if (round % 7 == 0)
		kv_del(store, now_ms, act_str(key));
	len = sizeof found;
	kv_next(store, now_ms, act_str("own:"), &cursor, found, &len);
	if (round % 64 == 0)
		kv_sweep(kv, now_ms + 1, 16);
	/* A lock: whoever puts it has it alone, until they take it away. */
	if (swap("lock", NULL, "taken") != ACT_OK)
		return;
	assert_int_equal(atomic_fetch_add(&inside, 1), 0);
	atomic_fetch_add(&locks_won, 1);
	atomic_fetch_sub(&inside, 1);
	assert_int_equal(kv_del(store, now_ms, act_str("lock")), ACT_OK);
}

static void *work(void *arg)
{
	for (uint32_t i = 0; i < EACH; i++)
		work_once((uint32_t)(uintptr_t)arg, i);
	return NULL;
}

static void threads_do_not_lose_anything(void **state)
{
	pthread_t threads[THREADS];
	int64_t sum = 0;
	(void)state;
	atomic_store(&locks_won, 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(add("count", 0, 0, &sum), ACT_OK);
	assert_int_equal(sum, THREADS * EACH);
	assert_true(atomic_load(&locks_won) > 0);
	/* The numbers agree with what is there. */
	uint64_t cursor = 0, bytes = 0;
	uint32_t count = 0;
	char key[16];
	size_t len = sizeof key, value_len = 0;
	kv_sweep(kv, now_ms + 5, SIZE_MAX);
	while (kv_next(store, now_ms, act_str(""), &cursor, key, &len) == ACT_OK) {
		kv_get(store, now_ms, (act_bytes){ key, len }, NULL, &value_len);
		count++;
		bytes += len + value_len;
		len = sizeof key;
		value_len = 0;
	}
	assert_int_equal(kv_entries(store), count);
	assert_int_equal(kv_bytes(store), bytes);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(what_is_put_is_there),
		WITH_STORE(a_plugin_finds_its_own_alone),
		WITH_STORE(keys_and_values_are_any_bytes),
		WITH_STORE(a_value_without_room_is_measured),
		WITH_STORE(what_is_no_key_is_refused),
		WITH_STORE(what_is_no_place_is_refused),
		WITH_STORE(a_value_has_a_bound),
		WITH_STORE(the_number_of_keys_has_a_bound),
		WITH_STORE(the_bytes_have_a_bound),
		WITH_STORE(a_lower_bound_takes_nothing_away),
		WITH_STORE(what_is_over_makes_room),
		WITH_STORE(an_entry_ends_with_its_time),
		WITH_STORE(what_is_over_cannot_be_ended_or_swapped),
		WITH_STORE(a_put_sets_the_time_anew),
		WITH_STORE(a_sweep_ends_what_is_over),
		WITH_STORE(a_sweep_does_so_much_and_no_more),
		WITH_STORE(a_swap_looks_at_what_is_there),
		WITH_STORE(a_counter_counts),
		WITH_STORE(a_counter_keeps_its_time),
		WITH_STORE(a_walk_sees_each_with_its_prefix),
		WITH_STORE(a_walk_sees_what_stays_exactly_once),
		WITH_STORE(a_key_without_room_comes_again),
		WITH_STORE(a_walk_passes_by_what_is_over),
		WITH_STORE(threads_do_not_lose_anything),
	};
	return cmocka_run_group_tests_name("kv", tests, NULL, NULL);
}
