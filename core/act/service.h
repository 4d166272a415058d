/* service: the facades: what a plugin that uses a service is given, whoever provides it.
 *
 * A facade's functions find the consumer's need, pin the provider of the moment, and forward to its
 * own table. Beside them stand the extensions that the server has itself, without a provider. */
#ifndef ACT_SERVICE_H
#define ACT_SERVICE_H

#include "base/err.h"

#include <act/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct act;
struct generation;
struct need;
struct sql_handles;

/* Is it an extension that the server has itself? Then every plugin has it, whether or not its
 * manifest lists it under needs, and none can provide it. */
bool service_is_own(const char *id);

/* The facade of a service id, and its size; NULL: this server knows no such service. */
const void *service_facade(const char *id, uint32_t *size);
/* Is the provider's table as long as the facade needs? False also: an unknown service. */
bool service_table_fits(const char *id, const void *table);
/* May a plugin provide `id` with this table (NULL: it gave none)? 0; -1 and a sentence. A service
 * that this server does not know is one that nobody asks for. */
int service_judge(const char *id, const void *table, struct err *why);

/* The server's own. */
extern const struct act_kv service_kv;
extern const struct act_poll service_poll;

/* The facades. */
extern const struct act_auth service_auth;
extern const struct act_sql service_sql;

/* Open transactions and cursors, over all plugins: each pins its provider until it ends. */
struct sql_handles *sql_handles_new(void);
void sql_handles_free(struct sql_handles *handles);
/* A transaction or cursor that is open. */
struct sql_holder {
	char consumer[32];
	uint64_t generation; /* the consumer's */
	bool cursor;
	uint64_t ms; /* since it was begun */
};
/* [any] Those that pin a provider: as many as there is room for, and `*count`: all of them. */
uint32_t sql_handles_of(struct sql_handles *handles, const struct generation *provider,
                        struct sql_holder *out, uint32_t room, uint64_t *count);
/* [any that may block] Gives up those of a consumer that ends, and those that are overdue (NULL:
 * these alone). */
void sql_handles_sweep(struct sql_handles *handles, const struct generation *consumer);

#endif
