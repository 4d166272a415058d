/* payload: the JSON object that a call brings, read against a list of the keys it may have.
 *
 * One list describes all that an action takes, so every action refuses alike: not UTF-8, not
 * strict JSON, no object, a key that is unknown, there twice or missing, a value of the wrong type
 * or length. A refusal says what was expected, what was found and at which byte.
 *
 * Threads: any that may answer the call. */
#ifndef COMMON_PAYLOAD_H
#define COMMON_PAYLOAD_H

#include <act/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum payload_kind {
	PAYLOAD_ID,    /* a string of min to max bytes: a user id                              */
	PAYLOAD_TEXT,  /* a string of min to max characters (code points), without control ones */
	PAYLOAD_FLAG,  /* true or false                                                        */
	PAYLOAD_COUNT, /* a whole number from min to max                                       */
	PAYLOAD_WORD,  /* one of `words`                                                       */
};

#define PAYLOAD_REQUIRED 0x1u /* refused where the key is not there                         */
#define PAYLOAD_NULL 0x2u     /* null is taken too                                          */
#define PAYLOAD_LINES 0x4u    /* of the control characters, tab and new line may be there   */

/* One key that an action takes. Static. */
struct payload_field {
	const char *key;
	enum payload_kind kind;
	unsigned rules; /* PAYLOAD_* */
	int64_t min;
	int64_t max;
	const char *const *words; /* with PAYLOAD_WORD; ends with NULL */
};

enum { PAYLOAD_FIELDS_MAX = 8 };

/* What the call brought for the field of the same index. */
struct payload_value {
	bool given;
	bool null;
	act_bytes text; /* PAYLOAD_ID, TEXT; terminated as well; lives as long as the payload */
	int64_t number; /* PAYLOAD_FLAG: 0 or 1; COUNT; WORD: the index into `words`          */
};

struct payload {
	struct cJSON *json;
	struct payload_value values[PAYLOAD_FIELDS_MAX];
};

/* Reads the call's payload; an empty one is taken as {}. 0: `*out` is filled, and payload_free() is
 * owed. -1: the call was answered with an error, and nothing is owed. */
int payload_read(const act_host *host, const act_call *call, const struct payload_field *fields,
                 size_t count, struct payload *out);

void payload_free(struct payload *payload);

/* Refuses the call because of one value, in the words that payload_read() uses: `expected` is for
 * the sentence `"avatar": expected …, found …`. For checks that a field cannot express. Returns
 * what fail() returned. */
act_rc payload_refuse(const act_host *host, const act_call *call, const char *key,
                      const char *expected, const char *found);

#endif
