#include "net/frame.h"

#include <act/easy.h>

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
