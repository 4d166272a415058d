/* A connection between a carrier and the room above: messages in order, what leaves and when, and
 * the ways in which it ends. */
#include "fixtures/one_loop.h"

#include "fixtures/dies.h"

static struct wire wire;

static void receive(struct conn *conn, const char *text)
{
	conn_message(conn, false, (const uint8_t *)text, strlen(text));
}

/* What was sent since it was asked last. */
static void sent_is(const char *bytes, size_t len)
{
	assert_int_equal(wire.len, len);
	assert_memory_equal(wire.bytes, bytes, len);
	wire.len = 0;
}

static void closes_with(uint16_t code, const char *reason)
{
	wire_closes(&wire, code, reason);
}

/* ---- life ---- */

static void opens_and_goes(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", "ann");
	act_conn id = conn->id;
	assert_int_equal(net.connections, 1);
	assert_int_equal(loop.counters.connections, 1);
	assert_ptr_equal(conn_find(&loop, id), conn);
	assert_string_equal(conn->user, "ann");
	assert_string_equal(conn_address(conn), "192.0.2.7");
	assert_null(conn->device);
	conn_gone(conn);
	heard_is("- ");
	assert_int_equal(net.connections, 0);
	assert_null(conn_find(&loop, id));
	assert_int_equal(loop.hub.topics.count, 0);
	assert_int_equal(loop.wheel.count, 0);
}

/* What its carrier keeps behind it. */
struct kept {
	uint64_t number;
	bool refuses;
};

static int begin_with_it(struct conn *conn)
{
	const struct kept *kept = conn->carried;
	assert_ptr_equal(kept, conn->behind);
	assert_int_equal(kept->number, 0x0123456789abcdef);
	assert_ptr_equal(conn_find(&loop, conn->id), conn);
	heard_is(""); /* nobody knows of it yet */
	return kept->refuses ? -1 : 0;
}

static void a_carrier_may_keep_something_behind_it(void **state)
{
	const struct carrier roomy = { .room = sizeof(struct kept), .start = begin_with_it };
	const struct endpoint *endpoint = site_find(site, "/raw")->endpoint;
	const struct conn_birth birth = { .endpoint = endpoint,
		                          .protocol = protocol_plain(endpoint->mode),
		                          .address = "2001:db8:1234:5678:9abc:def0:192.0.2.100" };
	struct kept kept = { .number = 0x0123456789abcdef };
	(void)state;
	struct conn *conn = conn_open(&loop, &roomy, &kept, &birth);
	assert_non_null(conn);
	heard_is("+ ");
	assert_ptr_not_equal(conn->carried, &kept);
	assert_string_equal(conn_address(conn), birth.address);
	conn_gone(conn);
	heard_is("- ");
	kept.refuses = true;
	assert_null(conn_open(&loop, &roomy, &kept, &birth));
	heard_is("");
	assert_int_equal(net.connections, 0);
	assert_int_equal(loop.conns.live, 0);
}

static void goes_with_all_it_holds(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", "ann");
	above.keep_open = true;
	receive(conn, "\1\1\1\1first");
	receive(conn, "\1\1\1\1second");
	reply(conn, 1, 0, act_str("answer"));
	conn_bind(conn, act_str("bob"), act_str("phone"));
	hub_join(&loop.hub, conn, HUB_GROUP, act_str("g"));
	conn_close(conn, CLOSE_NORMAL, "bye");
	conn_gone(conn); /* the sanitizers see what would be left */
	assert_null(loop.turn_first);
	turn();
	assert_int_equal(loop.hub.topics.count, 0);
}

/* Those on the list of the turn leave it wherever they stand. */
static void leaves_the_turn_in_any_order(void **state)
{
	static struct wire wires[3];
	(void)state;
	for (int gone = 0; gone < 3; gone++) {
		struct conn *conns[3];
		for (int i = 0; i < 3; i++) {
			conns[i] = open_conn(&wires[i], "/raw", NULL);
			reply(conns[i], 0, ACT_HOW_TEXT, act_str("x"));
		}
		conn_gone(conns[gone]);
		turn();
		for (int i = 0; i < 3; i++)
			assert_int_equal(wires[i].sends, i != gone);
		for (int i = 0; i < 3; i++)
			if (i != gone)
				conn_gone(conns[i]);
		above.heard[0] = '\0';
	}
}

