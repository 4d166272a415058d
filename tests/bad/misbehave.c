/* The plugin "misbehave": does what no plugin should, once it is asked to.
 *
 * Its actions take the name of a deed: "do" on the connection's loop, "do_worker" on a worker. A
 * deed in the settings, {"deed": "create loops"}, is done in that step. */
#include <act/easy.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef BAD_MORE_FLAGS
#define BAD_MORE_FLAGS 0u
#endif

struct bad {
	const act_host *host;
	act_token token; /* of a call that is answered too late, or elsewhere */
	pthread_t thread;
	int has_thread;
	act_bytes kept; /* borrowed, and kept against rule 3 */
};

/* Looks at the gate that the test opens, without sleeping: a loop. */
static void spin_until_let_go(const struct bad *bad)
{
	char path[4096];
	act_bytes dir = bad->host->data_dir(bad->host);
	snprintf(path, sizeof path, "%.*s/go", ACT_FMT(dir));
	while (access(path, F_OK) != 0)
		;
}

__attribute__((noinline)) static int use_up_stack(volatile char *above)
{
	volatile char frame[4096];
	frame[0] = *above;
	return use_up_stack(frame) + frame[0];
}

static act_rc crash(struct bad *bad, const act_call *call)
{
	int *volatile nowhere = (int *)16;
	(void)bad;
	(void)call;
	return *nowhere;
}

static act_rc overflow(struct bad *bad, const act_call *call)
{
	volatile char first = 0;
	(void)bad;
	(void)call;
	return use_up_stack(&first);
}

static act_rc give_up(struct bad *bad, const act_call *call)
{
	(void)bad;
	(void)call;
	abort();
}

static act_rc leave(struct bad *bad, const act_call *call)
{
	(void)bad;
	(void)call;
	exit(0);
}

static act_rc spin(struct bad *bad, const act_call *call)
{
	spin_until_let_go(bad);
	return act_reply_text(bad->host, call, "back");
}

/* The test sets a limit on the server's memory. */
static act_rc grow(struct bad *bad, const act_call *call)
{
	const size_t size = (size_t)16 << 20;
	(void)call;
	while (bad != NULL)
		memset(malloc(size), 1, size);
	return ACT_OK;
}

static act_rc make_copy(struct bad *bad, const act_call *call)
{
	pid_t child = fork();
	if (child == 0)
		for (;;)
			pause();
	return act_reply_text(bad->host, call, "%d", (int)child);
}

static act_rc signals(struct bad *bad, const act_call *call)
{
	signal(SIGSEGV, SIG_IGN);
	signal(SIGABRT, SIG_DFL);
	return act_reply_text(bad->host, call, "changed");
}

/* ---- answers ---- */

static act_rc never(struct bad *bad, const act_call *call)
{
	(void)bad;
	(void)call;
	return ACT_DEFER;
}

static act_rc nothing(struct bad *bad, const act_call *call)
{
	(void)bad;
	(void)call;
	return ACT_OK;
}

static act_rc twice(struct bad *bad, const act_call *call)
{
	act_reply_text(bad->host, call, "first");
	act_rc rc = act_reply_text(bad->host, call, "second");
	act_logf(bad->host, ACT_LOG_INFO, "the second answer: %d", rc);
	return ACT_OK;
}

static act_rc answers_and_fails(struct bad *bad, const act_call *call)
{
	act_reply_text(bad->host, call, "answered");
	return ACT_E_FAIL;
}

/* Answered by conn_close() or cancel(), when it is too late. */
static act_rc too_late(struct bad *bad, const act_call *call)
{
	bad->token = call->token;
	return ACT_DEFER;
}

static void *answer_from_there(void *arg)
{
	struct bad *bad = arg;
	act_bytes body = act_str("from another thread");
	bad->host->reply(bad->host, bad->token, 0, body);
	return NULL;
}

static act_rc other_thread(struct bad *bad, const act_call *call)
{
	bad->token = call->token;
	if (pthread_create(&bad->thread, NULL, answer_from_there, bad) != 0)
		return ACT_E_FAIL;
	bad->has_thread = 1;
	return ACT_DEFER;
}

static void *stay(void *arg)
{
	while (usleep(10000) == 0)
		;
	return arg;
}

static act_rc leave_thread(struct bad *bad, const act_call *call)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, stay, NULL) != 0)
		return ACT_E_FAIL;
	pthread_detach(thread);
	return act_reply_text(bad->host, call, "left");
}

static void forget(void *value)
{
	free(value);
}

