/* Endpoints, plugins and services; and what the readers of maps share. */
#include "base/config_parts.h"

#include "base/check.h"
#include "base/config_keys.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The longest path of an endpoint, and the longest id of a service. */
#define PATH_BYTES_MAX 255
#define SERVICE_BYTES_MAX 63

const cJSON *config_part(const struct config_doc *doc, const char *name, size_t *count)
{
	const cJSON *part = cJSON_GetObjectItemCaseSensitive(doc->root, name);
	*count = part != NULL ? (size_t)cJSON_GetArraySize(part) : 0;
	return *count > 0 ? part : NULL;
}

bool config_is_name(const char *text, size_t len, size_t max)
{
	if (len == 0 || len > max)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c >= 0x80 || (!isalnum(c) && c != '_' && c != '-'))
			return false;
	}
	return true;
}

int config_split_name(struct config_doc *doc, const cJSON *item, const char *shape, char **plugin,
                      char **name)
{
	const char *text = item->valuestring;
	const char *dot = strchr(text, '.');
	char found[128];
	if (dot != NULL && config_is_name(text, (size_t)(dot - text), CONFIG_PLUGIN_NAME_MAX) &&
	    config_is_name(dot + 1, strlen(dot + 1), CONFIG_ACTION_NAME_MAX)) {
		*plugin = mem_text_n(text, (size_t)(dot - text));
		*name = mem_text(dot + 1);
		return 0;
	}
	config_doc_found(item, found, sizeof found);
	config_doc_finding(doc, item,
	                   "expected \"%s\" (letters, digits, '_' and '-'; at most %d and %d of "
	                   "them), found %s",
	                   shape, CONFIG_PLUGIN_NAME_MAX, CONFIG_ACTION_NAME_MAX, found);
	return -1;
}

/* ---- endpoints ----------------------------------------------------------------------------- */

static void check_path(struct config_doc *doc, const cJSON *item)
{
	const char *path = item->string;
	size_t len = strlen(path);
	bool plain = path[0] == '/' && len <= PATH_BYTES_MAX;
	for (size_t i = 0; i < len && plain; i++)
		plain = path[i] > ' ' && path[i] < 0x7F && strchr("?#%\"\\", path[i]) == NULL;
	if (!plain)
		config_doc_finding(doc, item,
		                   "expected a path that begins with '/' (at most %d visible ASCII "
		                   "characters without ? # %% \" \\), found \"%.*s\"",
		                   PATH_BYTES_MAX, config_cut(path, 64), path);
}

static void check_raw(struct config_doc *doc, const cJSON *item,
                      const struct config_endpoint *endpoint)
{
	const cJSON *action = cJSON_GetObjectItemCaseSensitive(item, "action");
	char *plugin, *name;
	if (endpoint->mode == CONFIG_MODE_RAW && (action == NULL || cJSON_IsNull(action))) {
		config_doc_finding(doc, item,
		                   "expected \"action\": \"plugin.action\" with \"mode\": \"raw\", "
		                   "found none");
	} else if (endpoint->mode == CONFIG_MODE_ACTION && cJSON_IsString(action)) {
		config_doc_finding(doc, action,
		                   "expected \"mode\": \"raw\" beside it, found \"action\": there "
		                   "the messages' codes name the actions");
	} else if (cJSON_IsString(action) &&
	           config_split_name(doc, action, "plugin.action", &plugin, &name) == 0) {
		free(plugin);
		free(name);
	}
}

void config_read_endpoints(struct config_doc *doc, struct config *config)
{
	size_t count;
	const cJSON *map = config_part(doc, "endpoints", &count);
	if (!cJSON_IsObject(map))
		return;
	config->endpoints = mem_new(count, sizeof *config->endpoints);
	for (const cJSON *item = map->child; item != NULL; item = item->next) {
		struct config_endpoint *endpoint = &config->endpoints[config->endpoint_count++];
		endpoint->path = mem_text(item->string);
		endpoint->place = config_doc_place(doc, item);
		config_key_fill("endpoints.*", item, endpoint);
		check_path(doc, item);
		if (cJSON_IsObject(item))
			check_raw(doc, item, endpoint);
	}
}

/* ---- plugins ------------------------------------------------------------------------------- */

/* The object as text, without the server's own key. */
static char *settings_text(const cJSON *object)
{
	cJSON *copy = cJSON_Duplicate(object, 1);
	char *text, *settings;
	CHECK(copy != NULL);
	cJSON_DeleteItemFromObjectCaseSensitive(copy, "disabled");
	text = cJSON_PrintUnformatted(copy);
	CHECK(text != NULL);
	settings = mem_text(text);
	cJSON_free(text);
	cJSON_Delete(copy);
	return settings;
}

static void check_plugin_name(struct config_doc *doc, const cJSON *item, const char *name)
{
	if (config_is_name(name, strlen(name), CONFIG_PLUGIN_NAME_MAX))
		return;
	config_doc_finding(doc, item,
	                   "expected the name of a plugin (1 to %d letters, digits, '_' and '-'), "
	                   "found \"%.*s\"",
	                   CONFIG_PLUGIN_NAME_MAX, config_cut(name, 64), name);
}

void config_read_plugins(struct config_doc *doc, struct config *config)
{
	size_t count;
	const cJSON *map = config_part(doc, "plugins", &count);
	if (!cJSON_IsObject(map))
		return;
	config->plugins = mem_new(count, sizeof *config->plugins);
	for (const cJSON *item = map->child; item != NULL; item = item->next) {
		struct config_plugin *plugin = &config->plugins[config->plugin_count++];
		check_plugin_name(doc, item, item->string);
		plugin->name = mem_text(item->string);
		plugin->place = config_doc_place(doc, item);
		plugin->settings = settings_text(item);
		config_key_fill("plugins.*", item, plugin);
	}
}

/* ---- services ------------------------------------------------------------------------------ */

/* "act.sql/1": a name with dots, a slash, a revision. */
static void check_service(struct config_doc *doc, const cJSON *item)
{
	const char *id = item->string, *slash = strrchr(id, '/');
	bool good = slash != NULL && slash > id && strlen(id) <= SERVICE_BYTES_MAX;
	for (const char *c = id; good && c < slash; c++)
		good = *c == '.' || config_is_name(c, 1, 1);
	if (good)
		good = slash[1] >= '1' && slash[1] <= '9' &&
		       slash[1 + strspn(slash + 1, "0123456789")] == '\0';
	if (!good)
		config_doc_finding(doc, item,
		                   "expected a service as \"act.sql/1\" (at most %d letters, "
		                   "digits, '.', '_' and '-', then '/' and its revision), found "
		                   "\"%.*s\"",
		                   SERVICE_BYTES_MAX, config_cut(id, 64), id);
}

void config_read_services(struct config_doc *doc, struct config *config)
{
	size_t count;
	const cJSON *map = config_part(doc, "services", &count);
	if (!cJSON_IsObject(map))
		return;
	config->services = mem_new(count, sizeof *config->services);
	for (const cJSON *item = map->child; item != NULL; item = item->next) {
		struct config_service *service = &config->services[config->service_count++];
		service->id = mem_text(item->string);
		service->place = config_doc_place(doc, item);
		check_service(doc, item);
		if (!cJSON_IsString(item))
			continue;
		service->plugin = mem_text(item->valuestring);
		check_plugin_name(doc, item, item->valuestring);
	}
}