/* ---- messages ---- */

static void one_call_at_a_time(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	above.keep_open = true;
	receive(conn, "a");
	receive(conn, "b");
	receive(conn, "c");
	turn();
	heard_is("0:0:a ");
	conn_call_ended(conn);
	heard_is(""); /* not from within the answer: at the end of the turn */
	turn();
	heard_is("0:0:b ");
	conn_call_ended(conn);
	turn();
	heard_is("0:0:c ");
	conn_call_ended(conn);
	receive(conn, "d");
	heard_is("0:0:d ");
}

/* Waiting messages that are answered at once go up in one turn. */
static void the_queue_is_worked_off(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	above.keep_open = true;
	receive(conn, "a");
	above.keep_open = false;
	above.echo = true;
	receive(conn, "b");
	receive(conn, "c");
	heard_is("0:0:a ");
	conn_call_ended(conn);
	turn();
	heard_is("0:0:b 0:0:c ");
	assert_int_equal(wire.sends, 1);
	sent_is("\x82\1b\x82\1c", 6);
}

static void a_full_queue_stops_reading(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	above.keep_open = true;
	receive(conn, "a");
	receive(conn, "1");
	receive(conn, "2");
	assert_false(wire.paused);
	receive(conn, "3");
	assert_true(wire.paused);
	receive(conn, "4"); /* was read already: it is not lost */
	conn_call_ended(conn);
	turn();
	assert_true(wire.paused);
	conn_call_ended(conn);
	turn();
	assert_false(wire.paused);
	heard_is("0:0:a 0:0:1 0:0:2 ");
	assert_int_equal(wire.pauses, 2);
}

static void many_bytes_fill_the_queue_too(void **state)
{
	char big[101] = "";
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	memset(big, 'x', 100);
	above.keep_open = true;
	receive(conn, "a");
	receive(conn, big);
	assert_true(wire.paused);
	conn_call_ended(conn);
	turn();
	assert_false(wire.paused);
}

static void nothing_goes_up_once_it_closes(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	above.close = 4500;
	above.keep_open = true;
	receive(conn, "a");
	receive(conn, "b"); /* after the close was asked for */
	heard_is("0:0:a ");
	closes_with(4500, "as it was told");
	conn_call_ended(conn);
	receive(conn, "c");
	turn();
	heard_is("");
	assert_null(conn_find(&loop, conn->id));
}

static void a_close_lets_the_queue_wait_for_ever(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	above.keep_open = true;
	receive(conn, "a");
	receive(conn, "b");
	conn_close(conn, CLOSE_NORMAL, "");
	conn_call_ended(conn);
	turn();
	heard_is("0:0:a ");
}

static void an_ending_server_reads_no_more(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	loop.draining = true;
	conn_steer_reading(conn);
	assert_true(wire.paused);
	above.echo = true;
	receive(conn, "a"); /* was read already */
	turn();
	sent_is("\x82\1a", 3);
	assert_true(wire.paused);
}

/* ---- what leaves ---- */

static void one_write_a_turn(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	for (int i = 0; i < 10; i++)
		reply(conn, 0, ACT_HOW_BINARY, act_str("x"));
	push(conn, "p");
	assert_int_equal(wire.sends, 0);
	turn();
	assert_int_equal(wire.sends, 1);
	assert_int_equal(wire.len, 77);
	assert_int_equal(loop.counters.messages_out, 11);
	assert_int_equal(loop.counters.bytes_out, 77);
	assert_int_equal(loop.counters.writes, 1);
	turn();
	assert_int_equal(wire.sends, 1);
}

