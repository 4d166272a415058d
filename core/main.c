/* actd: arguments, signals, start, stop. The rooms of the house meet here: the network side is
 * given the functions that lead to the plugins. */
#include "act/act.h"
#include "act/fatal.h"
#include "act/watch.h"
#include "admin/admin.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/heartbeat.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/pulse.h"
#include "base/signals.h"
#include "base/supervisor.h"
#include "net/net.h"
#include "reload/preview.h"
#include "reload/prove.h"
#include "reload/reload.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, DESCRIPTORS_SPARE = 512 };

struct arguments {
	const char *config_path;
	const char **overrides;
	size_t override_count;
	bool test_only;
};

static const char usage[] =
	"actd: holds many long WebSocket connections and serves their actions with plugins\n"
	"\n"
	"  actd [-c FILE] [-o KEY.PATH=VALUE]... [-t]\n"
	"\n"
	"  -c FILE             the configuration (default: " ACTD_DEFAULT_CONFIG ")\n"
	"  -o KEY.PATH=VALUE   overrides one setting: -o listen=127.0.0.1:9000\n"
	"  -t                  checks the configuration and says what is wrong with it\n"
	"  -V, --version       prints the version\n"
	"  -h, --help          prints this\n"
	"\n"
	"SIGHUP reads the configuration and the plugins anew; connections live on.\n"
	"SIGTERM ends the server when the open calls are answered.\n";

/* ---- arguments ---- */

/* 0: go on; otherwise the exit status + 1. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option words[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	arguments->config_path = ACTD_DEFAULT_CONFIG;
	opterr = 0; /* our own words below */
	arguments->overrides = mem_new((size_t)argc, sizeof *arguments->overrides);
	for (int letter; (letter = getopt_long(argc, argv, ":c:o:thV", words, NULL)) != -1;) {
		switch (letter) {
		case 'c':
			arguments->config_path = optarg;
			break;
		case 'o':
			arguments->overrides[arguments->override_count++] = optarg;
			break;
		case 't':
			arguments->test_only = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 1 + EXIT_SUCCESS;
		case 'V':
			puts("actd " ACTD_VERSION);
			return 1 + EXIT_SUCCESS;
		default:
			fprintf(stderr,
			        letter == ':'
			                ? "actd: %s: expected a value behind it; see actd --help\n"
			                : "actd: %s: there is no such option; see actd --help\n",
			        argv[optind - 1]);
			return 1 + EXIT_USAGE;
		}
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "actd: expected options only, found \"%s\"; see actd --help\n",
	        argv[optind]);
	return 1 + EXIT_USAGE;
}

static struct config *load(const struct arguments *arguments)
{
	struct config *config = NULL;
	struct config_errors errors = { 0 };
	if (config_load(arguments->config_path, arguments->overrides, arguments->override_count,
	                &config, &errors) != 0)
		fputs(errors.text, stderr);
	config_errors_free(&errors);
	return config;
}

/* -t: what is wrong with the config beside the plugins that it would run with. */
static int check(const struct arguments *arguments, const struct config *config)
{
	struct config_errors errors = { 0 }, warnings = { 0 };
	int rc = preview_make(config, &errors, &warnings);
	fprintf(stderr, "%s%s", errors.text != NULL ? errors.text : "",
	        warnings.text != NULL ? warnings.text : "");
	if (rc == 0)
		printf("%s: the configuration is fine%s\n", arguments->config_path,
		       warnings.count > 0 ? ", but for what is said above" : "");
	config_errors_free(&errors);
	config_errors_free(&warnings);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the process ---- */

/* libwebsockets keeps a table as long as the limit of descriptors and walks it at each close: the
 * limit is set to what the config needs, where that is allowed. */
static void limit_descriptors(const struct config *config)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)config->limits.connections + DESCRIPTORS_SPARE;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_max != RLIM_INFINITY && wanted > limit.rlim_max) {
		log_warn("main",
		         "limits.connections is %u, and this process may open %lu descriptors: it "
		         "will "
		         "turn connections away earlier; raise the limit (ulimit -n, LimitNOFILE=)",
		         config->limits.connections, (unsigned long)limit.rlim_max);
		wanted = limit.rlim_max;
	}
	limit.rlim_cur = wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warn("main", "the limit of descriptors stays as it is: %s", strerror(errno));
}

static struct act act; /* the one that upcalls lead to */

static void authenticate(const struct gate_question *question, struct gate_answer *answer)
{
	act_authenticate(&act, question, answer);
}

static const struct net_upcalls upcalls = {
	.opened = act_opened,
	.closed = act_closed,
	.message = act_message,
	.bind = act_bind,
	.authenticate = authenticate,
};

/* Whoever started the server hears how it gets on. */
static struct supervisor supervisor;

/* Would a server that is asked for a sign of life be right to give one? */
static int look_alive(void *context, uint32_t silent_ms, struct err *why)
{
	const struct net *net = context;
	if (pulse_overdue(clock_ms()))
		return err_set(why, "the main thread does not come back from a step of a reload");
	return net_alive(net, silent_ms, why);
}

/* Everything that the end waits for, one after the other: calls, closes, and the steps of the
 * plugins. */
static uint32_t end_ms(const struct config *config)
{
	return 2 * config->drain_ms + config->close_ms + 5 * config->load_ms;
}

