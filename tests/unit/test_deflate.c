/* Messages compressed and opened: RFC 7692, section 7.2; RFC 1951. */
#include "net/deflate.h"
#include "net/frame.h"
#include "net/push.h"

#include <act/easy.h> /* before cmocka, whose fail() is a macro */

#include "fixtures/dies.h"

#include <zlib.h>

static struct deflate deflaters;

static int end(void **state)
{
	(void)state;
	deflate_free(&deflaters);
	return 0;
}

static const struct deflate_way usual = { DEFLATE_BITS_MAX, 6 };

/* ---- opening ---- */

static void assert_opens(const void *packed, size_t packed_len, const void *text, size_t text_len)
{
	uint8_t *opened = NULL;
	size_t len = 0;
	assert_int_equal(
		deflate_unpack(&deflaters, act_mem(packed, packed_len), 1 << 20, &opened, &len),
		ACT_OK);
	assert_int_equal(len, text_len);
	assert_memory_equal(opened, text, text_len);
	free(opened);
}

static act_rc open_with(const void *packed, size_t packed_len, size_t max)
{
	/* On the heap, so that a byte read behind the end is seen. */
	uint8_t *opened = NULL, *exact = malloc(packed_len != 0 ? packed_len : 1);
	size_t len = 0;
	assert_non_null(exact);
	if (packed_len != 0)
		memcpy(exact, packed, packed_len);
	act_rc rc = deflate_unpack(&deflaters, act_mem(exact, packed_len), max, &opened, &len);
	free(exact);
	if (rc == ACT_OK) {
		assert_in_range(len, 0, max);
		free(opened);
	}
	return rc;
}

/* Samples of RFC 7692, section 7.2.3, and what it leaves to be thought of. */
static const struct {
	const char *what;
	const char *packed;
	size_t packed_len;
	const char *text;
	size_t text_len;
} good[] = {
	{ "one block", "\xF2\x48\xCD\xC9\xC9\x07\x00", 7, "Hello", 5 },
	{ "no compression", "\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00", 11, "Hello", 5 },
	{ "a final block", "\xF3\x48\xCD\xC9\xC9\x07\x00\x00", 8, "Hello", 5 },
	{ "two blocks", "\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00", 13, "Hello", 5 },
	{ "empty", "\x00", 1, "", 0 },
	{ "no byte at all", "", 0, "", 0 },
	{ "a final block that ends the message", "\xF3\x48\xCD\xC9\xC9\x07\x00", 7, "Hello", 5 },
	{ "a final block, then another", "\xF3\x48\xCD\xC9\xC9\x07\x00\xF2\x48\xCD\xC9\xC9\x07\x00",
	  14, "HelloHello", 10 },
	{ "two final blocks", "\xF3\x48\xCD\xC9\xC9\x07\x00\xF3\x48\xCD\xC9\xC9\x07\x00", 14,
	  "HelloHello", 10 },
	{ "an empty final block", "\x03\x00", 2, "", 0 },
	{ "a final block that the tail completes", "\x01", 1, "", 0 },
	{ "empty blocks", "\x00\x00\x00\xFF\xFF\x00\x00\x00\xFF\xFF\x00", 11, "", 0 },
};

static void opens_what_may_come(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		print_message("%s\n", good[i].what);
		assert_opens(good[i].packed, good[i].packed_len, good[i].text, good[i].text_len);
	}
}

static const struct {
	const char *what;
	const char *packed;
	size_t packed_len;
} bad[] = {
	{ "a kind of block that there is not", "\x06", 1 },
	{ "garbage", "\xFF\xFF\xFF\xFF", 4 },
	{ "a length that is not its complement", "\x00\x05\x00\xFF\xFF", 5 },
	{ "a block without an end", "\xF2\x48\xCD\xC9", 4 },
	{ "no header of an empty block behind the last", "\xF2\x48\xCD\xC9\xC9", 5 },
	{ "content that is missing", "\x00\x05\x00\xFA\xFF\x48\x65", 7 },
	{ "content that the tail would complete", "\x00\x05\x00\xFA\xFF\x48", 6 },
	{ "garbage behind the header", "\xF2\x48\xCD\xC9\xC9\x07\x00\xFF\x12", 9 },
	{ "garbage behind a final block", "\xF3\x48\xCD\xC9\xC9\x07\x00\xFF\xFF", 9 },
	{ "a final block that breaks off", "\xF3\x48\xCD", 3 },
	{ "a distance that goes behind the start", "\xF2\x00\x51\x0A\x00", 5 },
	{ "a block that the tail would end", "\x4A\x1C\x05\xA3\x60\x14\x8C\x02", 8 },
	{ "the tail itself", "\x00\x00\x00\xFF\xFF", 5 },
};

