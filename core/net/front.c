#include "net/front.h"

#include "base/check.h"
#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/actjson.h"
#include "net/actv1.h"
#include "net/extension.h"
#include "net/front_private.h"
#include "net/net.h"
#include "net/tls.h"

#include <stdlib.h>
#include <string.h>

/* ---- the loop's turn ---- */

static void on_ready(struct poller_watch *watch, uint32_t events)
{
	(void)events;
	container_of(watch, struct front, watch)->stirred = true;
}

bool front_turn(struct front *front)
{
	bool stirred = front->stirred;
	front->stirred = false;
	if (stirred)
		uv_run(&front->uv, UV_RUN_NOWAIT);
	return stirred;
}

int front_patience_ms(struct front *front, int ms)
{
	if (uv_backend_timeout(&front->uv) == 0)
		front->stirred = true;
	return front->stirred ? 0 : ms;
}

void front_tick(struct front *front)
{
	front->stirred = true;
}

/* ---- life ---- */

/* libwebsockets binds the first name of the client's list that it finds here, and names it in its
 * answer: the gate chooses the same. The first entry is for those who offer none; no client can
 * offer its name. */
#define SPEAKS(name, receive_bytes)                                                                \
	{                                                                                          \
		name, front_on_event, 0, receive_bytes, 0, NULL, WRITE_BYTES                       \
	}
#define SPOKEN(receive_bytes)                                                                      \
	{                                                                                          \
		SPEAKS("(none)", receive_bytes), SPEAKS(ACTV1_NAME, receive_bytes),                \
			SPEAKS(ACTJSON_NAME, receive_bytes),                                       \
		{                                                                                  \
			NULL, NULL, 0, 0, 0, NULL, 0                                               \
		}                                                                                  \
	}
static const struct lws_protocols spoken[] = SPOKEN(RECEIVE_BYTES);
static const struct lws_protocols spoken_tls[] = SPOKEN(RECEIVE_TLS_BYTES);

/* Our own pings do this; libwebsockets' take nothing but a pong for a sign of life. */
static const lws_retry_bo_t no_keepalive;

static void on_log(int level, const char *line)
{
	log_line((level & LLL_ERR) != 0 ? LOG_ERROR : LOG_WARN, "libwebsockets", "%.*s",
	         (int)strcspn(line, "\n"), line);
}

void front_quiet(void)
{
	lws_set_log_level(0, on_log);
}

/* Of the context and its vhosts. */
#define BASE_OPTIONS                                                                               \
	(LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |                             \
	 LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS)

/* A Host header moves a connection to another vhost of the same listening port. The two have none,
 * but libwebsockets takes these two ways of saying so for different ports: so nobody is moved. */
static void make_vhosts(struct front *front, struct lws_context_creation_info *info, bool tls)
{
	info->port = CONTEXT_PORT_NO_LISTEN;
	info->vhost_name = "plain";
	info->protocols = spoken;
	info->options = BASE_OPTIONS;
	front->vhost = lws_create_vhost(front->context, info);
	if (front->vhost == NULL || !tls)
		return;
	info->port = CONTEXT_PORT_NO_LISTEN_SERVER;
	info->vhost_name = "tls";
	info->protocols = spoken_tls;
	info->options = BASE_OPTIONS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
	                LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
	info->alpn = "http/1.1"; /* otherwise HTTP/2 is offered, which nothing here speaks */
	front->tls_client = info->provided_client_ssl_ctx = tls_client();
	front->tls_vhost = lws_create_vhost(front->context, info);
}

static int start_uv(struct front *front)
{
	if (uv_loop_init(&front->uv) != 0)
		return -1;
	front->watch.ready = on_ready;
	return poller_add(&front->loop->poller, &front->watch, uv_backend_fd(&front->uv),
	                  POLLER_READ);
}

/* libwebsockets lets go of its handles while the libuv loop runs. */
static void end_uv(struct front *front)
{
	while (uv_run(&front->uv, UV_RUN_NOWAIT) != 0)
		;
	poller_drop(&front->loop->poller, &front->watch, uv_backend_fd(&front->uv));
}

struct front *front_new(struct loop *loop, uint32_t handshake_ms, bool tls)
{
	struct front *front = mem_new(1, sizeof *front);
	front->loop = loop;
	front->handshake_ms = handshake_ms;
	CHECK(start_uv(front) == 0);
	front->foreign[0] = &front->uv;
	front->stirred = true;
	lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = spoken,
		.extensions = extension_table(),
		.options = BASE_OPTIONS | (tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
		.user = front,
		.foreign_loops = front->foreign,
		.pt_serv_buf_size = SERVICE_BYTES,
		.max_http_header_data = GATE_HEAD_MAX,
		.timeout_secs_ah_idle = (uint16_t)((handshake_ms + 999) / 1000),
		.timeout_secs = (unsigned int)(handshake_ms + 999) / 1000,
		.retry_and_idle_policy = &no_keepalive,
		.uid = -1,
		.gid = -1,
	};
	front->context = lws_create_context(&info);
	if (front->context != NULL)
		make_vhosts(front, &info, tls);
	if (front->vhost != NULL && (front->tls_vhost != NULL || !tls))
		return front;
	if (front->context != NULL)
		lws_context_destroy(front->context);
	tls_client_free(front->tls_client);
	end_uv(front);
	free(front);
	return NULL;
}

void front_close(struct front *front)
{
	lws_context_destroy(front->context);
	front->stirred = true;
}

void front_free(struct front *front)
{
	end_uv(front);
	lws_context_destroy(front->context);
	CHECK(uv_loop_close(&front->uv) == 0);
	tls_client_free(front->tls_client);
	free(front);
}
