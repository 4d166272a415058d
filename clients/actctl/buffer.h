/* buffer: bytes that grow, up to a bound. Owner: whoever has the struct. */
#ifndef ACTCTL_BUFFER_H
#define ACTCTL_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/* The longest payload, message or file that is taken, in bytes. */
#define BUFFER_MAX ((size_t)64 << 20)

struct buffer {
	uint8_t *at; /* with a zero byte behind the last one; NULL while nothing was put in */
	size_t len;
	size_t room;
};

/* Appends. 0; or -1: that would be more than BUFFER_MAX, and nothing was appended. */
int buffer_put(struct buffer *buffer, const void *bytes, size_t len);
int buffer_put_text(struct buffer *buffer, const char *text);
/* Empties it; the memory stays. */
void buffer_clear(struct buffer *buffer);
/* Gives the memory back. */
void buffer_free(struct buffer *buffer);

#endif
