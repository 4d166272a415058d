#include "plugin_trial_private.h"

#include "act/module.h"
#include "act/table.h"
#include "base/signals.h"
#include "payload.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CONN = 1 };

void trial_tell(const struct run *run, char letter, const char *format, ...)
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
	trial_tell(run, 's', "its create()");
	rc = fake_create(run->fake);
	if (rc != ACT_OK) {
		trial_tell(run, FINDING_BAD, "its create() failed (%d): %s", rc, last_line(run));
		return false;
	}
	trial_provided(run);
	trial_tell(run, 's', "its start()");
	rc = fake_start(run->fake);
	if (rc != ACT_OK) {
		trial_tell(run, FINDING_BAD, "its start() failed (%d): %s", rc, last_line(run));
		return false;
	}
	trial_tell(run, 's', "its activate()");
	fake_activate(run->fake);
	trial_tell(run, FINDING_GOOD, "created and started");
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
		trial_tell(run, FINDING_BAD, "--call %s: it has no action of that name",
		           asked->action);
		return;
	}
	trial_tell(run, 's', "handle() of the action %s", asked->action);
	const struct fake_answer *answer =
		fake_call_bytes(run->fake, asked->action, CONN, run->trial->user, ACT_HOW_BINARY,
	                        act_mem(asked->payload.at, asked->payload.len));
	show(act_mem(answer->body, answer->len), body, sizeof body);
	bool owes = (table_action(table, (uint32_t)index)->flags & ACT_A_NOREPLY) == 0;
	if (answer->answered && answer->status != 0)
		trial_tell(run, FINDING_CALL, "%s: error %u: %s", asked->action, answer->status,
		           body);
	else if (answer->answered)
		trial_tell(run, FINDING_CALL, "%s: %s", asked->action, body);
	else if (!owes && answer->rc >= 0)
		trial_tell(run, FINDING_CALL, "%s: taken; it owes no answer", asked->action);
	else if (answer->rc < 0)
		trial_tell(run, FINDING_CALL, "%s: handle() returned %d: the server answers for it",
		           asked->action, answer->rc);
	else
		trial_tell(
			run, FINDING_BAD,
			"the action %s was not answered: handle() returned %d, and neither reply() "
			"nor fail() came",
			asked->action, answer->rc);
}

static void end(struct run *run)
{
	struct err why;
	trial_tell(run, 's', "its stop() or destroy()");
	fake_free(run->fake);
	trial_tell(run, 's', "unloading it");
	if (module_close(run->module, &why))
		trial_tell(run, FINDING_GOOD, "unloaded: nothing of it is left in memory");
	else
		trial_tell(run, FINDING_NOTE, "after it was unloaded %s", why.text);
	/* The providers end with the process, but not their folders. */
	trial_tell(run, 's', "the end of what it needs");
	while (run->provider_count > 0)
		fake_free(run->providers[--run->provider_count].fake);
}

static void serve(struct run *run)
{
	fake_conn_open(run->fake, CONN, run->trial->user, "/serv/");
	for (size_t i = 0; i < run->trial->call_count; i++)
		call(run, &run->trial->calls[i]);
	trial_keeps(run);
	trial_tell(run, 's', "its conn_close()");
	fake_conn_close(run->fake, CONN);
}

void plugin_trial_run(const struct trial *trial, int out)
{
	struct run run = { .trial = trial, .out = out };
	struct err why;
	const struct rlimit no_core = { 0, 0 };
	signals_let_kill();
	setrlimit(RLIMIT_CORE, &no_core);
	trial_symbols(&run);
	trial_tell(&run, 's', "loading it (a constructor?)");
	if (module_open(trial->path, trial->manifest, &run.module, &why) != 0) {
		trial_tell(&run, FINDING_BAD, "%s", why.text);
		trial_tell(&run, 'e', "%s", "");
		return;
	}
	trial_tell(&run, FINDING_GOOD, "loaded, and its table agrees with its manifest");
	if ((module_table(run.module)->flags & ACT_F_THREADS) != 0)
		trial_tell(&run, FINDING_NOTE,
		           "it starts threads of its own (ACT_F_THREADS): the server "
		           "never unloads it");
	run.fake = fake_new(trial->settings);
	fake_adopt(run.fake, module_table(run.module));
	if (trial_meet_needs(&run) && live(&run))
		serve(&run);
	end(&run);
	trial_tell(&run, 'e', "%s", "");
}
