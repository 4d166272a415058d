#include "act/act.h"

#include "act/admit.h"
#include "act/call.h"
#include "act/kv.h"
#include "act/notify.h"
#include "act/park.h"
#include "act/roster.h"
#include "act/service.h"
#include "act/stats.h"
#include "act/survey.h"
#include "base/mem.h"
#include "base/status.h"
#include "net/net.h"

#include <act/easy.h>
#include <act/ext/auth.h>
#include <stdlib.h>
#include <string.h>

void act_opened(struct conn *conn)
{
	notify_opened(conn);
}

void act_bind(struct conn *conn, act_bytes user, act_bytes device)
{
	/* A plugin may hold the old name until its handle() returns; conn_bind() frees it later. */
	char before[256];
	size_t before_len = conn->user != NULL ? strlen(conn->user) : 0;
	memcpy(before, conn->user != NULL ? conn->user : "", before_len);
	if (conn_bind(conn, user, device))
		notify_user(conn, act_mem(before, before_len));
}

void act_closed(struct conn *conn)
{
	call_conn_gone(conn);
	notify_closed(conn);
}

/* Where no answer is owed, none is sent for what was refused either: but who numbers its requests
 * waits for each. */
static bool owes_answer(const struct route *route, const struct ticket *ticket)
{
	return route == NULL || (route->flags & ACT_A_NOREPLY) == 0 || ticket->seq != 0;
}

static void count_refusal(const struct act_loop *loop, const struct route *route, uint32_t status)
{
	uint32_t index = loop->loop->index;
	if (route != NULL && route->generation != NULL)
		stats_refuse(route->generation->stats, index, route->action, status);
	else
		stats_refuse_unrouted(loop->act->stats, index, status);
}

/* True: it waits for the end of a hand-over. False, with the refusal: too much waits already; what
 * is parked must not be entered. */
static bool may_wait(struct conn *conn, const struct generation *generation,
                     const struct message *message, struct outcome *refusal)
{
	if (park_message(conn, generation, message))
		return true;
	*refusal = (struct outcome){ .kind = OUTCOME_ERROR,
		                     .status = STATUS_OVERLOADED,
		                     .retry = true,
		                     .body = act_str("the plugin is being replaced, and too "
		                                     "much waits for it already") };
	return false;
}

void act_message(struct conn *conn, const struct message *message)
{
	const struct act_loop *loop = conn->loop->act;
	const struct world *world = world_of(loop->act, conn->id);
	const struct route *route = conn->endpoint->mode == CONFIG_MODE_RAW
	                                    ? world_raw(world, conn->endpoint->id)
	                                    : world_route(world, message->ticket.code);
	char text[STATUS_TEXT_MAX];
	struct outcome refusal;
	if (route != NULL && route->generation != NULL &&
	    park_holds(route->generation, conn->loop)) {
		if (may_wait(conn, route->generation, message, &refusal))
			return;
	} else if (admit(conn, route, message, text, &refusal)) {
		call_begin(conn, route, message);
		return;
	}
	count_refusal(loop, route, refusal.status);
	if (owes_answer(route, &message->ticket))
		conn_answer(conn, &message->ticket, &refusal);
}

void act_open(struct act *act, struct net *net, struct pool *pool)
{
	*act = (struct act){ .net = net, .pool = pool };
	act->loops = mem_lines(net->loop_count, sizeof *act->loops);
	for (uint32_t i = 0; i < net->loop_count; i++) {
		act->loops[i].act = act;
		act->loops[i].loop = &net->loops[i];
		act->loops[i].parked_last = &act->loops[i].parked_first;
		slots_init(&act->loops[i].calls, i);
		net->loops[i].act = &act->loops[i];
	}
	need_init(&act->auth, ACT_EXT_AUTH);
	act->sql = sql_handles_new();
	act->kv = kv_new(&net->loops[0]);
	act->stats = stats_new(net->loop_count);
	act->roster = roster_new();
	act->survey = survey_new(act);
}

void act_close(struct act *act)
{
	for (uint32_t i = 0; i < act->net->loop_count; i++) {
		while (act->loops[i].spare != NULL) {
			struct call *call = act->loops[i].spare;
			act->loops[i].spare = call->spare_next;
			free(call);
		}
		slots_free(&act->loops[i].calls);
	}
	free(act->loops);
	need_free(&act->auth);
	sql_handles_free(act->sql);
	kv_free(act->kv);
	stats_free(act->stats);
	roster_free(act->roster);
	survey_free(act->survey);
}
