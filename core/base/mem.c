#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noreturn, cold)) static void out_of_memory(void)
{
	fprintf(stderr, "actd: out of memory\n");
	abort();
}

void *mem_new(size_t count, size_t size)
{
	void *made = calloc(count != 0 ? count : 1, size);
	if (made == NULL)
		out_of_memory();
	return made;
}

void *mem_lines(size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - MEM_LINE)
		out_of_memory();
	bytes = bytes != 0 ? (bytes + MEM_LINE - 1) / MEM_LINE * MEM_LINE : MEM_LINE;
	void *made = aligned_alloc(MEM_LINE, bytes);
	if (made == NULL)
		out_of_memory();
	return memset(made, 0, bytes);
}

void *mem_grow(void *old, size_t count, size_t size)
{
	void *made = reallocarray(old, count != 0 ? count : 1, size);
	if (made == NULL)
		out_of_memory();
	return made;
}

char *mem_text(const char *text)
{
	return text != NULL ? mem_text_n(text, strlen(text)) : NULL;
}

char *mem_text_n(const char *text, size_t len)
{
	char *made = mem_new(len + 1, 1);
	if (len != 0)
		memcpy(made, text, len);
	return made;
}

char *mem_format(const char *format, ...)
{
	char *made = NULL;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&made, format, args);
	va_end(args);
	if (len < 0)
		out_of_memory();
	return made;
}
