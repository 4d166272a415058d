#include "probe.h"

#include <inttypes.h>

void probe_event(struct probe *probe, const char *format, ...)
{
	size_t room;
	va_list args;
	int len;
	va_start(args, format);
	pthread_mutex_lock(&probe->lock);
	room = sizeof probe->events - probe->events_len;
	len = vsnprintf(probe->events + probe->events_len, room, format, args);
	if (len > 0 && (size_t)len + 1 < room) {
		probe->events_len += (size_t)len;
		probe->events[probe->events_len++] = '\n';
	}
	pthread_mutex_unlock(&probe->lock);
	va_end(args);
}

act_rc probe_events(struct probe *probe, const act_call *call)
{
	act_rc rc;
	pthread_mutex_lock(&probe->lock);
	rc = probe->host->reply(probe->host, call->token, 0,
	                        act_mem(probe->events, probe->events_len));
	pthread_mutex_unlock(&probe->lock);
	return rc;
}

void probe_conn_open(void *self, const act_peer *peer)
{
	probe_event((struct probe *)self, "open %" PRIu64 " user=%.*s address=%.*s endpoint=%.*s",
	            peer->conn, ACT_FMT(peer->user), ACT_FMT(peer->address),
	            ACT_FMT(peer->endpoint));
}

void probe_conn_close(void *self, act_conn conn)
{
	probe_event((struct probe *)self, "close %" PRIu64, conn);
}

void probe_user_bound(void *self, act_conn conn, act_bytes user)
{
	probe_event((struct probe *)self, "bound %" PRIu64 " %.*s", conn, ACT_FMT(user));
}

void probe_user_unbound(void *self, act_conn conn, act_bytes user)
{
	probe_event((struct probe *)self, "unbound %" PRIu64 " %.*s", conn, ACT_FMT(user));
}
