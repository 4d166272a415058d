#include "base/config_parts.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder that `path` lies in, absolute and without links; or NULL. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder, *real;
	if (slash == NULL)
		return realpath(".", NULL);
	folder = mem_text_n(path, slash == path ? 1 : (size_t)(slash - path));
	real = realpath(folder, NULL);
	free(folder);
	return real;
}

/* `path` below `folder`. Steps up at its beginning are taken from `folder`: that has no links, so
 * the short form is the same place, and is nicer in the log. */
static char *join(const char *folder, const char *path)
{
	size_t len = strlen(folder);
	for (;;) {
		if (strncmp(path, "./", 2) == 0) {
			path += 2;
		} else if (strncmp(path, "../", 3) == 0 || strcmp(path, "..") == 0) {
			while (len > 0 && folder[len - 1] != '/')
				len--;
			while (len > 0 && folder[len - 1] == '/')
				len--;
			path += path[2] == '/' ? 3 : 2;
		} else {
			break;
		}
	}
	while (len > 0 && folder[len - 1] == '/')
		len--;
	return mem_format("%.*s/%s", (int)len, folder, path);
}

char *config_absolute(const struct config_doc *doc, const cJSON *item, const char *path)
{
	char *folder, *whole;
	bool in_file = item != NULL && config_doc_origin(doc, item)->override < 0;
	if (path[0] == '/')
		return mem_text(path);
	folder = in_file ? folder_of(doc->path) : realpath(".", NULL);
	whole = folder != NULL ? join(folder, path) : mem_text(path);
	free(folder);
	return whole;
}

/* The plugins of a program that was not installed lie beside its folder: build/X/bin/actd and
 * build/X/plugins. `exe` is the program's path. */
static char *default_plugin_dir(const char *exe)
{
	char *bin = folder_of(exe);
	char *dir = bin != NULL ? join(bin, "../plugins") : NULL;
	struct stat about;
	free(bin);
	if (dir != NULL && stat(dir, &about) == 0 && S_ISDIR(about.st_mode))
		return dir;
	free(dir);
	return mem_text(ACTD_DEFAULT_PLUGIN_DIR);
}

static char *default_state_dir(const struct config_doc *doc)
{
	/* systemd.exec(5): several folders are separated by colons */
	const char *given = getenv("STATE_DIRECTORY");
	char *first, *dir;
	if (given == NULL || given[0] == '\0')
		return mem_text("/var/lib/actd");
	first = mem_text_n(given, strcspn(given, ":"));
	dir = config_absolute(doc, NULL, first);
	free(first);
	return dir;
}

const cJSON *config_text_item(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	return cJSON_IsString(item) && item->valuestring[0] != '\0' ? item : NULL;
}

void config_read_paths(struct config_doc *doc, struct config *config)
{
	const cJSON *log = cJSON_GetObjectItemCaseSensitive(doc->root, "log");
	const cJSON *item = config_text_item(doc->root, "plugin_dir");
	char *exe;
	if (item != NULL) {
		config->plugin_dir = config_absolute(doc, item, item->valuestring);
		config->plugin_dir_place = config_doc_place(doc, item);
	} else {
		exe = realpath("/proc/self/exe", NULL);
		config->plugin_dir = default_plugin_dir(exe != NULL ? exe : "/");
		free(exe);
	}
	item = config_text_item(doc->root, "state_dir");
	config->state_dir = item != NULL ? config_absolute(doc, item, item->valuestring)
	                                 : default_state_dir(doc);
	item = config_text_item(log, "file");
	config->log.file = item != NULL ? config_absolute(doc, item, item->valuestring) : NULL;
}
