#include "admin/http.h"

#include "admin/http_private.h"
#include "admin/request.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ACCEPTS_A_TURN = 16, WRITE_BYTES = 16777216 /* of one write: a whole answer */ };

/* ---- coming in ---- */

static void adopt(struct http *http, int fd, bool trusted)
{
	bool gone = false;
	struct request *request = mem_new(1, sizeof *request);
	*request = (struct request){ .http = http, .trusted = trusted, .gone = &gone };
	http->connections++;
	lws_adopt_desc_t description = {
		.vh = http->vhost,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP,
		.fd.sockfd = fd,
		.opaque = request,
	};
	/* On failure libwebsockets has closed the descriptor; whether it told us so depends on how
	 * far it got. */
	struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&description);
	if (wsi == NULL && !gone)
		request_drop(request);
	else if (!gone)
		request->gone = NULL;
}

static void answer_door(struct http *http, struct door *door)
{
	for (int i = 0, fd; i < ACCEPTS_A_TURN && (fd = door_accept(door)) >= 0; i++) {
		if (http->connections < HTTP_CONNECTIONS_MAX)
			adopt(http, fd, door->trusted);
		else
			close(fd);
	}
}

static int on_door(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                   size_t len)
{
	(void)in;
	(void)len;
	if (reason == LWS_CALLBACK_RAW_RX_FILE && user != NULL)
		answer_door(lws_context_user(lws_get_context(wsi)), user);
	return 0;
}

/* ---- a request ---- */

/* Those whose reload is over are answered as soon as their socket can be written to. */
static void wake_waiting(const struct http *http)
{
	for (struct request *request = http->waiting; request != NULL; request = request->next)
		lws_callback_on_writable(request->wsi);
}

static int on_request(struct lws *wsi, struct request *request, enum lws_callback_reasons reason)
{
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return request_answer(request, wsi);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return request_refuse_upgrade(request, wsi);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return request_resume(request, wsi);
	case LWS_CALLBACK_TIMER:
		request->late = true;
		lws_callback_on_writable(wsi);
		return 0;
	case LWS_CALLBACK_RAW_ADOPT: /* CONNECT would turn the socket into a raw one */
	case LWS_CALLBACK_RAW_RX:
		return -1;
	case LWS_CALLBACK_WSI_DESTROY:
		lws_set_opaque_user_data(wsi, NULL);
		request_drop(request);
		return 0;
	default:
		return 0;
	}
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
	(void)user;
	(void)in;
	(void)len;
	if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED) {
		wake_waiting(lws_context_user(lws_get_context(wsi)));
		return 0;
	}
	struct request *request = wsi != NULL ? lws_get_opaque_user_data(wsi) : NULL;
	return request != NULL ? on_request(wsi, request, reason) : 0;
}

/* ---- life ---- */

static const struct lws_protocols protocols[] = {
	{ "admin", on_event, 0, HTTP_HEAD_MAX, 0, NULL, WRITE_BYTES },
	{ "admin-door", on_door, 0, 0, 0, NULL, 0 },
	{ NULL, NULL, 0, 0, 0, NULL, 0 },
};

static int open_context(struct http *http, struct err *why)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.options =
			LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS,
		/* Its tables are small then, however many descriptors the process may have. */
		.fd_limit_per_thread = HTTP_CONNECTIONS_MAX + HTTP_DOORS + 4,
		.max_http_header_data = HTTP_HEAD_MAX,
		.timeout_secs_ah_idle = HTTP_REQUEST_S,
		.timeout_secs = HTTP_REQUEST_S,
		.vhost_name = "admin",
		.user = http,
		.uid = -1,
		.gid = -1,
	};
	http->context = lws_create_context(&info);
	if (http->context != NULL)
		http->vhost = lws_create_vhost(http->context, &info);
	if (http->vhost == NULL)
		return err_set(why, "libwebsockets gave no context for the admin listener");
	return 0;
}

static int watch_doors(struct http *http, struct err *why)
{
	for (size_t i = 0; i < http->door_count; i++) {
		/* libwebsockets closes the descriptor that it is given. */
		lws_sock_file_fd_type fd = { .filefd = dup(http->doors[i].fd) };
		if (fd.filefd < 0)
			return err_set(why, "admin: no descriptor is left to listen with");
		struct lws *wsi = lws_adopt_descriptor_vhost(http->vhost, LWS_ADOPT_RAW_FILE_DESC,
		                                             fd, "admin-door", NULL);
		if (wsi == NULL)
			return err_set(why, "libwebsockets does not watch the admin listener");
		/* Not as its opaque data: the end of a door is told to the first protocol too,
		 * which has requests there. */
		lws_set_wsi_user(wsi, &http->doors[i]);
	}
	return 0;
}

static int open_doors(struct http *http, const struct config *config, struct err *why)
{
	const struct config_admin *admin = &config->admin;
	http->door_count = 1;
	if (door_open_unix(&http->doors[0], config->state_dir, why) != 0)
		return -1;
	if (admin->listen.text == NULL)
		return 0;
	if (token_load(&http->token, admin->token_file, why) != 0)
		return -1;
	http->door_count = 2;
	return door_open_tcp(&http->doors[1], &admin->listen, why);
}

struct http *http_new(const struct config *config, struct board *board, struct err *why)
{
	struct http *http = mem_new(1, sizeof *http);
	http->board = board;
	if (open_doors(http, config, why) == 0 && open_context(http, why) == 0 &&
	    watch_doors(http, why) == 0)
		return http;
	http_free(http);
	return NULL;
}

void http_free(struct http *http)
{
	if (http->context != NULL)
		lws_context_destroy(http->context);
	for (size_t i = 0; i < http->door_count; i++)
		door_close(&http->doors[i]);
	free(http);
}

void http_serve(struct http *http)
{
	(void)lws_service(http->context, 0);
}

void http_wake(struct http *http)
{
	lws_cancel_service(http->context);
}
