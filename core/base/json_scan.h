/* json_scan: the grammar of JSON, held to, with a place for each value.
 *
 * cJSON makes the tree, but it keeps no positions and lets things through that are not JSON
 * (control characters between values, numbers cut after 63 digits). So the text is scanned first:
 * the scan refuses what RFC 8259 refuses, names the place, and records where each value stands.
 * Owner: the caller owns texts and places. Threads: any, each with its own. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/json_text.h"

/* Objects and arrays inside one another, at most. */
#define JSON_SCAN_DEPTH_MAX 64

/* Where values stand: the whole text's own value first, then each value inside it in the order of
 * the text, a parent before its children. That is the order in which a walk through cJSON's tree
 * (an item, its child, then next) meets them. A member stands where its key begins. */
struct json_places {
	size_t *offset; /* bytes from the beginning */
	size_t count;
	size_t room;
};

/* Checks `len` bytes of `text` against RFC 8259 and a few bounds of our own: at most
 * JSON_SCAN_DEPTH_MAX deep, no NUL character in a string, numbers of at most 60 characters that fit
 * a double. 0 and `places` (NULL: not asked for; freed with json_places_free()); or -1 and `fault`,
 * with `places` empty. */
int json_scan(const char *text, size_t len, struct json_places *places, struct json_fault *fault);
void json_places_free(struct json_places *places);

#endif
