#include "plugin_trial.h"

#include "act/module.h"
#include "act/table.h"
#include "base/signals.h"
#include "payload.h"

#include <act/fake.h>

#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PROVIDERS_MAX = 8, SYMBOLS_SHOWN = 20, CONN = 1 };

/* A plugin that provides services for the one on trial. */
struct provider {
	struct manifest manifest;
	struct module *module;
	struct fake_host *fake;
};

struct run {
	const struct trial *trial;
	int out;
	struct module *module;
	struct fake_host *fake;
	struct provider providers[PROVIDERS_MAX];
	size_t provider_count;
};

/* One line to the asker; line ends in it become blanks. */
__attribute__((format(printf, 3, 4))) static void tell(const struct run *run, char letter,
                                                       const char *format, ...)
{
	char line[4096];
	va_list args;
	line[0] = letter;
	va_start(args, format);
	int len = vsnprintf(line + 1, sizeof line - 2, format, args);
	va_end(args);
	if (len < 0)
		return;
	for (char *at = line + 1; *at != '\0'; at++)
		if (*at == '\n')
			*at = ' ';
	size_t size = strlen(line);
	line[size++] = '\n';
	if (write(run->out, line, size) != (ssize_t)size)
		_exit(1); /* nobody listens */
}

/* ---- symbols ---- */

static bool is_of_sanitizer(const char *name)
{
	return strncmp(name, "__asan_", 7) == 0 || strncmp(name, "__ubsan_", 8) == 0 ||
	       strncmp(name, "__tsan_", 7) == 0 || strncmp(name, "__sanitizer_", 12) == 0;
}

static bool one_has(void *const *libraries, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (dlsym(libraries[i], name) != NULL)
			return true;
	return is_of_sanitizer(name);
}

/* Each symbol that the file wants from others must be in one of the libraries that it names. What
 * the server happens to have is found too, until the server no longer has it. */
static void look_for_symbols(const struct run *run)
{
	const struct plugin_elf *elf = run->trial->elf;
	void *libraries[PLUGIN_LIBRARIES_MAX];
	size_t count = 0, missing = 0;
	tell(run, 's', "loading its libraries");
	for (size_t i = 0; i < elf->library_count; i++) {
		libraries[count] = dlopen(elf->libraries[i], RTLD_LAZY | RTLD_LOCAL);
		if (libraries[count] != NULL)
			count++;
	}
	for (size_t i = 0; i < elf->undefined_count && missing < SYMBOLS_SHOWN; i++) {
		const char *name = elf->undefined[i];
		if (one_has(libraries, count, name))
			continue;
		missing++;
		if (dlsym(RTLD_DEFAULT, name) != NULL)
			tell(run, FINDING_NOTE,
			     "the symbol %s is in none of its libraries, and is found by chance in "
			     "the program that loads it: link the library that has it",
			     name);
		else
			tell(run, FINDING_BAD,
			     "the symbol %s is undefined: link the library that has it, or name "
			     "its function static",
			     name);
	}
	if (missing == 0)
		tell(run, FINDING_GOOD, "its libraries have all %zu symbols that it asks for",
		     elf->undefined_count);
	while (count > 0)
		dlclose(libraries[--count]);
}

/* ---- the plugins that it needs ---- */

static bool open_provider(struct run *run, const char *path)
{
	struct provider *provider = &run->providers[run->provider_count];
	char whole[PATH_MAX];
	struct err why = { "there is no such file" };
	tell(run, 's', "loading what it needs");
	if (realpath(path, whole) == NULL ||
	    manifest_read_path(whole, &provider->manifest, &why) != 0 ||
	    module_open(whole, &provider->manifest, &provider->module, &why) != 0) {
		tell(run, FINDING_BAD, "--needs %s: %s", path, why.text);
		return false;
	}
	run->provider_count++;
	provider->fake = fake_new(NULL);
	fake_adopt(provider->fake, module_table(provider->module));
	if (fake_run(provider->fake) == ACT_OK)
		return true;
	fake_log_print(provider->fake);
	tell(run, FINDING_BAD, "--needs %s: it does not start", path);
	return false;
}

static bool provide(struct run *run, const char *id)
{
	for (size_t i = 0; i < run->provider_count; i++) {
		if (!manifest_provides(&run->providers[i].manifest, id))
			continue;
		fake_provide(run->fake, id, run->providers[i].fake);
		return true;
	}
	tell(run, FINDING_NOTE,
	     "it was not started nor called: it needs %s; name a plugin that provides that with "
	     "--needs FILE",
	     id);
	return false;
}

static bool meet_needs(struct run *run)
{
	const struct trial *trial = run->trial;
	for (size_t i = 0; i < trial->providers->count; i++) {
		if (run->provider_count == PROVIDERS_MAX) {
			tell(run, FINDING_BAD, "--needs: expected at most %d", PROVIDERS_MAX);
			return false;
		}
		if (!open_provider(run, trial->providers->texts[i]))
			return false;
	}
	for (uint32_t i = 0; i < trial->manifest->need_count; i++)
		if (!provide(run, trial->manifest->needs[i]))
			return false;
	return true;
}

