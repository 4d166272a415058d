/* database: one generation of the plugin: its settings, its connections, its open cursors. */
#ifndef SQLITE_DATABASE_H
#define SQLITE_DATABASE_H

#include "pool.h"
#include "rows.h"

struct database {
	const act_host *host;
	struct settings settings;
	struct pool pool;
	struct rows rows;
};

/* What the service act.sql/1 gives; static. Its `self` is a struct database. */
extern const act_sql_provider service_table;

#endif
