#include "net/actjson.h"

#include "base/check.h"
#include "base/json_scan.h"
#include "base/status.h"

#include <act/easy.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The members that mean something, each once. */
struct found {
	struct json_run action, seq, data, deadline_ms, trace, by, ctrl, token;
};

__attribute__((format(printf, 2, 3))) static int fault_set(struct actjson_fault *fault,
                                                           const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(fault->text, sizeof fault->text, format, args);
	va_end(args);
	return -1;
}

static int find_members(const char *text, size_t len, struct found *found,
                        struct actjson_fault *fault)
{
	const struct {
		const char *name;
		struct json_run *run;
	} names[] = {
		{ "action", &found->action }, { "seq", &found->seq },
		{ "data", &found->data },     { "deadline_ms", &found->deadline_ms },
		{ "trace", &found->trace },   { "by", &found->by },
		{ "ctrl", &found->ctrl },     { "token", &found->token },
	};
	struct json_members members;
	struct json_run key, value;
	int rc = 0;
	if (!json_members_begin(&members, text, len))
		return fault_set(fault, "expected a JSON object");
	while (json_members_next(&members, &key, &value)) {
		/* Decoded once: a message may be long, and all of it keys. */
		char name[16];
		if (json_run_string(key, name, sizeof name) < 0)
			continue;
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
			if (strcmp(name, names[i].name) != 0)
				continue;
			if (names[i].run->at != NULL)
				rc = fault_set(fault, "\"%s\" stands twice", names[i].name);
			*names[i].run = value;
		}
	}
	return rc;
}

static int read_seq(const struct found *found, struct actjson_message *message,
                    struct actjson_fault *fault)
{
	if (found->seq.at == NULL || json_run_whole(found->seq, 1, UINT32_MAX, &message->seq))
		return 0;
	return fault_set(fault, "\"seq\": expected a whole number from 1 to %u", UINT32_MAX);
}

static int read_ctrl(const struct found *found, struct actjson_message *message,
                     struct actjson_fault *fault)
{
	if (json_run_is(found->ctrl, "ping")) {
		message->kind = ACTJSON_PING;
		return 0;
	}
	if (!json_run_is(found->ctrl, "auth"))
		return fault_set(fault, "\"ctrl\": expected \"ping\" or \"auth\"");
	message->kind = ACTJSON_AUTH;
	message->token = found->token;
	if (found->token.at == NULL || *found->token.at != '"')
		return fault_set(fault, "\"ctrl\": \"auth\": expected a string \"token\"");
	if (message->seq == 0)
		return fault_set(fault, "\"ctrl\": \"auth\": expected a \"seq\", so that the "
		                        "answer can be told");
	return 0;
}

static int read_request(const struct found *found, struct actjson_message *message,
                        struct actjson_fault *fault)
{
	message->kind = ACTJSON_REQUEST;
	message->data = found->data;
	if (found->action.at == NULL)
		return fault_set(fault, "expected a member \"action\" (or \"ctrl\")");
	if (!json_run_whole(found->action, 0, UINT32_MAX, &message->action))
		return fault_set(fault, "\"action\": expected a whole number, an action's code");
	if (found->deadline_ms.at != NULL &&
	    !json_run_whole(found->deadline_ms, 1, UINT32_MAX, &message->deadline_ms))
		return fault_set(fault,
		                 "\"deadline_ms\": expected a whole number of milliseconds above "
		                 "0");
	if (found->trace.at != NULL &&
	    json_run_string(found->trace, message->trace, sizeof message->trace) <= 0)
		return fault_set(fault, "\"trace\": expected a string of 1 to %d bytes",
		                 ACTJSON_TRACE_MAX);
	message->ask_by = found->by.at != NULL && *found->by.at == 't';
	if (found->by.at != NULL && *found->by.at != 't' && *found->by.at != 'f')
		return fault_set(fault, "\"by\": expected true or false");
	return 0;
}

int actjson_read(const void *text, size_t len, struct actjson_message *message,
                 struct actjson_fault *fault)
{
	struct json_fault wrong;
	struct found found = { 0 };
	*message = (struct actjson_message){ 0 };
	if (json_scan(text, len, NULL, &wrong) != 0)
		return fault_set(fault, "expected JSON: at byte %zu %s", wrong.offset, wrong.text);
	int rc = find_members(text, len, &found, fault);
	/* A request that can be answered is, whatever else is wrong with it. */
	struct actjson_fault later;
	if (rc != 0) {
		(void)json_run_whole(found.action, 0, UINT32_MAX, &message->action);
		(void)read_seq(&found, message, &later);
		return rc;
	}
	rc = read_seq(&found, message, fault);
	if (rc != 0)
		return rc;
	return found.ctrl.at != NULL ? read_ctrl(&found, message, fault)
	                             : read_request(&found, message, fault);
}

size_t actjson_reply_head(char *to, uint32_t action, uint32_t seq, const char *by)
{
	int n = snprintf(to, ACTJSON_HEAD_MAX, "{\"action\":%u,\"seq\":%u,", action, seq);
	/* Names of plugins are letters, digits, '_' and '-': nothing to be escaped. */
	if (by != NULL)
		n += snprintf(to + n, ACTJSON_HEAD_MAX - (size_t)n, "\"by\":\"%.63s\",", by);
	return (size_t)n;
}

size_t actjson_push_head(char *to, uint32_t code)
{
	return (size_t)snprintf(to, ACTJSON_HEAD_MAX, "{\"push\":%u,", code);
}

size_t actjson_error(char *to, size_t room, uint32_t status, bool retry, uint32_t retry_after_ms,
                     act_bytes sentence)
{
	static const char before[] = "{\"error\":";
	size_t cut = sizeof before - 1;
	CHECK(room >= STATUS_JSON_MIN + 32);
	size_t len = status_json(to, room - 32, status, retry, sentence.ptr, sentence.len);
	/* Without the object around it. */
	len -= cut + 1;
	memmove(to, to + cut, len);
	if (retry_after_ms != 0)
		len += (size_t)snprintf(to + len - 1, 33, ",\"retry_after_ms\":%u}",
		                        retry_after_ms) -
		       1;
	return len;
}
