#include "plugin.h"

#include "command.h"

#include <string.h>

enum outcome command_plugin(const struct options *options)
{
	char *const *words = options->arguments;
	int count = options->argument_count;
	if (strcmp(words[0], "new") == 0) {
		if (count == 3)
			return plugin_new(options, words[1], words[2]);
		return say_failure(USAGE, "as in: actctl plugin new hello 2000",
		                   "plugin new: expected a name and a code");
	}
	if (strcmp(words[0], "check") == 0) {
		if (count == 2)
			return plugin_check(options, words[1]);
		return say_failure(USAGE, "as in: actctl plugin check build/hello.so",
		                   "plugin check: expected one file");
	}
	return say_failure(USAGE, "see actctl plugin --help",
	                   "plugin: expected new or check, found \"%s\"", words[0]);
}
