#include "act/call.h"

#include "act/bytes.h"
#include "act/checked.h"
#include "act/inside.h"
#include "act/run.h"
#include "act/stats.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/status.h"
#include "net/actv1.h"
#include "net/net.h"

#include <act/easy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a call's own life, on its loop ---- */

/* NULL: as many calls are open on this loop as there are numbers for (base/slots.h). */
static struct call *call_new(struct act_loop *loop, const struct route *route)
{
	struct call *call = loop->spare;
	uint32_t kind = (route->flags & ACT_A_NOREPLY) != 0 ? TOKEN_NOREPLY_KIND : TOKEN_KIND;
	if (call != NULL)
		loop->spare = call->spare_next;
	else
		call = mem_new(1, sizeof *call);
	*call = (struct call){ .loop = loop,
		               .generation = route->generation,
		               .action = route->action,
		               .status = STATS_GONE };
	call->token = slots_put(&loop->calls, kind, call);
	if (call->token == 0) {
		call->spare_next = loop->spare;
		loop->spare = call;
		return NULL;
	}
	call->generation->loop_pins[loop->loop->index].count++;
	return call;
}

/* Puts an open call into its connection's list, so that the end of the connection finds it. */
static void link_to_conn(struct call *call)
{
	struct conn_state *state = conn_state(call->conn);
	call->conn_next = state->calls;
	call->conn_back = &state->calls;
	if (call->conn_next != NULL)
		call->conn_next->conn_back = &call->conn_next;
	state->calls = call;
}

static void unlink_from_conn(struct call *call)
{
	if (call->conn_back == NULL)
		return;
	*call->conn_back = call->conn_next;
	if (call->conn_next != NULL)
		call->conn_next->conn_back = call->conn_back;
	call->conn_back = NULL;
}

/* The call is answered, or nobody waits for it any more: its token and its pin go. */
static void call_end(struct call *call)
{
	struct act_loop *loop = call->loop;
	struct generation *generation = call->generation;
	if (loop->act->check)
		checked_end(call);
	unlink_from_conn(call);
	wheel_drop(&loop->loop->wheel, &call->deadline);
	place_release(call->place);
	slots_drop(&loop->calls, call->token);
	if (call->conn != NULL)
		conn_call_ended(call->conn);
	stats_end(generation->stats, loop->loop->index, call->action, call->status, call->begun_ns,
	          call->reply_len);
	CHECK(generation->loop_pins[loop->loop->index].count > 0);
	generation->loop_pins[loop->loop->index].count--;
	call->spare_next = loop->spare;
	loop->spare = call;
}

/* ---- answers ---- */

static void send_outcome(struct call *call, const struct outcome *outcome)
{
	char by[ACTV1_BY_MAX + 1];
	struct outcome named = *outcome;
	bool awaited = call_owes_answer(call->token) || call->ticket.seq != 0;
	if (call->conn == NULL)
		return;
	call->status = outcome->kind == OUTCOME_ERROR ? outcome->status : STATUS_OK;
	call->reply_len = outcome->kind == OUTCOME_REPLY ? outcome->body.len : 0;
	/* Where no answer is owed an error is none either, but who numbers its requests waits for
	 * each, and must not take for served what was not. */
	if (outcome->kind == OUTCOME_ERROR && !awaited)
		named.kind = OUTCOME_NONE;
	if (call->ticket.ask_by) {
		snprintf(by, sizeof by, "%s@%lu", call->generation->manifest.name,
		         call->generation->number);
		named.by = by;
	}
	conn_answer(call->conn, &call->ticket, &named);
}

/* An answer on its way from another thread. */
struct answer {
	struct post post;
	struct act_loop *loop;
	act_token token;
	struct outcome outcome;
	uint8_t bytes[];
};

static void on_answer(struct post *post)
{
	struct answer *answer = (struct answer *)post;
	struct call *call = slots_get_claimed(&answer->loop->calls, answer->token);
	place_free(call->place);
	send_outcome(call, &answer->outcome);
	call_end(call);
	free(answer);
}

