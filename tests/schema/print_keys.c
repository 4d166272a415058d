/* print_keys: prints the table of the config's keys as JSON, for the test that holds the schema,
 * the shipped config and the documentation against it. print_keys FILE: prints what is wrong with
 * the config FILE; exit status 1 where something is. */
#include "base/config.h"
#include "base/config_keys.h"

#include <cjson/cJSON.h>
#include <stdio.h>

static const struct {
	unsigned type;
	const char *name;
} types[] = {
	{ CONFIG_IS_NULL, "null" },     { CONFIG_IS_BOOL, "boolean" },
	{ CONFIG_IS_WHOLE, "integer" }, { CONFIG_IS_REAL, "number" },
	{ CONFIG_IS_STRING, "string" }, { CONFIG_IS_LIST, "array" },
	{ CONFIG_IS_OBJECT, "object" },
};

static cJSON *key_object(const struct config_key *key)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *names = cJSON_AddArrayToObject(object, "types");
	char expected[200];
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if ((key->types & types[i].type) != 0)
			cJSON_AddItemToArray(names, cJSON_CreateString(types[i].name));
	}
	cJSON_AddStringToObject(object, "path", key->path);
	cJSON_AddBoolToObject(object, "open", (key->types & CONFIG_IS_OPEN) != 0);
	if ((key->types & (CONFIG_IS_WHOLE | CONFIG_IS_REAL)) != 0) {
		cJSON_AddNumberToObject(object, "minimum", key->min);
		cJSON_AddNumberToObject(object, "maximum", key->max);
	}
	if (key->words != NULL)
		cJSON_AddStringToObject(object, "words", key->words);
	if (key->fallback != NULL)
		cJSON_AddRawToObject(object, "default", key->fallback);
	config_key_expected(key, expected, sizeof expected);
	cJSON_AddStringToObject(object, "expected", expected);
	cJSON_AddBoolToObject(object, "restart", key->restart);
	cJSON_AddStringToObject(object, "meaning", key->meaning);
	return object;
}

static int check_file(const char *path)
{
	struct config *config;
	struct config_errors errors;
	int rc = config_load(path, NULL, 0, &config, &errors);
	if (rc != 0)
		fputs(errors.text, stdout);
	config_free(config);
	config_errors_free(&errors);
	return rc == 0 ? 0 : 1;
}

static int print_keys(void)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	cJSON *list = cJSON_CreateArray();
	char *text;
	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToArray(list, key_object(&keys[i]));
	text = cJSON_Print(list);
	if (text == NULL)
		return 1;
	puts(text);
	cJSON_free(text);
	cJSON_Delete(list);
	return 0;
}

int main(int argc, char **argv)
{
	return argc > 1 ? check_file(argv[1]) : print_keys();
}
