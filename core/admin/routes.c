#include "admin/routes.h"

#include "admin/metrics.h"
#include "admin/ready.h"
#include "admin/status.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

#define JSON "application/json"
#define TEXT "text/plain; charset=utf-8"
/* What Prometheus takes for its text format. */
#define METRICS "text/plain; version=0.0.4; charset=utf-8"

static void say(struct response *response, int code, const char *type, char *body)
{
	*response = (struct response){ code, type, "", body, strlen(body) };
}

static void refuse(struct response *response, int code, const char *name, bool retry,
                   const char *message)
{
	char body[STATUS_JSON_MIN + 512];
	status_json_named(body, sizeof body, (uint32_t)code, name, retry, message, strlen(message));
	say(response, code, JSON, mem_text(body));
}

/* ---- what is served ---- */

static void answer_health(struct board *board, struct response *response)
{
	(void)board;
	say(response, 200, TEXT, mem_text("ok\n"));
}

static void answer_ready(struct board *board, struct response *response)
{
	struct err why = { "" };
	if (ready_ask(board, &why))
		say(response, 200, TEXT, mem_text("ready\n"));
	else
		say(response, 503, TEXT, mem_format("%s\n", why.text));
}

static void answer_metrics(struct board *board, struct response *response)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	CHECK(to != NULL);
	metrics_write(to, board);
	CHECK(fclose(to) == 0);
	*response = (struct response){ 200, METRICS, "", text, len };
}

static void answer_status(struct board *board, struct response *response)
{
	say(response, 200, JSON, status_text(board));
}

static const struct {
	const char *path;
	const char *method;
	void (*answer)(struct board *board, struct response *response); /* NULL: see `word` */
	enum routes_word word;
} routes[] = {
	{ "/healthz", "GET", answer_health, ROUTES_ANSWERED },
	{ "/readyz", "GET", answer_ready, ROUTES_ANSWERED },
	{ "/metrics", "GET", answer_metrics, ROUTES_ANSWERED },
	{ "/v1/status", "GET", answer_status, ROUTES_ANSWERED },
	{ "/v1/reload", "POST", NULL, ROUTES_RELOAD },
	{ "/v1/reload/promote", "POST", NULL, ROUTES_PROMOTE },
	{ "/v1/reload/rollback", "POST", NULL, ROUTES_ROLLBACK },
};

enum routes_word routes_answer(struct board *board, const char *method, const char *path,
                               struct response *response)
{
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		bool get = strcmp(routes[i].method, "GET") == 0;
		if (strcmp(routes[i].path, path) != 0)
			continue;
		if (strcmp(routes[i].method, method) != 0 &&
		    !(get && strcmp(method, "HEAD") == 0)) {
			refuse(response, 405, "method_not_allowed", false,
			       get ? "expected GET" : "expected POST");
			response->headers = get ? "Allow: GET, HEAD\r\n" : "Allow: POST\r\n";
			return ROUTES_ANSWERED;
		}
		if (routes[i].answer != NULL)
			routes[i].answer(board, response);
		return routes[i].word;
	}
	refuse(response, 404, "not_found", false,
	       "expected /healthz, /readyz, /metrics, /v1/status or /v1/reload");
	return ROUTES_ANSWERED;
}

void routes_unauthorized(struct response *response)
{
	refuse(response, 401, "unauthorized", false,
	       "expected the header \"Authorization: Bearer TOKEN\" with the token of "
	       "admin.token_file");
	response->headers = "WWW-Authenticate: Bearer\r\n";
}

void routes_no_upgrade(struct response *response)
{
	refuse(response, 400, "bad_request", false,
	       "expected plain HTTP/1.1, found a wish for another protocol (Upgrade)");
}

void routes_length_required(struct response *response)
{
	refuse(response, 411, "length_required", false, "expected no body, found one in chunks");
}

void routes_reloaded(char *report, struct response *response)
{
	say(response, 200, JSON, report);
}

void routes_reload_late(uint32_t waited_ms, struct response *response)
{
	char *message = mem_format("the reload is not over after %u ms; it goes on, and GET "
	                           "/v1/status tells what became of it",
	                           waited_ms);
	refuse(response, 504, "deadline", true, message);
	free(message);
}

void routes_reload_ending(struct response *response)
{
	refuse(response, 503, "draining", false, "the server ends: it reloads no more");
}