static act_rc answer_from_afar(struct act_loop *loop, act_token token,
                               const struct outcome *outcome)
{
	struct answer *answer = malloc(sizeof *answer + outcome->body.len);
	if (answer == NULL)
		return ACT_E_NOMEM;
	if (!slots_claim(&loop->calls, token)) {
		free(answer);
		return ACT_E_GONE;
	}
	*answer = (struct answer){ { .run = on_answer }, loop, token, *outcome };
	uint8_t *at = answer->bytes;
	answer->outcome.body = bytes_put(&at, outcome->body);
	loop_post(loop->loop, &answer->post);
	return ACT_OK;
}

static struct act_loop *loop_of(const struct act *act, act_token token)
{
	uint32_t kind = slots_kind(token), owner = slots_owner(token);
	if ((kind != TOKEN_KIND && kind != TOKEN_NOREPLY_KIND) || owner >= act->net->loop_count)
		return NULL;
	return &act->loops[owner];
}

act_rc call_answer(struct act *act, act_token token, const struct outcome *outcome)
{
	struct act_loop *loop = loop_of(act, token);
	if (loop == NULL)
		return ACT_E_GONE;
	if (loop_self() != loop->loop)
		return answer_from_afar(loop, token, outcome);
	if (!slots_claim(&loop->calls, token))
		return ACT_E_GONE;
	struct call *call = slots_get_claimed(&loop->calls, token);
	place_free(call->place);
	send_outcome(call, outcome);
	call->answered = true;
	if (!call->running)
		call_end(call);
	return ACT_OK;
}

bool call_owes_answer(act_token token)
{
	return slots_kind(token) != TOKEN_NOREPLY_KIND;
}

bool call_open(const struct act *act, act_token token)
{
	const struct act_loop *loop = loop_of(act, token);
	return loop != NULL && slots_alive(&loop->calls, token);
}

/* ---- cancelling ---- */

static void tell_cancelled(struct call *call, act_rc why)
{
	struct generation *generation = call->generation;
	act_conn conn = call->conn != NULL ? call->conn->id : 0;
	if (TABLE_GET(generation->table, cancel) == NULL)
		return;
	struct inside_before before =
		inside_enter_call(generation, INSIDE_CANCEL, call->action, call->ticket.code, conn);
	generation->table->cancel(generation->self, call->token, why);
	inside_leave(&before);
}

static void on_deadline(struct wheel_timer *timer)
{
	struct call *call = container_of(timer, struct call, deadline);
	if (!slots_claim(&call->loop->calls, call->token))
		return; /* its answer is on the way */
	struct outcome late = { .kind = OUTCOME_ERROR,
		                .status = STATUS_DEADLINE,
		                .retry = true,
		                .body = act_str("the deadline passed before the plugin answered") };
	send_outcome(call, &late);
	tell_cancelled(call, ACT_E_LATE);
	call_end(call);
}

void call_conn_gone(struct conn *conn)
{
	struct conn_state *state = conn->act;
	while (state != NULL && state->calls != NULL) {
		struct call *call = state->calls;
		unlink_from_conn(call);
		call->conn = NULL;
		if (!slots_claim(&call->loop->calls, call->token))
			continue; /* its answer is on the way, and ends it */
		tell_cancelled(call, ACT_E_GONE);
		call_end(call);
	}
	if (state != NULL)
		free(state->buckets);
	free(state);
	conn->act = NULL;
}

static void hurry(uint64_t number, void *object, void *context)
{
	struct call *call = object;
	(void)number;
	if (call->generation == context)
		tell_cancelled(call, ACT_E_BUSY);
}

static void hurry_on_loop(struct loop *loop, void *generation)
{
	struct act_loop *own = loop->act;
	slots_each(&own->calls, hurry, generation);
}

void call_hurry_all(struct generation *generation)
{
	net_barrier(generation->act->net, hurry_on_loop, generation);
}

static void fail_one(uint64_t number, void *object, void *context)
{
	struct call *call = object;
	if (call->generation != context || !slots_claim(&call->loop->calls, number))
		return;
	struct outcome gone = { .kind = OUTCOME_ERROR,
		                .status = STATUS_UNAVAILABLE,
		                .retry = true,
		                .body = act_str(
					"the plugin was replaced and did not answer in time") };
	send_outcome(call, &gone);
	call_end(call);
}

static void fail_on_loop(struct loop *loop, void *generation)
{
	struct act_loop *own = loop->act;
	slots_each(&own->calls, fail_one, generation);
}

void call_fail_all(struct generation *generation)
{
	net_barrier(generation->act->net, fail_on_loop, generation);
}

