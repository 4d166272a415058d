#include "admin.h"
#include "command.h"

#include <stdio.h>

static void print_lines(const cJSON *report, const char *name)
{
	const cJSON *line;
	cJSON_ArrayForEach(line, cJSON_GetObjectItemCaseSensitive(report, name))
	{
		if (cJSON_IsString(line))
			puts(line->valuestring);
	}
}

static void print(const cJSON *report)
{
	const cJSON *plugin, *section;
	print_lines(report, "errors");
	print_lines(report, "warnings");
	cJSON_ArrayForEach(plugin, cJSON_GetObjectItemCaseSensitive(report, "plugins"))
	{
		const char *sentence = admin_text(plugin, "sentence");
		printf("%s: %s\n", admin_text(plugin, "name"),
		       sentence[0] != '\0' ? sentence : admin_text(plugin, "result"));
	}
	cJSON_ArrayForEach(section, cJSON_GetObjectItemCaseSensitive(report, "config"))
	{
		printf("config %s: %s\n", admin_text(section, "section"),
		       admin_text(section, "sentence"));
	}
	printf("reload %.0f: %s\n", admin_number(report, "number"), admin_text(report, "verdict"));
}

static const char *path_of(const struct options *options)
{
	return options->promote    ? "/v1/reload/promote"
	       : options->rollback ? "/v1/reload/rollback"
	                           : "/v1/reload";
}

enum outcome command_reload(const struct options *options)
{
	cJSON *report = NULL;
	if (options->promote && options->rollback)
		return say_failure(USAGE, "see actctl reload --help",
		                   "expected --promote or --rollback, found both");
	enum outcome outcome = admin_ask(options, "POST", path_of(options), &report);
	if (outcome != DONE)
		return outcome;
	outcome = admin_verdict(report);
	if (options->json) {
		say_object(report);
	} else {
		print(report);
		cJSON_Delete(report);
	}
	if (outcome != DONE) {
		fflush(stdout); /* the reasons first, also where both go to one terminal */
		fputs("actctl: not all was taken; what was not serves on as before\n"
		      "actctl: mend what is said above, and reload again\n",
		      stderr);
	}
	return outcome;
}
