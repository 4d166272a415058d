#include "buffer.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

int buffer_put(struct buffer *buffer, const void *bytes, size_t len)
{
	if (len > BUFFER_MAX - buffer->len)
		return -1;
	if (buffer->len + len + 1 > buffer->room) {
		buffer->room = 2 * buffer->room + len + 64;
		buffer->at = mem_grow(buffer->at, buffer->room, 1);
	}
	if (len != 0)
		memcpy(buffer->at + buffer->len, bytes, len);
	buffer->len += len;
	buffer->at[buffer->len] = '\0';
	return 0;
}

int buffer_put_text(struct buffer *buffer, const char *text)
{
	return buffer_put(buffer, text, strlen(text));
}

void buffer_clear(struct buffer *buffer)
{
	buffer->len = 0;
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->at);
	*buffer = (struct buffer){ 0 };
}