static void refuses_what_is_no_whole_data(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		print_message("%s\n", bad[i].what);
		assert_int_equal(open_with(bad[i].packed, bad[i].packed_len, 1 << 20), ACT_E_INVAL);
	}
}

/* The second half of RFC 7692's example in section 7.2.3.2: "Hello" again, as a copy of the first
 * message. Without a kept window there is nothing to copy. */
static void keeps_no_window(void **state)
{
	(void)state;
	assert_opens("\xF2\x48\xCD\xC9\xC9\x07\x00", 7, "Hello", 5);
	assert_int_equal(open_with("\xF2\x00\x11\x00\x00", 5, 100), ACT_E_INVAL);
	assert_opens("\xF2\x48\xCD\xC9\xC9\x07\x00", 7, "Hello", 5);
}

/* A few bytes that hold 1033 letters, nine more than a buffer of 1024. */
static void opens_more_than_its_first_room(void **state)
{
	char text[1033];
	(void)state;
	memset(text, 'a', sizeof text);
	assert_opens("\x4A\x1C\x05\xA3\x60\x14\x8C\x02\x00\x00", 10, text, sizeof text);
}

static void opens_no_further_than_it_may(void **state)
{
	static const uint8_t zeros[5000];
	uint8_t packed[200];
	size_t len;
	(void)state;
	assert_int_equal(deflate_pack(&deflaters, usual, act_mem(zeros, sizeof zeros), packed,
	                              sizeof packed, &len),
	                 0);
	assert_int_equal(open_with(packed, len, sizeof zeros), ACT_OK);
	assert_int_equal(open_with(packed, len, sizeof zeros - 1), ACT_E_TOOBIG);
	assert_int_equal(open_with(packed, len, 1024), ACT_E_TOOBIG);
	assert_int_equal(open_with(packed, len, 1), ACT_E_TOOBIG);
	assert_int_equal(open_with(packed, len, 0), ACT_E_TOOBIG);
	assert_int_equal(open_with("\x00", 1, 0), ACT_OK);
	assert_int_equal(open_with(packed, len, sizeof zeros), ACT_OK);
}

/* What can be cut or changed in a message never reads or writes where it must not (the sanitizers
 * watch), and what opens all the same is a message of its length. */
