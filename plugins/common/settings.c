#include "settings.h"

#include <cjson/cJSON.h>
/* After cJSON: easy.h has its JSON part only then. */
#include <act/easy.h>
#include <math.h>

static void refuse_unknown(const act_host *host, const char *plugin, const struct setting *list,
                           size_t count, const char *found)
{
	char known[256] = "no key at all";
	size_t used = 0;
	for (size_t i = 0; i < count && used < sizeof known; i++)
		used += (size_t)snprintf(known + used, sizeof known - used, "%s%s",
		                         i == 0 ? "" : ", ", list[i].key);
	act_logf(host, ACT_LOG_ERROR,
	         "plugins.%s: unknown key \"%.80s\": expected %s; correct it in the config", plugin,
	         found, known);
}

static act_rc read_one(const act_host *host, const char *plugin, const struct setting *list,
                       size_t count, const cJSON *value)
{
	size_t i = 0;
	while (i < count && strcmp(list[i].key, value->string) != 0)
		i++;
	if (i == count) {
		refuse_unknown(host, plugin, list, count, value->string);
		return ACT_E_INVAL;
	}
	const double number = cJSON_IsNumber(value) ? value->valuedouble : NAN;
	if (number >= (double)list[i].min && number <= (double)list[i].max &&
	    number == floor(number)) {
		*list[i].value = (int64_t)number;
		return ACT_OK;
	}
	char *found = cJSON_PrintUnformatted(value);
	act_logf(host, ACT_LOG_ERROR,
	         "plugins.%s.%s: expected a whole number from %lld to %lld, found %.80s; correct "
	         "it in the config",
	         plugin, list[i].key, (long long)list[i].min, (long long)list[i].max,
	         found != NULL ? found : act_json_type(value));
	cJSON_free(found);
	return ACT_E_INVAL;
}

act_rc settings_read(const act_host *host, const char *plugin, const struct setting *list,
                     size_t count)
{
	const act_bytes text = host->config(host);
	cJSON *json = cJSON_ParseWithLength(text.ptr, text.len);
	act_rc rc = ACT_OK;
	if (!cJSON_IsObject(json)) {
		act_logf(host, ACT_LOG_ERROR, "plugins.%s: expected an object, found %s", plugin,
		         act_json_type(json));
		rc = ACT_E_INVAL;
	}
	const cJSON *value = json != NULL ? json->child : NULL;
	for (; value != NULL && rc == ACT_OK; value = value->next)
		rc = read_one(host, plugin, list, count, value);
	cJSON_Delete(json);
	return rc;
}
