/* act.state/1 in the fake host: from one instance into another, and what may go wrong between
 * them. */
#include <act/fake.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct fake_host *old_one(const char *settings)
{
	struct fake_host *fake = fake_new(settings);
	fake_load(fake, FAKE_PLUGIN("carrier_a"));
	assert_int_equal(fake_run(fake), ACT_OK);
	return fake;
}

/* Created and not started. */
static struct fake_host *new_one(struct fake_host *first, const char *settings)
{
	struct fake_host *fake = fake_new_beside(first, settings);
	fake_load(fake, FAKE_PLUGIN("carrier_b"));
	assert_int_equal(fake_create(fake), ACT_OK);
	return fake;
}

static void begin(struct fake_host *fake)
{
	assert_int_equal(fake_start(fake), ACT_OK);
	fake_activate(fake);
}

static void add(struct fake_host *fake, int count)
{
	while (count-- > 0)
		assert_int_equal(fake_call(fake, "add", 1, NULL, "x")->status, 0);
}

static void assert_total(struct fake_host *fake, const char *total)
{
	assert_non_null(strstr(fake_call(fake, "tell", 1, NULL, "")->body, total));
}

static void the_next_one_goes_on_with_it(void **state)
{
	struct fake_host *old = old_one(NULL), *next = new_one(old, NULL);
	(void)state;
	add(old, 3);
	assert_int_equal(fake_state_hand_over(old, next), ACT_OK);
	begin(next);
	fake_end(old);
	assert_total(next, "{\"version\":\"2.0\",\"total\":3,");
	fake_free(next);
	fake_free(old);
}

static void a_call_that_is_open_is_hurried(void **state)
{
	struct fake_host *old = old_one(NULL), *next = new_one(old, NULL);
	(void)state;
	const struct fake_answer *held =
		fake_call_begin(old, "hold", 1, NULL, ACT_HOW_BINARY, act_str(""));
	assert_int_equal(held->rc, ACT_DEFER);
	assert_false(held->answered);
	assert_int_equal(fake_state_hand_over(old, next), ACT_OK);
	assert_true(held->answered);
	assert_string_equal(held->body, "1.0 hurried");
	fake_free(next);
	fake_free(old);
}

static void a_call_that_stays_open_is_in_the_way(void **state)
{
	struct fake_host *old = old_one("{\"quirks\":[\"hold stays\"]}");
	struct fake_host *next = new_one(old, NULL);
	(void)state;
	add(old, 2);
	const struct fake_answer *held =
		fake_call_begin(old, "hold", 1, NULL, ACT_HOW_BINARY, act_str(""));
	assert_int_equal(fake_state_hand_over(old, next), ACT_E_BUSY);
	assert_true(fake_logged(old, "cancel -2"));
	fake_free(next);
	assert_total(old, "\"total\":2");
	/* It is open still, and answered in the end. */
	fake_end(old);
	assert_string_equal(held->body, "1.0 stopped");
	fake_free(old);
}

/* Its connection closes: nobody waits for that one any more. */
static void a_call_whose_connection_closed_is_not_in_the_way(void **state)
{
	struct fake_host *old = old_one("{\"quirks\":[\"hold stays\"]}");
	struct fake_host *next = new_one(old, NULL);
	(void)state;
	const struct fake_answer *held =
		fake_call_begin(old, "hold", 7, NULL, ACT_HOW_BINARY, act_str(""));
	fake_conn_close(old, 8);
	assert_false(fake_logged(old, "cancel"));
	fake_conn_close(old, 7);
	assert_true(fake_logged(old, "cancel -1"));
	assert_int_equal(fake_state_hand_over(old, next), ACT_OK);
	assert_false(held->answered);
	begin(next);
	assert_non_null(strstr(fake_call(next, "tell", 1, NULL, "")->body, "\"closed\":2"));
	fake_free(next);
	fake_free(old);
}

static void a_save_that_fails(void **state)
{
	struct fake_host *old = old_one("{\"quirks\":[\"save fails\"]}");
	struct fake_host *next = new_one(old, NULL);
	const struct fake_saved *saved = NULL;
	(void)state;
	add(old, 1);
	assert_int_equal(fake_state_hand_over(old, next), ACT_E_FAIL);
	assert_int_equal(fake_state_save(old, &saved), ACT_E_FAIL);
	assert_null(saved);
	assert_total(old, "\"total\":1");
	fake_free(next);
	fake_free(old);
}

