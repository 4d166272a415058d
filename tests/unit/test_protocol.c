/* Which protocols there are, how one is chosen, and what goes around a body. */
#include "net/protocol.h"

#include "fixtures/cmocka_all.h"
#include "net/actjson.h"
#include "net/actv1.h"

#include <string.h>

static void each_knows_its_place(void **state)
{
	static const struct protocol *const all[] = { &protocol_raw, &protocol_base, &protocol_v1,
		                                      &protocol_json };
	(void)state;
	assert_int_equal(PROTOCOL_COUNT, sizeof all / sizeof all[0]);
	for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
		assert_ptr_equal(protocols[i], all[i]);
		assert_int_equal(protocols[i]->index, i);
		assert_non_null(protocols[i]->receive);
		assert_non_null(protocols[i]->answer);
	}
}

/* Without numbers nothing but the order matches answers. */
static void order_is_for_those_without_numbers(void **state)
{
	(void)state;
	assert_true(protocol_raw.in_order);
	assert_true(protocol_base.in_order);
	assert_false(protocol_v1.in_order);
	assert_false(protocol_json.in_order);
}

static void pushes_go_where_there_is_a_form_for_them(void **state)
{
	(void)state;
	assert_null(protocol_raw.push);
	assert_non_null(protocol_base.push);
	assert_non_null(protocol_v1.push);
	assert_non_null(protocol_json.push);
	assert_false(protocol_base.only_json);
	assert_false(protocol_v1.only_json);
	assert_true(protocol_json.only_json);
}

static void without_a_name_the_mode_decides(void **state)
{
	(void)state;
	assert_ptr_equal(protocol_plain(CONFIG_MODE_RAW), &protocol_raw);
	assert_ptr_equal(protocol_plain(CONFIG_MODE_ACTION), &protocol_base);
}

static void names_are_found(void **state)
{
	static const char *const unknown[] = { "",        "act",     "act.v",         "act.v2",
		                               "act.v11", "Act.v1",  "act.json.v",    "act.json.v2",
		                               "(none)",  "act v1",  "act.json.v1.1", "raw",
		                               "base",    "act.v1 ", " act.v1" };
	(void)state;
	assert_ptr_equal(protocol_named("act.v1", 6), &protocol_v1);
	assert_ptr_equal(protocol_named("act.json.v1", 11), &protocol_json);
	/* The length counts, not an end. */
	assert_ptr_equal(protocol_named("act.v1, chat", 6), &protocol_v1);
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		assert_null(protocol_named(unknown[i], strlen(unknown[i])));
}

/* ---- envelopes ---- */

static void head_body_and_tail_follow_one_another(void **state)
{
	uint8_t to[16];
	struct envelope envelope = { .head = "<<", .head_len = 2, .tail = ">>>" };
	(void)state;
	memset(to, '#', sizeof to);
	envelope_fill(to, &envelope, act_str("body"));
	assert_memory_equal(to, "<<body>>>#", 10);
}

static void each_of_them_may_be_empty(void **state)
{
	uint8_t to[16];
	struct envelope envelope = { .head = "<", .head_len = 1, .tail = "" };
	(void)state;
	memset(to, '#', sizeof to);
	envelope_fill(to, &envelope, act_mem(NULL, 0));
	assert_memory_equal(to, "<##", 3);
	envelope = (struct envelope){ .tail = ">" };
	envelope_fill(to, &envelope, act_mem(NULL, 0));
	assert_memory_equal(to, ">##", 3);
	envelope.tail = "";
	envelope_fill(to, &envelope, act_str("b"));
	assert_memory_equal(to, "b##", 3);
	envelope_fill(to + 1, &envelope, act_mem(NULL, 0));
	assert_memory_equal(to, "b##", 3);
}

static void the_longest_heads_have_their_room(void **state)
{
	struct envelope envelope;
	(void)state;
	assert_in_range(ACTV1_HEAD_MAX, ACTV1_HEAD, ENVELOPE_HEAD_MAX);
	assert_in_range(ACTJSON_HEAD_MAX + strlen("\"error\":"), 1, ENVELOPE_HEAD_MAX);
	for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
		if (protocols[i]->push == NULL)
			continue;
		protocols[i]->push(&envelope, UINT32_MAX);
		assert_in_range(envelope.head_len, FRAME_CODE_BYTES, ENVELOPE_HEAD_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_knows_its_place),
		cmocka_unit_test(order_is_for_those_without_numbers),
		cmocka_unit_test(pushes_go_where_there_is_a_form_for_them),
		cmocka_unit_test(without_a_name_the_mode_decides),
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(head_body_and_tail_follow_one_another),
		cmocka_unit_test(each_of_them_may_be_empty),
		cmocka_unit_test(the_longest_heads_have_their_room),
	};
	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
