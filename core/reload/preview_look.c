#include "reload/preview_look.h"

#include "act/module.h"
#include "act/names.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/signals.h"
#include "reload/order.h"
#include "reload/prove_limits.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Those that were loaded, in the order of their files. All of it goes with the process. */
struct look {
	const struct preview_sight *sight;
	FILE *out;
	struct config_errors errors, warnings;
	struct manifest *loaded;
	const struct manifest **manifests; /* of `loaded` */
	struct names_plugin *named;        /* the same */
	const char **files;                /* the same: their paths */
	size_t count;
};

/* Tells the asker at once: it may be the last thing that this process says. */
static void begin_file(struct look *look, size_t file, const char *plugin)
{
	fprintf(look->out, "%c%zu %s\n", PREVIEW_FILE, file, plugin);
	fflush(look->out);
}

static bool is_disabled(const struct config *config, const char *plugin)
{
	for (size_t i = 0; i < config->plugin_count; i++)
		if (strcmp(config->plugins[i].name, plugin) == 0)
			return config->plugins[i].disabled;
	return false;
}

static void refuse(struct look *look, const char *who, const struct err *why)
{
	config_errors_add(&look->warnings, "plugin %s: refused: %s", who, why->text);
}

/* The file that a plugin of this name was loaded from already; NULL: none. */
static const char *first_file(const struct look *look, const char *name)
{
	for (size_t i = 0; i < look->count; i++)
		if (strcmp(look->loaded[i].name, name) == 0)
			return look->files[i];
	return NULL;
}

static void load(struct look *look, size_t index)
{
	struct manifest *manifest = &look->loaded[look->count];
	struct module *module;
	struct err why;
	const char *path = mem_format("%s/%s", look->sight->config->plugin_dir,
	                              look->sight->files[index]->d_name);
	if (manifest_read_path(path, manifest, &why) != 0) {
		refuse(look, path, &why);
		return;
	}
	if (is_disabled(look->sight->config, manifest->name))
		return;
	begin_file(look, index, manifest->name);
	if (module_open(path, manifest, &module, &why) != 0) {
		refuse(look, manifest->name, &why);
		return;
	}
	const char *first = first_file(look, manifest->name);
	if (first != NULL) {
		err_set(&why, "%s is a second file of plugin %s: %s is the first", path,
		        manifest->name, first);
		refuse(look, manifest->name, &why);
		return;
	}
	look->manifests[look->count] = manifest;
	look->named[look->count] = (struct names_plugin){ manifest, module_table(module) };
	look->files[look->count++] = path;
}

/* Those that lack a service are not there for the names either, as in the server. */
static void drop_needy(struct look *look)
{
	const struct order order = { look->sight->config, look->manifests, look->count };
	size_t kept = 0;
	for (size_t i = 0; i < look->count; i++) {
		struct err why;
		if (order_check_needs(&order, look->manifests[i], &why) == 0)
			look->named[kept++] = look->named[i];
		else
			refuse(look, look->manifests[i]->name, &why);
	}
	look->count = kept;
}

static void check(struct look *look)
{
	const struct config *config = look->sight->config;
	const struct order order = { config, look->manifests, look->count };
	size_t placed, *indexes = mem_new(look->count, sizeof *indexes);
	if (order_make(&order, indexes, &placed, &look->errors) != 0)
		return;
	drop_needy(look);
	names_check(config, look->named, look->count, &look->errors, &look->warnings);
}

static void say(struct look *look, char kind, const char *lines)
{
	while (lines != NULL && *lines != '\0') {
		int len = (int)strcspn(lines, "\n");
		fprintf(look->out, "%c%.*s\n", kind, len, lines);
		lines += len + 1;
	}
}

_Noreturn void preview_look(const struct preview_sight *sight, int out)
{
	struct look look = {
		.sight = sight,
		.out = fdopen(out, "w"),
		.loaded = mem_new(sight->count, sizeof *look.loaded),
		.manifests = mem_new(sight->count, sizeof *look.manifests),
		.named = mem_new(sight->count, sizeof *look.named),
		.files = mem_new(sight->count, sizeof *look.files),
	};
	CHECK(look.out != NULL);
	signals_let_kill();
	dup2(STDERR_FILENO, STDOUT_FILENO); /* what a constructor prints is no answer */
	prove_limits_set(sight->config->load_ms);
	for (size_t i = 0; i < sight->count; i++)
		if (!sight->bad[i])
			load(&look, i);
	check(&look);
	say(&look, PREVIEW_ERROR, look.errors.text);
	say(&look, PREVIEW_WARNING, look.warnings.text);
	fprintf(look.out, "%c\n", PREVIEW_DONE);
	fflush(look.out);
	/* Without exit(): what the plugins left to be done there is not asked for. */
	_exit(0);
}
