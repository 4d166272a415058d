/* What of a connection's input has come in part: pieces become messages, announcements are not
 * believed, and who has nothing under way holds nothing. */
#include "fixtures/one_loop.h"

#include "fixtures/dies.h"

#include "net/reader.h"

#include <stdlib.h>

static struct wire wire;
static struct conn *conn;
static struct reader_stock stock;

static int begin(void **state)
{
	if (one_loop_begin(state) != 0)
		return -1;
	stock = (struct reader_stock){ 0 };
	conn = open_conn(&wire, "/raw", NULL);
	return 0;
}

static int end(void **state)
{
	reader_stock_free(&stock);
	return one_loop_end(state);
}

/* Text that begins and ends its message as it is said. */
static struct decoded piece_of(const char *text, bool first, bool last)
{
	return (struct decoded){ .bytes = (uint8_t *)(uintptr_t)text,
		                 .len = strlen(text),
		                 .text = true,
		                 .first = first,
		                 .last = last };
}

static void put(struct reader *reader, const char *text, bool first, bool last)
{
	const struct decoded piece = piece_of(text, first, last);
	assert_true(reader_put(reader, conn, &piece));
}

/* ---- messages ---- */

static void a_whole_message_is_not_kept(void **state)
{
	struct reader reader = { 0 };
	(void)state;
	put(&reader, "whole", true, true);
	heard_is("0:1:whole ");
	assert_null(reader.pieces.bytes);
}

static void pieces_are_joined(void **state)
{
	struct reader reader = { 0 };
	(void)state;
	put(&reader, "a", true, false);
	put(&reader, "", false, false);
	put(&reader, "bc", false, false);
	heard_is("");
	put(&reader, "d", false, true);
	heard_is("0:1:abcd ");
	assert_null(reader.pieces.bytes);
	assert_int_equal(reader.pieces.len, 0);
	put(&reader, "", true, false);
	put(&reader, "", false, true);
	heard_is("0:1: ");
}

/* An announcement costs the client nothing, so it gets little for it; what has come counts. */
static void room_is_made_for_what_comes(void **state)
{
	static uint8_t bytes[100000];
	struct reader reader = { 0 };
	(void)state;
	struct decoded piece = { .bytes = bytes, .len = 1, .first = true, .ahead = UINT64_MAX / 2 };
	assert_true(reader_put(&reader, conn, &piece));
	assert_in_range(reader.pieces.room, 1, 65536);
	piece = (struct decoded){ .bytes = bytes, .len = sizeof bytes };
	assert_true(reader_put(&reader, conn, &piece));
	assert_in_range(reader.pieces.room, 1 + sizeof bytes, 4 * sizeof bytes);
	free(reader.pieces.bytes);
	reader = (struct reader){ 0 };
	piece = (struct decoded){ .bytes = bytes, .len = 100, .first = true, .ahead = 19900 };
	assert_true(reader_put(&reader, conn, &piece));
	assert_int_equal(reader.pieces.room, 20000); /* believed: it is made once */
	free(reader.pieces.bytes);
}

/* Of a long message many pieces come: each byte is moved a few times, not each time. */
static void room_grows_by_doubling(void **state)
{
	static uint8_t bytes[1000];
	struct reader reader = { 0 };
	size_t rooms = 0;
	(void)state;
	for (int i = 0; i < 10000; i++) {
		size_t before = reader.pieces.room;
		const struct decoded piece = { .bytes = bytes,
			                       .len = sizeof bytes,
			                       .first = i == 0,
			                       .ahead = (uint64_t)(9999 - i) * sizeof bytes };
		assert_true(reader_put(&reader, conn, &piece));
		rooms += reader.pieces.room != before;
	}
	assert_int_equal(reader.pieces.len, 10000 * sizeof bytes);
	assert_in_range(rooms, 1, 16);
	free(reader.pieces.bytes);
}

/* ---- who keeps one ---- */