static void survives_every_change(void **state)
{
	static const char text[] = "the quick brown fox jumps over the lazy dog, the quick brown "
				   "fox jumps over the lazy dog";
	uint8_t packed[200];
	size_t len;
	(void)state;
	assert_int_equal(
		deflate_pack(&deflaters, usual, act_str(text), packed, sizeof packed, &len), 0);
	for (size_t cut = 1; cut < len; cut++)
		assert_int_equal(open_with(packed, cut, 4096), ACT_E_INVAL);
	for (size_t bit = 0; bit < len * 8; bit++) {
		packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		act_rc rc = open_with(packed, len, 4096);
		assert_true(rc == ACT_OK || rc == ACT_E_INVAL || rc == ACT_E_TOOBIG);
		packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_opens(packed, len, text, sizeof text - 1);
}

/* ---- compressing ---- */

/* Text that has something to compress at all distances, and is not the same all over. */
static void fill(uint8_t *bytes, size_t len)
{
	uint32_t random = 1;
	for (size_t i = 0; i < len; i++) {
		random = random * 1664525 + 1013904223;
		bytes[i] = i > 20000 && (random >> 30) != 0 ? bytes[i - 20000]
		                                            : (uint8_t)('a' + (random >> 28));
	}
}

static void the_example_comes_out(void **state)
{
	uint8_t packed[100];
	size_t len;
	(void)state;
	assert_int_equal(
		deflate_pack(&deflaters, usual, act_str("Hello"), packed, sizeof packed, &len), 0);
	assert_int_equal(len, 7);
	assert_memory_equal(packed, "\xF2\x48\xCD\xC9\xC9\x07\x00", 7);
	assert_int_equal(deflate_pack(&deflaters, usual, act_str(""), packed, sizeof packed, &len),
	                 0);
	assert_int_equal(len, 1);
	assert_memory_equal(packed, "\x00", 1);
}

/* Each time the same: the message before it has left nothing. */
static void a_message_stands_by_itself(void **state)
{
	uint8_t first[100], second[100];
	size_t first_len, second_len;
	(void)state;
	act_bytes text = act_str("Hello, Hello, Hello");
	assert_int_equal(deflate_pack(&deflaters, usual, text, first, sizeof first, &first_len), 0);
	assert_int_equal(deflate_pack(&deflaters, usual, text, second, sizeof second, &second_len),
	                 0);
	assert_int_equal(first_len, second_len);
	assert_memory_equal(first, second, first_len);
}

/* A receiver with no larger window than it asked for opens it. */
static void assert_window_opens(uint8_t bits, const uint8_t *packed, size_t packed_len,
                                const uint8_t *text, size_t text_len)
{
	static uint8_t opened[200000];
	z_stream stream = { 0 };
	assert_int_equal(inflateInit2(&stream, -bits), Z_OK);
	stream.next_in = (Bytef *)(uintptr_t)packed;
	stream.avail_in = (uInt)packed_len;
	/* By small pieces: within one piece zlib would find what is behind its window. */
	do {
		stream.next_out = opened + stream.total_out;
		stream.avail_out = 100;
		int rc = inflate(&stream, Z_SYNC_FLUSH);
		assert_true(rc == Z_OK || (rc == Z_BUF_ERROR && stream.total_out == text_len));
	} while (stream.avail_out == 0);
	assert_int_equal(stream.total_out, text_len);
	assert_memory_equal(opened, text, text_len);
	inflateEnd(&stream);
}

static void every_window_and_level_opens_again(void **state)
{
	static uint8_t text[100000], packed[110000];
	size_t len;
	(void)state;
	fill(text, sizeof text);
	for (uint8_t bits = DEFLATE_BITS_MIN; bits <= DEFLATE_BITS_MAX; bits++) {
		for (uint8_t level = 1; level <= 9; level++) {
			struct deflate_way way = { bits, level };
			assert_int_equal(deflate_pack(&deflaters, way, act_mem(text, sizeof text),
			                              packed, sizeof packed, &len),
			                 0);
			assert_true(len < sizeof text);
			assert_opens(packed, len, text, sizeof text);
			assert_window_opens(bits, packed, len, text, sizeof text);
		}
	}
}

/* Whatever the room, it is either used within its bounds or not enough. */
static void does_not_go_beyond_its_room(void **state)
{
	uint8_t text[300];
	size_t len, whole;
	uint8_t packed[400];
	(void)state;
	fill(text, sizeof text);
	assert_int_equal(deflate_pack(&deflaters, usual, act_mem(text, sizeof text), packed,
	                              sizeof packed, &whole),
	                 0);
	for (size_t room = 0; room < sizeof packed; room++) {
		uint8_t *exact = malloc(room != 0 ? room : 1);
		assert_non_null(exact);
		int rc = deflate_pack(&deflaters, usual, act_mem(text, sizeof text), exact, room,
		                      &len);
		if (room <= whole + DEFLATE_TAIL)
			assert_int_equal(rc, -1);
		else
			assert_int_equal(rc, 0);
		if (rc == 0) {
			assert_int_equal(len, whole);
			assert_memory_equal(exact, packed, whole);
		}
		free(exact);
	}
}

static void what_does_not_shrink_is_seen(void **state)
{
	uint8_t text[1000], packed[sizeof text];
	uint32_t random = 7;
	size_t len;
	(void)state;
	for (size_t i = 0; i < sizeof text; i++) {
		random = random * 1664525 + 1013904223;
		text[i] = (uint8_t)(random >> 24);
	}
	assert_int_equal(deflate_pack(&deflaters, usual, act_mem(text, sizeof text), packed,
	                              sizeof packed, &len),
	                 -1);
}

/* Whatever a client's zlib is told to do, the longest message fits in the bound. */
static void assert_within_bound(const uint8_t *text, size_t text_len)
{
	static uint8_t packed[200000];
	for (int memory = 1; memory <= 9; memory++) {
		static const int strategies[] = { Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_FIXED };
		for (size_t i = 0; i < sizeof strategies / sizeof strategies[0]; i++) {
			z_stream stream = { 0 };
			assert_int_equal(
				deflateInit2(&stream, 1, Z_DEFLATED, -9, memory, strategies[i]),
				Z_OK);
			stream.next_in = (Bytef *)(uintptr_t)text;
			stream.avail_in = (uInt)text_len;
			stream.next_out = packed;
			stream.avail_out = sizeof packed;
			assert_int_equal(deflate(&stream, Z_SYNC_FLUSH), Z_OK);
			assert_int_not_equal(stream.avail_out, 0);
			assert_in_range(stream.total_out - DEFLATE_TAIL, 0,
			                deflate_bound(text_len));
			deflateEnd(&stream);
		}
	}
}

static void the_bound_is_one(void **state)
{
	static uint8_t text[100000];
	uint32_t random = 99;
	(void)state;
	for (size_t i = 0; i < sizeof text; i++) {
		random = random * 1664525 + 1013904223;
		text[i] = (uint8_t)(random >> 24 | 0x90); /* nine bits each in the fixed code */
	}
	for (size_t len = 1; len <= sizeof text; len = len * 3 + 1)
		assert_within_bound(text, len);
	assert_within_bound(text, sizeof text);
}

/* ---- frames ---- */

static size_t put_frame(uint8_t *to, enum frame_kind kind, const uint8_t *text, size_t len)
{
	size_t head = frame_header(to, kind, len);
	memcpy(to + head, text, len);
	return head + len;
}

/* At each length of a header, before and after. */
static void a_frame_becomes_shorter_where_it_is(void **state)
{
	static const size_t lengths[] = { 20, 125, 126, 200, 4000, 65535, 65536, 90000 };
	static uint8_t text[90000], frame[200000];
	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)('a' + i % 11);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		size_t plain = put_frame(frame, FRAME_TEXT, text, lengths[i]);
		memset(frame + plain, 0xA5, sizeof frame - plain);
		size_t len = deflate_frame(&deflaters, usual, frame, plain);
		/* It works in the room that it may work in, and nowhere else. */
		for (size_t at = 2 * plain + DEFLATE_TAIL; at < sizeof frame; at++)
			assert_int_equal(frame[at], 0xA5);
		assert_true(len < plain);
		assert_int_equal(frame[0], 0x80 | FRAME_RSV1 | FRAME_TEXT);
		size_t head = frame_header_len(frame);
		assert_opens(frame + head, len - head, text, lengths[i]);
		uint8_t header[FRAME_HEADER_MAX];
		assert_int_equal(frame_header(header, FRAME_TEXT, len - head), head);
		assert_memory_equal(frame + 1, header + 1, head - 1);
	}
}

