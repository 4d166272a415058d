#include "base/config.h"
#include "command.h"
#include "reload/preview.h"

#include <cjson/cJSON.h>
#include <string.h>

static void add_lines(cJSON *object, const char *key, const struct config_errors *lines)
{
	cJSON *list = cJSON_AddArrayToObject(object, key);
	for (char *at = lines->text; at != NULL && *at != '\0';) {
		char *end = strchr(at, '\n');
		if (end != NULL)
			*end = '\0';
		cJSON_AddItemToArray(list, cJSON_CreateString(at));
		at = end != NULL ? end + 1 : NULL;
	}
}

static void print_object(const char *path, const struct config_errors *errors,
                         const struct config_errors *warnings)
{
	cJSON *line = cJSON_CreateObject();
	cJSON_AddStringToObject(line, "config", path);
	cJSON_AddBoolToObject(line, "good", errors->count == 0);
	add_lines(line, "errors", errors);
	add_lines(line, "warnings", warnings);
	say_object(line);
}

static void print_lines(const char *path, const struct config_errors *errors,
                        const struct config_errors *warnings)
{
	fprintf(stderr, "%s%s", errors->text != NULL ? errors->text : "",
	        warnings->text != NULL ? warnings->text : "");
	if (errors->count == 0)
		printf("%s: the configuration is fine%s\n", path,
		       warnings->count > 0 ? ", but for what is said above" : "");
}

/* The findings, and the exit code, are those of actd -t. */
enum outcome command_check_config(const struct options *options)
{
	struct config *config = NULL;
	struct config_errors errors = { 0 }, warnings = { 0 };
	const char *path = options->argument_count > 0 ? options->arguments[0] : options->config;
	int rc = config_load(path, options->overrides.texts, options->overrides.count, &config,
	                     &errors);
	if (rc == 0)
		rc = preview_make(config, &errors, &warnings);
	if (options->json)
		print_object(path, &errors, &warnings);
	else
		print_lines(path, &errors, &warnings);
	config_errors_free(&errors);
	config_errors_free(&warnings);
	config_free(config);
	return rc == 0 ? DONE : REFUSED;
}
