/* fake_state: act.state/1 in the fake host: what one generation saves, and the next one loads. */
#include "fake_inner.h"

#include <stdlib.h>

/* What save() writes, as it comes. */
struct bag {
	char *bytes;
	size_t len, room;
	act_rc refused; /* why a piece was not taken: save() has failed then, whatever it returns */
};

static const act_state *find_table(struct fake_host *fake)
{
	const act_state *table = NULL;
	if (!fake->created)
		fake_die("plugin %s: its state is asked for before create()", fake->plugin->name);
	if (FAKE_GET(fake->plugin, extension) != NULL)
		table = fake->plugin->extension(fake->self, ACT_EXT_STATE);
	if (table != NULL &&
	    (table->size < sizeof *table || table->save == NULL || table->load == NULL))
		fake_die("plugin %s: its table for %s is not complete", fake->plugin->name,
		         ACT_EXT_STATE);
	return table;
}

static const act_state *table_of(struct fake_host *fake)
{
	const act_state *table = find_table(fake);
	if (table == NULL)
		fake_die("plugin %s has no table for %s", fake->plugin->name, ACT_EXT_STATE);
	return table;
}

bool fake_state_has(struct fake_host *fake)
{
	return find_table(fake) != NULL;
}

static act_rc take_piece(void *context, act_bytes piece)
{
	struct bag *bag = context;
	if (piece.ptr == NULL && piece.len != 0)
		bag->refused = ACT_E_INVAL;
	else if (piece.len > ACT_STATE_BYTES_MAX - bag->len)
		bag->refused = ACT_E_TOOBIG;
	if (bag->refused != ACT_OK)
		return bag->refused;
	if (piece.len > bag->room - bag->len) {
		bag->room = (bag->len + piece.len) * 2;
		bag->bytes = realloc(bag->bytes, bag->room);
		if (bag->bytes == NULL)
			fake_die("no memory for %zu bytes of state", bag->room);
	}
	if (piece.len != 0)
		memcpy(bag->bytes + bag->len, piece.ptr, piece.len);
	bag->len += piece.len;
	return ACT_OK;
}

act_rc fake_state_save(struct fake_host *fake, const struct fake_saved **out)
{
	const act_state *table = table_of(fake);
	struct bag bag = { NULL, 0, 0, ACT_OK };
	act_rc rc = table->save(fake->self, take_piece, &bag);
	if (bag.refused != ACT_OK)
		rc = bag.refused;
	if (rc == ACT_OK) {
		free(fake->saved.bytes);
		fake->saved = (struct fake_saved){ .format = table->format,
			                           .bytes = fake_copy(act_mem(bag.bytes, bag.len)),
			                           .len = bag.len };
		*out = &fake->saved;
	}
	free(bag.bytes);
	return rc;
}

act_rc fake_state_load(struct fake_host *fake, uint32_t format, act_bytes state)
{
	const act_state *table = table_of(fake);
	/* An exact copy on the heap: a sanitizer then sees a read beyond its end. */
	void *copy = malloc(state.len != 0 ? state.len : 1);
	if (copy == NULL)
		fake_die("no memory for %zu bytes of state", state.len);
	if (state.len != 0)
		memcpy(copy, state.ptr, state.len);
	act_rc rc = table->load(fake->self, format, act_mem(copy, state.len));
	free(copy);
	return rc;
}

/* ---- handing over ---- */

/* The next call after `last` (NULL: the first) that waits for its answer. */
static struct fake_open *next_open(struct fake_host *fake, const struct fake_open *last)
{
	pthread_mutex_lock(&fake->lock);
	struct fake_open *call = last != NULL ? last->next : fake->calls;
	while (call != NULL && !fake_call_is_open(call))
		call = call->next;
	pthread_mutex_unlock(&fake->lock);
	return call;
}

/* Whether something else than this thread may still answer. */
static bool may_answer(struct fake_host *fake)
{
	return (fake->plugin->flags & ACT_F_THREADS) != 0 || fake_watches(fake) != 0;
}

bool fake_state_rests(struct fake_host *fake)
{
	fake_work_run(fake);
	for (struct fake_open *call = NULL; (call = next_open(fake, call)) != NULL;)
		fake_cancel_call(fake, call, ACT_E_BUSY);
	fake_work_run(fake);
	for (struct fake_open *call; (call = next_open(fake, NULL)) != NULL;) {
		if (!may_answer(fake) || !fake_call_await(fake, &call->answer)->answered)
			return false;
	}
	return true;
}

act_rc fake_state_hand_over(struct fake_host *from, struct fake_host *to)
{
	const struct fake_saved *saved;
	if (!from->activated || !to->created || to->activated)
		fake_die("a state is handed over from a plugin that runs to one that was created");
	(void)table_of(to); /* a mistake of the test is told before anything is disturbed */
	if (!fake_state_rests(from))
		return ACT_E_BUSY;
	act_rc rc = fake_state_save(from, &saved);
	if (rc == ACT_OK)
		rc = fake_state_load(to, saved->format, act_mem(saved->bytes, saved->len));
	return rc;
}
