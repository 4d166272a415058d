#include "options.h"

#include "base/check.h"
#include "dialect.h"
#include "option_value.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* The commands that read the config of the server. */
enum { CONFIGURED = CALL | LISTEN | TOKEN | CHECK | STATUS | RELOAD | DEV | BENCH };

enum { TIMEOUT_MS = 10000, RELOAD_TIMEOUT_MS = 200000, LIFETIME_S = 3600 };

static const struct option_info {
	const char *name;
	const char *value; /* NULL: it has none */
	const char *help;
	enum option_kind kind;
	unsigned commands;
	size_t offset; /* in struct options */
	char letter;   /* '\0': it has none */
} table[] = {
#define AT(member) offsetof(struct options, member)
	{ "protocol", "NAME", "base (default), act.v1 or act.json.v1", KIND_PROTOCOL, CALL | LISTEN,
	  AT(protocol), 'p' },
	{ "mode", "MODE", "echo (default), fan-out or connect", KIND_TEXT, BENCH, AT(mode), 'm' },
	{ "connections", "N", "connections that are busy (50)", KIND_NUMBER, BENCH, AT(connections),
	  'n' },
	{ "idle", "N", "more of them that say nothing (0)", KIND_NUMBER, BENCH, AT(idle), 0 },
	{ "depth", "N", "messages that a connection has under way (1)", KIND_NUMBER, BENCH,
	  AT(depth), 'd' },
	{ "size", "BYTES", "length of a payload (12)", KIND_NUMBER, BENCH, AT(size), 0 },
	{ "rate", "N", "messages a second, each due at its own moment", KIND_NUMBER, BENCH,
	  AT(rate), 'r' },
	{ "seconds", "S", "how long it counts (5)", KIND_SECONDS, BENCH, AT(run_ms), 's' },
	{ "warm", "S", "how long it runs before that (1)", KIND_SECONDS, BENCH, AT(warm_ms), 0 },
	{ "code", "N", "the action (1; with fan-out 2)", KIND_NUMBER, BENCH, AT(code), 0 },
	{ "reply-code", "N", "the code of what comes back (the same; with fan-out 1000 more)",
	  KIND_NUMBER, BENCH, AT(reply_code), 0 },
	{ "from", "ADDRESS", "connect from this local address; may be given again", KIND_LIST,
	  BENCH, AT(from), 0 },
	{ "spin", NULL, "do not sleep: for a core of its own, more even figures", KIND_FLAG, BENCH,
	  AT(spin), 0 },
	{ "pid", "N", "tell the CPU time and memory of this process, the server", KIND_NUMBER,
	  BENCH, AT(pid), 0 },
	{ "user", "NAME", "log in as NAME, with a token as `actctl token` makes it", KIND_TEXT,
	  CALL | LISTEN | BENCH, AT(user), 'u' },
	{ "token", "TOKEN", "log in with this token (others can see a command line)", KIND_TEXT,
	  CALL | LISTEN | BENCH, AT(token), 't' },
	{ "token-file", "FILE", "log in with the token in FILE (-: the standard input)", KIND_TEXT,
	  CALL | LISTEN | BENCH, AT(token_file), 0 },
	{ "notify", NULL, "ask for no answer and wait for none", KIND_FLAG, CALL, AT(notify), 0 },
	{ "deadline-ms", "N", "what the server may take for the answer (not with base)",
	  KIND_NUMBER, CALL, AT(deadline_ms), 0 },
	{ "trace", "ID", "an id that goes into the server's logs (not with base)", KIND_TRACE, CALL,
	  AT(trace), 0 },
	{ "by", NULL, "say which plugin answered (not with base)", KIND_FLAG, CALL, AT(by), 0 },
	{ "repeat", "N", "send the request N times, one after the other", KIND_NUMBER, CALL,
	  AT(repeat), 'n' },
	{ "raw", NULL, "print the bytes of the answer as they are, and nothing else", KIND_FLAG,
	  CALL, AT(raw), 0 },
	{ "count", "N", "end after N pushes", KIND_NUMBER, LISTEN, AT(count), 'n' },
	{ "seconds", "S", "end after S seconds; with --count: fail then", KIND_SECONDS, LISTEN,
	  AT(listen_ms), 's' },
	{ "seconds", "S", "how long the token is good (3600)", KIND_NUMBER, TOKEN, AT(lifetime_s),
	  's' },
	{ "lang", "LANGUAGE", "new: c (default), cpp or rust", KIND_TEXT, PLUGIN, AT(language), 0 },
	{ "dir", "FOLDER", "new: the folder to make (NAME)", KIND_TEXT, PLUGIN, AT(folder), 0 },
	{ "call", "ACTION=PAYLOAD",
	  "check: call an action; @FILE is a file's bytes; may be given again", KIND_LIST, PLUGIN,
	  AT(calls), 0 },
	{ "user", "NAME", "check: who calls (nobody)", KIND_TEXT, PLUGIN, AT(user), 'u' },
	{ "settings", "JSON", "check: the plugin's settings, or @FILE ({})", KIND_TEXT, PLUGIN,
	  AT(settings), 0 },
	{ "needs", "FILE", "check: a plugin that provides what this one needs", KIND_LIST, PLUGIN,
	  AT(providers), 0 },
	{ "strict", NULL, "check: what is only noted makes it unfit too", KIND_FLAG, PLUGIN,
	  AT(strict), 0 },
	{ "promote", NULL, "end a canary: the new plugins serve all connections", KIND_FLAG, RELOAD,
	  AT(promote), 0 },
	{ "rollback", NULL, "what the last reload replaced serves again, where it is kept",
	  KIND_FLAG, RELOAD, AT(rollback), 0 },
	{ "once", NULL, "build and reload once, then end", KIND_FLAG, DEV, AT(once), 0 },
	{ "header", "'NAME: VALUE'", "add a header to the upgrade; may be given again", KIND_HEADER,
	  CALL | LISTEN | BENCH, AT(headers), 'H' },
	{ "ca", "FILE", "trust the certificates in FILE (PEM) instead of the system's", KIND_TEXT,
	  CALL | LISTEN | STATUS | RELOAD, AT(ca_file), 0 },
	{ "insecure", NULL, "take any certificate: for tests, it protects from nobody", KIND_FLAG,
	  CALL | LISTEN | STATUS | RELOAD, AT(insecure), 0 },
	{ "config", "FILE", "the server's config ($ACTD_CONFIG, or " ACTD_DEFAULT_CONFIG ")",
	  KIND_TEXT, CONFIGURED & ~(unsigned)CHECK, AT(config), 'c' },
	{ "override", "KEY=VALUE", "override a key of the config, as actd's -o", KIND_LIST,
	  CONFIGURED, AT(overrides), 'o' },
	{ "socket", "PATH", "the server's admin socket (STATE_DIR/admin.sock)", KIND_TEXT,
	  STATUS | RELOAD | DEV, AT(socket), 'S' },
	{ "admin", "URL", "the server's admin address, as http://127.0.0.1:9090", KIND_TEXT,
	  STATUS | RELOAD, AT(admin), 'A' },
	{ "admin-token-file", "FILE", "the token for --admin", KIND_TEXT, STATUS | RELOAD,
	  AT(admin_token_file), 0 },
	{ "timeout", "S", "seconds to connect, and for each answer (10)", KIND_SECONDS,
	  CALL | LISTEN | STATUS, AT(timeout_ms), 'T' },
	{ "timeout", "S", "seconds without an answer until it counts as hung (10)", KIND_SECONDS,
	  BENCH, AT(timeout_ms), 'T' },
	{ "timeout", "S", "check: seconds for trying it (10)", KIND_SECONDS, PLUGIN, AT(timeout_ms),
	  'T' },
	{ "timeout", "S", "seconds for the reload (200)", KIND_SECONDS, RELOAD | DEV,
	  AT(timeout_ms), 'T' },
	{ "json", NULL, "print objects, one a line, for programs", KIND_FLAG, EVERY, AT(json),
	  'j' },
	{ "verbose", NULL, "tell what goes by, in both directions", KIND_FLAG,
	  CALL | LISTEN | STATUS | RELOAD, AT(verbose), 'v' },
	{ "help", NULL, "print this", KIND_FLAG, EVERY, AT(help), 'h' },
#undef AT
};

