/* actctl: talks to an actd server, as a client and as its operator. */
#include "command.h"

#include <stdio.h>
#include <string.h>

static enum outcome check_arguments(const struct command *command, const struct options *options)
{
	char next[64];
	int count = options->argument_count;
	if (count >= command->least && count <= command->most)
		return DONE;
	snprintf(next, sizeof next, "see actctl %s --help", command->name);
	if (count > command->most)
		return say_failure(USAGE, next, "%s: expected nothing more, found \"%s\"",
		                   command->name, options->arguments[command->most]);
	return say_failure(USAGE, next, "%s: expected %s", command->name, command->arguments);
}

static enum outcome run(const struct command *command, int argc, char **argv)
{
	struct options options;
	enum outcome outcome = options_read(argc, argv, command->bit, &options);
	if (outcome != DONE)
		return outcome;
	if (options.help) {
		command_help_of(command);
		return DONE;
	}
	say_open(options.json, options.verbose);
	outcome = check_arguments(command, &options);
	return outcome == DONE ? command->run(&options) : outcome;
}

static enum outcome begin(int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : "";
	const struct command *command = command_find(first);
	if (command != NULL)
		return run(command, argc - 1, argv + 1);
	if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
		puts("actctl " ACTD_VERSION);
		return DONE;
	}
	if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 ||
	    strcmp(first, "help") == 0) {
		command = argc > 2 ? command_find(argv[2]) : NULL;
		if (command != NULL)
			command_help_of(command);
		else
			command_help();
		return DONE;
	}
	if (first[0] == '\0')
		return say_failure(USAGE, "actctl --help lists the commands", "expected a command");
	return say_failure(USAGE, "actctl --help lists the commands",
	                   "expected a command, found \"%s\"", first);
}

int main(int argc, char **argv)
{
	return (int)say_flush(begin(argc, argv));
}
