#include "command.h"
#include "jwt.h"
#include "local.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

static void print_object(const char *user, const char *token, int64_t expires_at)
{
	cJSON *line = cJSON_CreateObject();
	cJSON_AddStringToObject(line, "user", user);
	cJSON_AddStringToObject(line, "token", token);
	cJSON_AddNumberToObject(line, "expires_at", (double)expires_at);
	say_object(line);
}

enum outcome command_token(const struct options *options)
{
	struct config *config = NULL;
	char *token = NULL;
	int64_t expires_at = 0;
	const char *user = options->arguments[0];
	enum outcome outcome = local_config(options, "to find the secret", &config);
	if (outcome != DONE)
		return outcome;
	outcome = jwt_make(config, user, options->lifetime_s, &token, &expires_at);
	if (outcome == DONE && options->json)
		print_object(user, token, expires_at);
	else if (outcome == DONE)
		puts(token);
	free(token);
	config_free(config);
	return outcome;
}
