#include "net/site.h"

#include "base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static struct endpoint *interned[SITE_ENDPOINTS_MAX];
static _Atomic uint32_t interned_count;

static const struct endpoint *intern(const char *path, enum config_mode mode)
{
	uint32_t count = atomic_load(&interned_count);
	for (uint32_t i = 0; i < count; i++)
		if (interned[i]->mode == mode && strcmp(interned[i]->path, path) == 0)
			return interned[i];
	if (count == SITE_ENDPOINTS_MAX)
		return NULL;
	struct endpoint *endpoint = mem_new(1, sizeof *endpoint);
	*endpoint = (struct endpoint){ count, mode, mem_text(path) };
	interned[count] = endpoint;
	atomic_store(&interned_count, count + 1);
	return endpoint;
}

const struct endpoint *site_endpoint(uint32_t id)
{
	return id < atomic_load(&interned_count) ? interned[id] : NULL;
}

void site_forget_endpoints(void)
{
	for (uint32_t i = atomic_exchange(&interned_count, 0); i > 0; i--) {
		free(interned[i - 1]->path);
		free(interned[i - 1]);
	}
}

struct site *site_new(const struct config *config)
{
	struct site *site = mem_new(1, sizeof *site);
	site->config = config;
	site->endpoints = mem_new(config->endpoint_count, sizeof *site->endpoints);
	for (size_t i = 0; i < config->endpoint_count; i++) {
		const struct config_endpoint *from = &config->endpoints[i];
		const struct endpoint *endpoint = intern(from->path, from->mode);
		if (endpoint == NULL) {
			site_free(site);
			return NULL;
		}
		site->endpoints[site->endpoint_count++] =
			(struct site_endpoint){ endpoint, from->login };
	}
	return site;
}

void site_free(struct site *site)
{
	if (site == NULL)
		return;
	free(site->endpoints);
	free(site);
}

const struct site_endpoint *site_find(const struct site *site, const char *path)
{
	const struct site_endpoint *best = NULL;
	size_t best_len = 0;
	for (size_t i = 0; i < site->endpoint_count; i++) {
		const char *mine = site->endpoints[i].endpoint->path;
		size_t len = strlen(mine);
		bool below = mine[len - 1] == '/' && strncmp(mine, path, len) == 0;
		if ((below || strcmp(mine, path) == 0) && len > best_len) {
			best = &site->endpoints[i];
			best_len = len;
		}
	}
	return best;
}
