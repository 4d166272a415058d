/* protocol_json: act.json.v1 as the server speaks it: act.v1 in text, for people and browsers. */
#include "net/protocol.h"

#include "base/json_scan.h"
#include "base/log.h"
#include "base/status.h"
#include "net/actjson.h"
#include "net/greeting.h"
#include "net/net.h"

#include <act/easy.h>
#include <stdio.h>
#include <string.h>

enum { ERROR_MAX = STATUS_JSON_MAX + 32 };

/* An object that `head` begins and `body` ends. */
static bool send_text(struct conn *conn, const char *head, size_t head_len, act_bytes body)
{
	struct envelope envelope = { .kind = FRAME_TEXT, .head_len = head_len, .tail = "}" };
	memcpy(envelope.head, head, head_len);
	return conn_send(conn, &envelope, body);
}

/* ---- answers ---- */

static size_t put_error(char *to, const struct outcome *outcome)
{
	return actjson_error(to, ERROR_MAX, outcome->status, outcome->retry,
	                     outcome->retry_after_ms, outcome->body);
}

/* A plugin that says it gives JSON and gives something else would break the message around it. */
static struct outcome checked(const struct ticket *ticket, const struct outcome *outcome)
{
	struct json_fault fault;
	if (outcome->kind != OUTCOME_REPLY || outcome->body.len == 0 ||
	    json_scan(outcome->body.ptr, outcome->body.len, NULL, &fault) == 0)
		return *outcome;
	log_error("net", "the answer to action %u is not JSON, though its plugin says so: %s",
	          ticket->code, fault.text);
	return (struct outcome){ .kind = OUTCOME_ERROR,
		                 .status = STATUS_PLUGIN_FAILED,
		                 .body = act_str("the plugin's answer is not JSON"),
		                 .by = outcome->by };
}

static bool answer(struct conn *conn, const struct ticket *ticket, const struct outcome *given)
{
	char head[ACTJSON_HEAD_MAX + 16], error[ERROR_MAX];
	if (ticket->silent)
		return true;
	struct outcome outcome = checked(ticket, given);
	bool failed = outcome.kind == OUTCOME_ERROR;
	bool empty = outcome.kind == OUTCOME_NONE || outcome.body.len == 0;
	size_t len = actjson_reply_head(head, ticket->code, ticket->seq, outcome.by);
	len += (size_t)sprintf(head + len, failed ? "\"error\":" : "\"data\":");
	if (failed)
		outcome.body = act_mem(error, put_error(error, &outcome));
	else if (empty)
		outcome.body = act_str("null");
	return send_text(conn, head, len, outcome.body);
}

static void push(struct envelope *envelope, uint32_t code)
{
	char head[ACTJSON_HEAD_MAX + 16];
	size_t len = actjson_push_head(head, code);
	len += (size_t)sprintf(head + len, "\"data\":");
	*envelope = (struct envelope){ .kind = FRAME_TEXT, .head_len = len, .tail = "}" };
	memcpy(envelope->head, head, len);
}

/* ---- control messages ---- */

/* {"ctrl":"…",("seq":…,)… */
static size_t put_ctrl(char *to, const char *ctrl, uint32_t seq)
{
	int n = sprintf(to, "{\"ctrl\":\"%s\"", ctrl);
	if (seq != 0)
		n += sprintf(to + n, ",\"seq\":%u", seq);
	return (size_t)n;
}

/* Where there is no memory for one the connection ends with the next answer. */
static void send_ctrl(struct conn *conn, const char *ctrl, uint32_t seq, act_bytes members)
{
	char head[64];
	size_t len = put_ctrl(head, ctrl, seq);
	if (members.len != 0)
		head[len++] = ',';
	(void)send_text(conn, head, len, members);
}

static void send_fault(struct conn *conn, const char *ctrl, uint32_t seq, uint32_t status,
                       const char *sentence)
{
	char members[16 + ERROR_MAX] = "\"error\":";
	size_t n = strlen(members);
	const struct outcome outcome = { .status = status,
		                         .retry = status_info(status)->retry,
		                         .body = act_str(sentence) };
	n += put_error(members + n, &outcome);
	send_ctrl(conn, ctrl, seq, act_mem(members, n));
}

static void opened(struct conn *conn)
{
	char members[GREETING_MAX];
	send_ctrl(conn, "hello", 0, act_mem(members, greeting_hello(conn, members)));
}

static void send_login(struct conn *conn, uint32_t seq)
{
	char members[GREETING_MAX];
	send_ctrl(conn, "auth", seq, act_mem(members, greeting_login(conn, members)));
}

static void expiring(struct conn *conn)
{
	send_login(conn, 0);
}

static void farewell(struct conn *conn, uint32_t status, const char *sentence)
{
	send_fault(conn, "error", 0, status, sentence);
}

static void log_in(struct conn *conn, const struct actjson_message *message)
{
	struct login login;
	char token[GATE_TOKEN_MAX];
	int len = json_run_string(message->token, token, sizeof token);
	/* A token that is too long for the room is too long for conn_login() as well. */
	conn_login(conn, act_mem(token, len >= 0 ? (size_t)len : sizeof token), &login);
	if (login.status == STATUS_OK)
		send_login(conn, message->seq);
	else
		send_fault(conn, "auth", message->seq, login.status, login.why);
}

/* ---- receiving ---- */

/* A request that tells its number can be answered, whatever else is wrong with it. */
static void refuse(struct conn *conn, const struct actjson_message *message, const char *sentence)
{
	const struct ticket ticket = { .code = message->action, .seq = message->seq };
	bool told = message->action != 0 && message->seq != 0;
	conn_refuse(conn, told ? &ticket : NULL, sentence);
}

static void pass_up(struct conn *conn, const struct actjson_message *read)
{
	struct message message = { .ticket = { .code = read->action,
		                               .seq = read->seq,
		                               .how = ACT_HOW_BINARY,
		                               .silent = read->seq == 0,
		                               .ask_by = read->ask_by },
		                   .json = true,
		                   .payload = (const uint8_t *)read->data.at,
		                   .len = read->data.len,
		                   .deadline_ms = read->deadline_ms,
		                   .trace = act_str(read->trace) };
	conn->loop->net->up.message(conn, &message);
}

static bool is_control(bool text, const uint8_t *bytes, size_t len)
{
	struct actjson_message message;
	struct actjson_fault fault;
	return text && actjson_read(bytes, len, &message, &fault) == 0 &&
	       message.kind != ACTJSON_REQUEST;
}

static void receive(struct conn *conn, bool text, const uint8_t *bytes, size_t len)
{
	struct actjson_message message;
	struct actjson_fault fault;
	if (!text)
		conn_close(conn, CLOSE_UNSUPPORTED, "expected text messages");
	else if (actjson_read(bytes, len, &message, &fault) != 0)
		refuse(conn, &message, fault.text);
	else if (message.kind == ACTJSON_REQUEST)
		pass_up(conn, &message);
	else if (message.kind == ACTJSON_PING)
		send_ctrl(conn, "ping", message.seq, act_mem(NULL, 0));
	else
		log_in(conn, &message);
}

const struct protocol protocol_json = {
	.index = 3,
	.name = ACTJSON_NAME,
	.opened = opened,
	.receive = receive,
	.is_control = is_control,
	.answer = answer,
	.push = push,
	.only_json = true,
	.expiring = expiring,
	.farewell = farewell,
};
