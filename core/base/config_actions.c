/* The maps from codes to actions and pushes. */
#include "base/config_parts.h"

#include "base/config_keys.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Codes above are the server's own control codes. */
#define CODE_MAX 0xFFFFFEFFu

/* An entry with the item that it was read from, for findings about two of them. */
struct action_entry {
	struct config_action action;
	const cJSON *item;
};

struct push_entry {
	struct config_push push;
	const cJSON *item;
};

/* One code of `text`, in decimal and without leading zeros; `*end` is what follows it. 0, or -1. */
static int parse_code(const char *text, uint32_t *code, const char **end)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long long value;
	if (digits == 0 || digits > 10 || text[0] == '0')
		return -1;
	value = strtoull(text, NULL, 10);
	*end = text + digits;
	if (value > CODE_MAX)
		return -1;
	*code = (uint32_t)value;
	return 0;
}

/* ---- actions ------------------------------------------------------------------------------- */

/* Both 0 where the text is no range. */
static int parse_range(const char *text, uint32_t *first, uint32_t *last)
{
	const char *end = NULL;
	int rc = parse_code(text, first, &end);
	*last = *first;
	if (rc == 0 && *end == '-')
		rc = parse_code(end + 1, last, &end);
	if (rc == 0 && *end == '\0' && *first <= *last)
		return 0;
	*first = *last = 0;
	return -1;
}

static void read_settings(struct config_doc *doc, const cJSON *item, struct config_action *action)
{
	const cJSON *burst = cJSON_GetObjectItemCaseSensitive(item, "rate_burst");
	if (action->rate_burst == 0 && action->rate_per_s > 0) {
		action->rate_burst = (uint32_t)action->rate_per_s;
		if (action->rate_burst < action->rate_per_s)
			action->rate_burst++; /* the part of a call that is left counts as one */
	}
	if (cJSON_IsNumber(burst) && action->rate_per_s <= 0)
		config_doc_finding(doc, burst,
		                   "expected \"rate_per_s\" above 0 beside it, found none: a burst "
		                   "without a rate bounds nothing");
}

static void read_action(struct config_doc *doc, const cJSON *item, struct config_action *action)
{
	const cJSON *name = item;
	action->place = config_doc_place(doc, item);
	config_key_fill("actions.*", cJSON_IsObject(item) ? item : NULL, action);
	if (parse_range(item->string, &action->code_first, &action->code_last) != 0)
		config_doc_finding(doc, item,
		                   "expected a code (\"110\") or a range (\"2000-2099\") of 1 to "
		                   "%u, found \"%.*s\"",
		                   CODE_MAX, config_cut(item->string, 64), item->string);
	if (cJSON_IsObject(item)) {
		name = cJSON_GetObjectItemCaseSensitive(item, "action");
		if (name == NULL)
			config_doc_finding(doc, item,
			                   "expected \"action\": \"plugin.action\", found none");
		read_settings(doc, item, action);
	}
	if (cJSON_IsString(name))
		config_split_name(doc, name, "plugin.action", &action->plugin, &action->action);
}

static int by_first_code(const void *a, const void *b)
{
	const struct action_entry *x = a, *y = b;
	uint32_t x_code = x->action.code_first, y_code = y->action.code_first;
	if (x_code != y_code)
		return x_code > y_code ? 1 : -1;
	return (x->action.code_last > y->action.code_last) -
	       (x->action.code_last < y->action.code_last);
}

/* `entries` are sorted; codes that could not be read are 0 and come first. */
static void find_overlaps(struct config_doc *doc, const struct action_entry *entries, size_t count)
{
	const struct action_entry *widest = NULL; /* the one before that reaches furthest */
	for (size_t i = 0; i < count; i++) {
		const struct action_entry *entry = &entries[i];
		if (entry->action.code_first == 0)
			continue;
		/* The same key twice is said already. */
		if (widest != NULL && entry->action.code_first <= widest->action.code_last &&
		    strcmp(entry->item->string, widest->item->string) != 0) {
			char where[400];
			config_doc_where(doc, widest->item, where, sizeof where);
			config_doc_finding(doc, entry->item,
			                   "expected each code once, found %u again; \"%s\" at %s "
			                   "has it already",
			                   entry->action.code_first, widest->item->string, where);
		}
		if (widest == NULL || entry->action.code_last > widest->action.code_last)
			widest = entry;
	}
}

