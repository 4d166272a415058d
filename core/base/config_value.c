/* What the table of keys says of one value: whether it will do, in words, and as a field. */
#include "base/config_keys.h"

#include "base/check.h"
#include "base/config.h"
#include "base/mem.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Enums are filled as int. */
_Static_assert(sizeof(enum config_mode) == sizeof(int), "an enum is filled as an int");

/* The index of `word` in "none|token", or -1. */
static int word_index(const char *words, const char *word)
{
	size_t len = strlen(word);
	for (int i = 0;; i++) {
		size_t n = strcspn(words, "|");
		if (n == len && memcmp(words, word, n) == 0)
			return i;
		if (words[n] == '\0')
			return -1;
		words += n + 1;
	}
}

static bool is_list(const cJSON *value)
{
	if (!cJSON_IsArray(value) || value->child == NULL)
		return false;
	for (const cJSON *item = value->child; item != NULL; item = item->next) {
		if (!cJSON_IsString(item))
			return false;
	}
	return true;
}

static bool number_fits(const struct config_key *key, const cJSON *value)
{
	double number = value->valuedouble;
	if (number < key->min || number > key->max)
		return false;
	return (key->types & CONFIG_IS_WHOLE) == 0 || (double)(int64_t)number == number;
}

bool config_key_accepts(const struct config_key *key, const cJSON *value)
{
	unsigned types = key->types;
	if (cJSON_IsNull(value))
		return (types & CONFIG_IS_NULL) != 0;
	if (cJSON_IsBool(value))
		return (types & CONFIG_IS_BOOL) != 0;
	if (cJSON_IsNumber(value))
		return (types & (CONFIG_IS_WHOLE | CONFIG_IS_REAL)) != 0 && number_fits(key, value);
	if (cJSON_IsString(value))
		return (types & CONFIG_IS_STRING) != 0 &&
		       (key->words == NULL || word_index(key->words, value->valuestring) >= 0);
	if (cJSON_IsObject(value))
		return (types & CONFIG_IS_OBJECT) != 0;
	return (types & CONFIG_IS_LIST) != 0 && is_list(value);
}

static void expect_words(FILE *to, const char *words)
{
	for (const char *separator = "";;) {
		size_t n = strcspn(words, "|");
		fprintf(to, "%s\"%.*s\"", separator, (int)n, words);
		if (words[n] == '\0')
			return;
		words += n + 1;
		separator = strchr(words, '|') != NULL ? ", " : " or ";
	}
}

static void expect_type(FILE *to, const struct config_key *key, unsigned type)
{
	switch (type) {
	case CONFIG_IS_BOOL:
		fputs((key->types & CONFIG_IS_NULL) != 0 ? "true, false" : "true or false", to);
		break;
	case CONFIG_IS_WHOLE:
		fprintf(to, "a whole number from %.0f to %.0f", key->min, key->max);
		break;
	case CONFIG_IS_REAL:
		fprintf(to, "a number from %.0f to %.0f", key->min, key->max);
		break;
	case CONFIG_IS_STRING:
		if (key->words != NULL)
			expect_words(to, key->words);
		else
			fputs("a string", to);
		break;
	case CONFIG_IS_LIST:
		fputs("a non-empty array of strings", to);
		break;
	case CONFIG_IS_OBJECT:
		fputs("an object", to);
		break;
	default:
		CHECK(type == CONFIG_IS_NULL);
		fputs("null", to);
	}
}

void config_key_expected(const struct config_key *key, char *out, size_t size)
{
	/* null comes last: it is the exception */
	static const unsigned order[] = { CONFIG_IS_BOOL,   CONFIG_IS_WHOLE, CONFIG_IS_REAL,
		                          CONFIG_IS_STRING, CONFIG_IS_LIST,  CONFIG_IS_OBJECT,
		                          CONFIG_IS_NULL };
	unsigned left = key->types & ~(unsigned)CONFIG_IS_OPEN;
	FILE *to = fmemopen(out, size, "w");
	CHECK(to != NULL);
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		if ((left & order[i]) == 0)
			continue;
		left &= ~order[i];
		expect_type(to, key, order[i]);
		if (left != 0)
			fputs((left & (left - 1)) != 0 ? ", " : " or ", to);
	}
	fclose(to);
	out[size - 1] = '\0'; /* fmemopen(3): a text that is cut is not ended */
}

static void store(const struct config_key *key, const cJSON *value, void *base)
{
	void *field = (char *)base + key->offset;
	bool null = cJSON_IsNull(value);
	switch (key->store) {
	case CONFIG_TO_NOTHING:
		break;
	case CONFIG_TO_U32:
		*(uint32_t *)field = null ? 0 : (uint32_t)value->valuedouble;
		break;
	case CONFIG_TO_I64:
		*(int64_t *)field = null ? -1 : (int64_t)value->valuedouble;
		break;
	case CONFIG_TO_DOUBLE:
		*(double *)field = null ? 0 : value->valuedouble;
		break;
	case CONFIG_TO_BOOL:
		*(bool *)field = cJSON_IsTrue(value);
		break;
	case CONFIG_TO_SWITCH:
		*(int *)field = null ? -1 : cJSON_IsTrue(value);
		break;
	case CONFIG_TO_WORD: {
		int index = word_index(key->words, value->valuestring);
		memcpy(field, &index, sizeof index); /* an enum or an int */
		break;
	}
	case CONFIG_TO_TEXT:
		*(char **)field = null ? NULL : mem_text(value->valuestring);
		break;
	}
}

/* The value under "limits.connections" inside `object`, or NULL. */
static const cJSON *look_up(const cJSON *object, const char *path)
{
	while (cJSON_IsObject(object)) {
		char name[64];
		size_t n = strcspn(path, ".");
		CHECK(n < sizeof name);
		memcpy(name, path, n);
		name[n] = '\0';
		object = cJSON_GetObjectItemCaseSensitive(object, name);
		if (path[n] == '\0')
			return object;
		path += n + 1;
	}
	return NULL;
}

void config_key_fill(const char *prefix, const cJSON *object, void *base)
{
	size_t count, len = strlen(prefix);
	const struct config_key *keys = config_keys(&count);
	for (size_t i = 0; i < count; i++) {
		const char *rest = keys[i].path;
		const cJSON *value;
		cJSON *fallback;
		if (len > 0) {
			if (strncmp(rest, prefix, len) != 0 || rest[len] != '.')
				continue;
			rest += len + 1;
		}
		if (keys[i].store == CONFIG_TO_NOTHING || strchr(rest, '*') != NULL)
			continue;
		value = look_up(object, rest);
		if (value != NULL && config_key_accepts(&keys[i], value)) {
			store(&keys[i], value, base);
			continue;
		}
		fallback = cJSON_Parse(keys[i].fallback);
		CHECK(fallback != NULL && config_key_accepts(&keys[i], fallback));
		store(&keys[i], fallback, base);
		cJSON_Delete(fallback);
	}
}
