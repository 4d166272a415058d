#include "act/notify.h"

#include "act/bytes.h"
#include "act/inside.h"
#include "act/park.h"
#include "act/world.h"
#include "base/mem.h"

#include <act/easy.h>
#include <stdlib.h>
#include <string.h>

enum notice_kind { NOTICE_OPENED, NOTICE_CLOSED, NOTICE_BOUND, NOTICE_UNBOUND };

/* One notice for one generation, which it pins. */
struct notice {
	struct post post;
	struct generation *generation;
	enum notice_kind kind;
	act_conn conn;
	act_bytes user;
	act_bytes device;
	act_bytes address;
	act_bytes endpoint;
	uint8_t bytes[]; /* of the four */
};

static bool wants(const struct generation *generation, enum notice_kind kind)
{
	const act_plugin *table = generation->table;
	switch (kind) {
	case NOTICE_OPENED:
		return TABLE_GET(table, conn_open) != NULL;
	case NOTICE_CLOSED:
		return TABLE_GET(table, conn_close) != NULL;
	case NOTICE_BOUND:
		return TABLE_GET(table, user_bound) != NULL;
	case NOTICE_UNBOUND:
		return TABLE_GET(table, user_unbound) != NULL;
	}
	return false;
}

static void tell(struct generation *generation, const struct notice *notice)
{
	static const enum inside_what functions[] = {
		[NOTICE_OPENED] = INSIDE_CONN_OPEN,
		[NOTICE_CLOSED] = INSIDE_CONN_CLOSE,
		[NOTICE_BOUND] = INSIDE_USER_BOUND,
		[NOTICE_UNBOUND] = INSIDE_USER_UNBOUND,
	};
	const act_plugin *table = generation->table;
	struct inside_before before =
		inside_enter_call(generation, functions[notice->kind], 0, 0, notice->conn);
	if (notice->kind == NOTICE_OPENED) {
		act_peer peer = { sizeof peer,     0,
			          notice->conn,    notice->user,
			          notice->device,  notice->address,
			          notice->endpoint };
		table->conn_open(generation->self, &peer);
	} else if (notice->kind == NOTICE_CLOSED) {
		table->conn_close(generation->self, notice->conn);
	} else if (notice->kind == NOTICE_BOUND) {
		table->user_bound(generation->self, notice->conn, notice->user);
	} else {
		table->user_unbound(generation->self, notice->conn, notice->user);
	}
	inside_leave(&before);
}

static void on_notice(struct post *post)
{
	struct notice *notice = (struct notice *)post;
	struct generation *generation = notice->generation;
	tell(generation, notice);
	free(notice);
	generation_unpin_as(generation, PIN_NOTICE);
}

static struct notice *notice_copy(const struct notice *from)
{
	size_t len = from->user.len + from->device.len + from->address.len + from->endpoint.len;
	struct notice *notice = mem_new(1, sizeof *notice + len);
	uint8_t *at = notice->bytes;
	*notice = *from;
	notice->user = bytes_put(&at, from->user);
	notice->device = bytes_put(&at, from->device);
	notice->address = bytes_put(&at, from->address);
	notice->endpoint = bytes_put(&at, from->endpoint);
	return notice;
}

/* Tells it later: on the loop that it is on, or on the home loop of the generation. */
static void tell_later(struct loop *loop, struct generation *generation, struct notice *notice)
{
	bool here = generation->parallel || generation->home == loop;
	notice->post.run = on_notice;
	notice->generation = generation;
	generation_pin_as(generation, PIN_NOTICE);
	if (here)
		loop_later(loop, &notice->post);
	else
		loop_post(generation->home, &notice->post);
}

/* One for a generation that is parked: whoever serves under its name then is told. */
struct parked_notice {
	struct parked parked;
	char plugin[32]; /* as long as a manifest's name */
	struct notice *notice;
};

static void replay_notice(struct act_loop *loop, struct parked *parked)
{
	struct parked_notice *waited = (struct parked_notice *)parked;
	const struct world *world = world_now(loop->act);
	struct world_plugins live = { world->live, world->live_count };
	struct generation *generation = world_find(&live, waited->plugin);
	/* Several are handed over in one reload: this one is not decided yet. */
	if (generation != NULL && park_holds(generation, loop->loop)) {
		parked->generation = generation->number;
		park_put(loop, parked);
		return;
	}
	if (generation != NULL && wants(generation, waited->notice->kind))
		tell_later(loop->loop, generation, waited->notice);
	else
		free(waited->notice);
	free(waited);
}

static void park(struct act_loop *loop, const struct generation *generation,
                 const struct notice *notice)
{
	struct parked_notice *waits = mem_new(1, sizeof *waits);
	waits->parked.replay = replay_notice;
	waits->parked.generation = generation->number;
	memcpy(waits->plugin, generation->manifest.name, sizeof waits->plugin);
	waits->notice = notice_copy(notice);
	park_put(loop, &waits->parked);
}

/* `now`: nothing of a plugin is on the stack, so a plugin that lives here can be told at once,
 * unless earlier notices still wait. */
static void notify(struct conn *conn, struct notice *notice, bool now)
{
	struct act_loop *loop = conn->loop->act;
	const struct world *world = world_of(loop->act, conn->id);
	for (size_t i = 0; i < world->live_count; i++) {
		struct generation *generation = world->live[i];
		bool here = generation->parallel || generation->home == conn->loop;
		if (!wants(generation, notice->kind))
			continue;
		if (park_holds(generation, conn->loop))
			park(loop, generation, notice);
		else if (here && now && conn->loop->later_first == NULL)
			tell(generation, notice);
		else
			tell_later(conn->loop, generation, notice_copy(notice));
	}
}

void notify_opened(struct conn *conn)
{
	struct notice notice = { .kind = NOTICE_OPENED,
		                 .conn = conn->id,
		                 .user = act_str(conn->user),
		                 .device = act_str(conn->device),
		                 .address = act_str(conn_address(conn)),
		                 .endpoint = act_str(conn->endpoint->path) };
	notify(conn, &notice, true);
}

void notify_closed(struct conn *conn)
{
	struct notice notice = { .kind = NOTICE_CLOSED, .conn = conn->id };
	notify(conn, &notice, true);
}

void notify_user(struct conn *conn, act_bytes before)
{
	struct notice unbound = { .kind = NOTICE_UNBOUND, .conn = conn->id, .user = before };
	struct notice bound = { .kind = NOTICE_BOUND,
		                .conn = conn->id,
		                .user = act_str(conn->user) };
	if (before.len != 0)
		notify(conn, &unbound, false);
	if (bound.user.len != 0)
		notify(conn, &bound, false);
}
