/* host_conn: what a plugin does to one connection: bind a user, join and leave groups, close. */
#include "act/host.h"

#include "act/act.h"
#include "act/bytes.h"
#include "base/mem.h"
#include "net/net.h"

#include <act/easy.h>
#include <stdlib.h>
#include <string.h>

enum deed_kind { DEED_BIND, DEED_JOIN, DEED_LEAVE, DEED_CLOSE };

/* What is to be done, on its way to the connection's loop. */
struct deed {
	struct post post;
	struct loop *loop;
	enum deed_kind kind;
	act_conn conn;
	uint16_t code;
	act_bytes first;  /* the user, the group, the reason */
	act_bytes second; /* the device */
	uint8_t bytes[];
};

static act_rc perform(const struct deed *deed)
{
	struct conn *conn = conn_find(deed->loop, deed->conn);
	char reason[124];
	if (conn == NULL)
		return ACT_E_GONE;
	switch (deed->kind) {
	case DEED_BIND:
		act_bind(conn, deed->first, deed->second);
		return ACT_OK;
	case DEED_JOIN:
		return hub_join(&deed->loop->hub, conn, HUB_GROUP, deed->first);
	case DEED_LEAVE:
		hub_leave(&deed->loop->hub, conn, HUB_GROUP, deed->first);
		return ACT_OK;
	case DEED_CLOSE:
		if (deed->first.len != 0)
			memcpy(reason, deed->first.ptr, deed->first.len);
		reason[deed->first.len] = '\0';
		conn_close(conn, deed->code, reason);
		return ACT_OK;
	}
	return ACT_E_INVAL;
}

static void on_deed(struct post *post)
{
	struct deed *deed = (struct deed *)post;
	(void)perform(deed);
	free(deed);
}

static act_rc do_or_post(const act_host *h, const struct deed *what)
{
	struct net *net = generation_of(h)->act->net;
	struct loop *loop = net_loop_of(net, what->conn);
	if (loop == NULL || !net_conn_alive(net, what->conn))
		return ACT_E_GONE;
	struct deed now = *what;
	now.loop = loop;
	if (loop_self() == loop)
		return perform(&now);
	struct deed *deed = malloc(sizeof *deed + now.first.len + now.second.len);
	if (deed == NULL)
		return ACT_E_NOMEM;
	*deed = now;
	deed->post.run = on_deed;
	uint8_t *at = deed->bytes;
	deed->first = bytes_put(&at, now.first);
	deed->second = bytes_put(&at, now.second);
	loop_post(loop, &deed->post);
	return ACT_OK;
}

act_rc host_bind_user(const act_host *h, act_conn conn, act_bytes user, act_bytes device)
{
	if ((user.len != 0 && !host_is_id(user)) || (device.len != 0 && !host_is_id(device)))
		return ACT_E_INVAL;
	struct deed deed = { .kind = DEED_BIND, .conn = conn, .first = user, .second = device };
	return do_or_post(h, &deed);
}

act_rc host_group_join(const act_host *h, act_conn conn, act_bytes group)
{
	struct deed deed = { .kind = DEED_JOIN, .conn = conn, .first = group };
	return host_is_id(group) ? do_or_post(h, &deed) : ACT_E_INVAL;
}

act_rc host_group_leave(const act_host *h, act_conn conn, act_bytes group)
{
	struct deed deed = { .kind = DEED_LEAVE, .conn = conn, .first = group };
	return host_is_id(group) ? do_or_post(h, &deed) : ACT_E_INVAL;
}

/* Codes that an application may send: RFC 6455, section 7.4, and the registry that it sets up. */
static bool may_send(uint16_t code)
{
	return code == 1000 || code == 1001 || code == 1003 || (code >= 1007 && code <= 1013) ||
	       (code >= 3000 && code <= 4999);
}

act_rc host_close_conn(const act_host *h, act_conn conn, uint16_t code, act_bytes reason)
{
	struct deed deed = { .kind = DEED_CLOSE, .conn = conn, .code = code, .first = reason };
	if (!may_send(code) || code == 1010 || reason.len > 123 || !host_is_bytes(reason) ||
	    act_utf8_span(reason.ptr, reason.len) != reason.len)
		return ACT_E_INVAL;
	return do_or_post(h, &deed);
}
