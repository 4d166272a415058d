#include "plugin.h"

#include "act/manifest.h"
#include "act/table.h"
#include "base/mem.h"
#include "option_value.h"
#include "plugin_template.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 31 };

static enum outcome check_name(const char *name)
{
	if (manifest_is_name(name, NAME_MAX_LEN) && isalpha((unsigned char)name[0]))
		return DONE;
	return say_failure(USAGE, "as in: actctl plugin new hello 2000",
	                   "the name: expected a letter and then up to %d letters, digits, '_' or "
	                   "'-', found \"%s\"",
	                   NAME_MAX_LEN - 1, name);
}

static enum outcome check_language(const char *language)
{
	if (strcmp(language, "c") == 0 || strcmp(language, "cpp") == 0 ||
	    strcmp(language, "rust") == 0)
		return DONE;
	return say_failure(USAGE, "leave it out for C",
	                   "--lang: expected c, cpp or rust, found \"%s\"", language);
}

static void print(const struct plugin_words *words, const char *target)
{
	printf("%s: the plugin %s, with one action: %s.greet, code %u\n"
	       "\n"
	       "  cmake -S %s -B %s/build && cmake --build %s/build\n"
	       "  ctest --test-dir %s/build\n"
	       "  actctl plugin check %s/build/%s.so --call 'greet={\"name\":\"Bob\"}'\n"
	       "\n"
	       "%s/README.md tells the rest.\n",
	       target, words->name, words->name, words->code, target, target, target, target,
	       target, words->name, target);
}

static void print_object(const struct plugin_words *words, const char *target)
{
	cJSON *line = cJSON_CreateObject();
	cJSON_AddStringToObject(line, "plugin", words->name);
	cJSON_AddNumberToObject(line, "code", words->code);
	cJSON_AddStringToObject(line, "language", words->language);
	cJSON_AddStringToObject(line, "folder", target);
	say_object(line);
}

enum outcome plugin_new(const struct options *options, const char *name, const char *code)
{
	struct plugin_words words = { .name = name, .language = options->language };
	struct err why;
	enum outcome outcome = check_name(name);
	if (outcome == DONE)
		outcome = option_value_code(code, &words.code);
	if (outcome == DONE && words.code >= TABLE_CODE_RESERVED)
		outcome = say_failure(USAGE, "choose a smaller one",
		                      "the code: expected one below %u, found %u: those above are "
		                      "the server's own",
		                      TABLE_CODE_RESERVED, words.code);
	if (outcome == DONE)
		outcome = check_language(words.language);
	if (outcome != DONE)
		return outcome;
	char *target = mem_text(options->folder != NULL ? options->folder : name);
	if (plugin_template_expand(&words, target, &why) != 0)
		outcome = say_failure(USAGE, "--dir names another folder", "%s", why.text);
	else if (options->json)
		print_object(&words, target);
	else
		print(&words, target);
	free(target);
	return outcome;
}