static void a_frame_that_would_not_stays_as_it_is(void **state)
{
	static const uint8_t texts[][4] = { "", "x", "abc" };
	uint8_t frame[40], before[sizeof frame];
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		size_t len = put_frame(frame, FRAME_BINARY, texts[i], i);
		memcpy(before, frame, len);
		assert_int_equal(deflate_frame(&deflaters, usual, frame, len), len);
		assert_memory_equal(frame, before, len);
	}
}

/* ---- pushes ---- */

static void a_push_is_compressed_once_for_all(void **state)
{
	static const struct deflate_way small = { 9, 6 };
	uint8_t text[1000];
	(void)state;
	memset(text, 'x', sizeof text);
	struct push push = { .code = 1110, .body = { text, sizeof text } };
	act_bytes plain = push_frame(&push, &protocol_base);
	act_bytes first = push_frame_packed(&push, &protocol_base, &deflaters, usual);
	act_bytes second = push_frame_packed(&push, &protocol_base, &deflaters, usual);
	act_bytes other = push_frame_packed(&push, &protocol_v1, &deflaters, usual);
	act_bytes narrow = push_frame_packed(&push, &protocol_base, &deflaters, small);
	assert_ptr_equal(first.ptr, second.ptr);
	assert_int_equal(first.len, second.len);
	assert_ptr_not_equal(other.ptr, first.ptr);
	assert_ptr_not_equal(narrow.ptr, first.ptr);
	assert_true(first.len < plain.len && narrow.len < plain.len && other.len < plain.len);
	const uint8_t *frame = first.ptr, *whole = plain.ptr;
	size_t head = frame_header_len(frame), whole_head = frame_header_len(whole);
	assert_opens(frame + head, first.len - head, whole + whole_head, plain.len - whole_head);
	push_clear(&push);
	assert_null(push.packed[protocol_base.index][0].bytes);
	/* It can be used again. */
	assert_true(push_frame_packed(&push, &protocol_base, &deflaters, usual).len != 0);
	push_clear(&push);
}

