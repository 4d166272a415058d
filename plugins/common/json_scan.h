/* json_scan: is a text strict JSON (RFC 8259), and where do the members of its object stand?
 *
 * cJSON reads the payloads, but it is lenient (it takes 01 and raw control characters, and ends a
 * string at \u0000) and it keeps no positions. This scanner goes first: what it passes, cJSON reads
 * without loss, and an error can name the byte. It allocates nothing.
 *
 * Threads: any. */
#ifndef COMMON_JSON_SCAN_H
#define COMMON_JSON_SCAN_H

#include <stddef.h>

enum {
	JSON_SCAN_MEMBERS_MAX = 16, /* of the outermost object                           */
	JSON_SCAN_DEPTH_MAX = 16,   /* of objects and arrays in each other               */
	JSON_SCAN_NUMBER_MAX = 60,  /* characters of a number; cJSON cuts it at 63       */
};

/* A run of bytes in the text. */
struct json_span {
	size_t at;
	size_t len;
};

/* The members of the outermost object, in their order, as they are written: a key without its
 * quotes, a value with them. */
struct json_scan {
	size_t count;
	struct json_span keys[JSON_SCAN_MEMBERS_MAX];
	struct json_span values[JSON_SCAN_MEMBERS_MAX];
};

/* What is wrong: at these bytes `expected` should stand. A span of length 0 at the end of the text:
 * the text ends too early. */
struct json_fault {
	struct json_span found;
	const char *expected; /* static, for a sentence: "',' or '}'" */
};

/* Scans `len` bytes of UTF-8 (the caller has checked that they are). 0 and `*out`, or -1 and
 * `*fault`. */
int json_scan(const char *text, size_t len, struct json_scan *out, struct json_fault *fault);

/* The length of the character that begins at `at`, in bytes; 0 at the end of the text. */
size_t json_scan_char(const char *text, size_t len, size_t at);

#endif
