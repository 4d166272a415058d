#include "net/show.h"

#include "base/log.h"
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
	       (conn->endpoint->mode == CONFIG_MODE_ACTION || bytes[0] == 0);
}

void show_message(const struct conn *conn, const char *way, bool text, const uint8_t *bytes,
                  size_t len)
{
	char body[SHOW_BYTES * 2 + 16];
	const char *user = conn->user != NULL ? conn->user : "-";
	if (!has_code(conn, text, bytes, len)) {
		put_body(body, sizeof body, bytes, len);
		log_info("frames", "%s %s %s type=%d len=%zu body=%s", conn->address, user, way,
		         text ? FRAME_TEXT : FRAME_BINARY, len, body);
		return;
	}
	put_body(body, sizeof body, bytes + FRAME_CODE_BYTES, len - FRAME_CODE_BYTES);
	log_info("frames", "%s %s %s type=%d len=%zu action=%u body=%s", conn->address, user, way,
	         FRAME_BINARY, len, act_get_u32(bytes), body);
}

void show_frame(const struct conn *conn, const uint8_t *frame, size_t len)
{
	size_t head = frame[1] == 127 ? 10 : frame[1] == 126 ? 4 : 2;
	show_message(conn, ">", (frame[0] & 0x0F) == FRAME_TEXT, frame + head, len - head);
}
