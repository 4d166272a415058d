#include "reload/order.h"

#include "act/service.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who provides what ---- */

static const struct config_service *service_line(const struct config *config, const char *id)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].id, id) == 0)
			return &config->services[i];
	return NULL;
}

ssize_t order_provider(const struct order *order, const char *id)
{
	const struct config_service *line = service_line(order->config, id);
	ssize_t found = -1;
	for (size_t i = 0; i < order->count; i++) {
		const struct manifest *manifest = order->manifests[i];
		if (manifest == NULL || !manifest_provides(manifest, id))
			continue;
		if (line != NULL && strcmp(line->plugin, manifest->name) == 0)
			return (ssize_t)i;
		if (line == NULL && found >= 0)
			return -1; /* two could: the config has to say */
		if (line == NULL)
			found = (ssize_t)i;
	}
	return found;
}

int order_check_needs(const struct order *order, const struct manifest *manifest, struct err *why)
{
	for (uint32_t i = 0; i < manifest->need_count; i++) {
		const char *id = manifest->needs[i];
		uint32_t size;
		if (service_is_own(id))
			continue;
		if (service_facade(id, &size) == NULL)
			return err_set(why, "it needs %s, which this server does not know", id);
		if (order_provider(order, id) < 0)
			return err_set(why,
			               "it needs %s, which no loaded plugin provides: say who does "
			               "under \"services\"",
			               id);
	}
	return 0;
}

static void list_provided(const struct manifest *manifest, char *out, size_t size)
{
	size_t len =
		(size_t)snprintf(out, size, "%s", manifest->provide_count == 0 ? "nothing" : "");
	for (uint32_t i = 0; i < manifest->provide_count && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", i > 0 ? ", " : "",
		                        manifest->provides[i]);
}

/* A plugin that is there, and does not provide what the config says it does. */
static void check_line(const struct order *order, const struct config_service *line,
                       struct config_errors *errors)
{
	char where[CONFIG_PLACE_SIZE], provided[256];
	for (size_t i = 0; i < order->count; i++) {
		const struct manifest *manifest = order->manifests[i];
		if (manifest == NULL || strcmp(manifest->name, line->plugin) != 0 ||
		    manifest_provides(manifest, line->id))
			continue;
		config_place_text(order->config, line->place, where);
		list_provided(manifest, provided, sizeof provided);
		config_errors_add(errors,
		                  "%s: services.%s: expected a plugin that provides it, found "
		                  "\"%s\", which provides %s",
		                  where, line->id, line->plugin, provided);
		return; /* the same plugin may stand there twice: its old file and a new one */
	}
}

/* ---- the order ---- */

enum mark { UNSEEN, OPEN, DONE };

struct sorting {
	const struct order *order;
	enum mark *marks;
	size_t *indexes;
	size_t count;
	struct config_errors *errors;
};

static int visit(struct sorting *sorting, size_t index)
{
	const struct manifest *manifest = sorting->order->manifests[index];
	if (manifest == NULL || sorting->marks[index] == DONE)
		return 0;
	if (sorting->marks[index] == OPEN) {
		config_errors_add(sorting->errors,
		                  "services: a circle: plugin %s needs, through others, what it "
		                  "provides itself; change who provides what under \"services\"",
		                  manifest->name);
		return -1;
	}
	sorting->marks[index] = OPEN;
	for (uint32_t i = 0; i < manifest->need_count; i++) {
		ssize_t provider = order_provider(sorting->order, manifest->needs[i]);
		if (provider >= 0 && visit(sorting, (size_t)provider) != 0)
			return -1;
	}
	sorting->marks[index] = DONE;
	sorting->indexes[sorting->count++] = index;
	return 0;
}

int order_make(const struct order *order, size_t *indexes, size_t *placed,
               struct config_errors *errors)
{
	struct sorting sorting = { .order = order, .indexes = indexes, .errors = errors };
	size_t before = errors->count;
	*placed = 0;
	for (size_t i = 0; i < order->config->service_count; i++)
		check_line(order, &order->config->services[i], errors);
	if (errors->count != before)
		return -1;
	sorting.marks = mem_new(order->count, sizeof *sorting.marks);
	int rc = 0;
	for (size_t i = 0; i < order->count && rc == 0; i++)
		rc = visit(&sorting, i);
	free(sorting.marks);
	if (rc == 0)
		*placed = sorting.count;
	return rc;
}
