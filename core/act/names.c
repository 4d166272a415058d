#include "act/names.h"

#include "act/table.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names of a plugin that are listed in a sentence, in bytes. */
enum { LIST_BYTES_MAX = 240 };

/* What is looked at, and where its lines go. */
struct check {
	const struct config *config;
	const struct names_plugin *plugins;
	size_t count;
	struct config_errors *errors, *warnings;
};

/* ---- what there is ---- */

static const struct names_plugin *find(const struct check *check, const char *name)
{
	for (size_t i = 0; i < check->count; i++)
		if (strcmp(check->plugins[i].manifest->name, name) == 0)
			return &check->plugins[i];
	return NULL;
}

struct list {
	char text[LIST_BYTES_MAX + sizeof ", …"];
	size_t len;
	bool full;
};

static void list_add(struct list *list, const char *name)
{
	const char *comma = list->len > 0 ? ", " : "";
	if (list->full)
		return;
	if (list->len + strlen(comma) + strlen(name) > LIST_BYTES_MAX) {
		list->full = true;
		name = "…";
	}
	list->len += (size_t)snprintf(list->text + list->len, sizeof list->text - list->len, "%s%s",
	                              comma, name);
}

static const char *list_end(struct list *list)
{
	if (list->len == 0)
		list_add(list, "it has none");
	return list->text;
}

/* The actions that are served by raw endpoints, or those that have codes. */
static const char *list_actions(const act_plugin *table, bool raw, struct list *list)
{
	for (uint32_t i = 0; i < table->action_count; i++) {
		const act_action *action = table_action(table, i);
		if (((action->flags & ACT_A_RAW) != 0) == raw)
			list_add(list, action->name);
	}
	return list_end(list);
}

static const char *list_pushes(const act_plugin *table, struct list *list)
{
	for (uint32_t i = 0; i < table->push_count; i++)
		list_add(list, table_pushing(table, i)->name);
	return list_end(list);
}

/* ---- what is named ---- */

__attribute__((format(printf, 4, 5))) static void say(const struct check *check,
                                                      struct config_errors *to,
                                                      struct config_place place, const char *format,
                                                      ...)
{
	char where[CONFIG_PLACE_SIZE], text[640];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	config_place_text(check->config, place, where);
	config_errors_add(to, "%s: %s", where, text);
}

static const act_action *find_action(const act_plugin *table, const char *name)
{
	int32_t index = table_find_action(table, name);
	return index >= 0 ? table_action(table, (uint32_t)index) : NULL;
}

/* "110", or "2000-2099". */
static void code_text(const struct config_action *line, char out[24])
{
	if (line->code_first == line->code_last)
		snprintf(out, 24, "%" PRIu32, line->code_first);
	else
		snprintf(out, 24, "%" PRIu32 "-%" PRIu32, line->code_first, line->code_last);
}

static void check_action(const struct check *check, const struct config_action *line)
{
	const struct names_plugin *plugin = find(check, line->plugin);
	struct list list = { .len = 0 };
	char code[24];
	code_text(line, code);
	if (plugin == NULL) {
		say(check, check->warnings, line->place,
		    "actions.%s: plugin %s is not there: %s.%s is answered \"unavailable\"", code,
		    line->plugin, line->plugin, line->action);
		return;
	}
	const act_action *said = find_action(plugin->table, line->action);
	if (said != NULL && (said->flags & ACT_A_RAW) == 0)
		return;
	say(check, check->errors, line->place,
	    "actions.%s: expected an action of plugin %s (%s), found \"%s\"%s", code, line->plugin,
	    list_actions(plugin->table, false, &list), line->action,
	    said != NULL ? ", which serves raw endpoints and has no code" : "");
}

static void check_raw(const struct check *check, const struct config_endpoint *line)
{
	const char *dot = strchr(line->action, '.');
	char *name = mem_text_n(line->action, (size_t)(dot - line->action));
	const struct names_plugin *plugin = find(check, name);
	struct list list = { .len = 0 };
	if (plugin == NULL) {
		say(check, check->warnings, line->place,
		    "endpoints.%s: plugin %s is not there: %s is answered \"unavailable\"",
		    line->path, name, line->action);
	} else {
		const act_action *said = find_action(plugin->table, dot + 1);
		if (said == NULL || (said->flags & ACT_A_RAW) == 0)
			say(check, check->errors, line->place,
			    "endpoints.%s: expected a raw action of plugin %s (%s), found "
			    "\"%s\"%s",
			    line->path, name, list_actions(plugin->table, true, &list), dot + 1,
			    said != NULL ? ", which is served under a code" : "");
	}
	free(name);
}

static void check_push(const struct check *check, const struct config_push *line)
{
	const struct names_plugin *plugin = find(check, line->plugin);
	struct list list = { .len = 0 };
	if (plugin == NULL || table_find_pushing(plugin->table, line->push) >= 0)
		return;
	say(check, check->errors, line->place,
	    "pushes.%" PRIu32 ": expected a push of plugin %s (%s), found \"%s\"", line->code,
	    line->plugin, list_pushes(plugin->table, &list), line->push);
}

void names_check(const struct config *config, const struct names_plugin *plugins, size_t count,
                 struct config_errors *errors, struct config_errors *warnings)
{
	const struct check check = { config, plugins, count, errors, warnings };
	for (size_t i = 0; i < config->action_count; i++)
		if (config->actions[i].plugin != NULL)
			check_action(&check, &config->actions[i]);
	for (size_t i = 0; i < config->endpoint_count; i++)
		if (config->endpoints[i].mode == CONFIG_MODE_RAW)
			check_raw(&check, &config->endpoints[i]);
	for (size_t i = 0; i < config->push_count; i++)
		check_push(&check, &config->pushes[i]);
}
