#include "act/service.h"

#include "act/generation.h"
#include "act/host.h"

#include <act/ext/auth.h>
#include <act/ext/kv.h>
#include <act/ext/poll.h>
#include <act/ext/sql.h>
#include <string.h>

static const struct {
	const char *id;
	const void *facade;
	uint32_t size;
	uint32_t provider_size;
} services[] = {
	{ ACT_EXT_AUTH, &service_auth, sizeof(act_auth), sizeof(act_auth_provider) },
	{ ACT_EXT_SQL, &service_sql, sizeof(act_sql), sizeof(act_sql_provider) },
};

static const struct {
	const char *id;
	const void *table;
	uint32_t size;
} own[] = {
	{ ACT_EXT_KV, &service_kv, sizeof(act_kv) },
	{ ACT_EXT_POLL, &service_poll, sizeof(act_poll) },
};

enum { OWN_COUNT = sizeof own / sizeof own[0] };

enum { SERVICE_COUNT = sizeof services / sizeof services[0] };

static const void *own_table(const char *id, uint32_t *size)
{
	for (size_t i = 0; i < OWN_COUNT; i++) {
		if (strcmp(own[i].id, id) != 0)
			continue;
		*size = own[i].size;
		return own[i].table;
	}
	return NULL;
}

bool service_is_own(const char *id)
{
	uint32_t size;
	return own_table(id, &size) != NULL;
}

const void *service_facade(const char *id, uint32_t *size)
{
	for (size_t i = 0; i < SERVICE_COUNT; i++) {
		if (strcmp(services[i].id, id) != 0)
			continue;
		*size = services[i].size;
		return services[i].facade;
	}
	return NULL;
}

bool service_table_fits(const char *id, const void *table)
{
	uint32_t size;
	for (size_t i = 0; i < SERVICE_COUNT; i++) {
		if (strcmp(services[i].id, id) != 0)
			continue;
		memcpy(&size, table, sizeof size); /* every table begins with its size */
		return size >= services[i].provider_size;
	}
	return false;
}

int service_judge(const char *id, const void *table, struct err *why)
{
	uint32_t size;
	if (service_is_own(id))
		return err_set(why, "it says that it provides %s, which the server has itself", id);
	if (table == NULL)
		return err_set(why, "it says that it provides %s and gives no table for it", id);
	if (service_facade(id, &size) != NULL && !service_table_fits(id, table))
		return err_set(why, "its table for %s is too short", id);
	return 0;
}

const void *host_extension(const act_host *h, const char *id, uint32_t size_min)
{
	uint32_t size;
	if (id == NULL)
		return NULL;
	const void *table = own_table(id, &size);
	if (table != NULL)
		return size >= size_min ? table : NULL;
	const void *facade = service_facade(id, &size);
	if (facade == NULL || size < size_min || generation_need(generation_of(h), id) == NULL)
		return NULL;
	return facade;
}
