/* host_push: a message for connections that did not ask: copied once, handed to every loop that may
 * have receivers, and put together there once for each protocol. */
#include "act/host.h"

#include "act/bytes.h"
#include "base/mem.h"
#include "net/net.h"
#include "net/push.h"

#include <act/easy.h>
#include <stdlib.h>
#include <string.h>

/* Shared by the loops; the last one frees it. */
struct parcel {
	_Atomic uint32_t owners;
	struct act *act;
	uint32_t to;
	uint32_t code;
	bool json;
	act_conn conn;
	act_conn except;
	act_bytes id;
	act_bytes device;
	act_bytes body;
	uint8_t bytes[]; /* of the three */
};

struct parcel_post {
	struct post post;
	struct loop *loop;
	struct parcel *parcel;
};

static void parcel_release(struct parcel *parcel)
{
	if (atomic_fetch_sub_explicit(&parcel->owners, 1, memory_order_acq_rel) != 1)
		return;
	atomic_fetch_sub_explicit(&parcel->act->pushes_under_way, parcel->body.len,
	                          memory_order_relaxed);
	free(parcel);
}

/* A parcel on one of its loops. */
struct delivery {
	const struct parcel *parcel;
	struct push push;
};

static void hand_to(struct conn *conn, void *context)
{
	struct delivery *delivery = context;
	const struct parcel *parcel = delivery->parcel;
	bool wrong_device =
		parcel->device.len != 0 && !act_same(parcel->device, act_str(conn->device));
	if (conn->id != parcel->except && !wrong_device)
		conn_push(conn, &delivery->push);
}

static void deliver(struct loop *loop, const struct parcel *parcel)
{
	struct delivery delivery = {
		parcel, { .code = parcel->code, .json = parcel->json, .body = parcel->body }
	};
	struct conn *conn;
	uint32_t at = 0;
	switch (parcel->to) {
	case ACT_TO_CONN:
		conn = conn_find(loop, parcel->conn);
		if (conn != NULL)
			hand_to(conn, &delivery);
		break;
	case ACT_TO_USER:
		hub_each(&loop->hub, HUB_USER, parcel->id, hand_to, &delivery);
		break;
	case ACT_TO_GROUP:
		hub_each(&loop->hub, HUB_GROUP, parcel->id, hand_to, &delivery);
		break;
	default:
		while ((conn = conn_next(loop, &at)) != NULL)
			hand_to(conn, &delivery);
		break;
	}
	push_clear(&delivery.push);
}

static void on_parcel(struct post *post)
{
	struct parcel_post *arrived = (struct parcel_post *)post;
	deliver(arrived->loop, arrived->parcel);
	parcel_release(arrived->parcel);
	free(arrived);
}

static struct parcel *parcel_new(struct act *act, const act_push *what, uint32_t code, bool json)
{
	struct parcel *parcel =
		malloc(sizeof *parcel + what->id.len + what->device.len + what->body.len);
	if (parcel == NULL)
		return NULL;
	uint8_t *at = parcel->bytes;
	*parcel = (struct parcel){ .owners = 1,
		                   .act = act,
		                   .to = what->to,
		                   .code = code,
		                   .json = json,
		                   .conn = what->conn,
		                   .except = what->except };
	parcel->id = bytes_put(&at, what->id);
	parcel->device = bytes_put(&at, what->device);
	parcel->body = bytes_put(&at, what->body);
	atomic_fetch_add_explicit(&act->pushes_under_way, what->body.len, memory_order_relaxed);
	return parcel;
}

/* On the loop that the caller runs on it takes effect at once, so it leaves before the answer of
 * the call that pushed. Posts to other loops arrive in the order of the pushes. */
static void send_to(struct loop *loop, struct parcel *parcel)
{
	if (loop == loop_self()) {
		deliver(loop, parcel);
		return;
	}
	struct parcel_post *post = mem_new(1, sizeof *post);
	*post = (struct parcel_post){ { .run = on_parcel }, loop, parcel };
	atomic_fetch_add_explicit(&parcel->owners, 1, memory_order_relaxed);
	loop_post(loop, &post->post);
}

static act_rc check(const struct generation *generation, const act_push *what)
{
	const struct act *act = generation->act;
	if (what == NULL || what->size < sizeof *what || what->flags != 0 ||
	    what->pushing >= generation->table->push_count)
		return ACT_E_INVAL;
	bool by_id = what->to == ACT_TO_USER || what->to == ACT_TO_GROUP;
	if (what->to < ACT_TO_CONN || what->to > ACT_TO_ALL || (by_id && !host_is_id(what->id)) ||
	    (what->device.len != 0 && (what->to != ACT_TO_USER || !host_is_id(what->device))))
		return ACT_E_INVAL;
	if (!host_is_bytes(what->body))
		return ACT_E_INVAL;
	if (what->body.len > atomic_load_explicit(&act->reply_bytes, memory_order_relaxed))
		return ACT_E_TOOBIG;
	if (atomic_load_explicit(&act->pushes_under_way, memory_order_relaxed) >=
	    atomic_load_explicit(&act->push_queue_bytes, memory_order_relaxed))
		return ACT_E_BUSY;
	if (what->to == ACT_TO_CONN && !net_conn_alive(act->net, what->conn))
		return ACT_E_GONE;
	return ACT_OK;
}

act_rc host_push(const act_host *h, const act_push *what)
{
	struct generation *generation = generation_of(h);
	struct net *net = generation->act->net;
	act_rc rc = check(generation, what);
	if (rc != ACT_OK)
		return rc;
	uint32_t code = atomic_load(&generation->push_codes[what->pushing]);
	if (code == 0)
		return ACT_E_NOSUPP;
	const act_pushing *said = table_pushing(generation->table, what->pushing);
	struct parcel *parcel = parcel_new(generation->act, what, code, table_is_json(said->gives));
	if (parcel == NULL)
		return ACT_E_NOMEM;
	if (what->to == ACT_TO_CONN)
		send_to(net_loop_of(net, what->conn), parcel);
	for (uint32_t i = 0; what->to != ACT_TO_CONN && i < net->loop_count; i++)
		send_to(&net->loops[i], parcel);
	parcel_release(parcel);
	return ACT_OK;
}
