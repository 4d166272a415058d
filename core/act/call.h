/* call: one message on its way through a plugin, from admission to its answer.
 *
 * The call belongs to the loop of its connection. Where the plugin runs elsewhere (on a worker, on
 * its home loop) it runs on a copy (act/run.h), and its answer is posted to that loop. The token is
 * claimed by whoever answers first: the plugin, the deadline, or the end of the connection. */
#ifndef ACT_CALL_H
#define ACT_CALL_H

#include "act/act.h"
#include "act/place.h"
#include "act/world.h"
#include "base/wheel.h"
#include "net/conn.h"

struct call {
	act_token token;
	struct act_loop *loop;
	struct conn *conn; /* NULL: it is gone, the answer goes nowhere */
	struct call *conn_next;
	struct call **conn_back; /* NULL: not in the connection's list */
	struct generation *generation;
	uint32_t action;
	struct ticket ticket;
	uint64_t begun_ns;
	uint32_t status;     /* by which it ends (act/stats.h) */
	size_t reply_len;    /* of a good answer */
	struct place *place; /* under the action's cap; NULL: it has none */
	bool running;        /* handle() is on this thread's stack */
	bool answered;       /* while it was */
	struct wheel_timer deadline;
	struct call *spare_next;
};

/* [the loop] Serves a message that was admitted (act/admit.h) by a route: makes a call, pins the
 * generation, runs or sends off. */
void call_begin(struct conn *conn, const struct route *route, const struct message *message);

/* [any] Answers a call, once. ACT_OK, or ACT_E_GONE, ACT_E_NOMEM. */
act_rc call_answer(struct act *act, act_token token, const struct outcome *outcome);
/* [any] The token of an action that owes no answer: the call is over. */
bool call_owes_answer(act_token token);
/* [any] Is it still to be answered? */
bool call_open(const struct act *act, act_token token);

/* [the loop] Is there an open call of this connection with this number of the client's? */
bool call_has_seq(const struct conn *conn, uint32_t seq);

/* [the loop] The connection is gone: its open calls are cancelled. */
void call_conn_gone(struct conn *conn);

/* [any but a loop] For a generation that is being drained: on all loops, tells it of each open call
 * (cancel with ACT_E_BUSY), or answers them all with "unavailable". */
void call_hurry_all(struct generation *generation);
void call_fail_all(struct generation *generation);

/* What act keeps for a connection (struct conn.act); made when first needed. */
struct rate_bucket {
	uint32_t code;
	double calls;       /* that may be made now */
	uint64_t filled_ms; /* when that was so     */
};
struct conn_state {
	struct call *calls;
	struct rate_bucket *buckets; /* one for each code with a rate that it has used */
	size_t bucket_count;
};
struct conn_state *conn_state(struct conn *conn);

#endif
