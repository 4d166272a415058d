/* json_members: the members of a JSON object as runs of its text, for whoever has to hand a value
 * on exactly as it was written.
 *
 * The text must have passed json_scan(). Nothing is copied but what json_run_string() decodes.
 * Owner: the caller. Threads: any. */
#ifndef BASE_JSON_MEMBERS_H
#define BASE_JSON_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A run of the text: a value from its first character to its last, quotes and brackets included. */
struct json_run {
	const char *at; /* NULL: there is none */
	size_t len;
};

/* Where a walk through the members stands. */
struct json_members {
	const char *at;
	const char *end;
};

/* Begins a walk. False: the text's value is no object. */
bool json_members_begin(struct json_members *members, const char *text, size_t len);
/* The next member: its key with the quotes, and its value. False: there is no further one. */
bool json_members_next(struct json_members *members, struct json_run *key, struct json_run *value);

/* Is this string, once decoded, `plain` (of letters, digits and '_')? */
bool json_run_is(struct json_run string, const char *plain);
/* Decodes a string (RFC 8259, section 7) into `to`, with a zero behind it. -1: the value is no
 * string, or does not fit into `room` bytes with the zero; otherwise its length. */
int json_run_string(struct json_run string, char *to, size_t room);
/* A whole number from `min` to `max`, however it is written (7, 7.0, 7e0). False: it is none, and
 * `out` is as it was. */
bool json_run_whole(struct json_run value, uint32_t min, uint32_t max, uint32_t *out);

#endif