/* ---- its life ---- */

/* The last thing that it logged, or why there is none. */
static const char *last_line(const struct run *run)
{
	size_t count = fake_count(run->fake, FAKE_LOG);
	return count > 0 ? fake_at(run->fake, FAKE_LOG, count - 1)->body : "it logged nothing";
}

static bool live(struct run *run)
{
	act_rc rc;
	tell(run, 's', "its create()");
	rc = fake_create(run->fake);
	if (rc != ACT_OK) {
		tell(run, FINDING_BAD, "its create() failed (%d): %s", rc, last_line(run));
		return false;
	}
	tell(run, 's', "its start()");
	rc = fake_start(run->fake);
	if (rc != ACT_OK) {
		tell(run, FINDING_BAD, "its start() failed (%d): %s", rc, last_line(run));
		return false;
	}
	tell(run, 's', "its activate()");
	fake_activate(run->fake);
	tell(run, FINDING_GOOD, "created and started");
	return true;
}

/* The payload on one line; at most what tell() has room for. */
static void show(act_bytes payload, char *room, size_t size)
{
	FILE *to = fmemopen(room, size, "w");
	if (to != NULL) {
		payload_print_line(to, payload);
		fclose(to);
	}
	room[size - 1] = '\0';
	room[strcspn(room, "\n")] = '\0';
}

static void call(struct run *run, const struct trial_call *asked)
{
	const act_plugin *table = module_table(run->module);
	int32_t index = table_find_action(table, asked->action);
	char body[2048] = "";
	if (index < 0) {
		tell(run, FINDING_BAD, "--call %s: it has no action of that name", asked->action);
		return;
	}
	tell(run, 's', "handle() of the action %s", asked->action);
	const struct fake_answer *answer =
		fake_call_bytes(run->fake, asked->action, CONN, run->trial->user, ACT_HOW_BINARY,
	                        act_mem(asked->payload.at, asked->payload.len));
	show(act_mem(answer->body, answer->len), body, sizeof body);
	bool owes = (table_action(table, (uint32_t)index)->flags & ACT_A_NOREPLY) == 0;
	if (answer->answered && answer->status != 0)
		tell(run, FINDING_CALL, "%s: error %u: %s", asked->action, answer->status, body);
	else if (answer->answered)
		tell(run, FINDING_CALL, "%s: %s", asked->action, body);
	else if (!owes && answer->rc >= 0)
		tell(run, FINDING_CALL, "%s: taken; it owes no answer", asked->action);
	else if (answer->rc < 0)
		tell(run, FINDING_CALL, "%s: handle() returned %d: the server answers for it",
		     asked->action, answer->rc);
	else
		tell(run, FINDING_BAD,
		     "the action %s was not answered: handle() returned %d, and neither reply() "
		     "nor fail() came",
		     asked->action, answer->rc);
}

static void end(struct run *run)
{
	struct err why;
	tell(run, 's', "its stop() or destroy()");
	fake_free(run->fake);
	tell(run, 's', "unloading it");
	if (module_close(run->module, &why))
		tell(run, FINDING_GOOD, "unloaded: nothing of it is left in memory");
	else
		tell(run, FINDING_NOTE, "after it was unloaded %s", why.text);
	/* The providers end with the process, but not their folders. */
	tell(run, 's', "the end of what it needs");
	while (run->provider_count > 0)
		fake_free(run->providers[--run->provider_count].fake);
}

static void make_calls(struct run *run)
{
	fake_conn_open(run->fake, CONN, run->trial->user, "/serv/");
	for (size_t i = 0; i < run->trial->call_count; i++)
		call(run, &run->trial->calls[i]);
	tell(run, 's', "its conn_close()");
	fake_conn_close(run->fake, CONN);
}

void plugin_trial_run(const struct trial *trial, int out)
{
	struct run run = { .trial = trial, .out = out };
	struct err why;
	const struct rlimit no_core = { 0, 0 };
	signals_let_kill();
	setrlimit(RLIMIT_CORE, &no_core);
	look_for_symbols(&run);
	tell(&run, 's', "loading it (a constructor?)");
	if (module_open(trial->path, trial->manifest, &run.module, &why) != 0) {
		tell(&run, FINDING_BAD, "%s", why.text);
		tell(&run, 'e', "%s", "");
		return;
	}
	tell(&run, FINDING_GOOD, "loaded, and its table agrees with its manifest");
	if ((module_table(run.module)->flags & ACT_F_THREADS) != 0)
		tell(&run, FINDING_NOTE,
		     "it starts threads of its own (ACT_F_THREADS): the server "
		     "never unloads it");
	run.fake = fake_new(trial->settings);
	fake_adopt(run.fake, module_table(run.module));
	if (meet_needs(&run) && live(&run))
		make_calls(&run);
	end(&run);
	tell(&run, 'e', "%s", "");
}
