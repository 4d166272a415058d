#include "reload/stage.h"

#include "act/service.h"
#include "act/state.h"
#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pulse.h"
#include "reload/handover.h"
#include "reload/order.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often load_ms is waited for a plugin at most, each step waiting for a worker first: a
 * hand-over, create, start, and the end of what was refused. */
enum { STAGE_WAITS = 16 };

/* ---- who is in the next world ---- */

/* The manifest under which an entry will serve; NULL: it will not. */
static const struct manifest *next_manifest(const struct plan_entry *entry)
{
	if (entry->kind == PLAN_NEW)
		return &entry->manifest;
	if (entry->kind != PLAN_OFF && entry->old != NULL)
		return &entry->old->generation->manifest;
	return NULL;
}

static struct generation *next_generation(const struct plan_entry *entry)
{
	if (entry->kind == PLAN_NEW)
		return entry->plugin.generation;
	return entry->kind != PLAN_OFF && entry->old != NULL ? entry->old->generation : NULL;
}

/* Whoever was refused meanwhile is not in it. The caller frees the manifests. */
static struct order order_now(const struct plan *plan, const struct config *config,
                              const struct manifest ***manifests)
{
	*manifests = mem_new(plan->count, sizeof **manifests);
	for (size_t i = 0; i < plan->count; i++)
		(*manifests)[i] = next_manifest(&plan->entries[i]);
	return (struct order){ config, *manifests, plan->count };
}

struct generation *stage_provider(const struct stage *stage, const char *id)
{
	const struct manifest **manifests;
	const struct order order = order_now(stage->plan, stage->config, &manifests);
	ssize_t index = order_provider(&order, id);
	free(manifests);
	return index >= 0 ? next_generation(&stage->plan->entries[index]) : NULL;
}

/* ---- one plugin ---- */

/* Something of it is stuck: it stays as it is, and nothing that others free may be reached from it.
 */
static void lose(struct plan_entry *entry, const char *what)
{
	struct generation *generation = entry->plugin.generation;
	roster_stay(generation->entry, "it was refused, and %s did not end in time", what);
	generation_cut_off(generation);
	generation->next_lost = generation->act->lost;
	generation->act->lost = generation;
	entry->plugin.generation = NULL;
}

/* Ends a generation that never served. */
static void discard(struct stage *stage, struct plan_entry *entry, bool created)
{
	struct generation *generation = entry->plugin.generation;
	uint32_t load_ms = stage->config->load_ms;
	struct err resident;
	/* It may have begun work() and transactions, also in a create() that failed. */
	sql_handles_sweep(stage->act->sql, generation);
	bool ended = generation_wait_idle(generation, load_ms);
	if (created)
		ended = ended && generation_leave_workers(generation, load_ms) &&
		        generation_step(generation, STEP_DESTROY, load_ms) == ACT_OK;
	if (!ended) {
		log_error("reload", "plugin %s: it did not end within load_ms: it stays in memory",
		          entry->plugin.name);
		lose(entry, "its work, worker_leave or destroy");
		return;
	}
	entry->plugin.generation = NULL;
	if (!generation_free(generation, &resident))
		log_warn("reload", "plugin %s: %s", entry->plugin.name, resident.text);
	unlink(entry->plugin.copy);
}

static bool find_services(struct stage *stage, struct plan_entry *entry)
{
	struct generation *generation = entry->plugin.generation;
	const struct manifest **manifests;
	const struct order order = order_now(stage->plan, stage->config, &manifests);
	struct err why;
	int rc = order_check_needs(&order, &generation->manifest, &why);
	free(manifests);
	if (rc != 0) {
		plan_refuse(entry, "%s", why.text);
		return false;
	}
	for (uint32_t i = 0; i < generation->manifest.need_count; i++) {
		struct need *need = &generation->needs[i];
		if (!service_is_own(need->id))
			need_set(need, stage_provider(stage, need->id));
	}
	return true;
}

static bool tables_fit(struct plan_entry *entry)
{
	const struct generation *generation = entry->plugin.generation;
	struct err why;
	for (uint32_t i = 0; i < generation->manifest.provide_count; i++) {
		const char *id = generation->manifest.provides[i];
		if (service_judge(id, generation_service(generation, id), &why) != 0) {
			plan_refuse(entry, "%s", why.text);
			return false;
		}
	}
	return true;
}

/* True: it runs in the next world. False: it was refused, and the worker that hangs in it, if so,
 * is lost to the pool. */
static bool run_step(struct stage *stage, struct plan_entry *entry, enum generation_step step,
                     const char *word)
{
	uint32_t load_ms = stage->config->load_ms;
	act_rc rc = generation_step(entry->plugin.generation, step, load_ms);
	if (rc == ACT_OK)
		return true;
	if (rc == ACT_E_LATE) {
		lose(entry, word);
		plan_refuse(entry, "%s did not end within load_ms (%u ms); a worker is lost in it",
		            word, load_ms);
		return false;
	}
	discard(stage, entry, step == STEP_START);
	if (rc == ACT_E_BUSY)
		plan_refuse(entry, "no worker was free for its %s within load_ms (%u ms)", word,
		            load_ms);
	else
		plan_refuse(entry, "%s failed (%d); the lines above tell what it logged", word, rc);
	return false;
}

