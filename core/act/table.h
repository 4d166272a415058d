/* table: the table that a plugin exports, checked once and read with care.
 *
 * A plugin's table may be shorter than ours (it was compiled from an older act/plugin.h) and its
 * arrays may have a longer stride (from a newer one). So nothing outside of this file indexes
 * `actions` or `pushes`, and members behind `handle` are read with TABLE_GET().
 * Owner: the plugin; the table lives while its shared object is loaded. Threads: any. */
#ifndef ACT_TABLE_H
#define ACT_TABLE_H

#include "act/manifest.h"
#include "base/err.h"

#include <act/plugin.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most actions, and the most pushes, of one plugin. */
enum { TABLE_COUNT_MAX = 1024 };

/* Codes from here on are the server's own on the wire (docs/protocol.md). */
#define TABLE_CODE_RESERVED 0xFFFFFF00u

/* A member that may be missing, in older tables, or NULL: NULL in both cases. */
#define TABLE_GET(table, member) (ACT_HAS(table, member) ? (table)->member : NULL)

/* Is the table as act/plugin.h wants it, and does it agree with the manifest? 0; or -1 and a
 * sentence that names the member or action, what was expected and what was found. The table, its
 * arrays and strings must be readable; call nothing of a table that was refused. */
int plugin_table_check(const act_plugin *table, const struct manifest *manifest, struct err *why);

/* The description at `index`, which is below the count. Checked tables only. */
const act_action *table_action(const act_plugin *table, uint32_t index);
const act_pushing *table_pushing(const act_plugin *table, uint32_t index);

/* Is this media type application/json, whatever its parameters (RFC 9110, section 8.3.1)? `type`
 * may be NULL. */
bool table_is_json(const char *type);

/* The index of the action, or the push, of that name; -1: there is none. Checked tables only. */
int32_t table_find_action(const act_plugin *table, const char *name);
int32_t table_find_pushing(const act_plugin *table, const char *name);

#endif
