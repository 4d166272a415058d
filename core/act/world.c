#include "act/world.h"

#include "act/names.h"
#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct generation *world_find(const struct world_plugins *plugins, const char *name)
{
	for (size_t i = 0; i < plugins->count; i++)
		if (strcmp(plugins->live[i]->manifest.name, name) == 0)
			return plugins->live[i];
	return NULL;
}

/* ---- looking up ---- */

const struct route *world_route(const struct world *world, uint32_t code)
{
	size_t low = 0, high = world->route_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct route *route = &world->routes[middle];
		if (code < route->code_first)
			high = middle;
		else if (code > route->code_last)
			low = middle + 1;
		else
			return route;
	}
	return NULL;
}

const struct route *world_raw(const struct world *world, uint32_t endpoint_id)
{
	return endpoint_id < world->raw_count && world->raw[endpoint_id].name != NULL
	               ? &world->raw[endpoint_id]
	               : NULL;
}

/* ---- making ---- */

/* Everything about a route that the plugin's table says. */
static void bind_route(const struct config *config, struct route *route,
                       struct generation *generation, uint32_t action)
{
	const act_action *said = table_action(generation->table, action);
	route->generation = generation;
	route->action = action;
	route->flags = said->flags;
	route->anonymous = (said->flags & ACT_A_ANONYMOUS) != 0;
	route->json = table_is_json(said->takes) &&
	              ((said->flags & ACT_A_NOREPLY) != 0 || table_is_json(said->gives));
	route->payload_max =
		said->payload_max != 0 ? said->payload_max : config->limits.message_bytes;
	route->deadline_ms = said->deadline_ms != 0 ? said->deadline_ms : config->deadline_ms;
	route->name = mem_format("%s.%s", generation->manifest.name, said->name);
}

/* The config overrules the plugin. */
static void overrule(struct route *route, const struct config_action *from)
{
	if (from->payload_max >= 0)
		route->payload_max = (uint32_t)from->payload_max;
	if (from->deadline_ms > 0)
		route->deadline_ms = (uint32_t)from->deadline_ms;
	if (from->login >= 0)
		route->anonymous = from->login == 0;
	route->rate_per_s = from->rate_per_s;
	route->rate_burst = from->rate_burst;
	route->in_flight = from->in_flight;
}

static void add_mapped(struct world *world, const struct config *config,
                       const struct world_plugins *plugins, const struct config_action *from)
{
	struct route route = { .code_first = from->code_first, .code_last = from->code_last };
	struct generation *generation = world_find(plugins, from->plugin);
	if (generation == NULL) {
		route.name = mem_format("%s.%s", from->plugin, from->action);
	} else {
		int32_t action = table_find_action(generation->table, from->action);
		CHECK(action >= 0); /* names_check() has looked */
		bind_route(config, &route, generation, (uint32_t)action);
	}
	overrule(&route, from);
	world->routes[world->route_count++] = route;
}

static bool named_in_config(const struct config *config, const char *plugin, const char *action)
{
	for (size_t i = 0; i < config->action_count; i++)
		if (config->actions[i].plugin != NULL &&
		    strcmp(config->actions[i].plugin, plugin) == 0 &&
		    strcmp(config->actions[i].action, action) == 0)
			return true;
	return false;
}

static const struct config_action *code_in_config(const struct config *config, uint32_t code)
{
	for (size_t i = 0; i < config->action_count; i++)
		if (code >= config->actions[i].code_first && code <= config->actions[i].code_last)
			return &config->actions[i];
	return NULL;
}

static struct route *find_by_scan(const struct world *world, uint32_t code)
{
	for (size_t i = 0; i < world->route_count; i++)
		if (code >= world->routes[i].code_first && code <= world->routes[i].code_last)
			return &world->routes[i];
	return NULL;
}

/* An action that no line of the config names is served under the code that its plugin gives, if
 * that is free. */
