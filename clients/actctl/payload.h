/* payload: bytes of a message, as people and programs want to see them. */
#ifndef ACTCTL_PAYLOAD_H
#define ACTCTL_PAYLOAD_H

#include <act/plugin.h>
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

/* Is it UTF-8 without control characters, beside tabs and line ends? Others could do things to a
 * terminal. */
bool payload_is_text(act_bytes payload);

/* For people: text as it is, ended by a line end; other bytes in hex. Nothing for no bytes. */
void payload_print(FILE *to, act_bytes payload);
/* The same on one line: text with its line ends as "\n", other bytes as "hex 00ff…". */
void payload_print_line(FILE *to, act_bytes payload);

/* Lines of offset, bytes and characters, each with `before` in front; at most `most` bytes, and a
 * line that tells how many are left out. */
void payload_dump(FILE *to, const char *before, act_bytes payload, size_t most);

/* For programs: adds "data" with JSON as it is, "text" with other text, or "hex". */
void payload_add(cJSON *object, act_bytes payload);

/* The value that JSON text has, without the blanks between its parts; NULL: it is no JSON. The
 * caller frees it. */
char *payload_json(act_bytes payload);

#endif
