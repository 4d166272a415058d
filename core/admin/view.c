#include "admin/view.h"

#include "act/table.h"
#include "act/world.h"
#include "base/check.h"
#include "base/mem.h"

#include <act/easy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cJSON *view_string(const char *text)
{
	char *copy = mem_text(text);
	for (char *at = copy; *at != '\0'; at++) {
		at += act_utf8_span(at, strlen(at));
		if (*at == '\0')
			break;
		*at = '?';
	}
	cJSON *string = cJSON_CreateString(copy);
	free(copy);
	return string;
}

static cJSON *view_lines(const struct report_lines *lines)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < lines->count; i++)
		cJSON_AddItemToArray(list, view_string(lines->lines[i]));
	return list;
}

cJSON *view_report(const struct reload_report *report)
{
	cJSON *json = cJSON_CreateObject();
	cJSON_AddNumberToObject(json, "number", report->number);
	cJSON_AddStringToObject(json, "verdict", report_verdict_name(report->verdict));
	cJSON *plugins = cJSON_AddArrayToObject(json, "plugins");
	for (size_t i = 0; i < report->plugin_count; i++) {
		const struct report_plugin *plugin = &report->plugins[i];
		cJSON *one = cJSON_CreateObject();
		cJSON_AddItemToObject(one, "name", view_string(plugin->name));
		cJSON_AddStringToObject(one, "result", report_result_name(plugin->result));
		cJSON_AddItemToObject(one, "sentence", view_string(plugin->sentence));
		cJSON_AddItemToArray(plugins, one);
	}
	cJSON *sections = cJSON_AddArrayToObject(json, "config");
	for (size_t i = 0; i < report->section_count; i++) {
		cJSON *one = cJSON_CreateObject();
		cJSON_AddItemToObject(one, "section", view_string(report->sections[i].name));
		cJSON_AddItemToObject(one, "sentence", view_string(report->sections[i].sentence));
		cJSON_AddItemToArray(sections, one);
	}
	cJSON_AddItemToObject(json, "errors", view_lines(&report->errors));
	cJSON_AddItemToObject(json, "warnings", view_lines(&report->warnings));
	return json;
}

/* The entry of a generation, made where there is none. */
static cJSON *entry_of(cJSON *routes, const struct generation *generation)
{
	char number[24];
	snprintf(number, sizeof number, "%lu", generation->number);
	cJSON *entry = cJSON_GetObjectItemCaseSensitive(routes, number);
	if (entry != NULL)
		return entry;
	entry = cJSON_AddObjectToObject(routes, number);
	cJSON_AddArrayToObject(entry, "actions");
	cJSON_AddArrayToObject(entry, "raw");
	return entry;
}

static const char *action_name(const struct route *route)
{
	return table_action(route->generation->table, route->action)->name;
}

cJSON *view_routes(const struct world *world)
{
	cJSON *routes = cJSON_CreateObject();
	for (size_t i = 0; i < world->route_count; i++) {
		const struct route *route = &world->routes[i];
		if (route->generation == NULL)
			continue;
		cJSON *one = cJSON_CreateObject();
		cJSON_AddNumberToObject(one, "code", route->code_first);
		if (route->code_last != route->code_first)
			cJSON_AddNumberToObject(one, "code_last", route->code_last);
		cJSON_AddStringToObject(one, "name", action_name(route));
		cJSON_AddItemToArray(
			cJSON_GetObjectItem(entry_of(routes, route->generation), "actions"), one);
	}
	for (uint32_t id = 0; id < world->raw_count; id++) {
		const struct route *route = &world->raw[id];
		if (route->name == NULL || route->generation == NULL)
			continue;
		cJSON *one = cJSON_CreateObject();
		cJSON_AddStringToObject(one, "endpoint", site_endpoint(id)->path);
		cJSON_AddStringToObject(one, "name", action_name(route));
		cJSON_AddItemToArray(
			cJSON_GetObjectItem(entry_of(routes, route->generation), "raw"), one);
	}
	return routes;
}

cJSON *view_time(time_t when)
{
	struct tm parts;
	char text[32];
	gmtime_r(&when, &parts);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
	return cJSON_CreateString(text);
}

char *view_text(const cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);
	CHECK(text != NULL);
	return text;
}
