/* The plugin echo: both actions, the prefix, and refusals of its settings. */
#include <act/fake.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct fake_host *start(const char *config)
{
	struct fake_host *fake = fake_new(config);
	fake_load(fake, FAKE_PLUGIN("echo"));
	assert_int_equal(fake_run(fake), ACT_OK);
	return fake;
}

static void assert_answer(const struct fake_answer *answer, const void *body, size_t len)
{
	assert_int_equal(answer->rc, ACT_OK);
	assert_true(answer->answered);
	assert_int_equal(answer->status, 0);
	assert_int_equal(answer->len, len);
	assert_memory_equal(answer->body, body, len);
}

static void gives_back_any_bytes(void **state)
{
	static const char bytes[] = "\0\xff{\"a\":1}\xe6\x88\x91\0";
	struct fake_host *fake = start(NULL);
	act_bytes all = act_mem(bytes, sizeof bytes);
	(void)state;
	assert_answer(fake_call_bytes(fake, "raw", 1, NULL, ACT_HOW_BINARY, all), bytes, all.len);
	assert_answer(fake_call(fake, "raw", 1, NULL, "text"), "text", 4);
	assert_answer(fake_call_bytes(fake, "echo", 1, "alice", ACT_HOW_BINARY, all), bytes,
	              all.len);
	fake_free(fake);
}

static void gives_back_nothing_for_nothing(void **state)
{
	struct fake_host *fake = start("{}");
	(void)state;
	assert_answer(fake_call(fake, "echo", 1, NULL, ""), "", 0);
	fake_free(fake);
}

static void puts_the_prefix_before_every_reply(void **state)
{
	struct fake_host *fake = start("{\"prefix\": \"> \"}");
	(void)state;
	assert_answer(fake_call(fake, "echo", 1, NULL, "hello"), "> hello", 7);
	assert_answer(fake_call(fake, "raw", 1, NULL, ""), "> ", 2);
	fake_free(fake);
}

static void says_what_it_serves(void **state)
{
	struct fake_host *fake = start(NULL);
	const act_plugin *plugin = fake_plugin(fake);
	(void)state;
	assert_int_equal(plugin->flags, ACT_F_PARALLEL);
	assert_int_equal(plugin->action_count, 2);
	assert_string_equal(plugin->actions[0].name, "raw");
	assert_int_equal(plugin->actions[0].flags, ACT_A_RAW | ACT_A_ANONYMOUS);
	assert_int_equal(plugin->actions[0].code, 0);
	assert_string_equal(plugin->actions[1].name, "echo");
	assert_int_equal(plugin->actions[1].flags, ACT_A_ANONYMOUS | ACT_A_IDEMPOTENT);
	assert_int_equal(plugin->actions[1].code, 1);
	fake_free(fake);
}

static void refuses(const char *config, const char *sentence)
{
	struct fake_host *fake = fake_new(config);
	fake_load(fake, FAKE_PLUGIN("echo"));
	assert_int_equal(fake_run(fake), ACT_E_INVAL);
	if (!fake_logged(fake, sentence)) {
		fake_log_print(fake);
		fail_msg("the log does not have: %s", sentence);
	}
	fake_free(fake);
}

static void refuses_settings_it_does_not_know(void **state)
{
	(void)state;
	refuses("{\"prefx\": \"> \"}", "\"prefx\": there is no such setting; expected \"prefix\"");
	refuses("{\"prefix\": 5}", "\"prefix\": expected a string, found a number");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_any_bytes),
		cmocka_unit_test(gives_back_nothing_for_nothing),
		cmocka_unit_test(puts_the_prefix_before_every_reply),
		cmocka_unit_test(says_what_it_serves),
		cmocka_unit_test(refuses_settings_it_does_not_know),
	};
	return cmocka_run_group_tests_name("echo", tests, NULL, NULL);
}
