/* The three protocols, as a client writes and reads them. */
#include "dialect.h"

#include <act/easy.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void writes(const struct dialect *dialect, const struct ask *ask, const void *bytes,
                   size_t len)
{
	struct buffer to = { 0 };
	assert_null(dialect->write(ask, &to));
	assert_int_equal(to.len, len);
	assert_memory_equal(to.at, bytes, len);
	buffer_free(&to);
}

/* From memory of exactly that length, so that the sanitizers see a read beyond its end; it is gone
 * when this returns. */
static const char *reads(const struct dialect *dialect, const void *bytes, size_t len,
                         const struct ask *ask, struct heard *heard)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, len);
	const char *wrong = dialect->read((act_bytes){ copy, len }, ask, heard);
	free(copy);
	return wrong;
}

#define READS(dialect, text, ask, heard) reads(dialect, text, sizeof(text) - 1, ask, heard)

static void found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(dialect_find("base"), &dialect_base);
	assert_ptr_equal(dialect_find("act.v1"), &dialect_v1);
	assert_ptr_equal(dialect_find("act.json.v1"), &dialect_json);
	assert_null(dialect_find("act.v2"));
	assert_null(dialect_base.subprotocol);
}

/* ---- base ---- */

static void base_request(void **state)
{
	struct ask ask = { .code = 110, .seq = 7, .payload = act_str("{}") };
	(void)state;
	writes(&dialect_base, &ask, "\0\0\0\x6e{}", 6);
}

static void base_answer(void **state)
{
	struct ask ask = { .code = 110, .seq = 1 };
	struct heard heard;
	(void)state;
	assert_null(READS(&dialect_base, "\0\0\0\x6ehi", &ask, &heard));
	assert_int_equal(heard.kind, HEARD_ANSWER);
	assert_false(heard.failed);
	assert_int_equal(heard.payload.len, 2);
	assert_null(READS(&dialect_base, "\0\0\4\x56hi", &ask, &heard));
	assert_int_equal(heard.kind, HEARD_PUSH);
	assert_int_equal(heard.code, 1110);
	assert_null(READS(&dialect_base, "\0\0\0\x6ehi", NULL, &heard));
	assert_int_equal(heard.kind, HEARD_PUSH);
	assert_non_null(READS(&dialect_base, "\0\0\0", &ask, &heard));
}

static void base_error(void **state)
{
	struct ask ask = { .code = 1, .seq = 1 };
	struct heard heard;
	(void)state;
	assert_null(READS(&dialect_base,
	                  "\0\0\0\1{\"error\":{\"code\":404,\"name\":\"n\",\"message\":\"m\","
	                  "\"retry\":true}}",
	                  &ask, &heard));
	assert_true(heard.failed);
	assert_int_equal(heard.fault.code, 404);
	assert_string_equal(heard.fault.name, "n");
	assert_string_equal(heard.fault.message, "m");
	assert_true(heard.fault.retry);
}

/* An action may well have something else to say about errors. */
static void base_what_is_no_error(void **state)
{
	static const char *const bodies[] = {
		"{\"error\":{\"code\":404,\"name\":\"n\",\"message\":\"m\"},\"more\":1}",
		"{\"error\":\"none\"}",
		"{\"error\":{\"code\":\"x\",\"name\":\"n\",\"message\":\"m\"}}",
		"{\"error\":{\"code\":404,\"message\":\"m\"}}",
		"{\"error\":{\"code\":-1,\"name\":\"n\",\"message\":\"m\"}}",
		"[1]",
		"",
	};
	struct ask ask = { .code = 1, .seq = 1 };
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct heard heard;
		char message[256] = "\0\0\0\1";
		size_t len = strlen(bodies[i]);
		memcpy(message + 4, bodies[i], len);
		assert_null(reads(&dialect_base, message, 4 + len, &ask, &heard));
		assert_false(heard.failed);
	}
}

/* ---- act.v1 ---- */

static void v1_request(void **state)
{
	struct ask ask = { .code = 110, .seq = 7, .payload = act_str("{}") };
	(void)state;
	writes(&dialect_v1, &ask, "\0\0\0\x6e\x10\0\0\0\0\0\0\7{}", 14);
	ask.notify = true;
	writes(&dialect_v1, &ask, "\0\0\0\x6e\x13\0\0\0\0\0\0\0{}", 14);
	ask = (struct ask){ .code = 1, .seq = 1, .trace = "t", .deadline_ms = 258, .by = true };
	writes(&dialect_v1, &ask, "\0\0\0\1\x10\x40\0\0\0\0\0\1\0\x0b\1\1t\2\4\0\0\1\2\4\0", 25);
}