/* What the generation before keeps comes along, where both are made for that. */
static bool take_over(struct stage *stage, struct plan_entry *entry)
{
	struct generation *to = entry->plugin.generation;
	struct generation *from = entry->old != NULL ? entry->old->generation : NULL;
	struct err why = { 0 };
	if (from == NULL || !handover_wanted(from, to))
		return true;
	act_rc rc = handover_make(from, to, stage->config->load_ms, &why);
	entry->handed_over = rc == ACT_OK;
	if (rc == ACT_OK)
		return true;
	if (rc == ACT_E_LATE)
		lose(entry, "load");
	else
		discard(stage, entry, true);
	plan_refuse(entry, "%s", why.text);
	return false;
}

/* It does not serve after all: what waits goes to the one before. */
static void give_back(struct plan_entry *entry)
{
	if (entry->handed_over)
		handover_end(entry->old->generation, false);
	entry->handed_over = false;
}

static void stage_one(struct stage *stage, struct plan_entry *entry)
{
	char data_dir[PATH_MAX];
	pulse_step((uint64_t)STAGE_WAITS * stage->config->load_ms);
	if (folder_data_dir(stage->folder, entry->plugin.name, data_dir, &entry->why) != 0) {
		struct err why = entry->why;
		plan_refuse(entry, "%s", why.text);
		return;
	}
	struct generation_birth birth = { &entry->manifest, entry->module, entry->plugin.settings,
		                          data_dir, entry->plugin.source };
	entry->module = NULL;
	entry->plugin.generation = generation_new(stage->act, &birth);
	struct generation *generation = entry->plugin.generation;
	if (!find_services(stage, entry)) {
		discard(stage, entry, false);
	} else if (run_step(stage, entry, STEP_CREATE, "create")) {
		if (!tables_fit(entry))
			discard(stage, entry, true);
		else if (take_over(stage, entry) && !run_step(stage, entry, STEP_START, "start"))
			give_back(entry);
	}
	/* Whoever was refused must not be found by those that come after. */
	if (entry->kind != PLAN_NEW)
		CHECK(entry->plugin.generation == NULL || entry->plugin.generation != generation);
}

/* ---- all ---- */

bool stage_has(const struct stage *stage, const struct generation *generation)
{
	for (size_t i = 0; i < stage->live_count; i++)
		if (stage->live[i] == generation)
			return true;
	return false;
}

/* A refused second file of a plugin leads to the same generation as the first. */
static void collect_live(struct stage *stage)
{
	stage->live = mem_new(stage->plan->count, sizeof(*stage->live));
	for (size_t i = 0; i < stage->plan->count; i++) {
		struct generation *generation = next_generation(&stage->plan->entries[i]);
		if (generation != NULL && !stage_has(stage, generation))
			stage->live[stage->live_count++] = generation;
	}
}

/* Is it to come to rest, so that the next one can take over what it keeps? */
static bool rests(const struct plan_entry *entry)
{
	const struct generation *from = entry->old != NULL ? entry->old->generation : NULL;
	return from != NULL && from->manifest.provide_count == 0 && state_table(from) != NULL;
}

int stage_make(struct stage *stage, struct act *act, const struct config *config,
               const struct folder *folder, struct plan *plan, struct config_errors *errors)
{
	const struct manifest **manifests;
	const struct order order = order_now(plan, config, &manifests);
	*stage = (struct stage){ .act = act, .config = config, .folder = folder, .plan = plan };
	stage->order = mem_new(plan->count, sizeof *stage->order);
	int rc = order_make(&order, stage->order, &stage->order_count, errors);
	free(manifests);
	if (rc != 0)
		return -1;
	/* Those that hand over come last, so that their clients wait no longer than they must; they
	 * provide nothing that others need. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < stage->order_count; i++) {
			struct plan_entry *entry = &plan->entries[stage->order[i]];
			if (entry->kind == PLAN_NEW && rests(entry) == (round == 1))
				stage_one(stage, entry);
		}
	}
	collect_live(stage);
	return 0;
}

/* Backwards: what was made first is what the later ones use. */
void stage_undo(struct stage *stage)
{
	for (size_t i = stage->order_count; i > 0; i--) {
		struct plan_entry *entry = &stage->plan->entries[stage->order[i - 1]];
		if (entry->kind != PLAN_NEW || entry->plugin.generation == NULL)
			continue;
		pulse_step((uint64_t)STAGE_WAITS * stage->config->load_ms);
		discard(stage, entry, true);
		give_back(entry);
		plan_refuse(entry, "the whole reload was refused");
	}
}

void stage_free(struct stage *stage)
{
	free(stage->order);
	free(stage->live);
	*stage = (struct stage){ 0 };
}