/* The reader's decoder has seen the header of a frame of three bytes, and one of those. */
static void begin_a_frame(struct reader *reader)
{
	const struct decode_terms terms = { .message_bytes = 100 };
	uint8_t bytes[] = { 0x81, 0x83, 0, 0, 0, 0, 'x' }, *at = bytes;
	struct decoded got;
	assert_int_equal(decode(&reader->decoder, &terms, &at, bytes + sizeof bytes, &got),
	                 DECODED_PIECE);
	assert_true(reader_put(reader, conn, &got));
}

static void who_has_nothing_under_way_keeps_none(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct reader *reader = reader_for(&stock, NULL);
		put(reader, "whole", true, true);
		assert_null(reader_keep(&stock, reader, false));
	}
	assert_int_equal(stock.count, 0);
}

static void who_is_in_a_frame_keeps_one_until_it_ends(void **state)
{
	const struct decode_terms terms = { .message_bytes = 100 };
	uint8_t bytes[] = { 'y', 'z' }, *at = bytes;
	struct decoded got;
	(void)state;
	struct reader *reader = reader_for(&stock, NULL);
	begin_a_frame(reader);
	struct reader *own = reader_keep(&stock, reader, false);
	assert_non_null(own);
	assert_ptr_not_equal(own, reader);
	/* The one for all knows nothing of it. */
	assert_ptr_equal(reader_for(&stock, NULL), reader);
	assert_true(decode_rests(&reader->decoder));
	assert_null(reader->pieces.bytes);
	assert_null(reader_keep(&stock, reader, false));
	assert_ptr_equal(reader_for(&stock, own), own);
	assert_int_equal(decode(&own->decoder, &terms, &at, bytes + sizeof bytes, &got),
	                 DECODED_PIECE);
	assert_true(reader_put(own, conn, &got));
	heard_is("0:1:xyz ");
	assert_null(reader_keep(&stock, own, false));
	assert_int_equal(stock.count, 1);
}

/* In the middle of whatever it was: nothing of it is left for the next connection. */
static void who_is_over_leaves_nothing(void **state)
{
	(void)state;
	struct reader *reader = reader_for(&stock, NULL);
	begin_a_frame(reader);
	assert_null(reader_keep(&stock, reader, true));
	assert_true(decode_rests(&reader->decoder));
	assert_null(reader->pieces.bytes);
	reader = reader_for(&stock, NULL);
	begin_a_frame(reader);
	struct reader *own = reader_keep(&stock, reader, false);
	assert_null(reader_keep(&stock, own, true));
	assert_int_equal(stock.count, 1);
	/* What is used again begins at the beginning. */
	begin_a_frame(reader_for(&stock, NULL));
	assert_ptr_equal(reader_keep(&stock, &stock.empty, false), own);
	assert_int_equal(own->pieces.len, 1);
	assert_null(reader_keep(&stock, own, true));
}

static void the_stock_has_its_bound(void **state)
{
	enum { MANY = 100 };
	struct reader *readers[MANY];
	(void)state;
	for (int i = 0; i < MANY; i++) {
		struct reader *reader = reader_for(&stock, NULL);
		begin_a_frame(reader);
		readers[i] = reader_keep(&stock, reader, false);
	}
	for (int i = 0; i < MANY; i++)
		assert_null(reader_keep(&stock, readers[i], true));
	assert_int_equal(stock.count, 64);
}

static void two_at_once(void)
{
	reader_for(&stock, NULL);
	reader_for(&stock, NULL);
}

static void faults_stop_the_program(void **state)
{
	(void)state;
	assert_dies(two_at_once, "!stock->lent does not hold");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_whole_message_is_not_kept),
		TEST(pieces_are_joined),
		TEST(room_is_made_for_what_comes),
		TEST(room_grows_by_doubling),
		TEST(who_has_nothing_under_way_keeps_none),
		TEST(who_is_in_a_frame_keeps_one_until_it_ends),
		TEST(who_is_over_leaves_nothing),
		TEST(the_stock_has_its_bound),
		TEST(faults_stop_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