static void add_default(struct world *world, const struct config *config,
                        struct generation *generation, uint32_t action)
{
	const act_action *said = table_action(generation->table, action);
	const char *plugin = generation->manifest.name;
	if (said->code == 0 || (said->flags & ACT_A_RAW) != 0 ||
	    named_in_config(config, plugin, said->name))
		return;
	const struct config_action *taken = code_in_config(config, said->code);
	if (taken != NULL) {
		log_info("reload", "%s.%s: its own code %u is used by the config (line %d)", plugin,
		         said->name, said->code, taken->place.line);
		return;
	}
	const struct route *other = find_by_scan(world, said->code);
	if (other != NULL) {
		log_warn("reload",
		         "%s.%s: its own code %u is the code of %s too, which has it; give one of "
		         "them another code under \"actions\"",
		         plugin, said->name, said->code, other->name);
		return;
	}
	struct route *route = &world->routes[world->route_count++];
	*route = (struct route){ .code_first = said->code, .code_last = said->code };
	bind_route(config, route, generation, action);
}

static int by_code(const void *a, const void *b)
{
	const struct route *one = a, *two = b;
	return one->code_first < two->code_first ? -1 : one->code_first > two->code_first;
}

static void add_routes(struct world *world, const struct config *config,
                       const struct world_plugins *plugins)
{
	size_t room = config->action_count;
	for (size_t i = 0; i < plugins->count; i++)
		room += plugins->live[i]->table->action_count;
	world->routes = mem_new(room, sizeof *world->routes);
	for (size_t i = 0; i < config->action_count; i++)
		if (config->actions[i].plugin != NULL)
			add_mapped(world, config, plugins, &config->actions[i]);
	for (size_t i = 0; i < plugins->count; i++)
		for (uint32_t k = 0; k < plugins->live[i]->table->action_count; k++)
			add_default(world, config, plugins->live[i], k);
	qsort(world->routes, world->route_count, sizeof *world->routes, by_code);
}

/* ---- raw endpoints ---- */

/* Where its plugin is not there, or has lost the action since an earlier config, messages are
 * answered "unavailable". */
static void bind_raw(struct route *route, const struct config *config,
                     const struct world_plugins *plugins, const char *name)
{
	const char *dot = strchr(name, '.');
	char *plugin = mem_text_n(name, (size_t)(dot - name));
	struct generation *generation = world_find(plugins, plugin);
	int32_t action = generation != NULL ? table_find_action(generation->table, dot + 1) : -1;
	if (action >= 0 &&
	    (table_action(generation->table, (uint32_t)action)->flags & ACT_A_RAW) != 0)
		bind_route(config, route, generation, (uint32_t)action);
	else
		route->name = mem_text(name);
	free(plugin);
}

static const struct config_endpoint *endpoint_in_config(const struct config *config,
                                                        const struct endpoint *endpoint)
{
	for (size_t i = 0; i < config->endpoint_count; i++)
		if (config->endpoints[i].mode == endpoint->mode &&
		    strcmp(config->endpoints[i].path, endpoint->path) == 0)
			return &config->endpoints[i];
	return NULL;
}

static void add_raw(struct world *world, const struct config *config,
                    const struct world_plugins *plugins, const struct world *old)
{
	while (site_endpoint((uint32_t)world->raw_count) != NULL)
		world->raw_count++;
	world->raw = mem_new(world->raw_count, sizeof *world->raw);
	for (uint32_t id = 0; id < world->raw_count; id++) {
		const struct endpoint *endpoint = site_endpoint(id);
		const struct config_endpoint *from = endpoint_in_config(config, endpoint);
		if (endpoint->mode != CONFIG_MODE_RAW)
			continue;
		if (from != NULL)
			bind_raw(&world->raw[id], config, plugins, from->action);
		else if (old != NULL && world_raw(old, id) != NULL) /* its connections stay */
			bind_raw(&world->raw[id], config, plugins, world_raw(old, id)->name);
	}
}

/* ---- all ---- */

