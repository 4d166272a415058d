/* words: the payload of a probe's call, taken apart at blanks. */
#ifndef PROBE_WORDS_H
#define PROBE_WORDS_H

#include <act/plugin.h>

/* A copy of the payload, cut where words end; lives on the caller's stack. */
struct words {
	char text[512];
	char *next;
};

/* Begins at the first word; what is over 511 bytes is cut off. */
void words_begin(struct words *words, act_bytes payload);

/* The next word, "" where there is none and where it is a lone "-". Lives as long as `words`. */
const char *words_next(struct words *words);

/* The next word as a decimal number, 0 where there is none. */
uint64_t words_number(struct words *words);

/* All that is left, with its blanks. */
const char *words_rest(struct words *words);

#endif
