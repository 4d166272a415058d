#include "admin.h"
#include "command.h"

#include <stdio.h>
#include <string.h>

static void print(const cJSON *report)
{
	const cJSON *plugin, *error;
	cJSON_ArrayForEach(error, cJSON_GetObjectItemCaseSensitive(report, "errors"))
	{
		if (cJSON_IsString(error))
			puts(error->valuestring);
	}
	cJSON_ArrayForEach(plugin, cJSON_GetObjectItemCaseSensitive(report, "plugins"))
	{
		const char *sentence = admin_text(plugin, "sentence");
		printf("%s: %s\n", admin_text(plugin, "name"),
		       sentence[0] != '\0' ? sentence : admin_text(plugin, "result"));
	}
	printf("reload %.0f: %s\n", admin_number(report, "number"), admin_text(report, "verdict"));
}

enum outcome command_reload(const struct options *options)
{
	cJSON *report = NULL;
	enum outcome outcome = admin_ask(options, "POST", "/v1/reload", &report);
	if (outcome != DONE)
		return outcome;
	bool taken = strcmp(admin_text(report, "verdict"), "taken") == 0;
	if (options->json) {
		say_object(report);
	} else {
		print(report);
		cJSON_Delete(report);
	}
	return taken ? DONE : REFUSED;
}