/* What is only worth a warning goes to the log. */
static int check_names(const struct config *config, const struct world_plugins *plugins,
                       struct config_errors *errors)
{
	struct names_plugin *named = mem_new(plugins->count, sizeof *named);
	struct config_errors warnings = { 0 };
	size_t before = errors->count;
	for (size_t i = 0; i < plugins->count; i++)
		named[i] = (struct names_plugin){ &plugins->live[i]->manifest,
			                          plugins->live[i]->table };
	names_check(config, named, plugins->count, errors, &warnings);
	for (const char *line = warnings.text; line != NULL && *line != '\0';) {
		int len = (int)strcspn(line, "\n");
		log_warn("reload", "%.*s", len, line);
		line += len + 1;
	}
	config_errors_free(&warnings);
	free(named);
	return errors->count == before ? 0 : -1;
}

int world_new(const struct config *config, const struct world_plugins *plugins,
              const struct world *old, struct world **out, struct config_errors *errors)
{
	if (check_names(config, plugins, errors) != 0)
		return -1;
	struct world *world = mem_new(1, sizeof *world);
	world->live = mem_new(plugins->count, sizeof(*world->live));
	for (size_t i = 0; i < plugins->count; i++)
		world->live[world->live_count++] = plugins->live[i];
	add_routes(world, config, plugins);
	add_raw(world, config, plugins, old);
	*out = world;
	return 0;
}

void world_free(struct world *world)
{
	if (world == NULL)
		return;
	for (size_t i = 0; i < world->route_count; i++)
		free(world->routes[i].name);
	for (size_t i = 0; i < world->raw_count; i++)
		free(world->raw[i].name);
	free(world->routes);
	free(world->raw);
	free(world->live);
	free(world);
}

/* ---- pushes ---- */

/* The code that the config or the plugin itself gives; 0: the config uses the plugin's own code for
 * another push. */
static uint32_t wanted_code(const struct config *config, const struct generation *generation,
                            const act_pushing *said, bool *by_config)
{
	bool taken = false;
	*by_config = false;
	for (size_t i = 0; i < config->push_count; i++) {
		const struct config_push *push = &config->pushes[i];
		if (strcmp(push->plugin, generation->manifest.name) == 0 &&
		    strcmp(push->push, said->name) == 0) {
			*by_config = true;
			return push->code;
		}
		taken = taken || push->code == said->code;
	}
	return taken ? 0 : said->code;
}

/* Among the first `count` plugins, the one with a push of this code; NULL: none. */
static const struct generation *find_push(const struct world_plugins *plugins, size_t count,
                                          uint32_t code, uint32_t *pushing)
{
	for (size_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < plugins->live[i]->table->push_count; k++)
			if (atomic_load(&plugins->live[i]->push_codes[k]) == code) {
				*pushing = k;
				return plugins->live[i];
			}
	return NULL;
}

/* A client tells pushes apart by their codes alone: of two plugins that bring the same one along,
 * the first has it, as with actions. */
static uint32_t push_code(const struct config *config, const struct world_plugins *plugins,
                          size_t plugin, const act_pushing *said)
{
	const struct generation *generation = plugins->live[plugin], *other = NULL;
	uint32_t pushing = 0;
	bool by_config;
	uint32_t code = wanted_code(config, generation, said, &by_config);
	if (!by_config && code != 0)
		other = find_push(plugins, plugin, code, &pushing);
	if (other == NULL)
		return code;
	log_warn("reload",
	         "%s.%s: its own code %u is the code of %s.%s too, which has it; give one of them "
	         "another code under \"pushes\"",
	         generation->manifest.name, said->name, code, other->manifest.name,
	         table_pushing(other->table, pushing)->name);
	return 0;
}

void world_set_push_codes(const struct config *config, const struct world_plugins *plugins)
{
	for (size_t i = 0; i < plugins->count; i++) {
		struct generation *generation = plugins->live[i];
		for (uint32_t k = 0; k < generation->table->push_count; k++)
			atomic_store(
				&generation->push_codes[k],
				push_code(config, plugins, i, table_pushing(generation->table, k)));
	}
}
