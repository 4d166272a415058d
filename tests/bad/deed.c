/* Does in a step of its life what its settings name: {"create":"crash"}. Some builds have more
 * steps than others: DEED_ACTIVATE, DEED_PROVIDES. */
#include "plain.h"

#include <act/ext/auth.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef DEED_PROVIDES
#define DEED_PROVIDES ""
#endif
#ifndef DEED_FLAGS
#define DEED_FLAGS ACT_F_PARALLEL
#endif

struct deed {
	const act_host *host;
};

/* ---- deeds that no caller survives, or that never end ---- */

/* Not raise(3): workers block signals, as what they do themselves kills them all the same. */
__attribute__((no_sanitize("address", "undefined"))) static act_rc crash(const act_host *h)
{
	volatile char *volatile nowhere = (char *)16;
	(void)h;
	*nowhere = 1;
	return ACT_OK;
}

static act_rc leave(const act_host *h)
{
	(void)h;
	exit(3);
	return ACT_OK;
}

static act_rc loop(const act_host *h)
{
	static volatile int stop;
	(void)h;
	while (!stop)
		;
	return ACT_OK;
}

static char waits[1024]; /* a file that says so */

static void wait_for_ever(void)
{
	int fd = open(waits, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	while (pause() < 0)
		;
}

static act_rc wait_here(const act_host *h)
{
	snprintf(waits, sizeof waits, "%.*s/waits", ACT_FMT(h->data_dir(h)));
	wait_for_ever();
	return ACT_OK;
}

static act_rc wait_at_exit(const act_host *h)
{
	snprintf(waits, sizeof waits, "%.*s/waits", ACT_FMT(h->data_dir(h)));
	return atexit(wait_for_ever) == 0 ? ACT_OK : ACT_E_FAIL;
}

/* Takes addresses without using them, so that it harms nobody who lets it. */
static act_rc grow(const act_host *h)
{
	void *more;
	(void)h;
	while ((more = malloc((size_t)64 << 20)) != NULL)
		*(volatile char *)more = 1;
	abort();
	return ACT_E_NOMEM;
}

static act_rc fill(const act_host *h)
{
	static const char bytes[1 << 16];
	char path[1024];
	snprintf(path, sizeof path, "%.*s/large", ACT_FMT(h->data_dir(h)));
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	/* A hole up to shortly below the limit: what is written is little. */
	if (fd < 0 || lseek(fd, (off_t)255 << 20, SEEK_SET) < 0)
		return ACT_OK;
	while (write(fd, bytes, sizeof bytes) > 0)
		;
	act_logf(h, ACT_LOG_ERROR, "%s", strerror(errno));
	return ACT_E_FAIL;
}

/* ---- deeds that harm whoever comes later ---- */

static act_rc close_all(const act_host *h)
{
	(void)h;
	for (int fd = STDERR_FILENO + 1; fd < 256; fd++)
		close(fd);
	return ACT_OK;
}

static act_rc lie(const act_host *h)
{
	static const char lies[] = "ok\n0000000000000000 ok\n";
	(void)h;
	for (int fd = STDERR_FILENO + 1; fd < 16; fd++)
		if (write(fd, lies, sizeof lies - 1) < 0)
			continue;
	_exit(0);
	return ACT_OK;
}

static act_rc start_process(const act_host *h)
{
	(void)h;
	if (fork() == 0)
		wait_for_ever();
	return ACT_OK;
}

static void on_signal(int number)
{
	(void)number;
}

static act_rc take_signal(const act_host *h)
{
	(void)h;
	signal(SIGUSR2, on_signal);
	return ACT_OK;
}

static act_rc give_signal_back(const act_host *h)
{
	(void)h;
	signal(SIGUSR2, SIG_DFL);
	return ACT_OK;
}

static void *run_for_ever(void *context)
{
	wait_for_ever();
	return context;
}

static act_rc start_thread(const act_host *h)
{
	pthread_t thread;
	(void)h;
	return pthread_create(&thread, NULL, run_for_ever, NULL) == 0 ? ACT_OK : ACT_E_FAIL;
}

static void free_key(void *value)
{
	(void)value;
}

static act_rc keep_key(const act_host *h)
{
	static pthread_key_t key;
	(void)h;
	if (pthread_key_create(&key, free_key) != 0)
		return ACT_E_FAIL;
	return pthread_setspecific(key, &key) == 0 ? ACT_OK : ACT_E_FAIL;
}

static void at_exit(void)
{
	crash(NULL);
}

static act_rc leave_function(const act_host *h)
{
	(void)h;
	return atexit(at_exit) == 0 ? ACT_OK : ACT_E_FAIL;
}

/* ---- deeds of which nobody can say that they are wrong ---- */

static act_rc fail(const act_host *h)
{
	act_logf(h, ACT_LOG_WARN, "it rains");
	return ACT_E_FAIL;
}

static act_rc fail_without_folder(const act_host *h)
{
	char path[1024];
	snprintf(path, sizeof path, "%.*s/key", ACT_FMT(h->data_dir(h)));
	return access(path, R_OK) == 0 ? ACT_OK : ACT_E_FAIL;
}

static act_rc fail_without_work(const act_host *h)
{
	return h->work(h, 0, NULL) == ACT_OK ? ACT_OK : ACT_E_FAIL;
}

static act_rc talk(const act_host *h)
{
	for (int i = 0; i < 1000; i++)
		act_logf(h, ACT_LOG_INFO, "line %d\nof many", i);
	act_logf(h, ACT_LOG_ERROR, "the last line");
	return ACT_E_FAIL;
}

static const struct {
	const char *name;
	act_rc (*does)(const act_host *h);
} deeds[] = {
	{ "crash", crash },
	{ "exit", leave },
	{ "loop", loop },
	{ "wait", wait_here },
	{ "wait at exit", wait_at_exit },
	{ "grow", grow },
	{ "fill", fill },
	{ "close", close_all },
	{ "lie", lie },
	{ "fork", start_process },
	{ "take signal", take_signal },
	{ "give signal back", give_signal_back },
	{ "thread", start_thread },
	{ "key", keep_key },
	{ "atexit", leave_function },
	{ "fail", fail },
	{ "fail without folder", fail_without_folder },
	{ "fail without work", fail_without_work },
	{ "talk", talk },
};

static act_rc act_out(const act_host *h, const char *step)
{
	act_bytes settings = h->config(h);
	act_logf(h, ACT_LOG_DEBUG, "%s", step);
	for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
		char wish[64];
		int len = snprintf(wish, sizeof wish, "\"%s\":\"%s\"", step, deeds[i].name);
		if (memmem(settings.ptr, settings.len, wish, (size_t)len) != NULL)
			return deeds[i].does(h);
	}
	return ACT_OK;
}

