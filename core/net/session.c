#include "net/session.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/front_private.h"
#include "net/net.h"

#include <stdio.h>
#include <stdlib.h>

struct session *session_new(struct front *front, const char *address)
{
	struct session *session = mem_new(1, sizeof *session);
	session->front = front;
	snprintf(session->address, sizeof session->address, "%s", address);
	front->loop->handshakes++;
	return session;
}

void session_free(struct session *session)
{
	struct loop *loop = session->front->loop;
	wheel_drop(&loop->wheel, &session->patience);
	session_release(session);
	if (!session->upgraded)
		loop->handshakes--;
	if (session->gone != NULL)
		*session->gone = true;
	pieces_forget(&session->pieces);
	free(session->verdict);
	free(session);
}

bool session_reserve(struct session *session)
{
	struct net *net = session->front->loop->net;
	session_release(session);
	session->reserved =
		atomic_fetch_add(&net->places, 1) < net_site(net)->config->limits.connections;
	if (!session->reserved)
		atomic_fetch_sub(&net->places, 1);
	return session->reserved;
}

void session_release(struct session *session)
{
	if (session->reserved)
		atomic_fetch_sub(&session->front->loop->net->places, 1);
	session->reserved = false;
}

void session_upgraded(struct session *session, struct lws *wsi)
{
	struct loop *loop = session->front->loop;
	session->wsi = wsi;
	session->upgraded = true;
	wheel_drop(&loop->wheel, &session->patience);
	loop->handshakes--;
}

void session_birth(const struct session *session, struct conn_birth *birth)
{
	const struct gate_verdict *verdict = session->verdict;
	CHECK(verdict != NULL && verdict->endpoint != NULL);
	*birth = (struct conn_birth){ .endpoint = verdict->endpoint,
		                      .protocol = verdict->protocol,
		                      .user = verdict->user,
		                      .device = verdict->device,
		                      .address = session->address,
		                      .expires_at = verdict->expires_at,
		                      .deflate_bits = session->deflate_bits };
}
