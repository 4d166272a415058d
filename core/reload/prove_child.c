#include "reload/prove.h"

#include "act/module.h"
#include "base/latch.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/signals.h"
#include "reload/prove_life.h"
#include "reload/prove_limits.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is tried, and where. */
struct attempt {
	const char *path;
	const char *data_dir;
	unsigned long deadline_ms;
	char *settings;
	struct prove_voice voice;
	struct manifest manifest;
	struct module *module;
	struct prove_host host;
	struct prove_trace before;
};

/* The process is known to the asker alone; a person who finds the option gets this far. */
static int bad_usage(void)
{
	fputs("actd: --prove is for the server's own use: it tries a plugin file in a process of "
	      "its own. To check a config: actd -t -c FILE\n",
	      stderr);
	return 2;
}

/* ---- on a worker ---- */

struct life_task {
	struct task task;
	struct prove_life life;
	struct latch *latch;
	int rc;
	struct err why;
};

static void on_life(struct task *task)
{
	struct life_task *live = (struct life_task *)task;
	live->rc = prove_life_run(&live->life, &live->why);
	latch_down(live->latch);
}

static int live_on(struct attempt *attempt, struct pool *pool, struct err *why)
{
	struct life_task live = {
		.task.run = on_life,
		.life = { module_table(attempt->module), &attempt->host, &attempt->before },
		.latch = latch_new(1),
	};
	prove_host_init(&attempt->host, &attempt->voice, &attempt->manifest, attempt->settings,
	                attempt->data_dir);
	pool_submit_to(pool, 0, &live.task);
	latch_wait(live.latch, 0); /* the asker's deadline ends this */
	if (live.rc != 0)
		*why = live.why;
	return live.rc;
}

/* ---- what is left ---- */

static int check_threads(const struct attempt *attempt, struct err *why)
{
	unsigned long wait_ms = attempt->deadline_ms / 2 < 1000 ? attempt->deadline_ms / 2 : 1000;
	int more = prove_trace_threads(&attempt->before, (uint32_t)wait_ms);
	if (more == 0)
		return 0;
	return err_set(why,
	               "%d of its threads still run after destroy, in code that is about to be "
	               "unloaded: end them in stop or destroy, or set ACT_F_THREADS",
	               more);
}

static int check_signals(const struct attempt *attempt, struct err *why)
{
	bool function;
	int number = prove_trace_signal(&attempt->before, &function);
	if (number == 0 || !function)
		return 0;
	const char *text = sigdescr_np(number);
	return err_set(why,
	               "it leaves a handler for signal %d (%s), which would be called after it "
	               "is unloaded: set back in destroy what was there before",
	               number, text != NULL ? text : "unknown");
}

static int unload(struct attempt *attempt, struct err *why)
{
	struct err resident;
	prove_step_begins(&attempt->voice, PROVE_UNLOAD);
	if (module_close(attempt->module, &resident))
		return check_signals(attempt, why);
	/* Not refused for that; it costs memory at each reload. */
	prove_say(&attempt->voice, PROVE_NOTE, resident.text);
	return 0;
}

/* ---- all ---- */

static int try_file(struct attempt *attempt, struct err *why)
{
	struct pool *pool = pool_new(1, 1);
	if (manifest_read_path(attempt->path, &attempt->manifest, why) != 0)
		return -1;
	prove_trace_take(&attempt->before);
	prove_step_begins(&attempt->voice, PROVE_LOAD);
	if (module_open(attempt->path, &attempt->manifest, &attempt->module, why) != 0)
		return -1;
	bool stays = (module_table(attempt->module)->flags & ACT_F_THREADS) != 0;
	if (live_on(attempt, pool, why) != 0)
		return -1;
	if (prove_trace_process())
		prove_say(&attempt->voice, PROVE_NOTE, "it leaves a process that it started");
	if (stays)
		return 0; /* is never unloaded */
	if (check_threads(attempt, why) != 0 || unload(attempt, why) != 0)
		return -1;
	/* Only now: what a thread does at its end may lead into what was unloaded. */
	prove_step_begins(&attempt->voice, PROVE_END);
	pool_free(pool);
	return 0;
}

static char *read_settings(void)
{
	struct stat about;
	if (fstat(PROVE_SETTINGS_FD, &about) != 0)
		return NULL;
	char *text = mem_new(1, (size_t)about.st_size + 1);
	if (pread(PROVE_SETTINGS_FD, text, (size_t)about.st_size, 0) != about.st_size) {
		free(text);
		return NULL;
	}
	close(PROVE_SETTINGS_FD);
	return text;
}

/* False: this is not what an asker starts. */
static bool read_arguments(int argc, char **argv, struct attempt *attempt)
{
	struct stat about;
	char *end = NULL;
	if (argc != PROVE_ARGS || strlen(argv[3]) != PROVE_COOKIE_SIZE - 1 ||
	    strchr(argv[2], '/') == NULL)
		return false;
	attempt->path = argv[2];
	memcpy(attempt->voice.cookie, argv[3], PROVE_COOKIE_SIZE);
	attempt->deadline_ms = strtoul(argv[4], &end, 10);
	attempt->data_dir = argv[5];
	if (end == argv[4] || *end != '\0' || fstat(PROVE_FD, &about) != 0 ||
	    fcntl(PROVE_FD, F_SETFD, FD_CLOEXEC) != 0)
		return false;
	attempt->voice.pipe = about.st_ino;
	attempt->settings = read_settings();
	return attempt->settings != NULL;
}

int prove_main(int argc, char **argv)
{
	static struct attempt attempt; /* what a plugin leaves running may use it to the end */
	struct err why = { "" };
	if (!read_arguments(argc, argv, &attempt))
		return bad_usage();
	signals_let_kill();
	signal(SIGPIPE, SIG_IGN); /* as the server does */
	if (!prove_limits_set(attempt.deadline_ms))
		prove_say(&attempt.voice, PROVE_REFUSED, "cannot be tried: no limits can be set");
	else if (try_file(&attempt, &why) != 0)
		prove_say(&attempt.voice, PROVE_REFUSED, why.text);
	else
		prove_say(&attempt.voice, PROVE_OK, "");
	/* Without exit(): a file that stayed in memory may have left functions to run there. */
	_exit(0);
}
