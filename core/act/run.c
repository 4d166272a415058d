#include "act/run.h"

#include "act/bytes.h"
#include "act/inside.h"
#include "act/place.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "net/net.h"

#include <act/easy.h>
#include <stdlib.h>
#include <string.h>

struct run {
	union {
		struct task task; /* on its way to a worker    */
		struct post post; /* or to the home loop       */
	};
	struct generation *generation;
	struct place *place;
	act_call view;
	uint8_t bytes[]; /* the user, the payload, the trace */
};

act_rc run_handle(const struct generation *generation, const act_call *view)
{
	struct inside_before before =
		inside_enter_call(generation, INSIDE_HANDLE, view->action, view->code, view->conn);
	act_rc rc = generation->act->check ? checked_handle(generation, view)
	                                   : generation->table->handle(generation->self, view);
	inside_leave(&before);
	return rc;
}

bool run_outcome(struct generation *generation, const act_call *view, act_rc rc, bool answered,
                 struct outcome *outcome)
{
	const act_action *said = table_action(generation->table, view->action);
	bool noreply = (said->flags & ACT_A_NOREPLY) != 0;
	*outcome = (struct outcome){ .kind = OUTCOME_NONE };
	if (noreply && rc >= 0)
		return true;
	if (!noreply && (answered || rc == ACT_DEFER))
		return answered;
	if (noreply)
		log_debug("act", "%s.%s: failed (%d); no answer is owed", generation->manifest.name,
		          said->name, rc);
	outcome->kind = OUTCOME_ERROR;
	if (rc < 0) {
		outcome->status = status_of_rc(rc);
		outcome->retry = status_info(outcome->status)->retry;
		outcome->body = act_str("the plugin could not serve this");
		return true;
	}
	log_error("act", "a fault of plugin %s %s: %s returned %d for code %u and did not answer",
	          generation->manifest.name, generation->manifest.version, said->name, rc,
	          view->code);
	outcome->status = STATUS_PLUGIN_FAILED;
	outcome->body = act_str("the plugin did not answer");
	return true;
}

static struct run *run_new(struct call *call, const act_call *view)
{
	size_t len = view->user.len + view->payload.len + view->trace.len;
	struct run *run = malloc(sizeof *run + len);
	if (run == NULL)
		return NULL;
	uint8_t *at = run->bytes;
	run->generation = call->generation;
	run->place = place_share(call->place);
	run->view = *view;
	run->view.user = bytes_put(&at, view->user);
	run->view.payload = bytes_put(&at, view->payload);
	run->view.trace = bytes_put(&at, view->trace);
	generation_pin(run->generation);
	return run;
}

static void run_free(struct run *run)
{
	struct generation *generation = run->generation;
	place_release(run->place);
	free(run);
	generation_unpin(generation);
}

static void serve(struct run *run)
{
	struct generation *generation = run->generation;
	struct act *act = generation->act;
	act_token token = run->view.token;
	struct outcome outcome;
	/* Answered by its deadline, or its connection gone, while it waited: nobody would read it.
	 * What owes no answer is done all the same: its sender may well have left. */
	if (!call_open(act, token) &&
	    (call_owes_answer(token) || clock_ns() > run->view.deadline_ns))
		return;
	act_rc rc = run_handle(generation, &run->view);
	if (run_outcome(generation, &run->view, rc, !call_open(act, token), &outcome))
		(void)call_answer(act, token, &outcome);
}

static void on_worker(struct task *task)
{
	struct run *run = (struct run *)(void *)task;
	generation_seen(run->generation);
	serve(run);
	run_free(run);
}

static void at_home(struct post *post)
{
	struct run *run = (struct run *)(void *)post;
	atomic_fetch_sub_explicit(&run->generation->home_queued, 1, memory_order_relaxed);
	serve(run);
	run_free(run);
}

act_rc run_on_worker(struct call *call, const act_call *view)
{
	struct run *run = run_new(call, view);
	if (run == NULL)
		return ACT_E_NOMEM;
	run->task.run = on_worker;
	if (pool_submit(call->generation->act->pool, &run->task))
		return ACT_OK;
	run_free(run);
	return ACT_E_BUSY;
}

bool run_is_task(const struct task *task, act_token *token)
{
	if (task->run != on_worker)
		return false;
	*token = ((const struct run *)(const void *)task)->view.token;
	return true;
}

act_rc run_at_home(struct call *call, const act_call *view)
{
	struct generation *generation = call->generation;
	uint32_t most = atomic_load_explicit(&generation->act->home_queue, memory_order_relaxed);
	if (atomic_load_explicit(&generation->home_queued, memory_order_relaxed) >= most)
		return ACT_E_BUSY;
	struct run *run = run_new(call, view);
	if (run == NULL)
		return ACT_E_NOMEM;
	atomic_fetch_add_explicit(&generation->home_queued, 1, memory_order_relaxed);
	run->post.run = at_home;
	loop_post(generation->home, &run->post);
	return ACT_OK;
}