static void waits_for_a_slow_socket(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	wire.blocked = true;
	reply(conn, 0, ACT_HOW_TEXT, act_str("a"));
	turn();
	reply(conn, 0, ACT_HOW_TEXT, act_str("b"));
	turn();
	assert_int_equal(wire.sends, 0);
	wire.blocked = false;
	conn_writable(conn);
	turn();
	sent_is("\x81\1a\x81\1b", 6);
}

/* Answers beyond the outbox stop reading and what waits; nothing is lost. */
static void a_congested_one_takes_nothing_up(void **state)
{
	char big[1001] = "";
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	memset(big, 'x', 1000);
	wire.blocked = true;
	reply(conn, 0, ACT_HOW_TEXT, act_str(big));
	assert_true(conn_congested(conn));
	receive(conn, "a");
	heard_is("");
	assert_true(wire.paused);
	turn();
	heard_is("");
	wire.blocked = false;
	conn_writable(conn);
	turn();
	heard_is("0:0:a ");
	assert_false(wire.paused);
	assert_int_equal(wire.len, 1004);
}

static void a_push_without_room_closes(void **state)
{
	char big[991] = "";
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	memset(big, 'x', 982);
	wire.blocked = true;
	/* With a header of 4 and a code: 990 bytes. */
	reply(conn, 0, ACT_HOW_BINARY, act_str(big));
	push(conn, "full");
	assert_non_null(conn_find(&loop, conn->id));
	push(conn, "");
	assert_null(conn_find(&loop, conn->id));
	push(conn, ""); /* goes nowhere */
	assert_int_equal(loop.counters.closed_too_slow, 1);
	turn();
	assert_int_equal(wire.closes, 0); /* first what was said before */
	wire.blocked = false;
	conn_writable(conn);
	closes_with(CLOSE_TOO_SLOW, "too slow: the outbox is full");
	assert_int_equal(wire.len, 1000);
}

/* Full within one turn: nothing was written yet, so nobody was slow. */
static void a_burst_of_pushes_is_written_in_between(void **state)
{
	char big[801] = "";
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	memset(big, 'x', 800);
	for (int i = 0; i < 3; i++)
		push(conn, big);
	assert_int_equal(wire.sends, 2);
	turn();
	assert_int_equal(wire.sends, 3);
	assert_int_equal(wire.len, 3 * 808);
	wire.blocked = true;
	for (int i = 0; i < 2; i++)
		push(conn, big);
	assert_null(conn_find(&loop, conn->id));
	assert_int_equal(wire.sends, 3);
}

static void a_lost_one_is_dropped_by_a_push_too(void **state)
{
	char big[801] = "";
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	memset(big, 'x', 800);
	wire.broken = true;
	push(conn, big);
	push(conn, big); /* not at once: a plugin may be on the stack */
	assert_int_equal(wire.drops, 0);
	turn();
	assert_int_equal(wire.drops, 1);
}

static void a_lost_one_is_dropped(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	wire.broken = true;
	reply(conn, 0, ACT_HOW_TEXT, act_str("a"));
	turn();
	assert_int_equal(wire.drops, 1);
	assert_int_equal(wire.closes, 0);
	heard_is("- ");
	assert_int_equal(net.connections, 0);
}

/* ---- closing ---- */

static void a_close_follows_what_was_said(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	reply(conn, 0, ACT_HOW_TEXT, act_str("a"));
	conn_close(conn, 1000, "bye");
	conn_close(conn, 4500, "again"); /* changes nothing */
	reply(conn, 0, ACT_HOW_TEXT, act_str("b"));
	closes_with(1000, "bye");
	sent_is("\x81\1a", 3);
	turn();
	assert_int_equal(wire.closes, 1);
}

static void an_unanswered_close_has_an_end(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	conn_close(conn, 1000, "bye");
	pass_ms(config.close_ms - WHEEL_TICK_MS);
	assert_int_equal(wire.closes, 1);
	conn_alive(conn); /* a pong, say: it does not put the end off */
	assert_int_equal(wire.drops, 0);
	pass_ms(2 * WHEEL_TICK_MS);
	assert_int_equal(wire.drops, 1);
	heard_is("- ");
}

