/* json_text: JSON with comments as text: comments taken out in place, offsets turned into lines.
 *
 * Owner: the caller owns the texts. Threads: any, each with its own text. */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <stddef.h>

/* What is wrong with a text, and where. */
struct json_fault {
	size_t offset;  /* bytes from the beginning */
	char text[200]; /* "expected …, found …" */
};

/* Overwrites comments (from // to the end of the line, and between the marks of C) and a byte order
 * mark with spaces. Line ends stay, so every offset, line and column means what it meant before.
 * What looks like a comment inside a string is left alone. 0; or -1 and `fault` where a comment is
 * not ended. */
int json_text_blank(char *text, size_t len, struct json_fault *fault);

/* The line and column of an offset (at most `len`), both from 1. Lines end with '\n'; columns count
 * bytes. */
void json_text_position(const char *text, size_t len, size_t offset, int *line, int *column);

/* Writes a character of a JSON string as it has to be written (RFC 8259, section 7): escapes where
 * it must, as it is otherwise. `from` is UTF-8 without a fault. Stops before a character that would
 * not fit; returns the length. Nothing is put around it, nor a zero behind it. */
size_t json_text_escape(char *to, size_t room, const char *from, size_t len);

#endif
