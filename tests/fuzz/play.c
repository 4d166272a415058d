#include "play.h"

#include "base/check.h"
#include "base/status.h"
#include "net/net.h"
#include "plugin.h"
#include "script.h"
#include "server.h"

#include <act/easy.h>
#include <string.h>

/* One more is not looked at. */
enum { BAD_TOKENS_MAX = 8 };

/* ---- the carrier --------------------------------------------------------------------------- */

/* What the server writes: whole frames without masks (RFC 6455, section 5.2). */
static int on_send(struct conn *conn, const uint8_t *frames, size_t len)
{
	struct play *play = conn->carried;
	CHECK(play->closed == 0 && !play->blocked && len > 0);
	while (len > 0) {
		size_t head = len < 2 || frames[1] < 126 ? 2 : frames[1] == 126 ? 4 : 10;
		CHECK(len >= head);
		size_t size = head == 2   ? frames[1]
		              : head == 4 ? act_get_u16(frames + 2)
		                          : act_get_u64(frames + 2);
		CHECK(size <= len - head);
		uint8_t kind = frames[0] & 0x0F;
		CHECK((frames[0] & 0xF0) == 0x80);
		CHECK(kind == FRAME_TEXT || kind == FRAME_BINARY || kind == FRAME_PING);
		if (kind != FRAME_PING) {
			play->rules->hear(play, kind == FRAME_TEXT, frames + head, size);
			play->said++;
		}
		frames += head + size;
		len -= head + size;
	}
	return 0;
}

static bool is_blocked(const struct conn *conn)
{
	return ((const struct play *)conn->carried)->blocked;
}

/* Messages are served in their order. So what was asked before the message that is at fault is
 * answered, but for what the plugin holds; and the first fault is the one that counts. */
static void check_fault(const struct play *play, uint16_t code)
{
	const struct debt *debt = play->debts, *end = debt + play->debt_count;
	for (; debt < end && debt->close == 0; debt++) {
		CHECK(!play->conn->protocol->in_order);
		CHECK(debt->code == PLUGIN_HOLD + 1 || debt->code == PLUGIN_ONE + 1);
	}
	CHECK(debt < end && debt->close == code);
}

static void on_close(struct conn *conn, uint16_t code, const char *reason)
{
	struct play *play = conn->carried;
	CHECK(play->closed == 0 && !play->leaving);
	CHECK(act_utf8_span(reason, strlen(reason)) == strlen(reason));
	play->closed = code;
	if (code == CLOSE_TOO_SLOW)
		CHECK(play->pushed);
	else if (code == CLOSE_EXPIRED)
		CHECK(play->may_expire);
	else if (code == CLOSE_POLICY)
		CHECK(play->bad_tokens == BAD_TOKENS_MAX);
	else
		check_fault(play, code);
}

static void on_drop(struct conn *conn)
{
	struct play *play = conn->carried;
	CHECK(play->passed_ms > 0);
	play->conn = NULL;
	conn_gone(conn);
}

static void on_pause(struct conn *conn, bool pause)
{
	struct play *play = conn->carried;
	CHECK(pause != play->paused);
	play->paused = pause;
	play->overrun = 0;
}

static const struct carrier carrier = { .send = on_send,
	                                .blocked = is_blocked,
	                                .close = on_close,
	                                .drop = on_drop,
	                                .pause = on_pause };

/* ---- the script ---------------------------------------------------------------------------- */

/* Where reading is paused, a message or two that were read already may still come. */
enum { OVERRUN_MAX = 2 };

/* A message is not taken up while others wait, more is unsent than may be, or, where it asks for a
 * call, as many are open as may be. */
static enum turn turn_of(const struct conn *conn, enum turn turn)
{
	const struct config_limits *limits = &server_config()->limits;
	uint32_t most = conn->protocol->in_order ? 1 : limits->calls;
	if (conn->pending_count > 0 || outbox_len(&conn->outbox) > limits->outbox_bytes)
		return TURN_WAITS;
	return conn->calls < most ? TURN_PASSES : turn;
}

static void deliver(struct play *play, bool text, struct script *script)
{
	size_t len;
	const uint8_t *bytes = script_bytes(script, &len);
	if (len > server_config()->limits.message_bytes || play->debt_count == PLAY_DEBTS_MAX)
		return;
	/* Carriers hand up no other text than UTF-8; the fuzzer "frames" is for what does not get
	 * here. */
	if (text && act_utf8_span(bytes, len) != len)
		return;
	if (play->leaving || (play->paused && play->overrun++ >= OVERRUN_MAX))
		return;
	/* After a close, and before one that waits for the end of the turn, none counts. */
	if (play->conn->close_wanted) {
		conn_message(play->conn, text, bytes, len);
		return;
	}
	enum turn turn = turn_of(play->conn, play->rules->ask(play, text, bytes, len));
	size_t unsent = outbox_len(&play->conn->outbox);
	uint32_t calls = play->conn->calls;
	conn_message(play->conn, text, bytes, len);
	if (turn == TURN_WAITS)
		CHECK(outbox_len(&play->conn->outbox) == unsent && play->conn->calls == calls);
	if (turn == TURN_PASSES)
		CHECK(play->conn->pending_count == 0);
}