static void a_close_behind_a_dead_socket_has_an_end(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	wire.blocked = true;
	reply(conn, 0, ACT_HOW_TEXT, act_str("a"));
	conn_close(conn, 1000, "bye");
	pass_ms(config.close_ms + WHEEL_TICK_MS);
	assert_int_equal(wire.closes, 0);
	assert_int_equal(wire.drops, 1);
}

/* The server ends, and has told the others already. */
static void who_comes_behind_the_close_is_sent_elsewhere(void **state)
{
	(void)state;
	loop.closing = true;
	const struct conn *conn = open_conn(&wire, "/raw", NULL);
	wire_closes(&wire, CLOSE_RESTART, "retry=1");
	assert_null(conn_find(&loop, conn->id));
}

static void the_other_side_may_close(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	reply(conn, 0, ACT_HOW_TEXT, act_str("a"));
	conn_peer_closing(conn);
	sent_is("\x81\1a", 3); /* at once: the carrier answers the close next */
	reply(conn, 0, ACT_HOW_TEXT, act_str("b"));
	receive(conn, "c");
	turn();
	heard_is("");
	assert_int_equal(wire.len, 0);
	assert_int_equal(wire.closes, 0);
	assert_null(conn_find(&loop, conn->id));
	pass_ms(config.close_ms + WHEEL_TICK_MS);
	assert_int_equal(wire.drops, 1);
}

static void nothing_follows_a_close_frame(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	conn_close(conn, 1000, "bye");
	turn();
	wire.sends = 0;
	conn_peer_closing(conn);
	conn_writable(conn);
	turn();
	assert_int_equal(wire.sends, 0);
	assert_int_equal(wire.closes, 1);
}

/* ---- liveness ---- */

static void a_silent_one_is_pinged_then_dropped(void **state)
{
	(void)state;
	open_conn(&wire, "/raw", NULL);
	pass_ms(25000 - WHEEL_TICK_MS);
	assert_int_equal(wire.sends, 0);
	pass_ms(2 * WHEEL_TICK_MS);
	sent_is("\x89\4actd", 6);
	pass_ms(10000 - 2 * WHEEL_TICK_MS);
	assert_int_equal(wire.drops, 0);
	pass_ms(2 * WHEEL_TICK_MS);
	assert_int_equal(wire.drops, 1);
	assert_int_equal(loop.counters.dropped_silent, 1);
	heard_is("- ");
}

static void any_frame_is_a_sign_of_life(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	for (int i = 0; i < 10; i++) {
		pass_ms(20000);
		receive(conn, "a");
	}
	assert_int_equal(wire.sends, 0);
	pass_ms(30000);
	assert_int_equal(wire.sends, 1);
	conn_alive(conn); /* a pong */
	pass_ms(25000 - 2 * WHEEL_TICK_MS);
	assert_int_equal(wire.sends, 1);
	assert_int_equal(wire.drops, 0);
	pass_ms(4 * WHEEL_TICK_MS);
	assert_int_equal(wire.sends, 2);
	assert_int_equal(wire.drops, 0);
}

/* A ping would not leave, or what it says is not read: its silence is ours. */
static void a_silence_of_ours_is_not_held_against_it(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	wire.blocked = true;
	pass_ms(300000);
	assert_int_equal(wire.sends, 0);
	assert_int_equal(wire.drops, 0);
	wire.blocked = false;
	above.keep_open = true;
	for (int i = 0; i < 4; i++)
		receive(conn, "a"); /* one is open, and three fill the queue */
	assert_true(wire.paused);
	pass_ms(300000);
	assert_int_equal(wire.sends, 0);
	assert_int_equal(wire.drops, 0);
	/* From then on it has its time again. */
	conn_call_ended(conn);
	turn();
	assert_false(wire.paused);
	pass_ms(25000 + 25000);
	sent_is("\x89\4actd", 6);
	pass_ms(10000);
	assert_int_equal(wire.drops, 1);
}