static act_rc leave_key(struct bad *bad, const act_call *call)
{
	pthread_key_t key;
	if (pthread_key_create(&key, forget) != 0)
		return ACT_E_FAIL;
	pthread_setspecific(key, malloc(8));
	return act_reply_text(bad->host, call, "left");
}

/* ---- numbers ---- */

static act_rc wrong_number(struct bad *bad, const act_call *call)
{
	act_rc rc = bad->host->bind_user(bad->host, call->token, act_str("eve"), act_str(""));
	return act_reply_text(bad->host, call, "%d", rc);
}

/* ---- what is borrowed ---- */

static act_rc write_past(struct bad *bad, const act_call *call)
{
	char *payload = (char *)(uintptr_t)call->payload.ptr;
	payload[call->payload.len] = '!';
	return act_reply_text(bad->host, call, "written");
}

static act_rc write_into(struct bad *bad, const act_call *call)
{
	char *payload = (char *)(uintptr_t)call->payload.ptr;
	payload[0] = '!';
	return act_reply_text(bad->host, call, "written");
}

static act_rc keep(struct bad *bad, const act_call *call)
{
	bad->kept = call->payload;
	return act_reply_text(bad->host, call, "kept");
}

static act_rc use_kept(struct bad *bad, const act_call *call)
{
	return act_reply_text(bad->host, call, "%c", *(const char *)bad->kept.ptr);
}

/* ---- the table ---- */

static const struct {
	const char *name;
	act_rc (*run)(struct bad *bad, const act_call *call);
} deeds[] = {
	{ "crash", crash },
	{ "overflow", overflow },
	{ "abort", give_up },
	{ "exit", leave },
	{ "loop", spin },
	{ "grow", grow },
	{ "fork", make_copy },
	{ "signals", signals },
	{ "never", never },
	{ "nothing", nothing },
	{ "twice", twice },
	{ "answer and fail", answers_and_fails },
	{ "too late", too_late },
	{ "other thread", other_thread },
	{ "leave thread", leave_thread },
	{ "leave key", leave_key },
	{ "wrong number", wrong_number },
	{ "write past", write_past },
	{ "write into", write_into },
	{ "keep", keep },
	{ "use kept", use_kept },
};

static act_rc handle(void *self, const act_call *call)
{
	for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
		if (act_same(call->payload, act_str(deeds[i].name)))
			return deeds[i].run(self, call);
	return act_reply_text(((struct bad *)self)->host, call, "%.*s", ACT_FMT(call->payload));
}

static void answer_late(struct bad *bad)
{
	act_rc rc = bad->host->reply(bad->host, bad->token, 0, act_str("late"));
	if (bad->token != 0)
		act_logf(bad->host, ACT_LOG_INFO, "the late answer: %d", rc);
	bad->token = 0;
}

static void cancel(void *self, act_token call, act_rc why)
{
	struct bad *bad = self;
	if (call == bad->token && why == ACT_E_LATE)
		answer_late(bad);
}

static void conn_close(void *self, act_conn conn)
{
	struct bad *bad = self;
	(void)conn;
	if (bad->token != 0 && !bad->has_thread)
		answer_late(bad);
}

static act_rc create(const act_host *h, void **self)
{
	act_bytes settings = h->config(h);
	struct bad *bad = calloc(1, sizeof *bad);
	if (bad == NULL)
		return ACT_E_NOMEM;
	bad->host = h;
	*self = bad;
	if (strstr(settings.ptr, "create loops") != NULL)
		spin_until_let_go(bad);
	return ACT_OK;
}

static void destroy(void *self)
{
	struct bad *bad = self;
	if (bad->has_thread)
		pthread_join(bad->thread, NULL);
	free(bad);
}

static const act_action actions[] = {
	{ .name = "do",
	  .summary = "Does what it is told, on the loop",
	  .takes = "text/plain",
	  .gives = "text/plain",
	  .code = 2600,
	  .flags = ACT_A_ANONYMOUS },
	{ .name = "do_worker",
	  .summary = "The same on a worker",
	  .takes = "text/plain",
	  .gives = "text/plain",
	  .code = 2601,
	  .flags = ACT_A_ANONYMOUS | ACT_A_BLOCKING },
};

ACT_MANIFEST("misbehave", "1.0", "", "");

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL | BAD_MORE_FLAGS,
	.name = "misbehave",
	.version = "1.0",
	.actions = actions,
	.action_count = sizeof actions / sizeof actions[0],
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = create,
	.destroy = destroy,
	.handle = handle,
	.cancel = cancel,
	.conn_close = conn_close,
};
