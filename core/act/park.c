#include "act/park.h"

#include "act/bytes.h"
#include "act/poll.h"
#include "act/timer.h"
#include "base/clock.h"
#include "base/status.h"
#include "net/net.h"

#include <act/easy.h>
#include <stdlib.h>

/* ---- what waits ---- */

void park_put(struct act_loop *loop, struct parked *parked)
{
	parked->next = NULL;
	*loop->parked_last = parked;
	loop->parked_last = &parked->next;
	loop->parked_bytes += parked->size;
}

struct parked_message {
	struct parked parked;
	act_conn conn;
	struct message message;
	uint64_t since_ms;
	uint8_t bytes[]; /* payload and trace */
};

/* The client's own deadline went on. False: it is over. */
static bool take_off_wait(struct parked_message *waited)
{
	uint64_t ms = clock_ms() - waited->since_ms;
	uint32_t *left_ms = &waited->message.deadline_ms;
	if (*left_ms == 0)
		return true;
	if (ms >= *left_ms)
		return false;
	*left_ms -= (uint32_t)ms;
	return true;
}

static void replay_message(struct act_loop *loop, struct parked *parked)
{
	static const char sentence[] = "the deadline passed while the plugin was being replaced";
	struct parked_message *waited = (struct parked_message *)parked;
	struct conn *conn = conn_find(loop->loop, waited->conn);
	if (conn != NULL) {
		const struct outcome late = { .kind = OUTCOME_ERROR,
			                      .status = STATUS_DEADLINE,
			                      .retry = true,
			                      .body = { sentence, sizeof sentence - 1 } };
		conn_call_ended(conn);
		if (take_off_wait(waited))
			act_message(conn, &waited->message);
		else
			conn_answer(conn, &waited->message.ticket, &late);
	}
	free(waited);
}

bool park_message(struct conn *conn, const struct generation *generation,
                  const struct message *message)
{
	struct act_loop *loop = conn->loop->act;
	size_t len = message->len + message->trace.len;
	struct parked_message *waits = NULL;
	if (loop->parked_bytes + sizeof *waits + len <= PARK_BYTES_MAX)
		waits = malloc(sizeof *waits + len);
	if (waits == NULL)
		return false;
	uint8_t *at = waits->bytes;
	*waits = (struct parked_message){
		.parked = { .size = sizeof *waits + len,
		            .generation = generation->number,
		            .replay = replay_message },
		.conn = conn->id,
		.message = *message,
		.since_ms = clock_ms(),
	};
	waits->message.payload = bytes_put(&at, act_mem(message->payload, message->len)).ptr;
	waits->message.trace = bytes_put(&at, message->trace);
	/* So that later messages of the connection wait behind it as behind a call. */
	conn_call_begun(conn);
	park_put(loop, &waits->parked);
	return true;
}

/* ---- main ---- */

/* From now on things wait on all loops, whether or not it is parked, until replay_all(). */
static void fall_in_behind(struct generation *generation)
{
	for (uint32_t i = 0; i < generation->act->net->loop_count; i++)
		atomic_store(&generation->loop_pins[i].behind, true);
}

static void replay_all(struct loop *loop, void *context)
{
	struct act_loop *own = loop->act;
	struct parked *parked = own->parked_first;
	struct generation *serves = context;
	if (serves != NULL)
		atomic_store(&serves->loop_pins[loop->index].behind, false);
	own->parked_first = NULL;
	own->parked_last = &own->parked_first;
	own->parked_bytes = 0;
	/* What leads to another generation that is parked still is put back, in its order. */
	while (parked != NULL) {
		struct parked *next = parked->next;
		parked->replay(own, parked);
		loop_run_later(loop);
		parked = next;
	}
}

void park_begin(struct generation *generation)
{
	atomic_store(&generation->parked, true);
	net_barrier(generation->act->net, NULL, NULL);
}

void park_heir(struct generation *generation, struct generation *to)
{
	generation->heir = to;
	fall_in_behind(to);
}

void park_end(struct generation *generation, bool replaced)
{
	struct generation *serves = replaced ? generation->heir : generation;
	generation->heir = NULL;
	if (!replaced) {
		fall_in_behind(generation); /* before a loop sees that it is not parked any more */
		atomic_store(&generation->parked, false);
		timers_go_on(generation->timers);
		polls_thaw(generation->polls);
	}
	net_barrier(generation->act->net, replay_all, serves);
}