static void v1_answer(void **state)
{
	struct ask ask = { .code = 1, .seq = 2 };
	struct heard heard;
	(void)state;
	assert_null(READS(&dialect_v1, "\0\0\0\1\x11\x40\0\0\0\0\0\2\0\5\4\3a@1hi", &ask, &heard));
	assert_int_equal(heard.kind, HEARD_ANSWER);
	assert_string_equal(heard.by, "a@1");
	assert_int_equal(heard.payload.len, 2);
	/* Another seq, another code: the answer to something else. */
	assert_null(READS(&dialect_v1, "\0\0\0\1\x11\0\0\0\0\0\0\3", &ask, &heard));
	assert_int_equal(heard.kind, HEARD_OTHER);
	assert_null(READS(&dialect_v1, "\0\0\0\2\x11\0\0\0\0\0\0\2", &ask, &heard));
	assert_int_equal(heard.kind, HEARD_OTHER);
	assert_null(READS(&dialect_v1, "\0\0\4\x56\x12\0\0\0\0\0\0\0x", &ask, &heard));
	assert_int_equal(heard.kind, HEARD_PUSH);
	assert_non_null(READS(&dialect_v1, "\0\0\0\1\x11\0\0\0\0\0\0", &ask, &heard));
	assert_non_null(READS(&dialect_v1, "\0\0\0\1\x21\0\0\0\0\0\0\2", &ask, &heard));
}

static void v1_error(void **state)
{
	struct ask ask = { .code = 1, .seq = 2 };
	struct heard heard;
	(void)state;
	assert_null(READS(&dialect_v1, "\0\0\0\1\x11\x43\0\5\0\0\0\2\0\6\5\4\0\0\1\0slow down",
	                  &ask, &heard));
	assert_true(heard.failed);
	assert_int_equal(heard.fault.code, 429);
	assert_string_equal(heard.fault.name, "rate_limited");
	assert_string_equal(heard.fault.message, "slow down");
	assert_int_equal(heard.fault.retry_after_ms, 256);
	assert_true(heard.fault.retry);
	assert_null(READS(&dialect_v1, "\0\0\0\1\x11\1\4\xd2\0\0\0\2no", &ask, &heard));
	assert_int_equal(heard.fault.code, 1234);
	assert_string_equal(heard.fault.name, "plugin_error");
	assert_false(heard.fault.retry);
}

static void v1_control(void **state)
{
	struct heard heard;
	(void)state;
	assert_null(READS(&dialect_v1, "\xff\xff\xff\0\x14\0\0\0\0\0\0\0{}", NULL, &heard));
	assert_int_equal(heard.kind, HEARD_HELLO);
	assert_null(READS(&dialect_v1,
	                  "\xff\xff\xff\2\x14\0\0\0\0\0\0\0{\"user\":\"a\",\"expires_in_s\":5}",
	                  NULL, &heard));
	assert_int_equal(heard.kind, HEARD_AUTH);
	assert_int_equal(heard.expires_in_s, 5);
	assert_null(READS(&dialect_v1,
	                  "\xff\xff\xff\2\x14\0\0\0\0\0\0\0{\"user\":\"a\",\"expires_in_s\":null}",
	                  NULL, &heard));
	assert_int_equal(heard.expires_in_s, -1);
	assert_null(READS(&dialect_v1,
	                  "\xff\xff\xff\6\x14\1\0\x0a\0\0\0\0"
	                  "expired",
	                  NULL, &heard));
	assert_int_equal(heard.kind, HEARD_ERROR);
	assert_string_equal(heard.fault.name, "token_expired");
}

static void v1_described(void **state)
{
	static const char frame[] = "\0\0\0\1\x11\x43\0\5\0\0\0\2\0\x0b\4\3a@1\5\4\0\0\1\0slow";
	char line[512];
	act_bytes payload;
	(void)state;
	dialect_v1.describe((act_bytes){ frame, sizeof frame - 1 }, line, sizeof line, &payload);
	assert_string_equal(line, "RES 1, seq 2, flags ERR|RETRY|EXT, status 5 rate_limited, by "
	                          "a@1, retry after 256 ms, 4 bytes");
	assert_int_equal(payload.len, 4);
	dialect_v1.describe((act_bytes){ frame, 5 }, line, sizeof line, &payload);
	assert_string_equal(line, "no frame: expected a frame of at least 12 bytes");
	dialect_v1.describe((act_bytes){ "\xff\xff\xff\1\x14\0\0\0\0\0\0\x09", 12 }, line,
	                    sizeof line, &payload);
	assert_string_equal(line, "CTRL PING, seq 9, 0 bytes");
}