/* ---- life, and faults of the program ---- */

static void makes_what_is_needed_and_no_more(void **state)
{
	struct deflate fresh = { 0 };
	uint8_t packed[100], *opened;
	size_t len;
	(void)state;
	deflate_free(&fresh);
	assert_int_equal(deflate_pack(&fresh, (struct deflate_way){ 10, 1 }, act_str("Hello"),
	                              packed, sizeof packed, &len),
	                 0);
	assert_null(fresh.unpacker);
	for (size_t i = 0; i < sizeof fresh.packers / sizeof fresh.packers[0]; i++)
		assert_int_equal(fresh.packers[i] != NULL, i == 10 - DEFLATE_BITS_MIN);
	assert_int_equal(deflate_unpack(&fresh, act_mem(packed, len), 100, &opened, &len), ACT_OK);
	assert_non_null(fresh.unpacker);
	free(opened);
	deflate_free(&fresh);
	assert_null(fresh.unpacker);
}

static void a_window_too_small(void)
{
	uint8_t packed[100];
	size_t len;
	(void)deflate_pack(&deflaters, (struct deflate_way){ 8, 6 }, act_str("x"), packed, 100,
	                   &len);
}

static void a_level_too_high(void)
{
	uint8_t packed[100];
	size_t len;
	(void)deflate_pack(&deflaters, (struct deflate_way){ 15, 10 }, act_str("x"), packed, 100,
	                   &len);
}

static void dies_of_a_way_that_there_is_not(void **state)
{
	(void)state;
	assert_dies(a_window_too_small, "way.bits");
	assert_dies(a_level_too_high, "way.level");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_what_may_come),
		cmocka_unit_test(refuses_what_is_no_whole_data),
		cmocka_unit_test(keeps_no_window),
		cmocka_unit_test(opens_more_than_its_first_room),
		cmocka_unit_test(opens_no_further_than_it_may),
		cmocka_unit_test(survives_every_change),
		cmocka_unit_test(the_example_comes_out),
		cmocka_unit_test(a_message_stands_by_itself),
		cmocka_unit_test(every_window_and_level_opens_again),
		cmocka_unit_test(does_not_go_beyond_its_room),
		cmocka_unit_test(what_does_not_shrink_is_seen),
		cmocka_unit_test(the_bound_is_one),
		cmocka_unit_test(a_frame_becomes_shorter_where_it_is),
		cmocka_unit_test(a_frame_that_would_not_stays_as_it_is),
		cmocka_unit_test(a_push_is_compressed_once_for_all),
		cmocka_unit_test(makes_what_is_needed_and_no_more),
		cmocka_unit_test(dies_of_a_way_that_there_is_not),
	};
	return cmocka_run_group_tests(tests, NULL, end);
}
