#include "net/show.h"

#include "base/log.h"
#include "net/actjson.h"
#include "net/actv1.h"
#include "net/conn.h"

#include <act/easy.h>
#include <stdio.h>
#include <string.h>

static void put_body(char *to, size_t room, const uint8_t *bytes, size_t len)
{
	size_t shown = len < SHOW_BYTES ? len : SHOW_BYTES;
	size_t good = act_utf8_span(bytes, shown);
	/* A zero byte is UTF-8, but would end the line. */
	bool text = (good == len || (len > shown && good + 4 > shown)) &&
	            (good == 0 || memchr(bytes, 0, good) == NULL);
	const char *more = len > shown ? "..." : "";
	if (text) {
		snprintf(to, room, "%.*s%s", (int)good, (const char *)bytes, more);
		return;
	}
	size_t n = 0;
	for (size_t i = 0; i < shown; i++)
		n += (size_t)snprintf(to + n, room - n, "%02x", bytes[i]);
	snprintf(to + n, room - n, "%s (hex)", more);
}

/* A raw endpoint has no codes. But a client that tries its messages on an echo sends them with one,
 * and a binary message that begins with a zero byte is no text. */
static bool has_code(const struct conn *conn, bool text, const uint8_t *bytes, size_t len)
{
	return !text && len >= FRAME_CODE_BYTES &&
	       (conn->protocol != &protocol_raw || bytes[0] == 0);
}

/* "action=110 " and, of act.v1, what else stands in front of the payload, which begins at the
 * length that is returned. */
static size_t put_head(const struct conn *conn, bool text, const uint8_t *bytes, size_t len,
                       char *to, size_t room)
{
	struct actv1_frame frame;
	to[0] = '\0';
	if (!has_code(conn, text, bytes, len))
		return 0;
	if (conn->protocol != &protocol_v1 || actv1_read(bytes, len, &frame) != NULL) {
		snprintf(to, room, "action=%u ", act_get_u32(bytes));
		return FRAME_CODE_BYTES;
	}
	int n = snprintf(to, room, "action=%u %s flags=%02x status=%u seq=%u ", frame.code,
	                 actv1_type_name(frame.type), frame.flags, frame.status, frame.seq);
	if (frame.trace.len != 0) {
		char trace[2 * ACTV1_TRACE_MAX + 8];
		put_body(trace, sizeof trace, frame.trace.ptr, frame.trace.len);
		snprintf(to + n, room - (size_t)n, "trace=%s ", trace);
	}
	return len - frame.payload.len;
}

/* What could not be read may have been meant for a login all the same. */
static bool is_login(const uint8_t *bytes, size_t len)
{
	struct actjson_message message;
	struct actjson_fault fault;
	if (actjson_read(bytes, len, &message, &fault) != 0)
		return len != 0 && memmem(bytes, len, "token", 5) != NULL;
	return message.kind == ACTJSON_AUTH;
}

/* A token is nobody's business, not even the log's. */
static bool is_secret(const struct conn *conn, bool text, const uint8_t *bytes, size_t len)
{
	if (conn->protocol == &protocol_json && text)
		return is_login(bytes, len);
	return conn->protocol == &protocol_v1 && !text && len >= FRAME_CODE_BYTES &&
	       act_get_u32(bytes) == ACTV1_AUTH;
}

void show_message(const struct conn *conn, const char *way, bool text, const uint8_t *bytes,
                  size_t len)
{
	char head[256], body[SHOW_BYTES * 2 + 16];
	const char *user = conn->user != NULL ? conn->user : "-";
	size_t head_len = put_head(conn, text, bytes, len, head, sizeof head);
	if (way[0] == '<' && is_secret(conn, text, bytes, len))
		snprintf(body, sizeof body, "(a token)");
	else
		put_body(body, sizeof body, bytes + head_len, len - head_len);
	log_info("frames", "%s %s %s type=%d len=%zu %sbody=%s", conn_address(conn), user, way,
	         text ? FRAME_TEXT : FRAME_BINARY, len, head, body);
}

void show_frame(const struct conn *conn, const uint8_t *frame, size_t len)
{
	size_t head = frame_header_len(frame);
	show_message(conn, ">", (frame[0] & 0x0F) == FRAME_TEXT, frame + head, len - head);
}
