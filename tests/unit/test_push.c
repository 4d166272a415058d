/* A push on its way: put together once for each protocol that is spoken. */
#include "fixtures/cmocka_all.h"
#include "fixtures/log_file.h"

#include <stdbool.h>
#include <stdlib.h>

/* Memory may run out. push.c is included, so that nobody else notices. */
static bool scarce;

static void *scarce_malloc(size_t size)
{
	return scarce ? NULL : malloc(size);
}

#define malloc scarce_malloc
#include "net/push.c"
#undef malloc

static const struct deflate_way usual = { 15, 1 };

static int begin(void **state)
{
	(void)state;
	scarce = false;
	return 0;
}

static void frame_is(struct push *push, const struct protocol *protocol, const char *bytes,
                     size_t len)
{
	act_bytes frame = push_frame(push, protocol);
	assert_int_equal(frame.len, len);
	assert_memory_equal(frame.ptr, bytes, len);
}

static void each_protocol_has_its_frame(void **state)
{
	struct push push = { .code = 1110, .json = true, .body = act_str("{}") };
	(void)state;
	frame_is(&push, &protocol_base, "\x82\6\0\0\4\x56{}", 8);
	frame_is(&push, &protocol_v1, "\x82\xE\0\0\4\x56\x12\0\0\0\0\0\0\0{}", 16);
	frame_is(&push, &protocol_json, "\x81\x17{\"push\":1110,\"data\":{}}", 25);
	push_clear(&push);
}

/* However many connections speak it. */
static void a_frame_is_made_once(void **state)
{
	struct push push = { .code = 1110, .body = act_str("{}") };
	(void)state;
	const void *base = push_frame(&push, &protocol_base).ptr;
	const void *v1 = push_frame(&push, &protocol_v1).ptr;
	assert_ptr_not_equal(base, v1);
	scarce = true;
	assert_ptr_equal(push_frame(&push, &protocol_base).ptr, base);
	assert_ptr_equal(push_frame(&push, &protocol_v1).ptr, v1);
	push_clear(&push);
}

static void only_what_is_asked_for_is_made(void **state)
{
	struct push push = { .code = 1, .body = act_str("{}") };
	(void)state;
	push_frame(&push, &protocol_v1);
	for (size_t i = 0; i < PROTOCOL_COUNT; i++)
		assert_int_equal(push.frames[i].bytes != NULL, i == protocol_v1.index);
	push_clear(&push);
	for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
		assert_null(push.frames[i].bytes);
		assert_int_equal(push.frames[i].len, 0);
	}
	push_clear(&push); /* nothing is left to be freed */
	frame_is(&push, &protocol_base, "\x82\6\0\0\0\1{}", 8);
	push_clear(&push);
}

static void a_body_may_be_empty(void **state)
{
	struct push push = { .code = 1 };
	(void)state;
	frame_is(&push, &protocol_base, "\x82\4\0\0\0\1", 6);
	frame_is(&push, &protocol_v1, "\x82\xC\0\0\0\1\x12\0\0\0\0\0\0\0", 14);
	push_clear(&push);
}

/* At each length of a frame's header the body stands where it belongs. */
static void bodies_of_all_lengths_are_framed(void **state)
{
	static const size_t lengths[] = { 121, 122, 65531, 65532, 200000 };
	static uint8_t body[200000], header[FRAME_HEADER_MAX];
	(void)state;
	memset(body, 'x', sizeof body);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		size_t len = lengths[i];
		struct push push = { .code = 0x01020304, .body = { body, len } };
		size_t head = frame_header(header, FRAME_BINARY, 4 + len);
		act_bytes frame = push_frame(&push, &protocol_base);
		const uint8_t *bytes = frame.ptr;
		assert_int_equal(frame.len, head + 4 + len);
		assert_memory_equal(bytes, header, head);
		assert_memory_equal(bytes + head, "\1\2\3\4", 4);
		assert_memory_equal(bytes + head + 4, body, len);
		push_clear(&push);
	}
}

static void without_memory_it_is_empty(void **state)
{
	struct push push = { .code = 1, .body = act_str("{}") };
	(void)state;
	scarce = true;
	assert_int_equal(push_frame(&push, &protocol_json).len, 0);
	assert_int_equal(push_frame_packed(&push, &protocol_json, NULL, usual).len, 0);
	push_clear(&push);
	scarce = false;
	push_frame(&push, &protocol_json);
	scarce = true; /* there is a plain one, and no room for another */
	assert_int_equal(push_frame_packed(&push, &protocol_json, NULL, usual).len, 0);
	push_clear(&push);
	scarce = false; /* and it may be asked for again */
	frame_is(&push, &protocol_base, "\x82\6\0\0\0\1{}", 8);
	push_clear(&push);
}

/* ---- for those that speak JSON ---- */

static void what_says_and_is_json_may_go(void **state)
{
	static const char *const texts[] = { "{}", "[1,2]", "null", " \"我\" " };
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct push push = { .code = 1, .json = true, .body = act_str(texts[i]) };
		assert_true(push_is_json(&push));
		assert_true(push_is_json(&push));
		push.json = false; /* not though it could be read as such */
		assert_false(push_is_json(&push));
	}
}

/* Its plugin breaks its word; the log has that once for all connections of the loop. */
static void what_only_says_so_is_told_of(void **state)
{
	static const act_bytes bodies[] = { { "{", 1 }, { "\0", 1 }, { NULL, 0 } };
	static const char *const words[] = { "found the end of the text", "found the byte 0x00",
		                             "expected a value, found the end of the text" };
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct push push = { .code = 1110, .json = true, .body = bodies[i] };
		log_file_begin(LOG_INFO);
		assert_false(push_is_json(&push));
		assert_false(push_is_json(&push));
		const char *line = strstr(log_file_text(), "error net: push 1110 is not JSON");
		assert_non_null(line);
		assert_non_null(strstr(line, words[i]));
		assert_string_equal(strchr(line, '\n'), "\n");
		log_file_end();
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_protocol_has_its_frame),      TEST(a_frame_is_made_once),
		TEST(only_what_is_asked_for_is_made),   TEST(a_body_may_be_empty),
		TEST(bodies_of_all_lengths_are_framed), TEST(without_memory_it_is_empty),
		TEST(what_says_and_is_json_may_go),     TEST(what_only_says_so_is_told_of),
	};
	return cmocka_run_group_tests_name("push", tests, NULL, NULL);
}
