/* options: what stands on the command line behind the command's name.
 *
 * One table has every option: what it is called, which commands take it, what its value is, what
 * --help says about it. Owner: main; the texts are those of argv. */
#ifndef ACTCTL_OPTIONS_H
#define ACTCTL_OPTIONS_H

#include "say.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Which commands take an option: one bit each. */
enum command_bit {
	CALL = 1,
	LISTEN = 2,
	TOKEN = 4,
	CHECK = 8,
	STATUS = 16,
	RELOAD = 32,
	PLUGIN = 64,
	DEV = 128,
	BENCH = 256,
	EVERY = 511,
};

/* The most of an option that may stand several times. */
enum { OPTIONS_LIST_MAX = 32 };

struct option_list {
	const char *texts[OPTIONS_LIST_MAX];
	size_t count;
};

struct options {
	/* every command */
	bool json, verbose, help;
	int64_t timeout_ms;
	/* those that connect */
	const char *protocol; /* one of the names in dialect.h */
	const char *token, *token_file, *user;
	struct option_list headers; /* "Name: value" */
	const char *ca_file;
	bool insecure;
	/* call */
	bool notify, raw, by;
	uint32_t deadline_ms; /* 0: not given */
	const char *trace;
	uint32_t repeat;
	/* listen; 0: not given */
	uint32_t count;
	int64_t listen_ms;
	/* bench */
	const char *mode;
	uint32_t connections, idle, depth, size, code, reply_code;
	uint32_t rate; /* 0: not given */
	int64_t warm_ms, run_ms;
	struct option_list from; /* local addresses */
	bool spin;
	uint32_t pid; /* 0: not given */
	/* token */
	uint32_t lifetime_s;
	/* the server's config */
	const char *config;
	struct option_list overrides;
	/* the admin interface */
	const char *socket, *admin, *admin_token_file;
	/* plugin new */
	const char *language; /* "c" where it is not given */
	const char *folder;   /* NULL: not given */
	/* plugin check */
	struct option_list calls;     /* "ACTION=PAYLOAD" */
	struct option_list providers; /* files of plugins */
	const char *settings;         /* JSON text, or @FILE; NULL: not given */
	bool strict;
	/* dev */
	bool promote, rollback;
	bool once;
	/* what is not an option */
	char *const *arguments;
	int argument_count;
};

/* Reads argv[1] and up (argv[0] is the command's name) for the command of that bit. DONE, or USAGE
 * and it was said why. */
enum outcome options_read(int argc, char **argv, enum command_bit command, struct options *options);

/* Prints a line or more for each option that the command takes. */
void options_print(FILE *to, enum command_bit command);

#endif
