#include "settings.h"

#include <cjson/cJSON.h>

#include <act/easy.h>

/* A setting that is a whole number. */
struct number {
	const char *key;
	size_t offset; /* of its uint32_t in struct settings */
	uint32_t min, max, standard;
};

static const struct number numbers[] = {
	{ "connections", offsetof(struct settings, connections), 1, 64, 8 },
	{ "busy_ms", offsetof(struct settings, busy_ms), 1, 60000, 3000 },
	{ "wait_ms", offsetof(struct settings, wait_ms), 1, 60000, 2000 },
	{ "tx_ms", offsetof(struct settings, tx_ms), 10, 600000, 5000 },
	{ "query_ms", offsetof(struct settings, query_ms), 10, 600000, 5000 },
};
#define NUMBER_COUNT (sizeof numbers / sizeof numbers[0])

/* How many bytes of a text from the config a sentence shows: whole characters of it. */
static int shown(const char *text)
{
	size_t len = strlen(text);
	return (int)act_utf8_span(text, len < 80 ? len : 80);
}

/* The value as it stands in the config, for a sentence. */
static void refuse(const act_host *host, const cJSON *value, const char *expected)
{
	char *text = cJSON_PrintUnformatted(value);
	const char *found = text != NULL ? text : act_json_type(value);
	act_logf(host, ACT_LOG_ERROR, "setting \"%s\": expected %s, found %.*s", value->string,
	         expected, shown(found), found);
	cJSON_free(text);
}

static act_rc take_number(const act_host *host, const cJSON *value, const struct number *about,
                          struct settings *out)
{
	uint32_t *at = (uint32_t *)(void *)((char *)out + about->offset);
	double number = value->valuedouble;
	/* The range first: a double beyond it cannot be converted. */
	if (!cJSON_IsNumber(value) || !(number >= about->min && number <= about->max) ||
	    (double)(uint32_t)number != number) {
		char expected[80];
		snprintf(expected, sizeof expected, "a whole number from %u to %u", about->min,
		         about->max);
		refuse(host, value, expected);
		return ACT_E_INVAL;
	}
	*at = (uint32_t)number;
	return ACT_OK;
}

static act_rc take_path(const act_host *host, const char *file, struct settings *out)
{
	act_bytes dir = host->data_dir(host);
	char *path = NULL;
	int len = file[0] == '/' ? asprintf(&path, "%s", file)
	                         : asprintf(&path, "%.*s/%s", ACT_FMT(dir), file);
	if (len < 0) {
		act_logf(host, ACT_LOG_ERROR, "no memory for the path of the database");
		return ACT_E_NOMEM;
	}
	free(out->path);
	out->path = path;
	return ACT_OK;
}

static act_rc take_file(const act_host *host, const cJSON *value, struct settings *out)
{
	const char *file = cJSON_IsString(value) ? value->valuestring : "";
	size_t len = strlen(file);
	/* SQLite would keep ":memory:" apart for each connection, and lose it with the last. */
	if (len == 0 || len > 1024 || file[len - 1] == '/' || strcmp(file, ":memory:") == 0) {
		refuse(host, value, "the name of a file, in the plugin's data folder or absolute");
		return ACT_E_INVAL;
	}
	return take_path(host, file, out);
}

static act_rc take_synchronous(const act_host *host, const cJSON *value, struct settings *out)
{
	const char *word = cJSON_IsString(value) ? value->valuestring : "";
	out->full_sync = strcmp(word, "full") == 0;
	if (out->full_sync || strcmp(word, "normal") == 0)
		return ACT_OK;
	refuse(host, value, "\"normal\" or \"full\"");
	return ACT_E_INVAL;
}

static act_rc take_one(const act_host *host, const cJSON *value, struct settings *out)
{
	if (strcmp(value->string, "file") == 0)
		return take_file(host, value, out);
	if (strcmp(value->string, "synchronous") == 0)
		return take_synchronous(host, value, out);
	for (size_t i = 0; i < NUMBER_COUNT; i++)
		if (strcmp(value->string, numbers[i].key) == 0)
			return take_number(host, value, &numbers[i], out);
	act_logf(host, ACT_LOG_ERROR,
	         "setting \"%.*s\" is not known: expected file, connections, busy_ms, wait_ms, "
	         "tx_ms, query_ms or synchronous",
	         shown(value->string), value->string);
	return ACT_E_INVAL;
}

act_rc settings_read(const act_host *host, struct settings *out)
{
	act_bytes text = host->config(host);
	const cJSON *value;
	act_rc rc;
	*out = (struct settings){ .path = NULL };
	for (size_t i = 0; i < NUMBER_COUNT; i++)
		*(uint32_t *)(void *)((char *)out + numbers[i].offset) = numbers[i].standard;
	cJSON *json = cJSON_ParseWithLength(text.ptr, text.len);
	if (!cJSON_IsObject(json)) {
		act_logf(host, ACT_LOG_ERROR, "settings: expected a JSON object, found %s",
		         act_json_type(json));
		rc = ACT_E_INVAL;
		goto out;
	}
	rc = take_path(host, "actd.db", out);
	cJSON_ArrayForEach(value, json)
	{
		if (rc == ACT_OK)
			rc = take_one(host, value, out);
	}
out:
	cJSON_Delete(json);
	if (rc != ACT_OK)
		settings_free(out);
	return rc;
}

void settings_free(struct settings *settings)
{
	free(settings->path);
	settings->path = NULL;
}
