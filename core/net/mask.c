#include "net/mask.h"

#include <string.h>

/* The first byte of the mask belongs to the next byte of the payload, whatever the byte order of
 * the machine: the mask is bytes, and turns as bytes. */
static uint32_t turn(uint32_t mask, size_t by)
{
	uint8_t from[4], to[4];
	if (by == 0)
		return mask;
	memcpy(from, &mask, sizeof from);
	for (size_t i = 0; i < sizeof to; i++)
		to[i] = from[(i + by) % sizeof from];
	memcpy(&mask, to, sizeof mask);
	return mask;
}

uint32_t mask_take_off(uint8_t *bytes, size_t len, uint32_t mask)
{
	enum { WIDE = 32 };
	uint64_t words[WIDE / sizeof(uint64_t)];
	uint64_t twice = (uint64_t)mask << 32 | mask;
	size_t at = 0;
	/* Fixed numbers of words without an alignment: compilers make vectors of this. */
	for (; len - at >= WIDE; at += WIDE) {
		memcpy(words, bytes + at, WIDE);
		for (size_t i = 0; i < WIDE / sizeof(uint64_t); i++)
			words[i] ^= twice;
		memcpy(bytes + at, words, WIDE);
	}
	for (; len - at >= sizeof twice; at += sizeof twice) {
		memcpy(words, bytes + at, sizeof twice);
		words[0] ^= twice;
		memcpy(bytes + at, words, sizeof twice);
	}
	uint8_t four[4];
	memcpy(four, &mask, sizeof four);
	for (size_t i = 0; at + i < len; i++)
		bytes[at + i] ^= four[i % sizeof four];
	return turn(mask, len % sizeof four);
}
