#include "command.h"

#include <string.h>

const struct command commands[] = {
	{ .name = "call",
	  .bit = CALL,
	  .arguments = "URL CODE [JSON | TEXT | @FILE | -]",
	  .least = 2,
	  .most = 3,
	  .summary = "send a request and print the answer",
	  .text = "Sends the payload to the action of that code, and prints the payload of the "
	          "answer. @FILE\n"
	          "sends a file, - the standard input; without one the payload is empty. A payload "
	          "that\n"
	          "begins with '-' stands behind '--'. Pushes that come meanwhile are passed over "
	          "(-v "
	          "shows them).\n"
	          "\n"
	          "The base protocol is the default, because every action endpoint speaks it. "
	          "act.v1 "
	          "adds\n"
	          "deadlines, trace ids and who answered; act.json.v1 is the same in text.\n",
	  .examples =
	          "  actctl call ws://127.0.0.1:8080/serv/ 1 '\"hello\"'\n"
	          "  actctl call ws://127.0.0.1:8080/serv/ 110 '{\"user\":\"bob\"}' --user alice\n"
	          "  actctl call -p act.v1 --by --trace t-1 ws://127.0.0.1:8080/serv/ 111 '{}' "
	          "-u alice\n"
	          "  echo '{\"name\":\"Bob\"}' | actctl call ws+unix:/run/actd.sock:/serv/ 118 - "
	          "-u bob\n"
	          "  actctl call ws://127.0.0.1:8080/serv/ 151 @request.pb -u bob --raw > "
	          "profile.pb\n",
	  .run = command_call },
	{ .name = "listen",
	  .bit = LISTEN,
	  .arguments = "URL",
	  .least = 1,
	  .most = 1,
	  .summary = "print pushes as they come",
	  .text = "Prints each push on a line, its code in front, until Ctrl-C, --count or "
	          "--seconds. With\n"
	          "act.v1 or act.json.v1 also a line when the login is about to expire.\n",
	  .examples =
	          "  actctl listen ws://127.0.0.1:8080/serv/ --user bob\n"
	          "  actctl listen ws://127.0.0.1:8080/serv/ --user bob --count 1 --seconds 60\n"
	          "  actctl listen -p act.v1 --json wss://example.org/serv/ --token-file token\n",
	  .run = command_listen },
	{ .name = "token",
	  .bit = TOKEN,
	  .arguments = "USER",
	  .least = 1,
	  .most = 1,
	  .summary = "make a token to log in with, for development",
	  .text = "Signs a token (a JWT, HS256) with the secret of the plugin jwt, \"key_file\" in "
	          "its settings,\n"
	          "and makes that secret first where there is none. Whoever can read the secret "
	          "can "
	          "log in as\n"
	          "anybody: run this as the user that the server runs as. An application makes its "
	          "tokens\n"
	          "with a library of its language: docs/login.md.\n",
	  .examples =
	          "  actctl token alice\n"
	          "  actctl token alice --seconds 60 --config conf/actd.json\n"
	          "  actctl token alice > token && actctl call ws://127.0.0.1:8080/serv/ 111 '{}' "
	          "--token-file token\n",
	  .run = command_token },
	{ .name = "check-config",
	  .bit = CHECK,
	  .arguments = "[FILE]",
	  .least = 0,
	  .most = 1,
	  .summary = "say what is wrong with a config, as actd -t",
	  .text = "Reads the server's config and prints everything that is wrong with it, one "
	          "finding a line,\n"
	          "with its place. Without FILE it is $ACTD_CONFIG, or\n" ACTD_DEFAULT_CONFIG ".\n",
	  .examples = "  actctl check-config conf/actd.json\n"
	              "  actctl check-config conf/actd.json -o listen=127.0.0.1:9000\n",
	  .run = command_check_config },
	{ .name = "status",
	  .bit = STATUS,
	  .arguments = "",
	  .least = 0,
	  .most = 0,
	  .summary = "say how a running server is",
	  .text = "Asks the server's admin interface: STATE_DIR/admin.sock, STATE_DIR being that "
	          "of "
	          "the config;\n"
	          "--socket and --admin name another.\n"
	          "Tells who holds each plugin that was replaced; with --verbose, each plugin.\n",
	  .examples = "  actctl status --config conf/actd.json\n"
	              "  actctl status --admin http://127.0.0.1:9090 --admin-token-file token\n"
	              "  actctl status --json | jq '.plugins[] | select(.pins > 0)'\n",
	  .run = command_status },
	{ .name = "reload",
	  .bit = RELOAD,
	  .arguments = "",
	  .least = 0,
	  .most = 0,
	  .summary = "have the config and the plugins read anew",
	  .text = "Does what SIGHUP does, waits for it, and prints what became of each plugin. "
	          "Connections\n"
	          "stay open. Exit code 2 where a plugin was refused, 1 where the whole reload "
	          "was.\n",
	  .examples =
	          "  actctl check-config conf/actd.json && actctl reload --config conf/actd.json\n",
	  .run = command_reload },
	{ .name = "plugin",
	  .bit = PLUGIN,
	  .arguments = "new NAME CODE | check FILE",
	  .least = 2,
	  .most = 3,
	  .summary = "begin a plugin, or look at a built one",
	  .text = "new makes a folder with a plugin of one action, in C, C++ or Rust, its unit "
	          "test "
	          "and its\n"
	          "build, which needs the installed package of actd and nothing of its source.\n"
	          "\n"
	          "check says what the server would say to the file, and more: its libraries and "
	          "symbols;\n"
	          "whether it loads, starts, stops, and leaves memory; what its actions answer. "
	          "All that\n"
	          "happens in a process of its own, with a stand-in for the server. Exit code 1 "
	          "where it is unfit.\n",
	  .examples =
	          "  actctl plugin new hello 2000\n"
	          "  actctl plugin new hello 2000 --lang rust --dir ~/src/hello\n"
	          "  actctl plugin check build/hello.so --call 'greet={\"name\":\"Bob\"}' -u "
	          "alice\n"
	          "  actctl plugin check friend.so --needs sqlite.so --call list=@request.json\n",
	  .run = command_plugin },
	{ .name = "dev",
	  .bit = DEV,
	  .arguments = "[DIR]",
	  .least = 0,
	  .most = 1,
	  .summary = "build, put in place and reload at each change",
	  .text = "Watches the source of a plugin in DIR (the current folder). At the start and at "
	          "each change it\n"
	          "builds it in DIR/build (CMake) or DIR/target (cargo), puts the file into the "
	          "server's\n"
	          "plugin_dir by renaming, reloads, and prints the verdict. What does not compile "
	          "is not put in\n"
	          "place. It runs beside the server, and may write to that folder.\n",
	  .examples = "  actctl dev hello --config conf/actd.json\n"
	              "  actctl dev --once hello\n",
	  .run = command_dev },
	{ .name = "bench",
	  .bit = BENCH,
	  .arguments = "URL",
	  .least = 1,
	  .most = 1,
	  .summary = "load a server, check each answer, and say how fast it was",
	  .text = "Connects (ws:// or ws+unix:), then asks as fast as answers come, or at a fixed "
	          "--rate, each\n"
	          "time then running from when the message was due. Every answer is held against "
	          "what was\n"
	          "sent; the first one that is wrong, missing or too many ends it. {n} in the URL "
	          "or in a\n"
	          "header stands for the number of the connection.\n"
	          "\n"
	          "  echo     each connection asks, and the action answers with the payload\n"
	          "  fan-out  the first one asks, and every connection is pushed the payload\n"
	          "  connect  connections are opened, upgraded and closed, again and again\n"
	          "\n"
	          "Load only servers that you run. One process has one thread; give it a core that "
	          "the server\n"
	          "does not have (taskset).\n",
	  .examples = "  actctl bench ws://127.0.0.1:8080/serv/\n"
	              "  actctl bench ws://127.0.0.1:8080/serv/ -n 1000 -d 16 --size 128 -s 10\n"
	              "  actctl bench ws://127.0.0.1:8080/serv/ --rate 20000 --pid $(pidof actd)\n"
	              "  actctl bench 'ws://127.0.0.1:8080/serv/?user=u{n}' --idle 10000 --json\n"
	              "  actctl bench ws+unix:/run/actd.sock:/serv/ --mode connect\n",
	  .run = command_bench },
	{ .name = NULL },
};

