/* mem: allocation that does not return without memory.
 *
 * Memory for what is small and bounded (a call, a connection, a table) is taken here: when even
 * that is not to be had the server cannot go on in an orderly way, and says so. What a client can
 * make large (a message, a reply) is asked for with malloc() and answered "overloaded" where there
 * is none. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed; free() it. Never NULL. */
void *mem_new(size_t count, size_t size);
/* The same for what threads share, alone on its cache lines: who writes there does not slow down
 * those who read what is not theirs. */
enum { MEM_LINE = 64 };
void *mem_lines(size_t count, size_t size);
/* As realloc(); never NULL. */
void *mem_grow(void *old, size_t count, size_t size);
/* Copies; free() them. Never NULL; a NULL text stays NULL. */
char *mem_text(const char *text);
char *mem_text_n(const char *text, size_t len);
__attribute__((format(printf, 1, 2))) char *mem_format(const char *format, ...);

#endif
