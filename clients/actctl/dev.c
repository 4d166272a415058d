#include "admin.h"
#include "base/clock.h"
#include "base/mem.h"
#include "command.h"
#include "dev_build.h"
#include "dev_watch.h"
#include "local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dev {
	const struct options *options;
	const char *folder;
	char *plugin_dir;
};

static void print(const cJSON *report, uint64_t built_ms, uint64_t reloaded_ms)
{
	const cJSON *plugin;
	cJSON_ArrayForEach(plugin, cJSON_GetObjectItemCaseSensitive(report, "plugins"))
	{
		const char *sentence = admin_text(plugin, "sentence");
		if (strcmp(admin_text(plugin, "result"), "unchanged") != 0)
			printf("%s: %s\n", admin_text(plugin, "name"),
			       sentence[0] != '\0' ? sentence : admin_text(plugin, "result"));
	}
	printf("reload %.0f: %s (built in %llu ms, reloaded in %llu ms)\n",
	       admin_number(report, "number"), admin_text(report, "verdict"),
	       (unsigned long long)built_ms, (unsigned long long)reloaded_ms);
}

/* Build, put in place, reload: what does not work out is said, and the server serves on as before.
 */
static enum outcome turn(const struct dev *dev)
{
	struct err why;
	cJSON *report = NULL;
	uint64_t begin = clock_ms(), built;
	if (dev_build(dev->folder, (uint32_t)dev->options->timeout_ms, &why) != 0 ||
	    dev_place(dev->folder, dev->plugin_dir, &why) < 0)
		return say_failure(REFUSED, "mend it and save: nothing was reloaded", "%s",
		                   why.text);
	built = clock_ms();
	enum outcome outcome = admin_ask(dev->options, "POST", "/v1/reload", &report);
	if (outcome != DONE)
		return outcome;
	outcome = admin_verdict(report);
	if (dev->options->json) {
		cJSON_AddNumberToObject(report, "built_ms", (double)(built - begin));
		say_object(report);
	} else {
		print(report, built - begin, clock_ms() - built);
		cJSON_Delete(report);
	}
	fflush(stdout);
	return outcome;
}

static enum outcome turn_after_turn(const struct dev *dev)
{
	struct dev_watch watch;
	struct err why;
	int rc = dev_watch_open(dev->folder, &watch, &why);
	if (rc == 0) {
		turn(dev);
		say_trouble("Ctrl-C ends it", "watching %s", dev->folder);
		while ((rc = dev_watch_wait(&watch, &why)) == 0)
			turn(dev);
		dev_watch_close(&watch);
	}
	return say_failure(USAGE, "is it the folder of a plugin?", "%s", why.text);
}

enum outcome command_dev(const struct options *options)
{
	struct dev dev = { .options = options,
		           .folder = options->argument_count > 0 ? options->arguments[0] : "." };
	struct config *config = NULL;
	enum outcome outcome = local_config(options, "to find the plugin_dir", &config);
	if (outcome != DONE)
		return outcome;
	dev.plugin_dir = mem_text(config->plugin_dir);
	config_free(config);
	outcome = options->once ? turn(&dev) : turn_after_turn(&dev);
	free(dev.plugin_dir);
	return outcome;
}
