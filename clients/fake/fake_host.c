/* fake_host: a host and the plugin in it, from their beginning to their end. */
#include "fake_inner.h"

#include <dlfcn.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void fake_die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("fake host: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

void *fake_alloc(size_t size)
{
	void *memory = calloc(1, size);
	if (memory == NULL)
		fake_die("no memory for %zu bytes", size);
	return memory;
}

char *fake_copy(act_bytes bytes)
{
	char *copy = fake_alloc(bytes.len + 1);
	if (bytes.len != 0)
		memcpy(copy, bytes.ptr, bytes.len);
	return copy;
}

/* ---- life ---------------------------------------------------------------------------------- */

static struct fake_host *host_new(const char *config)
{
	static uint64_t generation;
	pthread_condattr_t real;
	struct fake_host *fake = fake_alloc(sizeof *fake);
	fake->table.size = sizeof fake->table;
	fake->table.abi_major = ACT_ABI_MAJOR;
	fake->table.abi_minor = ACT_ABI_MINOR;
	fake->table.impl = fake;
	fake->table.generation = ++generation;
	fake_table_fill(&fake->table);
	fake->config = fake_copy(act_str(config != NULL ? config : "{}"));
	pthread_mutex_init(&fake->lock, NULL);
	pthread_mutex_init(&fake->loop, NULL);
	pthread_condattr_init(&real);
	pthread_condattr_setclock(&real, CLOCK_MONOTONIC);
	pthread_cond_init(&fake->answered, &real);
	pthread_condattr_destroy(&real);
	return fake;
}

struct fake_host *fake_new(const char *config)
{
	struct fake_host *fake = host_new(config);
	char path[4096];
	const char *tmp = getenv("TMPDIR");
	snprintf(path, sizeof path, "%s/actd-plugin-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(path) == NULL)
		fake_die("cannot make a folder %s", path);
	fake->data_dir = fake_copy(act_str(path));
	fake->first = fake;
	fake_store_init(&fake->store);
	return fake;
}

struct fake_host *fake_new_beside(struct fake_host *first, const char *config)
{
	struct fake_host *fake = host_new(config);
	fake->data_dir = fake_copy(act_str(first->data_dir));
	fake->first = first->first;
	return fake;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info;
	(void)type;
	(void)where;
	return remove(path);
}

static void free_lists(struct fake_host *fake)
{
	fake_forget(fake);
	free(fake->events);
	for (struct fake_open *call = fake->calls, *next; call != NULL; call = next) {
		next = call->next;
		free(call->answer.body);
		free(call);
	}
	free(fake->saved.bytes);
}

void fake_free(struct fake_host *fake)
{
	if (fake == NULL)
		return;
	fake_end(fake);
	if (fake->object != NULL)
		dlclose(fake->object);
	if (fake->first == fake) {
		nftw(fake->data_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		fake_store_clear(&fake->store);
	}
	free_lists(fake);
	pthread_cond_destroy(&fake->answered);
	pthread_mutex_destroy(&fake->loop);
	pthread_mutex_destroy(&fake->lock);
	free(fake->data_dir);
	free(fake->config);
	free(fake);
}

void fake_load(struct fake_host *fake, const char *path)
{
	fake->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (fake->object == NULL)
		fake_die("cannot load %s: %s", path, dlerror());
	const act_plugin *plugin = dlsym(fake->object, "act_plugin_v1");
	if (plugin == NULL)
		fake_die("%s does not export act_plugin_v1", path);
	fake_adopt(fake, plugin);
}

void fake_adopt(struct fake_host *fake, const act_plugin *plugin)
{
	if (plugin->size < offsetof(act_plugin, cancel) || plugin->create == NULL ||
	    plugin->destroy == NULL)
		fake_die("plugin %s: the table is not complete", plugin->name);
	if (plugin->action_count != 0 &&
	    (plugin->handle == NULL || plugin->action_size < sizeof(act_action)))
		fake_die("plugin %s: actions without handle() or of another size", plugin->name);
	if (plugin->push_count != 0 && plugin->push_size < sizeof(act_pushing))
		fake_die("plugin %s: pushes of another size", plugin->name);
	fake->plugin = plugin;
}

act_rc fake_create(struct fake_host *fake)
{
	act_rc rc = fake->plugin->create(&fake->table, &fake->self);
	fake->created = rc == ACT_OK;
	return rc;
}

act_rc fake_start(struct fake_host *fake)
{
	return fake->plugin->start != NULL ? fake->plugin->start(fake->self) : ACT_OK;
}

void fake_activate(struct fake_host *fake)
{
	fake->activated = true;
	if (fake->plugin->activate != NULL)
		fake->plugin->activate(fake->self);
}

act_rc fake_run(struct fake_host *fake)
{
	act_rc rc = fake_create(fake);
	if (rc == ACT_OK)
		rc = fake_start(fake);
	if (rc == ACT_OK)
		fake_activate(fake);
	return rc;
}

/* Queued work still belongs to the generation: the server runs it before it destroys. Timers and
 * watches die. */
void fake_end(struct fake_host *fake)
{
	if (!fake->created)
		return;
	fake_watches_end(fake);
	if (fake->activated && fake->plugin->stop != NULL)
		fake->plugin->stop(fake->self);
	fake_work_run(fake);
	fake->activated = false;
	fake_timers_end(fake);
	if (FAKE_GET(fake->plugin, worker_leave) != NULL)
		fake->plugin->worker_leave(fake->self);
	fake->plugin->destroy(fake->self);
	fake->created = false;
	fake->self = NULL;
}

const act_host *fake_table(struct fake_host *fake)
{
	return &fake->table;
}

const act_plugin *fake_plugin(struct fake_host *fake)
{
	return fake->plugin;
}

void *fake_self(struct fake_host *fake)
{
	return fake->self;
}

const char *fake_data_dir(struct fake_host *fake)
{
	return fake->data_dir;
}