static void push(struct play *play, size_t len, bool json)
{
	play->pushed = true;
	plugin_push(play->conn->id, len, json);
}

static void pass(struct play *play, uint64_t ms)
{
	play->passed_ms += ms;
	server_pass_ms(ms);
}

static void unblock(struct play *play)
{
	if (!play->blocked)
		return;
	play->blocked = false;
	conn_writable(play->conn);
}

static void step(struct play *play, struct script *script)
{
	switch (script_byte(script)) {
	case 'b':
		deliver(play, false, script);
		break;
	case 't':
		deliver(play, true, script);
		break;
	case '.':
		server_turn();
		break;
	case 'a':
		plugin_answer(script_byte(script), false);
		break;
	case 'f':
		plugin_answer(script_byte(script), true);
		break;
	case 'p':
		push(play, script_byte(script), true);
		break;
	case 'q':
		push(play, script_byte(script), false);
		break;
	case 'x':
		play->blocked = true;
		break;
	case 'o':
		unblock(play);
		break;
	case 's':
		pass(play, 250 * (uint64_t)script_byte(script));
		break;
	case 'e':
		if (!play->leaving)
			conn_peer_closing(play->conn);
		play->leaving = true;
		break;
	default:
		break;
	}
}

/* limits.outbox_bytes bounds what is taken up and what is pushed. On top come the answers of calls
 * that are open, each as long as it may be, of one that is served at once, and what is said before
 * a close. */
static void check_bounds(const struct play *play)
{
	const struct config_limits *limits = &server_config()->limits;
	const struct conn *conn = play->conn;
	size_t answer = FRAME_HEADER_MAX + ENVELOPE_HEAD_MAX + STATUS_JSON_MAX;
	CHECK(conn->calls <= (conn->protocol->in_order ? 1 : limits->calls));
	CHECK(conn->pending_count <= limits->pending_messages + OVERRUN_MAX);
	CHECK(conn->pending_bytes <=
	      limits->pending_bytes + (1 + OVERRUN_MAX) * (size_t)limits->message_bytes);
	CHECK(outbox_len(&conn->outbox) <= limits->outbox_bytes + (limits->calls + 2) * answer);
}

/* ---- a run --------------------------------------------------------------------------------- */

static void begin(struct play *play, uint8_t who)
{
	struct loop *loop = server_begin();
	play->raw = play->rules->protocol == NULL && (who == 'r' || who == 'R');
	const struct endpoint *endpoint = server_endpoint(play->raw ? SERVER_RAW : SERVER_ACTION);
	const struct conn_birth birth = {
		.endpoint = endpoint,
		.protocol = play->rules->protocol != NULL ? play->rules->protocol
		                                          : protocol_plain(endpoint->mode),
		.user = who >= 'A' && who <= 'Z' ? "alice" : NULL,
		.address = "192.0.2.7",
	};
	play->conn = conn_open(loop, &carrier, play, &birth);
	CHECK(play->conn != NULL);
}

/* Everything is let go. What is owed then is nothing, or the close is known. */
static void end(struct play *play)
{
	if (play->conn != NULL)
		unblock(play);
	server_turn();
	while (play->conn != NULL && plugin_held() > 0) {
		plugin_answer(0, false);
		server_turn();
	}
	if (play->conn == NULL)
		return;
	if (play->closed == 0 && !play->leaving) {
		CHECK(play->debt_count == 0);
		CHECK(play->conn->calls == 0 && play->conn->pending_count == 0);
		CHECK(outbox_len(&play->conn->outbox) == 0 && !play->paused);
	}
	conn_gone(play->conn);
}

void play_run(const struct protocol_rules *rules, const uint8_t *bytes, size_t len)
{
	static struct play play;
	struct script script = { bytes, len };
	play = (struct play){ .rules = rules };
	begin(&play, script_byte(&script));
	while (play.conn != NULL && script.left > 0) {
		step(&play, &script);
		if (play.conn != NULL)
			check_bounds(&play);
	}
	end(&play);
	server_turn();
	server_check_idle();
}
