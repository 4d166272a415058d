#include "base64url.h"

#include <stdint.h>

/* The six bits of a character, or -1. */
static int six_bits(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

ptrdiff_t base64url_decode(const char *text, size_t len, unsigned char *out, size_t size)
{
	uint32_t bits = 0;
	unsigned held = 0; /* how many of the low bits of `bits` are not written yet */
	size_t count = 0;
	for (size_t i = 0; i < len; i++) {
		int six = six_bits(text[i]);
		if (six < 0)
			return -1;
		bits = bits << 6 | (uint32_t)six;
		held += 6;
		if (held < 8)
			continue;
		if (count == size)
			return -1;
		held -= 8;
		out[count++] = (unsigned char)(bits >> held);
	}
	if (held == 6) /* one character alone is less than a byte */
		return -1;
	if ((bits & ((1u << held) - 1)) != 0) /* the rest of the last character must be zero */
		return -1;
	return (ptrdiff_t)count;
}
