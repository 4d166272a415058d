/* sentence: what everything that the server says of bad input must be: one line that any terminal,
 * log and JSON can take. */
#ifndef FUZZ_SENTENCE_H
#define FUZZ_SENTENCE_H

#include "base/check.h"

#include <act/easy.h>

#include <stddef.h>

/* Not empty, UTF-8, no control characters. */
static inline void sentence_check(const char *text, size_t len)
{
	CHECK(len > 0);
	CHECK(act_utf8_span(text, len) == len);
	for (size_t i = 0; i < len; i++)
		CHECK((unsigned char)text[i] >= ' ' && text[i] != 0x7F);
}

#endif
