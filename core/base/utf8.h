/* utf8: is a text that comes in pieces well-formed UTF-8 (RFC 3629, section 4)?
 *
 * Looked at as it comes: a wrong byte is found when it arrives, not at the end of the text. A
 * zeroed struct stands at the beginning of a text. For text that lies whole there is
 * act_utf8_span(). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in a character the text stands. */
struct utf8 {
	uint8_t missing; /* bytes of the character that are still to come */
	uint8_t least;   /* what the next of them may be */
	uint8_t most;
};

/* Goes on with `len` bytes. False: they are not UTF-8, whatever may follow. */
bool utf8_goes_on(struct utf8 *text, const uint8_t *bytes, size_t len);
/* May the text end here? */
static inline bool utf8_may_end(const struct utf8 *text)
{
	return text->missing == 0;
}

#endif