/* ping_s 0: no pings; but the next config may ask for them. */
static void pings_may_be_switched(void **state)
{
	(void)state;
	open_conn(&wire, "/raw", NULL);
	config.ping_s = 0;
	pass_ms(300000);
	assert_int_equal(wire.sends, 0);
	assert_int_equal(wire.drops, 0);
	config.ping_s = 5;
	pass_ms(60000 + 5000 + 2 * WHEEL_TICK_MS);
	assert_int_equal(wire.sends, 1);
}

/* ---- a protocol that says nothing ---- */

static bool answers;

static bool maybe_answer(struct conn *conn, const struct ticket *ticket,
                         const struct outcome *outcome)
{
	(void)conn;
	(void)outcome;
	hear("answer:%u ", ticket->code);
	return answers;
}

static const struct protocol mute_protocol = { .index = 1, .answer = maybe_answer };

static void without_memory_for_an_answer_it_closes(void **state)
{
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &mute_protocol, NULL, 0);
	answers = true;
	reply(conn, 1, ACT_HOW_BINARY, act_str(""));
	assert_non_null(conn_find(&loop, conn->id));
	answers = false;
	reply(conn, 2, ACT_HOW_BINARY, act_str(""));
	reply(conn, 3, ACT_HOW_BINARY, act_str("")); /* it is closing: nothing is asked of it */
	heard_is("answer:1 answer:2 ");
	closes_with(CLOSE_OVERLOAD, "no memory for the reply");
}

/* It is not greeted, gets no push, and hears of no end: it has no words for these. */
static void a_protocol_may_lack_words(void **state)
{
	(void)state;
	struct conn *conn =
		open_speaking(&wire, "/action", &mute_protocol, NULL, utc_ms / 1000 + 100);
	config.ping_s = 0;
	push(conn, "{}");
	pass_ms(100000);
	closes_with(CLOSE_EXPIRED, "the token has expired");
	assert_int_equal(wire.sends, 0);
}

/* ---- faults ---- */

static void end_a_call_that_never_began(void)
{
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	conn_call_ended(conn);
}

static void faults_stop_the_program(void **state)
{
	(void)state;
	assert_dies(end_a_call_that_never_began, "calls > 0 does not hold");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_loop_begin, one_loop_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_and_goes),
		TEST(a_carrier_may_keep_something_behind_it),
		TEST(goes_with_all_it_holds),
		TEST(leaves_the_turn_in_any_order),
		TEST(one_call_at_a_time),
		TEST(the_queue_is_worked_off),
		TEST(a_full_queue_stops_reading),
		TEST(many_bytes_fill_the_queue_too),
		TEST(nothing_goes_up_once_it_closes),
		TEST(a_close_lets_the_queue_wait_for_ever),
		TEST(an_ending_server_reads_no_more),
		TEST(one_write_a_turn),
		TEST(waits_for_a_slow_socket),
		TEST(a_congested_one_takes_nothing_up),
		TEST(a_push_without_room_closes),
		TEST(a_burst_of_pushes_is_written_in_between),
		TEST(a_lost_one_is_dropped_by_a_push_too),
		TEST(a_lost_one_is_dropped),
		TEST(a_close_follows_what_was_said),
		TEST(an_unanswered_close_has_an_end),
		TEST(a_close_behind_a_dead_socket_has_an_end),
		TEST(who_comes_behind_the_close_is_sent_elsewhere),
		TEST(the_other_side_may_close),
		TEST(nothing_follows_a_close_frame),
		TEST(a_silent_one_is_pinged_then_dropped),
		TEST(any_frame_is_a_sign_of_life),
		TEST(a_silence_of_ours_is_not_held_against_it),
		TEST(pings_may_be_switched),
		TEST(without_memory_for_an_answer_it_closes),
		TEST(a_protocol_may_lack_words),
		TEST(faults_stop_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
