#include "json_out.h"

#include <act/easy.h>
#include <assert.h>

act_rc json_put_text(cJSON *object, const char *key, act_bytes text)
{
	assert(cJSON_IsObject(object));
	char *copy = malloc(text.len + 1);
	if (copy == NULL)
		return ACT_E_NOMEM;
	if (text.len != 0)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	const cJSON *added = cJSON_AddStringToObject(object, key, copy);
	free(copy);
	return added != NULL ? ACT_OK : ACT_E_NOMEM;
}

act_rc json_put_column(cJSON *object, const char *key, const act_sql_value *column)
{
	if (column->type == ACT_SQL_TEXT)
		return json_put_text(object, key, column->b);
	assert(column->type == ACT_SQL_NULL);
	return cJSON_AddNullToObject(object, key) != NULL ? ACT_OK : ACT_E_NOMEM;
}
