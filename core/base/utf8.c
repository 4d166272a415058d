#include "base/utf8.h"

#include <string.h>

/* How many bytes of ASCII there are at least, in steps of eight. */
static size_t ascii_span(const uint8_t *bytes, size_t len)
{
	size_t at = 0;
	uint64_t eight;
	for (; len - at >= sizeof eight; at += sizeof eight) {
		memcpy(&eight, bytes + at, sizeof eight);
		if ((eight & 0x8080808080808080u) != 0)
			break;
	}
	return at;
}

/* The first byte of a character. The bounds of the second keep out what has a shorter form, the
 * surrogates, and what lies beyond U+10FFFF. */
static bool begin(struct utf8 *text, uint8_t byte)
{
	if (byte < 0x80)
		return true;
	if (byte < 0xC2 || byte > 0xF4)
		return false;
	text->missing = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
	text->least = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
	text->most = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
	return true;
}

bool utf8_goes_on(struct utf8 *text, const uint8_t *bytes, size_t len)
{
	for (size_t at = 0; at < len; at++) {
		if (text->missing == 0) {
			at += ascii_span(bytes + at, len - at);
			if (at == len)
				break;
			if (!begin(text, bytes[at]))
				return false;
			continue;
		}
		if (bytes[at] < text->least || bytes[at] > text->most)
			return false;
		text->missing--;
		text->least = 0x80;
		text->most = 0xBF;
	}
	return true;
}