enum { TABLE_LEN = sizeof table / sizeof table[0], INDENT = 27 };

/* Values for getopt_long() that no letter has: an index of the table behind this. */
enum { FIRST = 256 };

struct words {
	struct option longs[TABLE_LEN + 1];
	char letters[2 * TABLE_LEN + 2]; /* with ':' first, for errors in our own words */
	int of_letter[FIRST];            /* index of the table */
};

static void words_of(enum command_bit command, struct words *words)
{
	size_t n = 0, at = 0;
	*words = (struct words){ 0 };
	words->letters[at++] = ':';
	for (int i = 0; i < TABLE_LEN; i++) {
		const struct option_info *info = &table[i];
		if ((info->commands & command) == 0)
			continue;
		words->longs[n++] =
			(struct option){ info->name, info->value != NULL, NULL, FIRST + i };
		if (info->letter == '\0')
			continue;
		words->of_letter[(unsigned char)info->letter] = i;
		words->letters[at++] = info->letter;
		if (info->value != NULL)
			words->letters[at++] = ':';
	}
}

static enum outcome wrong(const char *command, char **argv, int found)
{
	char next[64];
	snprintf(next, sizeof next, "see actctl %s --help", command);
	return say_failure(USAGE, next,
	                   found == ':' ? "%s: expected a value behind it"
	                                : "%s: there is no such option here",
	                   argv[optind - 1]);
}

