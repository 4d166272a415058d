/* config_keys: the one table of the keys that the config may have, and what to do with a value.
 *
 * The check of a config, its defaults, the -o settings, the schema and the documentation all come
 * from this table or are tested against it. A '*' in a path stands for the name of a member that
 * the operator chooses (an endpoint's path, a code, a plugin's name). Owner: static. Threads: any.
 */
#ifndef BASE_CONFIG_KEYS_H
#define BASE_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

/* What a value may be: one or several of these. */
enum config_type {
	CONFIG_IS_NULL = 0x01,
	CONFIG_IS_BOOL = 0x02,
	CONFIG_IS_WHOLE = 0x04, /* a number without a fraction, min to max */
	CONFIG_IS_REAL = 0x08,  /* a number, min to max */
	CONFIG_IS_STRING = 0x10,
	CONFIG_IS_LIST = 0x20,   /* an array of strings, not empty */
	CONFIG_IS_OBJECT = 0x40, /* with the members that the table has below it */
	CONFIG_IS_OPEN = 0x80,   /* with CONFIG_IS_OBJECT: and with any others */
};

/* The C type of the field that takes the value; what null becomes in it. */
enum config_store {
	CONFIG_TO_NOTHING, /* read by a function of its own */
	CONFIG_TO_U32,     /* null: 0 */
	CONFIG_TO_I64,     /* null: -1 */
	CONFIG_TO_DOUBLE,  /* null: 0 */
	CONFIG_TO_BOOL,
	CONFIG_TO_SWITCH, /* int: true 1, false 0, null -1 */
	CONFIG_TO_WORD,   /* enum or int: the index in words */
	CONFIG_TO_TEXT,   /* char *, owned by the config; null: NULL */
};

struct config_key {
	const char *path;
	unsigned types; /* enum config_type */
	enum config_store store;
	size_t offset; /* of the field: in struct config, or in the struct of the member at '*' */
	double min;
	double max;
	const char *words;    /* the strings that it may be, as "none|token"; NULL: any */
	const char *fallback; /* the default as JSON; NULL: none, or must be given */
	bool restart;         /* a change takes effect at the next start, not with SIGHUP */
	const char *meaning;
};

const struct config_key *config_keys(size_t *count);

/* The key of member `name` below `parent` (a path of the table, "" for the whole), or NULL. */
const struct config_key *config_key_find(const char *parent, const char *name);

/* The part of `key`'s path behind `parent`, where it is one name: "connections" of
 * "limits.connections" behind "limits". NULL: it is not directly below. */
const char *config_key_name(const struct config_key *key, const char *parent);

/* May the value stand under the key? (Its members are not looked at.) */
bool config_key_accepts(const struct config_key *key, const struct cJSON *value);

/* What may stand under the key, in words: "a whole number from 1 to 256", "\"none\" or \"token\"".
 */
void config_key_expected(const struct config_key *key, char *out, size_t size);

/* Fills the fields of `base` (a struct config with `prefix` "", a struct config_action with
 * "actions.*") from `object`, a JSON object or NULL; what is not there or not acceptable gets its
 * default. */
void config_key_fill(const char *prefix, const struct cJSON *object, void *base);

#endif
