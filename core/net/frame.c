#include "net/frame.h"

#include <act/easy.h>
#include <string.h>

size_t frame_header(uint8_t *to, enum frame_kind kind, uint64_t len)
{
	to[0] = (uint8_t)(0x80 | kind);
	if (len < 126) {
		to[1] = (uint8_t)len;
		return 2;
	}
	if (len <= UINT16_MAX) {
		to[1] = 126;
		act_put_u16(to + 2, (uint16_t)len);
		return 4;
	}
	to[1] = 127;
	act_put_u64(to + 2, len);
	return 10;
}

size_t frame_header_len(const uint8_t *frame)
{
	return frame[1] == 127 ? 10 : frame[1] == 126 ? 4 : 2;
}

size_t frame_close(uint8_t *to, uint16_t code, const char *reason)
{
	size_t len = strlen(reason);
	if (len > FRAME_CLOSE_MAX - 2)
		len = act_utf8_span(reason, FRAME_CLOSE_MAX - 2);
	return frame_close_echo(to, code, (const uint8_t *)reason, len);
}

size_t frame_close_echo(uint8_t *to, uint16_t code, const uint8_t *reason, size_t len)
{
	if (code == CLOSE_NONE)
		return frame_header(to, FRAME_CLOSE, 0);
	size_t head = frame_header(to, FRAME_CLOSE, 2 + len);
	act_put_u16(to + head, code);
	if (len != 0)
		memcpy(to + head + 2, reason, len);
	return head + 2 + len;
}