static enum outcome read_all(int argc, char **argv, enum command_bit command,
                             struct options *options)
{
	struct words words;
	words_of(command, &words);
	opterr = 0;
	optind = 1;
	for (int found;
	     (found = getopt_long(argc, argv, words.letters, words.longs, NULL)) != -1;) {
		if (found == ':' || found == '?')
			return wrong(argv[0], argv, found);
		const struct option_info *info =
			&table[found >= FIRST ? found - FIRST : words.of_letter[found]];
		enum outcome outcome = option_value_read(info->kind, info->name, optarg,
		                                         (char *)options + info->offset);
		if (outcome != DONE)
			return outcome;
	}
	options->arguments = argv + optind;
	options->argument_count = argc - optind;
	return DONE;
}

/* What cannot stand side by side. */
static enum outcome check_together(const struct options *options)
{
	int logins =
		(options->token != NULL) + (options->token_file != NULL) + (options->user != NULL);
	if (logins > 1)
		return say_failure(USAGE, "leave all but one of them out",
		                   "expected one of --user, --token and --token-file, found %d",
		                   logins);
	if (options->socket != NULL && options->admin != NULL)
		return say_failure(USAGE, "leave one of them out",
		                   "expected --socket or --admin, found both");
	bool more = options->deadline_ms != 0 || options->trace != NULL || options->by;
	if (more && strcmp(options->protocol, DIALECT_BASE) == 0)
		return say_failure(USAGE, "add --protocol act.v1 or --protocol act.json.v1",
		                   "the base protocol has no room for --deadline-ms, --trace and "
		                   "--by");
	return DONE;
}

enum outcome options_read(int argc, char **argv, enum command_bit command, struct options *options)
{
	const char *config = getenv("ACTD_CONFIG");
	*options = (struct options){
		.timeout_ms = (command & (RELOAD | DEV)) != 0 ? RELOAD_TIMEOUT_MS : TIMEOUT_MS,
		.protocol = DIALECT_BASE,
		.repeat = 1,
		.mode = "echo",
		.connections = 50,
		.depth = 1,
		.size = 12,
		.warm_ms = 1000,
		.run_ms = 5000,
		.language = "c",
		.lifetime_s = LIFETIME_S,
		.config = config != NULL && config[0] != '\0' ? config : ACTD_DEFAULT_CONFIG,
	};
	enum outcome outcome = read_all(argc, argv, command, options);
	if (outcome == DONE && !options->help)
		outcome = check_together(options);
	return outcome;
}

void options_print(FILE *to, enum command_bit command)
{
	for (int i = 0; i < TABLE_LEN; i++) {
		const struct option_info *info = &table[i];
		char left[64];
		if ((info->commands & command) == 0)
			continue;
		int n = info->letter != '\0' ? snprintf(left, sizeof left, "-%c, ", info->letter)
		                             : snprintf(left, sizeof left, "    ");
		n += snprintf(left + n, sizeof left - (size_t)n, "--%s%s%s", info->name,
		              info->value != NULL ? " " : "",
		              info->value != NULL ? info->value : "");
		CHECK(n < (int)sizeof left);
		if (n > INDENT)
			fprintf(to, "  %s\n  %*s %s\n", left, INDENT, "", info->help);
		else
			fprintf(to, "  %-*s %s\n", INDENT, left, info->help);
	}
}
