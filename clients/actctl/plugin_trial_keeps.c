#include "plugin_trial_private.h"

#include "act/module.h"
#include "act/table.h"
#include "base/mem.h"
#include "file.h"

#include <stdlib.h>
#include <unistd.h>

/* Is it one that hands its state over? What is half done is told. */
static bool hands_over(const struct run *run)
{
	const act_plugin *table = fake_plugin(run->fake);
	const act_state *state = NULL;
	trial_tell(run, 's', "its extension()");
	if (TABLE_GET(table, extension) != NULL)
		state = table->extension(fake_self(run->fake), ACT_EXT_STATE);
	if (state == NULL)
		return false;
	if (state->size < sizeof *state || state->save == NULL || state->load == NULL)
		trial_tell(run, FINDING_NOTE,
		           "its table for %s is not complete: the server does not hand its state "
		           "over",
		           ACT_EXT_STATE);
	else if (run->trial->manifest->provide_count > 0)
		trial_tell(run, FINDING_NOTE,
		           "it provides a service: the server does not hand its state over");
	else
		return true;
	return false;
}

/* From the generation that was called to one that is about to start. */
static void hand_over(const struct run *run, struct fake_host *to)
{
	const struct fake_saved *saved;
	act_rc rc = ACT_E_FAIL;
	trial_tell(run, 's', "its save()");
	if (!fake_state_rests(run->fake)) {
		trial_tell(run, FINDING_NOTE,
		           "its state was not handed over, as calls of it are open");
		return;
	}
	rc = fake_state_save(run->fake, &saved);
	if (rc != ACT_OK) {
		trial_tell(run, FINDING_BAD, "its save() failed (%d)", rc);
		return;
	}
	trial_tell(run, 's', "its load()");
	rc = fake_state_load(to, saved->format, act_mem(saved->bytes, saved->len));
	if (rc != ACT_OK) {
		trial_tell(run, FINDING_BAD,
		           "its load() failed (%d) on what its save() wrote (%zu bytes in format "
		           "%u)",
		           rc, saved->len, saved->format);
		return;
	}
	trial_tell(run, 's', "its start() after load()");
	rc = fake_start(to);
	if (rc != ACT_OK)
		trial_tell(run, FINDING_BAD, "its start() failed (%d) after load()", rc);
	else
		trial_tell(run, FINDING_GOOD,
		           "its state was handed to another generation (%zu bytes in format %u)",
		           saved->len, saved->format);
}

/* A copy of the file is loaded, as the server does: its static variables begin anew. */
static void make_another(struct run *run, const char *copy)
{
	struct module *module;
	struct err why;
	if (module_open(copy, run->trial->manifest, &module, &why) != 0) {
		trial_tell(run, FINDING_NOTE,
		           "its state was not handed over: a copy of it cannot be loaded beside "
		           "it: %s",
		           why.text);
		return;
	}
	struct fake_host *to = fake_new_beside(run->fake, run->trial->settings);
	fake_adopt(to, module_table(module));
	trial_share_services(run, to);
	trial_tell(run, 's', "its create() beside another generation");
	act_rc rc = fake_create(to);
	if (rc == ACT_OK)
		hand_over(run, to);
	else
		trial_tell(run, FINDING_BAD, "its create() failed (%d) beside another generation",
		           rc);
	trial_tell(run, 's', "its destroy() beside another generation");
	fake_free(to);
	module_close(module, &why);
}

void trial_keeps(struct run *run)
{
	size_t keys = fake_kv_entries(run->fake), watches = fake_watches(run->fake);
	if (keys > 0)
		trial_tell(run, FINDING_GOOD, "keys that it keeps in %s: %zu", ACT_EXT_KV, keys);
	if (watches > 0)
		trial_tell(run, FINDING_GOOD, "descriptors that it watches (%s): %zu", ACT_EXT_POLL,
		           watches);
	if (!hands_over(run))
		return;
	const char *tmp = getenv("TMPDIR");
	char *copy = mem_format("%s/another.so", tmp != NULL ? tmp : "/tmp");
	if (file_copy(run->trial->path, copy))
		make_another(run, copy);
	else
		trial_tell(run, FINDING_NOTE,
		           "its state was not handed over: it cannot be copied to %s", copy);
	unlink(copy);
	free(copy);
}
