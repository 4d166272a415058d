#include "base/config_parts.h"

#include "base/config_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer names are compared by their beginning; no key is as long. */
#define NAME_BYTES_MAX 40

/* How many letters must be changed, put in or left out to make one of the other (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_BYTES_MAX + 1];
	size_t a_len = strnlen(a, NAME_BYTES_MAX), b_len = strnlen(b, NAME_BYTES_MAX);
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0]; /* of the row above, one column to the left */
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_len];
}

/* The known key below `parent` that `name` was probably meant to be, or NULL. */
static const char *nearest(const char *parent, const char *name)
{
	size_t count, best = strlen(name) / 4 + 1;
	const struct config_key *keys = config_keys(&count);
	const char *found = NULL;
	for (size_t i = 0; i < count; i++) {
		const char *known = config_key_name(&keys[i], parent);
		size_t d = known != NULL ? distance(name, known) : best + 1;
		if (d < best || (d == best && found == NULL)) {
			best = d;
			found = known;
		}
	}
	return found;
}

/* The keys below `parent`: "header, cookie, query". */
static void list_keys(const char *parent, char *out, size_t size)
{
	size_t count, len = 0;
	const struct config_key *keys = config_keys(&count);
	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const char *known = config_key_name(&keys[i], parent);
		int n;
		if (known == NULL)
			continue;
		n = snprintf(out + len, size - len, "%s%s", len > 0 ? ", " : "", known);
		if ((size_t)n >= size - len)
			return;
		len += (size_t)n;
	}
}

static void refuse_unknown(struct config_doc *doc, const cJSON *item, const char *parent)
{
	const char *meant = nearest(parent, item->string);
	char known[400];
	if (meant != NULL) {
		config_doc_finding(doc, item,
		                   "expected a known key, found another; did you mean \"%s\"?",
		                   meant);
		return;
	}
	list_keys(parent, known, sizeof known);
	config_doc_finding(doc, item, "expected a known key, found another; known here: %s", known);
}

static void refuse_value(struct config_doc *doc, const cJSON *item, const struct config_key *key)
{
	char expected[200], found[128];
	config_key_expected(key, expected, sizeof expected);
	if ((key->types & CONFIG_IS_LIST) != 0 && cJSON_IsArray(item)) {
		for (const cJSON *part = item->child; part != NULL; part = part->next) {
			if (cJSON_IsString(part))
				continue;
			config_doc_found(part, found, sizeof found);
			config_doc_finding(doc, part, "expected a string, found %s", found);
		}
		if (item->child != NULL)
			return;
	}
	config_doc_found(item, found, sizeof found);
	config_doc_finding(doc, item, "expected %s, found %s", expected, found);
}

static void check_members(struct config_doc *doc, const cJSON *object, const char *parent,
                          bool open)
{
	for (const cJSON *item = object->child; item != NULL; item = item->next) {
		const struct config_key *key = config_key_find(parent, item->string);
		if (key == NULL) {
			if (!open)
				refuse_unknown(doc, item, parent);
		} else if (!config_key_accepts(key, item)) {
			refuse_value(doc, item, key);
		} else if (cJSON_IsObject(item)) {
			check_members(doc, item, key->path, (key->types & CONFIG_IS_OPEN) != 0);
		}
	}
}

void config_check(struct config_doc *doc)
{
	check_members(doc, doc->root, "", false);
}
