/* command: what actctl can do: one function a command, each in a file of its name. */
#ifndef ACTCTL_COMMAND_H
#define ACTCTL_COMMAND_H

#include "options.h"

struct command {
	const char *name;
	enum command_bit bit;
	const char *arguments; /* for the first line of its help */
	int least, most;       /* how many of them */
	const char *summary;   /* a few words */
	const char *text;      /* what it does; ends with a line end */
	const char *examples;  /* lines, ends with a line end */
	enum outcome (*run)(const struct options *options);
};

enum outcome command_call(const struct options *options);
enum outcome command_listen(const struct options *options);
enum outcome command_token(const struct options *options);
enum outcome command_check_config(const struct options *options);
enum outcome command_status(const struct options *options);
enum outcome command_reload(const struct options *options);
enum outcome command_plugin(const struct options *options);
enum outcome command_dev(const struct options *options);
enum outcome command_bench(const struct options *options);

/* All of them; the last one has no name. */
extern const struct command commands[];

/* NULL: there is none of that name. */
const struct command *command_find(const char *name);

/* Prints what --help prints: of actctl, or of one command. */
void command_help(void);
void command_help_of(const struct command *command);

#endif
