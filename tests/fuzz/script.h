/* script: what the fuzzer gave, read as what a client does and what happens to it meanwhile.
 *
 *     one byte          who connects: 'A' to 'Z' is logged in, others are not; 'r' and 'R' come by
 *                       the raw endpoint where there is a choice
 *     then, in turn:
 *     'b' u16 bytes     a binary message of that length (big-endian)
 *     't' u16 bytes     a text message
 *     '.'               the turn of the loop ends
 *     'a' u8, 'f' u8    the plugin answers a call that it holds; lets it fail
 *     'p' u8            it pushes that many bytes of JSON; 'q' u8: of what is not
 *     'x', 'o'          the socket takes nothing any more; takes everything again
 *     's' u8            so many quarters of a second pass
 *     'e'               the client begins to close
 *
 * Any other byte is passed over, and what is missing at the end is not there, so that every input
 * is a script. */
#ifndef FUZZ_SCRIPT_H
#define FUZZ_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

struct script {
	const uint8_t *at;
	size_t left;
};

/* The next byte; 0 at the end. */
static inline uint8_t script_byte(struct script *script)
{
	if (script->left == 0)
		return 0;
	script->left--;
	return *script->at++;
}

/* A length and as many bytes; fewer at the end. */
static inline const uint8_t *script_bytes(struct script *script, size_t *len)
{
	const uint8_t *bytes;
	*len = (size_t)script_byte(script) << 8;
	*len |= script_byte(script);
	if (*len > script->left)
		*len = script->left;
	bytes = script->at;
	script->at += *len;
	script->left -= *len;
	return bytes;
}

#endif
