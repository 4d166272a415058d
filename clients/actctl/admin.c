#include "admin.h"

#include "base/clock.h"
#include "base/mem.h"
#include "fault.h"
#include "file.h"
#include "http.h"
#include "local.h"

#include <stdlib.h>
#include <string.h>

/* ---- where it is ---- */

static enum outcome place_by_url(const struct options *options, const char *path,
                                 struct http_order *order)
{
	struct err why;
	if (url_parse(options->admin, URL_HTTP, &order->url, &why) != 0)
		return say_failure(USAGE, "an address looks like http://127.0.0.1:9090",
		                   "--admin: %s", why.text);
	snprintf(order->url.path, sizeof order->url.path, "%s", path);
	return DONE;
}

static enum outcome place_by_socket(const char *socket, const char *path, struct http_order *order)
{
	struct err why;
	if (url_of_socket(socket, path, &order->url, &why) == 0)
		return DONE;
	return say_failure(USAGE, "name a shorter path with --socket", "%s: %s", socket, why.text);
}

static enum outcome place(const struct options *options, const char *path, struct http_order *order)
{
	struct config *config = NULL;
	if (options->admin != NULL)
		return place_by_url(options, path, order);
	if (options->socket != NULL)
		return place_by_socket(options->socket, path, order);
	enum outcome outcome = local_config(options, "to find the admin socket", &config);
	if (outcome != DONE)
		return outcome;
	char *socket = mem_format("%s/admin.sock", config->state_dir);
	outcome = place_by_socket(socket, path, order);
	free(socket);
	config_free(config);
	return outcome;
}

/* ---- what it answers ---- */

/* {"error":{…}} */
static void print_fault(const struct fault *fault)
{
	cJSON *line = cJSON_CreateObject();
	cJSON_AddItemToObject(line, "error", fault_json(fault));
	say_object(line);
}

static enum outcome read_answer(const struct http_answer *raw, cJSON **answer)
{
	struct fault fault;
	const char *text = (const char *)raw->body.at;
	if (fault_of_body(text, raw->body.len, &fault)) {
		if (say_json())
			print_fault(&fault);
		return fault_say(&fault, "the server answered");
	}
	*answer = raw->status == 200 ? cJSON_ParseWithLength(text, raw->body.len) : NULL;
	if (*answer != NULL)
		return DONE;
	return say_failure(REFUSED, "is that the admin interface of an actd?",
	                   "HTTP %u, and no answer that actctl knows", raw->status);
}

enum outcome admin_ask(const struct options *options, const char *method, const char *path,
                       cJSON **answer)
{
	struct http_order order = {
		.method = method,
		.trust = { options->ca_file, options->insecure },
		.deadline_ms = clock_ms() + (uint64_t)options->timeout_ms,
	};
	struct http_answer raw = { 0 };
	struct buffer token = { 0 };
	enum outcome outcome = place(options, path, &order);
	if (outcome == DONE && options->admin_token_file != NULL) {
		outcome = file_read(options->admin_token_file, &token);
		if (token.at != NULL) {
			token.at[strcspn((char *)token.at, "\r\n")] = '\0';
			order.bearer = (const char *)token.at;
		}
	}
	if (outcome == DONE)
		outcome = http_ask(&order,
		                   options->admin != NULL
		                           ? "does the server's config have \"admin\": "
		                             "{\"listen\": …}, and does it run?"
		                           : "does the server run? --config names its config, "
		                             "--socket its admin socket",
		                   &raw);
	if (outcome == DONE)
		outcome = read_answer(&raw, answer);
	buffer_free(&raw.body);
	buffer_free(&token);
	return outcome;
}

enum outcome admin_verdict(const cJSON *report)
{
	const char *verdict = admin_text(report, "verdict");
	if (strcmp(verdict, "refused") == 0)
		return REFUSED;
	return strcmp(verdict, "partial") == 0 ? PARTIAL : DONE;
}

const char *admin_text(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
	return text != NULL ? text : "";
}

double admin_number(const cJSON *object, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
	return cJSON_IsNumber(value) ? value->valuedouble : 0;
}