const struct command *command_find(const char *name)
{
	for (const struct command *command = commands; command->name != NULL; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

/* ---- help ---- */

static const char codes[] = "Exit codes:\n"
			    "  0  good\n"
			    "  1  the server answered with an error; a reload was refused; a "
			    "config or a plugin is bad\n"
			    "  2  wrong usage, or a bad or missing file; after reload and dev "
			    "--once: a part was refused\n"
			    "  3  could not connect, or was refused at the upgrade\n"
			    "  4  no answer in time\n"
			    "  5  the connection was lost\n";

void command_help(void)
{
	puts("actctl: talks to an actd server, as a client and as its operator\n"
	     "\n"
	     "  actctl COMMAND [OPTION]... [ARGUMENT]...\n"
	     "\n"
	     "Commands:");
	for (const struct command *command = commands; command->name != NULL; command++)
		printf("  %-14s%s\n", command->name, command->summary);
	printf("\n"
	       "actctl COMMAND --help tells all about one. To begin with, where a server runs "
	       "with\n"
	       "the config conf/actd.json:\n"
	       "\n"
	       "  export ACTD_CONFIG=conf/actd.json\n"
	       "  actctl status\n"
	       "  actctl call ws://127.0.0.1:8080/serv/ 1 '\"hello\"'\n"
	       "  actctl call ws://127.0.0.1:8080/serv/ 118 '{\"name\":\"Bob\"}' --user bob\n"
	       "  actctl listen ws://127.0.0.1:8080/serv/ --user bob\n"
	       "\n"
	       "%s",
	       codes);
}

void command_help_of(const struct command *command)
{
	printf("actctl %s: %s\n\n  actctl %s [OPTION]... %s\n\n%s\nOptions:\n", command->name,
	       command->summary, command->name, command->arguments, command->text);
	options_print(stdout, command->bit);
	printf("\nExamples:\n%s\n%s", command->examples, codes);
}
