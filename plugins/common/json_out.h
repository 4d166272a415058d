/* json_out: answers and pushes as JSON, from bytes that are not terminated.
 *
 * Include <cjson/cJSON.h> and <act/easy.h> for what is done with the object then. */
#ifndef COMMON_JSON_OUT_H
#define COMMON_JSON_OUT_H

#include <act/ext/sql.h>
#include <act/plugin.h>
#include <cjson/cJSON.h>

/* Adds a copy of the text (UTF-8) under `key`. ACT_E_NOMEM: nothing was added. */
act_rc json_put_text(cJSON *object, const char *key, act_bytes text);

/* The same of a text column: null where it is NULL. */
act_rc json_put_column(cJSON *object, const char *key, const act_sql_value *column);

#endif