/* A reload, or the start, is over; those who asked for it with a ticket are told. */
static void tell(struct admin *admin, const struct reload *reload, const struct net *net,
                 uint64_t ticket)
{
	const struct config *config = net_site(net)->config;
	signals_end_within(end_ms(config));
	admin_reloaded(admin, reload_report(reload), config, ticket);
}

static enum signals_word next_word(const struct reload *reload, uint64_t *ticket)
{
	*ticket = 0;
	pulse_rest();
	enum signals_word word = signals_wait_for(reload_patience_ms(reload), ticket);
	pulse_step(0);
	if (word != SIGNALS_NOTHING && word != SIGNALS_END)
		supervisor_reloading(&supervisor);
	return word;
}

/* Waits for a word and does what it asks for. True: there is a report, for those up to `*ticket`.
 * False: the server is to end. */
static bool obey(struct reload *reload, uint64_t *ticket)
{
	for (;;) {
		switch (next_word(reload, ticket)) {
		case SIGNALS_RELOAD:
			reload_again(reload);
			return true;
		case SIGNALS_PROMOTE:
			reload_promote(reload);
			return true;
		case SIGNALS_ROLLBACK:
			reload_roll_back(reload);
			return true;
		case SIGNALS_NOTHING:
			if (reload_look(reload))
				return true;
			break;
		case SIGNALS_END:
			return false;
		}
	}
}

static void serve(struct reload *reload, struct net *net, struct admin *admin)
{
	uint64_t ticket;
	net_accept(net);
	admin_ready(admin);
	log_info("main", "ready");
	supervisor_ready(&supervisor, reload_report(reload)->sentence);
	struct heartbeat *heartbeat = heartbeat_new(&supervisor, look_alive, net);
	while (obey(reload, &ticket)) {
		tell(admin, reload, net, ticket);
		supervisor_ready(&supervisor, reload_report(reload)->sentence);
	}
	heartbeat_free(heartbeat);
	admin_ending(admin);
}

static int stop(struct net *net, struct reload *reload, struct pool *pool, struct admin *admin)
{
	log_info("main", "stopping");
	supervisor_stopping(&supervisor, end_ms(net_site(net)->config));
	net_drain(net, net_site(net)->config->drain_ms);
	bool ended = reload_end(reload);
	/* While the folder is locked: the socket in it is ours. */
	admin_free(admin);
	reload_free(reload);
	if (!ended) {
		log_error("main", "a plugin does not end: the process ends without it");
		fflush(NULL);
		_exit(EXIT_SUCCESS);
	}
	watch_free(act.watch);
	pool_free(pool);
	net_end(net);
	net_free(net);
	act_close(&act);
	site_forget_endpoints();
	supervisor_close(&supervisor);
	log_info("main", "stopped");
	return EXIT_SUCCESS;
}

/* Before anybody was let in. */
static int give_up(struct net *net, const struct err *why)
{
	log_error("main", "%s", why->text);
	net_free(net);
	site_forget_endpoints();
	return EXIT_FAILURE;
}

static int run(const struct arguments *arguments, struct config *config)
{
	static struct net net;
	struct reload_source source = { arguments->config_path, arguments->overrides,
		                        arguments->override_count };
	struct err why = { 0 };
	supervisor_open(&supervisor);
	signals_open();
	signal(SIGPIPE, SIG_IGN);

	struct site *site = site_new(config);
	if (net_open(&net, site, config->threads, &upcalls, &why) != 0) {
		site_free(site);
		config_free(config);
		return give_up(&net, &why);
	}
	struct pool *pool = pool_new(config->workers, config->limits.worker_queue);
	act_open(&act, &net, pool);
	act.check = config->check;
	fatal_open();
	struct reload *reload = reload_new(&act, &source, config, site, &why);
	if (reload == NULL) {
		pool_free(pool);
		act_close(&act);
		site_free(site);
		config_free(config);
		return give_up(&net, &why);
	}
	struct admin *admin = admin_new(config, &act, &why);
	net_run(&net);
	atomic_store(&act.stuck_ms, config->stuck_ms);
	act.watch = watch_new(&act);
	if (admin == NULL)
		log_error("main", "%s", why.text);
	else
		admin_run(admin);
	bool ready = admin != NULL && reload_first(reload) != RELOAD_REFUSED;
	if (ready) {
		tell(admin, reload, &net, 0);
		serve(reload, &net, admin);
	}
	int status = stop(&net, reload, pool, admin);
	return ready ? status : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--prove") == 0)
		return prove_main(argc, argv);
	struct arguments arguments = { 0 };
	int status = read_arguments(argc, argv, &arguments);
	struct config *config = status == 0 ? load(&arguments) : NULL;
	if (status != 0) {
		status--;
	} else if (config == NULL) {
		status = EXIT_FAILURE;
	} else if (arguments.test_only) {
		status = check(&arguments, config);
		config_free(config);
	} else {
		int rc = log_open(config->log.file, (enum log_level)config->log.level);
		if (rc < 0)
			log_error("main", "log.file: %s: %s; the log goes to stderr",
			          config->log.file, strerror(-rc));
		limit_descriptors(config);
		status = run(&arguments, config);
	}
	free(arguments.overrides);
	return status;
}