/* ---- act.json.v1 ---- */

static void json_request(void **state)
{
	static const char all[] = "{\"action\":1,\"seq\":2,\"deadline_ms\":5,\"trace\":\"a\\\"b\","
				  "\"by\":true,\"data\":{\"x\": 1}}";
	struct ask ask = { .code = 1, .seq = 2, .payload = act_str("") };
	(void)state;
	writes(&dialect_json, &ask, "{\"action\":1,\"seq\":2}", 20);
	ask.notify = true;
	writes(&dialect_json, &ask, "{\"action\":1}", 12);
	ask = (struct ask){ .code = 1,
		            .seq = 2,
		            .payload = act_str("{\"x\": 1}"),
		            .deadline_ms = 5,
		            .trace = "a\"b",
		            .by = true };
	writes(&dialect_json, &ask, all, sizeof all - 1);
}

static void json_of_no_json(void **state)
{
	struct ask ask = { .code = 1, .seq = 2, .payload = act_str("{} {}") };
	struct buffer to = { 0 };
	(void)state;
	assert_non_null(dialect_json.write(&ask, &to));
	assert_int_equal(to.len, 0);
	buffer_free(&to);
}

static void json_answer(void **state)
{
	struct ask ask = { .code = 1, .seq = 2 };
	struct heard heard;
	(void)state;
	assert_null(READS(&dialect_json, "{\"action\":1,\"seq\":2,\"by\":\"a@1\",\"data\":[1, 2]}",
	                  &ask, &heard));
	assert_int_equal(heard.kind, HEARD_ANSWER);
	assert_string_equal(heard.by, "a@1");
	assert_int_equal(heard.payload.len, 6);
	assert_null(READS(&dialect_json, "{\"action\":1,\"seq\":3,\"data\":1}", &ask, &heard));
	assert_int_equal(heard.kind, HEARD_OTHER);
	assert_null(READS(&dialect_json, "{\"push\":1110,\"data\":1}", &ask, &heard));
	assert_int_equal(heard.kind, HEARD_PUSH);
	assert_int_equal(heard.code, 1110);
	assert_null(READS(&dialect_json,
	                  "{\"action\":1,\"seq\":2,\"error\":{\"code\":429,\"name\":\"n\","
	                  "\"message\":\"m\",\"retry\":true,\"retry_after_ms\":9}}",
	                  &ask, &heard));
	assert_true(heard.failed);
	assert_int_equal(heard.fault.retry_after_ms, 9);
}

static void json_control(void **state)
{
	struct heard heard;
	(void)state;
	assert_null(READS(&dialect_json, "{\"ctrl\":\"hello\"}", NULL, &heard));
	assert_int_equal(heard.kind, HEARD_HELLO);
	assert_null(READS(&dialect_json, "{\"ctrl\":\"auth\",\"expires_in_s\":5}", NULL, &heard));
	assert_int_equal(heard.kind, HEARD_AUTH);
	assert_int_equal(heard.expires_in_s, 5);
	assert_null(READS(&dialect_json,
	                  "{\"ctrl\":\"error\",\"error\":{\"code\":400,\"name\":\"bad_frame\","
	                  "\"message\":\"m\",\"retry\":false}}",
	                  NULL, &heard));
	assert_int_equal(heard.kind, HEARD_ERROR);
	assert_string_equal(heard.fault.name, "bad_frame");
	assert_null(READS(&dialect_json, "{\"ctrl\":\"ping\"}", NULL, &heard));
	assert_int_equal(heard.kind, HEARD_OTHER);
}

static void json_that_is_wrong(void **state)
{
	static const char *const messages[] = {
		"",
		"[]",
		"{",
		"{}",
		"{\"action\":\"x\"}",
		"{\"push\":-1}",
		"{\"action\":1,\"error\":1}",
	};
	struct heard heard;
	(void)state;
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
		assert_non_null(
			reads(&dialect_json, messages[i], strlen(messages[i]), NULL, &heard));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_by_name),
		cmocka_unit_test(base_request),
		cmocka_unit_test(base_answer),
		cmocka_unit_test(base_error),
		cmocka_unit_test(base_what_is_no_error),
		cmocka_unit_test(v1_request),
		cmocka_unit_test(v1_answer),
		cmocka_unit_test(v1_error),
		cmocka_unit_test(v1_control),
		cmocka_unit_test(v1_described),
		cmocka_unit_test(json_request),
		cmocka_unit_test(json_of_no_json),
		cmocka_unit_test(json_answer),
		cmocka_unit_test(json_control),
		cmocka_unit_test(json_that_is_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
