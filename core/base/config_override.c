/* The -o settings: a path, an equals sign and a value, laid over the tree.
 *
 * A path is a row of names with dots between, but names may hold dots themselves ("act.sql/1").
 * At each step the longest member that is there already is taken. Where none is there: below
 * "services" the whole rest is the name; below "endpoints" all up to the last dot, if a key of an
 * endpoint follows it; elsewhere the name ends at the next dot. */
#include "base/config_doc.h"
#include "base/config_keys.h"

#include "base/check.h"
#include "base/json_scan.h"
#include "base/mem.h"

#include <act/easy.h>

#include <stdlib.h>
#include <string.h>

/* Names in a path, at most. */
#define STEPS_MAX 32

/* May the path go on into this value? A short form ("110": "friend.add") can be opened. */
static bool is_open(const cJSON *value, const char *parent)
{
	return cJSON_IsObject(value) || (cJSON_IsString(value) && strcmp(parent, "actions") == 0);
}

/* The length of the longest member of `object` that `rest` begins with, or 0. */
static size_t known_length(const cJSON *object, const char *parent, const char *rest)
{
	size_t longest = 0;
	for (const cJSON *child = object->child; child != NULL; child = child->next) {
		size_t n = strlen(child->string);
		if (n <= longest || strncmp(rest, child->string, n) != 0)
			continue;
		if (rest[n] == '\0' || (rest[n] == '.' && is_open(child, parent)))
			longest = n;
	}
	return longest;
}

/* The length of the next name in `rest`; `parent` is the object's path in the table of keys. */
static size_t name_length(const cJSON *object, const char *parent, const char *rest)
{
	size_t known = known_length(object, parent, rest);
	const char *last = strrchr(rest, '.');
	if (known > 0)
		return known;
	if (strcmp(parent, "services") == 0)
		return strlen(rest);
	if (strcmp(parent, "endpoints") == 0)
		return last != NULL && config_key_find("endpoints.*", last + 1) != NULL
		               ? (size_t)(last - rest)
		               : strlen(rest);
	return strcspn(rest, ".");
}

static void note_all(struct config_doc *doc, const cJSON *item, int index)
{
	config_doc_note(doc, item, 0, index);
	for (const cJSON *child = item->child; child != NULL; child = child->next)
		note_all(doc, child, index);
}

/* Sets a member; what stood there is put aside. */
static void put(struct config_doc *doc, cJSON *object, const char *name, cJSON *value)
{
	cJSON *old = cJSON_GetObjectItemCaseSensitive(object, name);
	if (old != NULL)
		cJSON_AddItemToArray(doc->replaced, cJSON_DetachItemViaPointer(object, old));
	CHECK(cJSON_AddItemToObject(object, name, value));
}

/* Writes "110": "friend.add" as "110": {"action": "friend.add"}, in the same place. */
static cJSON *open_short_form(struct config_doc *doc, cJSON *object, cJSON *value)
{
	const struct config_origin from = *config_doc_origin(doc, value);
	cJSON *opened = cJSON_CreateObject();
	cJSON *action = cJSON_CreateString(value->valuestring);
	CHECK(opened != NULL && cJSON_AddItemToObject(opened, "action", action));
	config_doc_note(doc, opened, from.offset, from.override);
	config_doc_note(doc, action, from.offset, from.override);
	config_doc_note_end(doc);
	put(doc, object, value->string, opened);
	return opened;
}

/* The object that member `name` of `object` is or is made; NULL and a finding where it is neither.
 */
static cJSON *step_into(struct config_doc *doc, cJSON *object, const char *parent, const char *name,
                        int index)
{
	cJSON *child = cJSON_GetObjectItemCaseSensitive(object, name);
	char found[128];
	if (child == NULL) {
		child = cJSON_CreateObject();
		CHECK(child != NULL);
		config_doc_note(doc, child, 0, index);
		config_doc_note_end(doc);
		put(doc, object, name, child);
		return child;
	}
	if (cJSON_IsObject(child))
		return child;
	if (is_open(child, parent))
		return open_short_form(doc, object, child);
	config_doc_found(child, found, sizeof found);
	config_doc_override_finding(doc, index,
	                            "expected an object under \"%.*s\" to set a key in, found %s",
	                            config_cut(name, 64), name, found);
	return NULL;
}

/* Walks along `path` and sets `value` at its end. 0, and `value` belongs to the tree; or -1. */
static int set(struct config_doc *doc, const char *path, cJSON *value, int index)
{
	cJSON *object = doc->root;
	const char *parent = ""; /* in the table of keys; "*" where the table does not reach */
	for (int step = 0; step < STEPS_MAX; step++) {
		size_t n = name_length(object, parent, path);
		char *name = mem_text_n(path, n);
		const struct config_key *key = config_key_find(parent, name);
		if (path[n] == '\0') {
			put(doc, object, name, value);
			free(name);
			return 0;
		}
		object = step_into(doc, object, parent, name, index);
		free(name);
		if (object == NULL)
			return -1;
		parent = key != NULL ? key->path : "*";
		path += n + 1;
	}
	config_doc_override_finding(doc, index, "expected at most %d names in the path, found more",
	                            STEPS_MAX);
	return -1;
}

void config_override_apply(struct config_doc *doc, int index)
{
	const char *text = doc->overrides[index];
	const char *equals = strchr(text, '=');
	struct json_fault fault;
	cJSON *value;
	char *path;
	if (equals == NULL || equals == text) {
		config_doc_override_finding(doc, index, "expected key.path=value, found no %s",
		                            equals == NULL ? "'='" : "key");
		return;
	}
	if (text[act_utf8_span(text, strlen(text))] != '\0') {
		config_doc_override_finding(doc, index, "expected UTF-8, found other bytes");
		return;
	}
	equals++;
	value = json_scan(equals, strlen(equals), NULL, &fault) == 0 ? cJSON_Parse(equals)
	                                                             : cJSON_CreateString(equals);
	CHECK(value != NULL);
	path = mem_text_n(text, (size_t)(equals - 1 - text));
	if (set(doc, path, value, index) == 0) {
		note_all(doc, value, index);
		config_doc_note_end(doc);
		config_doc_find_twice(doc, value);
	} else {
		cJSON_Delete(value);
	}
	free(path);
}