static void a_load_that_fails(void **state)
{
	struct fake_host *old = old_one(NULL);
	struct fake_host *next = new_one(old, "{\"quirks\":[\"load refuses\"]}");
	(void)state;
	add(old, 1);
	assert_int_equal(fake_state_hand_over(old, next), ACT_E_NOSUPP);
	fake_free(next);
	assert_total(old, "\"total\":1");
	/* Another try. */
	next = new_one(old, NULL);
	assert_int_equal(fake_state_hand_over(old, next), ACT_OK);
	fake_free(next);
	fake_free(old);
}

static void a_state_of_another_time(void **state)
{
	struct fake_host *old = old_one(NULL), *next = new_one(old, NULL);
	const struct fake_saved *saved;
	(void)state;
	add(old, 5);
	assert_int_equal(fake_state_save(old, &saved), ACT_OK);
	assert_int_equal(saved->format, 1);
	assert_int_equal(saved->len, 40);
	act_bytes whole = act_mem(saved->bytes, saved->len);
	assert_int_equal(fake_state_load(next, 3, whole), ACT_E_NOSUPP);
	assert_int_equal(fake_state_load(next, 1, act_mem(saved->bytes, 39)), ACT_E_INVAL);
	assert_int_equal(fake_state_load(next, 1, act_str("")), ACT_E_INVAL);
	assert_int_equal(fake_state_load(next, 1, whole), ACT_OK);
	begin(next);
	assert_total(next, "\"total\":5");
	fake_free(next);
	fake_free(old);
}

static void who_has_a_state(void **state)
{
	struct fake_host *has = old_one(NULL), *has_none = fake_new(NULL);
	(void)state;
	fake_load(has_none, FAKE_PLUGIN("keeper"));
	assert_int_equal(fake_run(has_none), ACT_OK);
	assert_true(fake_state_has(has));
	assert_false(fake_state_has(has_none));
	fake_free(has_none);
	fake_free(has);
}

/* ---- a state that is too long, from a plugin that is linked in ---- */

static act_rc said;

static act_rc save_too_much(void *self, act_state_sink *sink, void *context)
{
	static const char piece[1 << 20];
	(void)self;
	act_rc rc = ACT_OK;
	for (size_t i = 0; i < ACT_STATE_BYTES_MAX / sizeof piece && rc == ACT_OK; i++)
		rc = sink(context, act_mem(piece, sizeof piece));
	assert_int_equal(rc, ACT_OK);
	said = sink(context, act_mem(piece, 1));
	return ACT_OK;
}

static act_rc load_nothing(void *self, uint32_t format, act_bytes state)
{
	(void)self;
	(void)format;
	(void)state;
	return ACT_OK;
}

static const void *extension(void *self, const char *id)
{
	static const act_state table = { sizeof table, 1, save_too_much, load_nothing };
	(void)self;
	return strcmp(id, ACT_EXT_STATE) == 0 ? &table : NULL;
}

static act_rc create(const act_host *h, void **self)
{
	(void)h;
	*self = NULL;
	return ACT_OK;
}

static void destroy(void *self)
{
	(void)self;
}

/* Also where save() takes no notice of what it was told. */
static void a_state_has_a_bound(void **state)
{
	static const act_plugin plugin = { .size = sizeof plugin,
		                           .name = "big",
		                           .version = "1.0",
		                           .create = create,
		                           .destroy = destroy,
		                           .extension = extension };
	struct fake_host *fake = fake_new(NULL);
	const struct fake_saved *saved = NULL;
	(void)state;
	fake_adopt(fake, &plugin);
	assert_int_equal(fake_run(fake), ACT_OK);
	assert_int_equal(fake_state_save(fake, &saved), ACT_E_TOOBIG);
	assert_int_equal(said, ACT_E_TOOBIG);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_one_goes_on_with_it),
		cmocka_unit_test(a_call_that_is_open_is_hurried),
		cmocka_unit_test(a_call_that_stays_open_is_in_the_way),
		cmocka_unit_test(a_call_whose_connection_closed_is_not_in_the_way),
		cmocka_unit_test(a_save_that_fails),
		cmocka_unit_test(a_load_that_fails),
		cmocka_unit_test(a_state_of_another_time),
		cmocka_unit_test(who_has_a_state),
		cmocka_unit_test(a_state_has_a_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
