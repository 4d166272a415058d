#include "reload/plan.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/pulse.h"
#include "reload/prove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often load_ms is waited for a file at most: the steps of its trial, and one to spare. */
enum { PLAN_WAITS = 10 };

void plugin_clear(struct plugin *plugin)
{
	free(plugin->source);
	free(plugin->settings);
	free(plugin->copy);
	*plugin = (struct plugin){ 0 };
}

static void unload(struct plan_entry *entry)
{
	struct err resident;
	if (entry->module != NULL && !module_close(entry->module, &resident))
		log_warn("reload", "%s: %s", entry->plugin.source, resident.text);
	entry->module = NULL;
	if (entry->plugin.copy != NULL)
		unlink(entry->plugin.copy);
}

void plan_refuse(struct plan_entry *entry, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(entry->why.text, sizeof entry->why.text, format, args);
	va_end(args);
	unload(entry);
	entry->kind = PLAN_REFUSED;
}

/* ---- one file ---- */

static const char *settings_of(const struct config *config, const char *name, bool *off)
{
	*off = false;
	for (size_t i = 0; i < config->plugin_count; i++) {
		if (strcmp(config->plugins[i].name, name) != 0)
			continue;
		*off = config->plugins[i].disabled;
		return config->plugins[i].settings;
	}
	return "{}";
}

static const struct plugin *find_source(const struct plugin *installed, size_t count,
                                        const char *source)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(installed[i].source, source) == 0)
			return &installed[i];
	return NULL;
}

static const struct plugin *find_name(const struct plugin *installed, size_t count,
                                      const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(installed[i].name, name) == 0)
			return &installed[i];
	return NULL;
}

static bool is_unchanged(const struct plugin *old, const struct config *config,
                         const uint8_t sha[PLUGIN_HASH_SIZE])
{
	bool off;
	const char *settings = settings_of(config, old->name, &off);
	return !off && memcmp(old->sha, sha, PLUGIN_HASH_SIZE) == 0 &&
	       strcmp(old->settings, settings) == 0;
}

static int read_manifest(struct plan_entry *entry)
{
	int fd = open(entry->plugin.copy, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(&entry->why, "its copy cannot be read: %s", strerror(errno));
	int rc = manifest_read(fd, &entry->manifest, &entry->why);
	close(fd);
	return rc;
}

/* The steps that may refuse a file, from the harmless ones on. What is checked, tried and loaded is
 * the copy: nobody can change it in between. */
static int examine(struct plan_entry *entry, const struct config *config,
                   const struct folder *folder, const char *stem)
{
	struct plugin_copy copy;
	bool off;
	if (plugin_copy(entry->plugin.source, folder->run_dir, stem, &copy, &entry->why) != 0)
		return -1;
	entry->plugin.copy = mem_text(copy.path);
	memcpy(entry->plugin.sha, copy.sha, sizeof copy.sha);
	if (read_manifest(entry) != 0)
		return -1;
	snprintf(entry->plugin.name, sizeof entry->plugin.name, "%s", entry->manifest.name);
	entry->plugin.settings = mem_text(settings_of(config, entry->plugin.name, &off));
	if (off) {
		entry->kind = PLAN_OFF;
		unload(entry);
		return 0;
	}
	struct prove_trial trial = { .path = entry->plugin.copy,
		                     .name = entry->plugin.name,
		                     .settings = entry->plugin.settings,
		                     .folder = folder->run_dir,
		                     .deadline_ms = config->load_ms };
	if (prove_file(&trial, &entry->why) != 0)
		return -1;
	return module_open(entry->plugin.copy, &entry->manifest, &entry->module, &entry->why);
}

static void plan_file(struct plan *plan, const struct config *config, const struct folder *folder,
                      const struct plugin *installed, size_t installed_count, const char *file)
{
	uint8_t sha[PLUGIN_HASH_SIZE];
	char stem[NAME_MAX + 1];
	pulse_step((uint64_t)PLAN_WAITS * config->load_ms);
	plan->entries = mem_grow(plan->entries, plan->count + 1, sizeof *plan->entries);
	struct plan_entry *entry = &plan->entries[plan->count++];
	*entry = (struct plan_entry){ .kind = PLAN_NEW };
	entry->plugin.source = mem_format("%s/%s", config->plugin_dir, file);
	entry->old = find_source(installed, installed_count, entry->plugin.source);
	if (entry->old != NULL && plugin_hash(entry->plugin.source, sha, NULL) == 0 &&
	    is_unchanged(entry->old, config, sha)) {
		entry->kind = PLAN_KEEP;
		return;
	}
	snprintf(stem, sizeof stem, "%.*s", (int)(strlen(file) - strlen(".so")), file);
	if (examine(entry, config, folder, stem) != 0) {
		unload(entry);
		entry->kind = PLAN_REFUSED;
	}
	if (entry->plugin.name[0] != '\0')
		entry->old = find_name(installed, installed_count, entry->plugin.name);
}

/* ---- all files ---- */

static int is_plugin_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	return entry->d_name[0] != '.' && len > 3 && strcmp(entry->d_name + len - 3, ".so") == 0;
}