struct conn_state *conn_state(struct conn *conn)
{
	if (conn->act == NULL)
		conn->act = mem_new(1, sizeof(struct conn_state));
	return conn->act;
}

/* ---- serving ---- */

/* From now on the answer may come from anywhere, or never. */
static void leave_open(struct call *call, uint64_t deadline_ns)
{
	link_to_conn(call);
	wheel_set(&call->loop->loop->wheel, &call->deadline, deadline_ns / 1000000, on_deadline);
}

static void serve_here(struct call *call, const act_call *view)
{
	struct generation *generation = call->generation;
	struct outcome outcome;
	call->running = true;
	act_rc rc = run_handle(generation, view);
	call->running = false;
	/* Also where the plugin handed the token to another thread, which was quicker. */
	bool claimed = !call->answered && !slots_alive(&call->loop->calls, call->token);
	if (call->answered) {
		call_end(call);
	} else if (!run_outcome(generation, view, rc, claimed, &outcome) || claimed) {
		leave_open(call, view->deadline_ns);
	} else if (slots_claim(&call->loop->calls, call->token)) {
		send_outcome(call, &outcome);
		call_end(call);
	} else {
		leave_open(call, view->deadline_ns);
	}
	/* What the call set off inside the plugins comes before the connection's next message. */
	loop_run_later(call->loop->loop);
}

static void serve_afar(struct call *call, const act_call *view)
{
	bool blocking =
		(table_action(call->generation->table, call->action)->flags & ACT_A_BLOCKING) != 0;
	leave_open(call, view->deadline_ns);
	act_rc rc = blocking ? run_on_worker(call, view) : run_at_home(call, view);
	if (rc == ACT_OK)
		return;
	struct outcome full = { .kind = OUTCOME_ERROR,
		                .status = STATUS_OVERLOADED,
		                .retry = true,
		                .body = act_str("too many calls wait already") };
	(void)call_answer(call->loop->act, call->token, &full);
}

/* The earlier of what the client wishes and what the action has. */
static uint64_t deadline_of(const struct route *route, const struct message *message,
                            uint64_t now_ns)
{
	uint32_t ms = route->deadline_ms;
	if (message->deadline_ms != 0 && message->deadline_ms < ms)
		ms = message->deadline_ms;
	return now_ns + (uint64_t)ms * 1000000;
}

bool call_has_seq(const struct conn *conn, uint32_t seq)
{
	const struct conn_state *state = conn->act;
	const struct call *call = state != NULL ? state->calls : NULL;
	while (call != NULL && (call->ticket.seq != seq || call->ticket.silent))
		call = call->conn_next;
	return call != NULL;
}

/* admit() has taken a place that nobody will give back. */
static void refuse_full(struct conn *conn, const struct route *route, const struct message *message)
{
	const struct outcome full = { .kind = OUTCOME_ERROR,
		                      .status = STATUS_OVERLOADED,
		                      .retry = true,
		                      .body = act_str("too many calls are open") };
	place_release(place_of(route));
	stats_refuse(route->generation->stats, conn->loop->index, route->action, full.status);
	conn_answer(conn, &message->ticket, &full);
}

void call_begin(struct conn *conn, const struct route *route, const struct message *message)
{
	struct act_loop *loop = conn->loop->act;
	struct generation *generation = route->generation;
	struct call *call = call_new(loop, route);
	if (call == NULL) {
		refuse_full(conn, route, message);
		return;
	}
	call->conn = conn;
	call->ticket = message->ticket;
	call->begun_ns = clock_ns();
	call->place = place_of(route);
	conn_call_begun(conn);
	if (loop->act->check)
		checked_begin(call);
	stats_begin(generation->stats, loop->loop->index, call->action, message->len);
	act_call view = {
		.size = sizeof view,
		.code = message->ticket.code,
		.action = route->action,
		.how = message->ticket.how,
		.token = call->token,
		.conn = conn->id,
		.deadline_ns = deadline_of(route, message, call->begun_ns),
		.user = act_str(conn->user),
		.payload = { message->payload, message->len },
		.trace = message->trace,
	};
	bool here = (route->flags & ACT_A_BLOCKING) == 0 &&
	            (generation->parallel || generation->home == conn->loop);
	if (here)
		serve_here(call, &view);
	else
		serve_afar(call, &view);
}
