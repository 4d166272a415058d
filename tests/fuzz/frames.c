/* Any bytes as a client's frames, to the decoder alone: in whatever ranges they come, it hears what
 * a slow and obvious one hears in all of them at once. The first bytes say how they are cut. */
#include "fixtures/decoders.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct hearing hearing;
	static struct said expected;
	if (len < 2 || len > 4096)
		return 0;
	const struct decode_terms terms = { .message_bytes = 2000,
		                            .packed_bytes = (bytes[0] & 1) != 0 ? 2100 : 0 };
	size_t step = 1 + (bytes[0] >> 1), first = bytes[1];
	bytes += 2;
	len -= 2;
	if (first > len)
		first = len;
	memset(&hearing, 0, sizeof hearing);
	expected.len = 0;
	expected.text[0] = '\0';
	expect(&terms, bytes, len, &expected);
	hear(&hearing, &terms, bytes, first);
	for (size_t at = first; at < len; at += step)
		hear(&hearing, &terms, bytes + at, len - at < step ? len - at : step);
	CHECK(strcmp(expected.text, hearing.said.text) == 0);
	return 0;
}
