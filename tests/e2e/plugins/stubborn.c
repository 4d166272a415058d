/* stubborn: a plugin that does what no plugin should, in the step of its life that the settings
 * name ("quirks": ["start waits", "start fails"]) or in a call.
 *
 * What waits, waits for a file `<gate>.go` in the plugin's folder, so that a test decides how long
 * it takes; each wait is told in the log before and after. */
#include <act/easy.h>
#include <act/ext/sql.h>

#include <fcntl.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#ifndef STUBBORN_NEEDS
#error "STUBBORN_NEEDS is the service that this build uses, or \"\""
#endif

ACT_MANIFEST("stubborn", "1.0", STUBBORN_NEEDS, "");

enum { WAIT, HOLD_LOOP, TIMERS, ANSWER };

enum { GATE_LOOKS = 24000, GATE_LOOK_MS = 5 }; /* a test that forgets its gate still ends */

struct stubborn {
	const act_host *host;
};

/* ---- what it does ---- */

static void wait_at(const struct stubborn *stubborn, const char *gate)
{
	const struct timespec moment = { .tv_nsec = GATE_LOOK_MS * 1000000L };
	char path[1024];
	snprintf(path, sizeof path, "%.*s/%s.go", ACT_FMT(stubborn->host->data_dir(stubborn->host)),
	         gate);
	act_logf(stubborn->host, ACT_LOG_INFO, "%s waits", gate);
	for (int i = 0; i < GATE_LOOKS && access(path, F_OK) != 0; i++)
		nanosleep(&moment, NULL);
	act_logf(stubborn->host, ACT_LOG_INFO, "%s goes on", gate);
}

static const act_sql *sql_of(const struct stubborn *stubborn)
{
	return stubborn->host->extension(stubborn->host, ACT_EXT_SQL, sizeof(act_sql));
}

/* Returns what exec() returned; ACT_E_NOSUPP: this build does not use SQL. */
static act_rc ask_sql(const struct stubborn *stubborn, const char *who)
{
	const act_sql *sql = sql_of(stubborn);
	act_rc rc = ACT_E_NOSUPP;
	if (sql != NULL)
		rc = sql->exec(stubborn->host, 0,
		               act_str("CREATE TABLE IF NOT EXISTS stubborn (x INTEGER)"), NULL, 0,
		               NULL, NULL);
	act_logf(stubborn->host, ACT_LOG_INFO, "%s: sql %d", who, (int)rc);
	return rc;
}

/* It is never ended: the server has to. */
static void begin_transaction(const struct stubborn *stubborn, const char *who)
{
	const act_sql *sql = sql_of(stubborn);
	act_sql_tx tx;
	act_rc rc = ACT_E_NOSUPP;
	if (sql != NULL)
		rc = sql->begin(stubborn->host, ACT_SQL_READ, &tx, NULL);
	act_logf(stubborn->host, ACT_LOG_INFO, "%s: transaction %d", who, (int)rc);
}

/* ---- its life ---- */

/* It behaves while it is tried, or it would be refused before it can be stubborn. A plugin cannot
 * ask its host for that. */
static bool on_trial(void)
{
	char words[64];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t len = read(fd, words, sizeof words);
	close(fd);
	return len > 0 && memmem(words, (size_t)len, "--prove", strlen("--prove")) != NULL;
}

static bool has_quirk(const struct stubborn *stubborn, const char *step, const char *verb)
{
	if (on_trial())
		return false;
	act_bytes settings = stubborn->host->config(stubborn->host);
	char quirk[64];
	int len = snprintf(quirk, sizeof quirk, "\"%s %s\"", step, verb);
	return memmem(settings.ptr, settings.len, quirk, (size_t)len) != NULL;
}

static act_rc live(const struct stubborn *stubborn, const char *step)
{
	if (has_quirk(stubborn, step, "begins a transaction"))
		begin_transaction(stubborn, step);
	if (has_quirk(stubborn, step, "begins work"))
		stubborn->host->work(stubborn->host, 0, NULL);
	if (has_quirk(stubborn, step, "waits"))
		wait_at(stubborn, step);
	if (has_quirk(stubborn, step, "asks SQL"))
		ask_sql(stubborn, step);
	return has_quirk(stubborn, step, "fails") ? ACT_E_FAIL : ACT_OK;
}

static act_rc create(const act_host *h, void **self)
{
	struct stubborn *stubborn = malloc(sizeof *stubborn);
	act_rc rc;
	if (stubborn == NULL)
		return ACT_E_NOMEM;
	stubborn->host = h;
	*self = stubborn; /* before work begins, which is given it */
	rc = live(stubborn, "create");
	if (rc != ACT_OK) {
		free(stubborn);
		*self = NULL;
	}
	return rc;
}

static act_rc start(void *self)
{
	return live(self, "start");
}

static void activate(void *self)
{
	(void)live(self, "activate");
}

static void stop(void *self)
{
	(void)live(self, "stop");
}

static void destroy(void *self)
{
	(void)live(self, "destroy");
	free(self);
}

static void work(void *self, uint64_t tag, void *arg)
{
	(void)tag;
	(void)arg;
	(void)live(self, "work");
}

/* ---- its calls ---- */

/* What could not be set, and what could not be dropped at once. */
static act_rc try_timers(const struct stubborn *stubborn, const act_call *call, long count)
{
	const act_host *h = stubborn->host;
	int unset = 0, undropped = 0;
	for (long i = 0; i < count; i++) {
		act_timer timer;
		if (h->timer_set(h, 0, 3600000, 0, &timer) != ACT_OK)
			unset++;
		else if (h->timer_drop(h, timer) != ACT_OK)
			undropped++;
	}
	return act_reply_text(h, call, "unset %d undropped %d", unset, undropped);
}

static act_rc handle(void *self, const act_call *call)
{
	const struct stubborn *stubborn = self;
	char word[32];
	snprintf(word, sizeof word, "%.*s", ACT_FMT(call->payload));
	switch (call->action) {
	case WAIT:
		wait_at(stubborn, word);
		return act_reply_text(stubborn->host, call, "%s: sql %d", word,
		                      (int)ask_sql(stubborn, word));
	case HOLD_LOOP:
		wait_at(stubborn, word);
		return act_reply_text(stubborn->host, call, "%s", word);
	case TIMERS:
		return try_timers(stubborn, call, atol(word));
	default:
		return act_reply_bytes(stubborn->host, call, call->payload.ptr, call->payload.len);
	}
}

static const act_action actions[] = {
	[WAIT] = { .name = "wait",
	           .summary = "waits at the gate that the payload names, then asks SQL",
	           .code = 2400,
	           .flags = ACT_A_ANONYMOUS | ACT_A_BLOCKING,
	           .deadline_ms = 600000 },
	[HOLD_LOOP] = { .name = "hold_loop",
	                .summary = "waits at a gate on the loop, which no action may",
	                .code = 2401,
	                .flags = ACT_A_ANONYMOUS },
	[TIMERS] = { .name = "timers",
	             .summary = "sets as many timers as the payload says, and drops each",
	             .code = 2402,
	             .flags = ACT_A_ANONYMOUS | ACT_A_BLOCKING,
	             .deadline_ms = 600000 },
	[ANSWER] = { .name = "answer",
	             .summary = "the payload back",
	             .code = 2403,
	             .flags = ACT_A_ANONYMOUS },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "stubborn",
	.version = "1.0",
	.actions = actions,
	.action_count = 4,
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = create,
	.start = start,
	.activate = activate,
	.stop = stop,
	.destroy = destroy,
	.handle = handle,
	.work = work,
};
