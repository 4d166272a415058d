#include "reload/prove_life.h"

#include "act/service.h"
#include "act/table.h"

#include <stdio.h>
#include <string.h>

void prove_step_begins(const struct prove_voice *voice, enum prove_step step)
{
	char number[16];
	snprintf(number, sizeof number, "%d", (int)step);
	prove_say(voice, PROVE_STEP, number);
}

/* What a plugin was given here may be the reason, and its real host gives it something else: then
 * nothing is known, and it is made for real. */
static int explain_failure(const struct prove_life *life, const char *step, act_rc rc,
                           struct err *why)
{
	const char *said = life->host->last_line;
	int number = rc > 0 ? ACT_E_FAIL : rc;
	err_set(why, "%s failed (%d) in its trial%s%s", step, number,
	        said[0] != '\0' ? ": " : ", and logged nothing", said);
	if (!prove_host_pretended(life->host))
		return -1;
	char note[PROVE_LINE_MAX];
	snprintf(note, sizeof note,
	         "%d %s failed (%d) with an empty data_dir and empty services: it is tried for "
	         "real",
	         ACT_LOG_INFO, step, number);
	/* As the plugin's own words: of interest where it is refused after all. */
	prove_say(life->host->voice, PROVE_LOG, note);
	return 0;
}

/* Whether its tables will do is looked at when it is made; here it matters that they can be. */
static void ask_extensions(const struct prove_life *life, void *self)
{
	const struct manifest *manifest = life->host->manifest;
	if (manifest->provide_count == 0)
		return;
	prove_step_begins(life->host->voice, PROVE_EXTENSION);
	for (uint32_t i = 0; i < manifest->provide_count; i++) {
		const char *id = manifest->provides[i];
		const void *table = life->table->extension(self, id);
		if (table != NULL)
			(void)service_table_fits(id, table);
	}
}

static void note_signals(const struct prove_life *life)
{
	char note[PROVE_LINE_MAX];
	bool function;
	int number = prove_trace_signal(life->before, &function);
	if (number == 0)
		return;
	const char *text = sigdescr_np(number);
	snprintf(note, sizeof note,
	         "it changes what happens at signal %d (%s), which is the whole server's", number,
	         text != NULL ? text : "unknown");
	prove_say(life->host->voice, PROVE_NOTE, note);
}

static act_rc start(const struct prove_life *life, void *self)
{
	if (life->table->start == NULL)
		return ACT_OK;
	prove_step_begins(life->host->voice, PROVE_START);
	return life->table->start(self);
}

static void stop(const struct prove_life *life, void *self)
{
	if (life->table->stop == NULL || life->table->activate != NULL)
		return;
	prove_step_begins(life->host->voice, PROVE_STOP);
	life->table->stop(self);
}

static void end(const struct prove_life *life, void *self)
{
	if (TABLE_GET(life->table, worker_leave) != NULL) {
		prove_step_begins(life->host->voice, PROVE_LEAVE);
		life->table->worker_leave(self);
	}
	prove_step_begins(life->host->voice, PROVE_DESTROY);
	life->table->destroy(self);
}

int prove_life_run(struct prove_life *life, struct err *why)
{
	void *self = NULL;
	prove_step_begins(life->host->voice, PROVE_CREATE);
	act_rc rc = life->table->create(&life->host->table, &self);
	if (rc != ACT_OK)
		return explain_failure(life, "create", rc, why);
	ask_extensions(life, self);
	rc = start(life, self);
	if (rc != ACT_OK && explain_failure(life, "start", rc, why) != 0)
		return -1;
	note_signals(life);
	if (rc == ACT_OK)
		stop(life, self);
	end(life, self);
	return 0;
}
