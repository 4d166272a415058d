#include "plugin_template.h"

#include "base/mem.h"
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 16, DEPTH_MAX = 4 };

/* The templates belong to this program, and lie where it does: <bin>/ACTCTL_TEMPLATES. */
static char *templates_folder(void)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
	if (len < 0)
		return mem_text(".");
	program[len] = '\0';
	*strrchr(program, '/') = '\0';
	return mem_format("%s/" ACTCTL_TEMPLATES, program);
}

/* ---- one file ---- */

static const char *compiler_of(const char *language)
{
	if (strcmp(language, "rust") == 0)
		return "`rustc` and `cargo`";
	return strcmp(language, "cpp") == 0 ? "`g++`" : "`gcc`";
}

/* What stands for the word at `at`, with the word's length in `*len`; NULL: it is none. */
static const char *word_at(const struct plugin_words *words, const char *at, char room[32],
                           size_t *len)
{
	static const char *const known[] = { "@NAME@", "@IDENT@", "@CODE@", "@COMPILER@" };
	size_t i = 0, count = sizeof known / sizeof known[0];
	while (i < count && strncmp(at, known[i], strlen(known[i])) != 0)
		i++;
	if (i == count)
		return NULL;
	*len = strlen(known[i]);
	if (i == 0)
		return words->name;
	if (i == 3)
		return compiler_of(words->language);
	snprintf(room, 32, "%u", words->code);
	if (i == 2)
		return room;
	snprintf(room, 32, "%s", words->name);
	for (char *dash; (dash = strchr(room, '-')) != NULL;)
		*dash = '_';
	return room;
}

static void put_text(FILE *to, const char *text, const struct plugin_words *words)
{
	char room[32];
	for (size_t len; *text != '\0'; text += len) {
		const char *instead = *text == '@' ? word_at(words, text, room, &len) : NULL;
		if (instead != NULL) {
			fputs(instead, to);
		} else {
			len = 1;
			fputc(*text, to);
		}
	}
}

static int expand_file(const char *from, const char *target, const struct plugin_words *words,
                       struct err *why)
{
	char *text = mem_new(TEXT_MAX + 1, 1);
	FILE *in = fopen(from, "re"), *out = NULL;
	int rc = -1;
	if (in == NULL) {
		err_set(why, "the template %s cannot be read: %s", from, strerror(errno));
		goto out;
	}
	if (fread(text, 1, TEXT_MAX + 1, in) > TEXT_MAX) {
		err_set(why, "the template %s is longer than %d bytes", from, TEXT_MAX);
		goto out;
	}
	out = fopen(target, "wxe");
	if (out != NULL)
		put_text(out, text, words);
	if (out == NULL || fflush(out) != 0)
		err_set(why, "%s cannot be written: %s", target, strerror(errno));
	else
		rc = 0;
out:
	if (in != NULL)
		fclose(in);
	if (out != NULL)
		fclose(out);
	free(text);
	return rc;
}

/* ---- a folder of them ---- */

/* "NAME.c.in" -> "hello.c", "gitignore.in" -> ".gitignore", "src" -> "src". Free it. */
static char *target_name(const char *file, const char *name)
{
	size_t len = strlen(file);
	const char *mark = strstr(file, "NAME");
	if (len > 3 && strcmp(file + len - 3, ".in") == 0)
		len -= 3;
	if (mark == NULL)
		return mem_format("%s%.*s", strncmp(file, "git", 3) == 0 ? "." : "", (int)len,
		                  file);
	int before = (int)(mark - file);
	return mem_format("%.*s%s%.*s", before, file, name, (int)len - before - 4, mark + 4);
}

static int expand_folder(const char *from, const char *target, const struct plugin_words *words,
                         int depth, struct err *why);

static int expand_one(const char *from, const char *target, const struct plugin_words *words,
                      int depth, struct err *why)
{
	struct stat about;
	if (stat(from, &about) != 0)
		return err_set(why, "the template %s cannot be read: %s", from, strerror(errno));
	if (!S_ISDIR(about.st_mode))
		return expand_file(from, target, words, why);
	if (depth == DEPTH_MAX)
		return err_set(why, "the templates are deeper than %d folders", DEPTH_MAX);
	if (mkdir(target, 0777) != 0)
		return err_set(why, "%s cannot be made: %s", target, strerror(errno));
	return expand_folder(from, target, words, depth + 1, why);
}

static int expand_folder(const char *from, const char *target, const struct plugin_words *words,
                         int depth, struct err *why)
{
	DIR *folder = opendir(from);
	int rc = 0;
	if (folder == NULL)
		return err_set(why,
		               "the templates are not there: %s: %s; they are installed with "
		               "actctl",
		               from, strerror(errno));
	for (struct dirent *entry; rc == 0 && (entry = readdir(folder)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		char *name = target_name(entry->d_name, words->name);
		char *in = mem_format("%s/%s", from, entry->d_name);
		char *out = mem_format("%s/%s", target, name);
		rc = expand_one(in, out, words, depth, why);
		free(out);
		free(in);
		free(name);
	}
	closedir(folder);
	return rc;
}

int plugin_template_expand(const struct plugin_words *words, const char *target, struct err *why)
{
	char *templates = templates_folder();
	char *common = mem_format("%s/common", templates);
	char *own = mem_format("%s/%s", templates, words->language);
	int rc;
	if (mkdir(target, 0777) != 0) {
		rc = err_set(why,
		             errno == EEXIST ? "%s is there already, and is left as it is"
		                             : "%s cannot be made: %s",
		             target, strerror(errno));
		goto out;
	}
	rc = expand_folder(common, target, words, 0, why);
	if (rc == 0)
		rc = expand_folder(own, target, words, 0, why);
	if (rc != 0)
		file_remove_tree(target);
out:
	free(own);
	free(common);
	free(templates);
	return rc;
}
