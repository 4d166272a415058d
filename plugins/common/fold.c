#include "fold.h"

#include <assert.h>
#include <stdint.h>

/* Letters that lie at a fixed distance from their small form. */
struct range {
	uint16_t first, last, step; /* each, or with step 2 every other code point */
	int16_t distance;
};

static const struct range RANGES[] = {
	{ 'A', 'Z', 1, 32 },       { 0x00C0, 0x00D6, 1, 32 },   { 0x00D8, 0x00DE, 1, 32 },
	{ 0x0100, 0x012E, 2, 1 },  { 0x0132, 0x0136, 2, 1 },    { 0x0139, 0x0147, 2, 1 },
	{ 0x014A, 0x0176, 2, 1 },  { 0x0178, 0x0178, 1, -121 }, { 0x0179, 0x017D, 2, 1 },
	{ 0x0386, 0x0386, 1, 38 }, { 0x0388, 0x038A, 1, 37 },   { 0x038C, 0x038C, 1, 64 },
	{ 0x038E, 0x038F, 1, 63 }, { 0x0391, 0x03A1, 1, 32 },   { 0x03A3, 0x03AB, 1, 32 },
	{ 0x03C2, 0x03C2, 1, 1 }, /* the sigma at the end of a word, as the other one */
	{ 0x0400, 0x040F, 1, 80 }, { 0x0410, 0x042F, 1, 32 },   { 0x0460, 0x0480, 2, 1 },
	{ 0x048A, 0x04BE, 2, 1 },  { 0x04D0, 0x052E, 2, 1 },
};

static unsigned fold_letter(unsigned letter)
{
	for (size_t i = 0; i < sizeof RANGES / sizeof RANGES[0]; i++) {
		const struct range *r = &RANGES[i];
		if (letter >= r->first && letter <= r->last && (letter - r->first) % r->step == 0)
			return (unsigned)((int)letter + r->distance);
	}
	return letter;
}

void fold_text(act_bytes text, char *out)
{
	const uint8_t *s = text.ptr;
	for (size_t i = 0; i < text.len; i++) {
		/* All the letters that fold are of one byte, or of two: C2 to DF, then 80 to BF. */
		if (s[i] < 0x80) {
			out[i] = (char)fold_letter(s[i]);
		} else if (s[i] >= 0xC2 && s[i] <= 0xDF && i + 1 < text.len) {
			unsigned letter = fold_letter((s[i] & 0x1Fu) << 6 | (s[i + 1] & 0x3Fu));
			assert(letter >= 0x80 && letter < 0x800);
			out[i] = (char)(0xC0 | letter >> 6);
			out[i + 1] = (char)(0x80 | (letter & 0x3F));
			i++;
		} else {
			out[i] = (char)s[i];
		}
	}
}

void fold_range_end(char *key, size_t len)
{
	assert(len > 0);
	/* No byte of UTF-8 is FF, so the last one has a successor. */
	assert((uint8_t)key[len - 1] != 0xFF);
	key[len - 1] = (char)((uint8_t)key[len - 1] + 1);
}