static const char *name_of(const struct plan_entry *entry)
{
	return entry->kind == PLAN_KEEP ? entry->old->name : entry->plugin.name;
}

static const char *source_of(const struct plan_entry *entry)
{
	return entry->kind == PLAN_KEEP ? entry->old->source : entry->plugin.source;
}

static bool serves(const struct plan_entry *entry)
{
	return entry->kind == PLAN_KEEP || entry->kind == PLAN_NEW;
}

/* The file that the plugin is loaded from now. */
static bool is_at_home(const struct plan_entry *entry)
{
	return entry->old != NULL && strcmp(entry->old->source, source_of(entry)) == 0;
}

/* Two files of one plugin: the one that it is loaded from keeps its place, otherwise the first by
 * file name has it. */
static void refuse_twin(struct plan_entry *first, struct plan_entry *second)
{
	struct plan_entry *loser = is_at_home(second) && !is_at_home(first) ? first : second;
	struct plan_entry *winner = loser == first ? second : first;
	char *source = mem_text(source_of(loser));
	plan_refuse(loser, "%s is a second file of plugin %s: %s is the first", source,
	            name_of(winner), source_of(winner));
	free(source);
	loser->old = NULL;
}

static void refuse_twins(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_entry *one = &plan->entries[i];
		for (size_t k = i + 1; k < plan->count; k++) {
			struct plan_entry *two = &plan->entries[k];
			if (serves(one) && serves(two) && strcmp(name_of(one), name_of(two)) == 0)
				refuse_twin(one, two);
		}
	}
}

/* A plugin that is loaded goes on by one entry alone, or it would serve twice: that of the file
 * that keeps it, replaces it or switches it off; among bad ones that of its own file, then the
 * first. */
static void settle_old(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_entry *entry = &plan->entries[i];
		for (size_t k = 0; entry->kind == PLAN_REFUSED && k < plan->count; k++) {
			const struct plan_entry *other = &plan->entries[k];
			if (k == i || entry->old == NULL || other->old != entry->old)
				continue;
			if (other->kind != PLAN_REFUSED || is_at_home(other) ||
			    (k < i && !is_at_home(entry)))
				entry->old = NULL;
		}
	}
}

int plan_files(const struct config *config, struct dirent ***files, struct err *why)
{
	char where[CONFIG_PLACE_SIZE];
	int count = scandir(config->plugin_dir, files, is_plugin_file, alphasort);
	int number = errno;
	if (count >= 0)
		return count;
	config_place_text(config, config->plugin_dir_place, where);
	return err_set(why, "%s: plugin_dir: expected a folder that can be read, found %s: %s",
	               where, config->plugin_dir, strerror(number));
}

int plan_make(struct plan *plan, const struct config *config, const struct folder *folder,
              const struct plugin *installed, size_t installed_count, struct err *why)
{
	struct dirent **files;
	*plan = (struct plan){ 0 };
	int count = plan_files(config, &files, why);
	if (count < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		plan_file(plan, config, folder, installed, installed_count, files[i]->d_name);
		free(files[i]);
	}
	free(files);
	refuse_twins(plan);
	settle_old(plan);
	return 0;
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_entry *entry = &plan->entries[i];
		if (entry->module != NULL)
			unload(entry);
		plugin_clear(&entry->plugin);
	}
	free(plan->entries);
	*plan = (struct plan){ 0 };
}