void config_read_actions(struct config_doc *doc, struct config *config)
{
	size_t count;
	const cJSON *map = config_part(doc, "actions", &count);
	struct action_entry *entries;
	if (!cJSON_IsObject(map))
		return;
	entries = mem_new(count, sizeof *entries);
	config->actions = mem_new(count, sizeof *config->actions);
	for (const cJSON *item = map->child; item != NULL; item = item->next) {
		struct action_entry *entry = &entries[config->action_count++];
		entry->item = item;
		read_action(doc, item, &entry->action);
	}
	qsort(entries, count, sizeof *entries, by_first_code);
	find_overlaps(doc, entries, count);
	for (size_t i = 0; i < count; i++)
		config->actions[i] = entries[i].action;
	free(entries);
}

/* ---- pushes -------------------------------------------------------------------------------- */

static void read_push(struct config_doc *doc, const cJSON *item, struct config_push *push)
{
	const char *end = NULL;
	push->place = config_doc_place(doc, item);
	if (parse_code(item->string, &push->code, &end) != 0 || *end != '\0')
		config_doc_finding(doc, item,
		                   "expected a code (\"1110\") of 1 to %u, found \"%.*s\"",
		                   CODE_MAX, config_cut(item->string, 64), item->string);
	if (cJSON_IsString(item))
		config_split_name(doc, item, "plugin.push", &push->plugin, &push->push);
}

/* By name, those that could not be read first; the same names by their code. */
static int by_push_name(const void *a, const void *b)
{
	const struct push_entry *x = a, *y = b;
	const char *x_text = x->push.plugin != NULL ? x->item->valuestring : "";
	const char *y_text = y->push.plugin != NULL ? y->item->valuestring : "";
	int rc = strcmp(x_text, y_text);
	return rc != 0 ? rc : (x->push.code > y->push.code) - (x->push.code < y->push.code);
}

static int by_push_code(const void *a, const void *b)
{
	const struct config_push *x = a, *y = b;
	return (x->code > y->code) - (x->code < y->code);
}

/* A push is sent under one code: with two it would be anybody's guess which. */
static void find_same_names(struct config_doc *doc, const struct push_entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct push_entry *before = &entries[i - 1], *entry = &entries[i];
		char where[400];
		if (before->push.plugin == NULL ||
		    strcmp(before->item->valuestring, entry->item->valuestring) != 0)
			continue;
		config_doc_where(doc, before->item, where, sizeof where);
		config_doc_finding(
			doc, entry->item,
			"expected one code for a push, found a second for \"%s\"; it has "
			"%u at %s already",
			entry->item->valuestring, before->push.code, where);
	}
}

void config_read_pushes(struct config_doc *doc, struct config *config)
{
	size_t count;
	const cJSON *map = config_part(doc, "pushes", &count);
	struct push_entry *entries;
	if (!cJSON_IsObject(map))
		return;
	entries = mem_new(count, sizeof *entries);
	config->pushes = mem_new(count, sizeof *config->pushes);
	for (const cJSON *item = map->child; item != NULL; item = item->next) {
		struct push_entry *entry = &entries[config->push_count++];
		entry->item = item;
		read_push(doc, item, &entry->push);
	}
	qsort(entries, count, sizeof *entries, by_push_name);
	find_same_names(doc, entries, count);
	for (size_t i = 0; i < count; i++)
		config->pushes[i] = entries[i].push;
	qsort(config->pushes, count, sizeof *config->pushes, by_push_code);
	free(entries);
}
