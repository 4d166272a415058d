/* What is sent is what RFC 6455 says, and only the one right answer is taken for it. */
#include "bench_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint32_t sizes[] = { 0, 1, 7, 8, 11, 12, 13, 121, 122, 128, 4096, 65531, 65532 };

enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* Takes the mask off a request, in place; returns its payload with the code. */
static uint8_t *unmasked(uint8_t *frame, size_t len, size_t *body_len)
{
	struct bench_frame read;
	assert_true(bench_frame_read(frame, len, &read));
	assert_true(read.odd); /* masked, as a server's frame is not */
	assert_true(read.final);
	assert_int_equal(read.opcode, 2);
	assert_int_equal(read.head + 4 + read.len, len);
	const uint8_t *mask = frame + read.head;
	uint8_t *body = frame + read.head + 4;
	for (size_t i = 0; i < read.len; i++)
		body[i] ^= mask[i % 4];
	*body_len = (size_t)read.len;
	return body;
}

/* The frame that an honest server answers with. */
static size_t answer(const uint8_t *body, size_t len, uint8_t *frame)
{
	size_t head = 2;
	frame[0] = 0x82;
	frame[1] = (uint8_t)len;
	if (len > 125 && len <= 65535) {
		frame[1] = 126;
		frame[2] = (uint8_t)(len >> 8);
		frame[3] = (uint8_t)len;
		head = 4;
	} else if (len > 65535) {
		memset(frame + 2, 0, 8);
		frame[1] = 127;
		for (int i = 0; i < 4; i++)
			frame[6 + i] = (uint8_t)(len >> (24 - 8 * i));
		head = 10;
	}
	memcpy(frame + head, body, len);
	return head + len;
}

static void an_honest_answer(void **state)
{
	(void)state;
	for (int i = 0; i < SIZES; i++) {
		struct bench_message message;
		size_t len;
		bench_message_init(&message, 1, 1, sizes[i]);
		uint8_t *ask = malloc(message.ask_len), *reply = malloc(message.reply_len);
		bench_message_put(&message, 77, 1234567890123, ask);
		uint8_t *body = unmasked(ask, message.ask_len, &len);
		assert_int_equal(len, 4 + sizes[i]);
		assert_memory_equal(body, "\0\0\0\1", 4);
		assert_int_equal(answer(body, len, reply), message.reply_len);
		assert_true(bench_message_is(&message, 77, 1234567890123, reply));
		free(ask);
		free(reply);
		bench_message_free(&message);
	}
}

static void any_bent_bit(void **state)
{
	struct bench_message message;
	uint8_t ask[256], reply[256];
	size_t len;
	(void)state;
	bench_message_init(&message, 2, 1002, 128);
	bench_message_put(&message, 3, 9, ask);
	uint8_t *body = unmasked(ask, message.ask_len, &len);
	memcpy(body, "\0\0\x03\xea", 4); /* 1002 */
	answer(body, len, reply);
	assert_true(bench_message_is(&message, 3, 9, reply));
	for (size_t bit = 0; bit < message.reply_len * 8; bit++) {
		reply[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(bench_message_is(&message, 3, 9, reply));
		reply[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	bench_message_free(&message);
}

static void anothers_answer(void **state)
{
	struct bench_message message;
	uint8_t ask[64], reply[64];
	size_t len;
	(void)state;
	bench_message_init(&message, 1, 1, 12);
	bench_message_put(&message, 5, 6, ask);
	uint8_t *body = unmasked(ask, message.ask_len, &len);
	answer(body, len, reply);
	assert_true(bench_message_is(&message, 5, 6, reply));
	assert_false(bench_message_is(&message, 6, 6, reply));
	assert_false(bench_message_is(&message, 5, 7, reply));
	assert_false(bench_message_is(&message, 6, 5, reply));
	bench_message_free(&message);
}

static void heads_that_are_not_whole(void **state)
{
	static const uint8_t heads[][10] = { { 0x82, 5 },
		                             { 0x82, 126, 1, 0 },
		                             { 0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0 } };
	static const size_t lens[] = { 2, 4, 10 };
	static const uint64_t means[] = { 5, 256, 65536 };
	struct bench_frame frame;
	(void)state;
	for (int i = 0; i < 3; i++) {
		for (size_t len = 0; len < lens[i]; len++) {
			uint8_t *exact =
				malloc(len > 0 ? len : 1); /* a sanitizer sees a byte too many */
			memcpy(exact, heads[i], len);
			assert_false(bench_frame_read(exact, len, &frame));
			free(exact);
		}
		assert_true(bench_frame_read(heads[i], lens[i], &frame));
		assert_int_equal(frame.head, lens[i]);
		assert_int_equal(frame.len, means[i]);
		assert_false(frame.odd);
	}
}

static void control_frames(void **state)
{
	struct bench_message message;
	uint8_t frame[131];
	(void)state;
	bench_message_init(&message, 1, 1, 12);
	assert_int_equal(bench_frame_control(&message, 10, (const uint8_t *)"ping", 4, frame), 10);
	assert_int_equal(frame[0], 0x8a);
	assert_int_equal(frame[1], 0x84);
	for (int i = 0; i < 4; i++)
		assert_int_equal(frame[6 + i] ^ frame[2 + i], "ping"[i]);
	bench_message_free(&message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_answer), cmocka_unit_test(any_bent_bit),
		cmocka_unit_test(anothers_answer),  cmocka_unit_test(heads_that_are_not_whole),
		cmocka_unit_test(control_frames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
