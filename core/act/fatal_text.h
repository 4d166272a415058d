/* fatal_text: a line put together where neither stdio nor the heap may be used (signal-safety(7)).
 *
 * What does not fit is left out. Owner: the caller's stack. Thread: the one that dies. */
#ifndef ACT_FATAL_TEXT_H
#define ACT_FATAL_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct fatal_text {
	char bytes[1024];
	size_t len;
};

void fatal_put(struct fatal_text *text, const char *words);
void fatal_put_number(struct fatal_text *text, uint64_t number);
void fatal_put_hex(struct fatal_text *text, uintptr_t number);
/* The time and the rest of what a log line begins with (base/log.h). */
void fatal_put_head(struct fatal_text *text);
/* "; code of FILE + OFFSET": the file that is mapped at an address, as /proc/self/maps tells it.
 * Nothing, where none is. */
void fatal_put_code(struct fatal_text *text, uintptr_t address);

#endif
