/* fake_host: the life of the plugin and of what was taken down about it. */
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
	struct fake_host *fake = fake_alloc(sizeof *fake);
	fake->table.size = sizeof fake->table;
	fake->table.abi_major = ACT_ABI_MAJOR;
	fake->table.abi_minor = ACT_ABI_MINOR;
	fake->table.impl = fake;
	fake->table.generation = ++generation;
	fake_table_fill(&fake->table);
	fake->config = fake_copy(act_str(config != NULL ? config : "{}"));
	pthread_mutex_init(&fake->lock, NULL);
	pthread_cond_init(&fake->answered, NULL);
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
	return fake;
}

struct fake_host *fake_new_beside(struct fake_host *first, const char *config)
{
	struct fake_host *fake = host_new(config);
	fake->data_dir = fake_copy(act_str(first->data_dir));
	fake->data_dir_borrowed = true;
	return fake;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info;
	(void)type;
	(void)where;
	return remove(path);
}

void fake_forget(struct fake_host *fake)
{
	for (size_t i = 0; i < fake->event_count; i++) {
		free(fake->events[i]->id);
		free(fake->events[i]->device);
		free(fake->events[i]->body);
		free(fake->events[i]);
	}
	fake->event_count = 0;
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
}

void fake_free(struct fake_host *fake)
{
	if (fake == NULL)
		return;
	fake_end(fake);
	if (fake->object != NULL)
		dlclose(fake->object);
	if (!fake->data_dir_borrowed)
		nftw(fake->data_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free_lists(fake);
	pthread_cond_destroy(&fake->answered);
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

/* Queued work still belongs to the generation: the server runs it before it destroys. Timers die.
 */
void fake_end(struct fake_host *fake)
{
	if (!fake->created)
		return;
	if (fake->activated && fake->plugin->stop != NULL)
		fake->plugin->stop(fake->self);
	fake_work_run(fake);
	fake->activated = false;
	for (struct fake_timer *timer = fake->timers, *next; timer != NULL; timer = next) {
		next = timer->next;
		free(timer);
	}
	fake->timers = NULL;
	fake->timer_count = 0;
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

/* ---- what the plugin did ------------------------------------------------------------------- */

void fake_note(struct fake_host *fake, struct fake_event event)
{
	struct fake_event *kept = fake_alloc(sizeof *kept);
	*kept = event;
	kept->id = event.id != NULL ? event.id : fake_copy(act_str(""));
	kept->device = event.device != NULL ? event.device : fake_copy(act_str(""));
	kept->body = event.body != NULL ? event.body : fake_copy(act_str(""));
	pthread_mutex_lock(&fake->lock);
	if (fake->event_count == fake->event_room) {
		fake->event_room = fake->event_room != 0 ? fake->event_room * 2 : 16;
		fake->events =
			realloc(fake->events, fake->event_room * sizeof(struct fake_event *));
		if (fake->events == NULL)
			fake_die("no memory for %zu events", fake->event_room);
	}
	fake->events[fake->event_count++] = kept;
	pthread_mutex_unlock(&fake->lock);
}

const struct fake_event *fake_at(struct fake_host *fake, enum fake_kind kind, size_t index)
{
	const struct fake_event *found = NULL;
	pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < fake->event_count && found == NULL; i++)
		if (fake->events[i]->kind == kind && index-- == 0)
			found = fake->events[i];
	pthread_mutex_unlock(&fake->lock);
	return found;
}

size_t fake_count(struct fake_host *fake, enum fake_kind kind)
{
	size_t count = 0;
	pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < fake->event_count; i++)
		count += fake->events[i]->kind == kind;
	pthread_mutex_unlock(&fake->lock);
	return count;
}

bool fake_logged(struct fake_host *fake, const char *text)
{
	const struct fake_event *line;
	for (size_t i = 0; (line = fake_at(fake, FAKE_LOG, i)) != NULL; i++)
		if (strstr(line->body, text) != NULL)
			return true;
	return false;
}

void fake_log_print(struct fake_host *fake)
{
	const struct fake_event *line;
	for (size_t i = 0; (line = fake_at(fake, FAKE_LOG, i)) != NULL; i++)
		fprintf(stderr, "log %u: %s\n", line->number, line->body);
}
