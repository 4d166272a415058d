#include "admin/request.h"

#include "admin/http_private.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* The method and the path. False: there is none, or no room for it. */
static bool read_target(struct lws *wsi, const char **method, char *path, int room)
{
	static const struct {
		enum lws_token_indexes token;
		const char *method;
	} methods[] = {
		{ WSI_TOKEN_GET_URI, "GET" },         { WSI_TOKEN_POST_URI, "POST" },
		{ WSI_TOKEN_HEAD_URI, "HEAD" },       { WSI_TOKEN_PUT_URI, "PUT" },
		{ WSI_TOKEN_DELETE_URI, "DELETE" },   { WSI_TOKEN_PATCH_URI, "PATCH" },
		{ WSI_TOKEN_OPTIONS_URI, "OPTIONS" },
	};
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		if (lws_hdr_total_length(wsi, methods[i].token) == 0)
			continue;
		*method = methods[i].method;
		return lws_hdr_copy(wsi, path, room, methods[i].token) > 0;
	}
	return false;
}

static bool is_admitted(const struct request *request, struct lws *wsi)
{
	char header[HTTP_HEAD_MAX];
	if (request->trusted)
		return true;
	bool given = lws_hdr_copy(wsi, header, sizeof header, WSI_TOKEN_HTTP_AUTHORIZATION) > 0;
	return token_admits(&request->http->token, given ? header : NULL);
}

/* ---- answering ---- */

static const char *reason_of(int code)
{
	switch (code) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 411:
		return "Length Required";
	case 503:
		return "Service Unavailable";
	case 504:
		return "Gateway Timeout";
	default:
		return "Error";
	}
}

/* One write: what the socket does not take libwebsockets keeps, and closes when it is out, or after
 * five seconds. */
static int send_response(const struct request *request, struct lws *wsi, struct response *response)
{
	char *head = mem_format("HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
	                        "Connection: close\r\nCache-Control: no-store\r\n%s\r\n",
	                        response->code, reason_of(response->code), response->type,
	                        response->len, response->headers);
	size_t head_len = strlen(head), len = request->head ? 0 : response->len;
	unsigned char *bytes = mem_new(LWS_PRE + head_len + len, 1);
	memcpy(bytes + LWS_PRE, head, head_len);
	if (len != 0)
		memcpy(bytes + LWS_PRE + head_len, response->body, len);
	/* A client that is gone already is no loss: the connection is closed next. */
	(void)lws_write(wsi, bytes + LWS_PRE, head_len + len, LWS_WRITE_HTTP_HEADERS);
	free(bytes);
	free(head);
	free(response->body);
	return -1;
}

/* ---- waiting for a reload ---- */

static int begin_to_wait(struct request *request, struct lws *wsi, enum routes_word word)
{
	struct http *http = request->http;
	request->wsi = wsi;
	request->waits = true;
	request->patience_ms = board_patience_ms(http->board);
	request->next = http->waiting;
	http->waiting = request;
	board_ask(http->board, &request->ask,
	          word == ROUTES_PROMOTE    ? SIGNALS_PROMOTE
	          : word == ROUTES_ROLLBACK ? SIGNALS_ROLLBACK
	                                    : SIGNALS_RELOAD);
	/* The request is here: what is waited for now is ours. */
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	lws_set_timer_usecs(wsi, (lws_usec_t)request->patience_ms * 1000);
	return 0;
}

int request_resume(struct request *request, struct lws *wsi)
{
	struct board *board = request->http->board;
	struct response response = { 0 };
	char *report = request->waits ? board_take_report(board, &request->ask) : NULL;
	if (report != NULL)
		routes_reloaded(report, &response);
	else if (!request->waits)
		return 0;
	else if (board_phase(board) == BOARD_ENDING)
		routes_reload_ending(&response);
	else if (request->late)
		routes_reload_late(request->patience_ms, &response);
	else
		return 0;
	return send_response(request, wsi, &response);
}

static int answer_route(struct request *request, struct lws *wsi, const char *method,
                        const char *path)
{
	struct board *board = request->http->board;
	struct response response = { 0 };
	enum routes_word word = routes_answer(board, method, path, &response);
	if (word != ROUTES_ANSWERED && board_phase(board) != BOARD_ENDING)
		return begin_to_wait(request, wsi, word);
	if (word != ROUTES_ANSWERED)
		routes_reload_ending(&response);
	return send_response(request, wsi, &response);
}

int request_answer(struct request *request, struct lws *wsi)
{
	struct response response = { 0 };
	char path[HTTP_HEAD_MAX];
	const char *method = "";
	if (!read_target(wsi, &method, path, sizeof path))
		return -1;
	request->head = strcmp(method, "HEAD") == 0;
	if (!is_admitted(request, wsi))
		routes_unauthorized(&response);
	/* libwebsockets takes no chunks apart; a body of known length is passed over. */
	else if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) != 0)
		routes_length_required(&response);
	else
		return answer_route(request, wsi, method, path);
	return send_response(request, wsi, &response);
}

int request_refuse_upgrade(const struct request *request, struct lws *wsi)
{
	struct response response = { 0 };
	routes_no_upgrade(&response);
	return send_response(request, wsi, &response);
}

void request_drop(struct request *request)
{
	struct http *http = request->http;
	if (request->waits) {
		struct request **at = &http->waiting;
		while (*at != request)
			at = &(*at)->next;
		*at = request->next;
		board_withdraw(http->board, &request->ask);
	}
	http->connections--;
	if (request->gone != NULL)
		*request->gone = true;
	free(request);
}
