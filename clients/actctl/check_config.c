#include "base/config.h"
#include "command.h"

#include <cjson/cJSON.h>
#include <string.h>

static void print_object(const char *path, const struct config_errors *errors)
{
	cJSON *line = cJSON_CreateObject();
	cJSON_AddStringToObject(line, "config", path);
	cJSON_AddBoolToObject(line, "good", errors->count == 0);
	cJSON *list = cJSON_AddArrayToObject(line, "errors");
	for (char *at = errors->text; at != NULL && *at != '\0';) {
		char *end = strchr(at, '\n');
		if (end != NULL)
			*end = '\0';
		cJSON_AddItemToArray(list, cJSON_CreateString(at));
		at = end != NULL ? end + 1 : NULL;
	}
	say_object(line);
}

/* The findings, and the exit code, are those of actd -t. */
enum outcome command_check_config(const struct options *options)
{
	struct config *config = NULL;
	struct config_errors errors = { 0 };
	const char *path = options->argument_count > 0 ? options->arguments[0] : options->config;
	int rc = config_load(path, options->overrides.texts, options->overrides.count, &config,
	                     &errors);
	if (options->json)
		print_object(path, &errors);
	else if (rc == 0)
		printf("%s: the configuration is fine\n", path);
	else
		fputs(errors.text, stderr);
	config_errors_free(&errors);
	config_free(config);
	return rc == 0 ? DONE : REFUSED;
}