/* ---- its life ---- */

static act_rc deed_create(const act_host *h, void **self)
{
	*self = (void *)(uintptr_t)h;
	return act_out(h, "create");
}

static act_rc deed_start(void *self)
{
	return act_out(self, "start");
}

#ifdef DEED_ACTIVATE
static void deed_activate(void *self)
{
	act_out(self, "activate");
}
#endif

static void deed_stop(void *self)
{
	act_out(self, "stop");
}

static void deed_leave(void *self)
{
	act_out(self, "leave");
}

static void deed_destroy(void *self)
{
	act_out(self, "destroy");
}

static void deed_work(void *self, uint64_t tag, void *arg)
{
	(void)self;
	(void)tag;
	(void)arg;
}

static act_rc check(void *self, const act_auth_request *request, act_auth_verdict *out)
{
	(void)self;
	(void)request;
	out->verdict = ACT_AUTH_DENY;
	return ACT_OK;
}

static const void *deed_extension(void *self, const char *id)
{
	static const act_auth_provider provider = { .size = sizeof provider, .check = check };
	act_out(self, "extension");
	return strcmp(id, ACT_EXT_AUTH) == 0 ? &provider : NULL;
}

ACT_MANIFEST(BAD_NAME, BAD_VERSION, "", DEED_PROVIDES);

static const act_action actions[] = { PLAIN_ACTION("which", BAD_CODE) };

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = DEED_FLAGS,
	.name = BAD_NAME,
	.version = BAD_VERSION,
	.actions = actions,
	.action_count = 1,
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = deed_create,
	.start = deed_start,
#ifdef DEED_ACTIVATE
	.activate = deed_activate,
#endif
	.stop = deed_stop,
	.destroy = deed_destroy,
	.handle = plain_handle,
	.work = deed_work,
	.worker_leave = deed_leave,
	.extension = deed_extension,
};
