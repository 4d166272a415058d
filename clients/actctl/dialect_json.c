/* dialect_json: the subprotocol act.json.v1. net/actjson.h has the server's half; what a client
 * writes and reads is here. */
#include "base/json_members.h"
#include "base/json_scan.h"
#include "dialect.h"
#include "net/actjson.h"

#include <act/easy.h>
#include <stdio.h>
#include <string.h>

/* ---- requests ---- */

static int put_trace(const char *trace, struct buffer *to)
{
	cJSON *text = cJSON_CreateString(trace);
	char *quoted = cJSON_PrintUnformatted(text);
	int rc = quoted == NULL || buffer_put_text(to, ",\"trace\":") != 0 ||
	                         buffer_put_text(to, quoted) != 0
	                 ? -1
	                 : 0;
	cJSON_free(quoted);
	cJSON_Delete(text);
	return rc;
}

static const char *write_json(const struct ask *ask, struct buffer *to)
{
	struct json_fault fault;
	char head[96];
	int n = snprintf(head, sizeof head, "{\"action\":%u", ask->code);
	if (!ask->notify)
		n += snprintf(head + n, sizeof head - (size_t)n, ",\"seq\":%u", ask->seq);
	if (ask->deadline_ms != 0)
		snprintf(head + n, sizeof head - (size_t)n, ",\"deadline_ms\":%u",
		         ask->deadline_ms);
	if (ask->payload.len != 0 &&
	    json_scan(ask->payload.ptr, ask->payload.len, NULL, &fault) != 0)
		return "expected a payload of JSON (or none), as act.json.v1 takes no other";
	int rc = buffer_put_text(to, head);
	if (rc == 0 && ask->trace != NULL)
		rc = put_trace(ask->trace, to);
	if (rc == 0 && ask->by)
		rc = buffer_put_text(to, ",\"by\":true");
	if (rc == 0 && ask->payload.len != 0)
		rc = buffer_put_text(to, ",\"data\":");
	if (rc == 0)
		rc = buffer_put(to, ask->payload.ptr, ask->payload.len);
	if (rc == 0)
		rc = buffer_put_text(to, "}");
	return rc == 0 ? NULL : "the payload is too long";
}

/* ---- what the server says ---- */

/* The members that mean something. */
struct found {
	struct json_run action, push, ctrl, seq, data, error, by, expires_in_s;
};

static const char *find(act_bytes message, struct found *found)
{
	const struct {
		const char *name;
		struct json_run *run;
	} names[] = {
		{ "action", &found->action }, { "push", &found->push },
		{ "ctrl", &found->ctrl },     { "seq", &found->seq },
		{ "data", &found->data },     { "error", &found->error },
		{ "by", &found->by },         { "expires_in_s", &found->expires_in_s },
	};
	struct json_fault fault;
	struct json_members members;
	struct json_run key, value;
	*found = (struct found){ 0 };
	if (json_scan(message.ptr, message.len, NULL, &fault) != 0 ||
	    !json_members_begin(&members, message.ptr, message.len))
		return "expected a JSON object";
	while (json_members_next(&members, &key, &value))
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
			if (json_run_is(key, names[i].name))
				*names[i].run = value;
	return NULL;
}

static enum heard_kind ctrl_kind(const struct found *found)
{
	return json_run_is(found->ctrl, "hello")   ? HEARD_HELLO
	       : json_run_is(found->ctrl, "auth")  ? HEARD_AUTH
	       : json_run_is(found->ctrl, "error") ? HEARD_ERROR
	                                           : HEARD_OTHER;
}

static bool read_fault(struct json_run error, struct fault *fault)
{
	cJSON *object = cJSON_ParseWithLength(error.at, error.len);
	bool is = cJSON_IsObject(object) && fault_of_json(object, fault);
	cJSON_Delete(object);
	return is;
}

static const char *read_json(act_bytes message, const struct ask *ask, struct heard *heard)
{
	struct found found;
	uint32_t seq = 0, left;
	const char *wrong = find(message, &found);
	*heard = (struct heard){ .kind = HEARD_OTHER, .expires_in_s = -1 };
	if (wrong != NULL)
		return wrong;
	heard->payload = act_mem(found.data.at, found.data.len);
	heard->failed = found.error.at != NULL;
	if (heard->failed && !read_fault(found.error, &heard->fault))
		return "\"error\": expected an object with code, name and message";
	if (found.ctrl.at != NULL) {
		heard->kind = ctrl_kind(&found);
		heard->payload = message;
		if (found.expires_in_s.at != NULL &&
		    json_run_whole(found.expires_in_s, 0, UINT32_MAX, &left))
			heard->expires_in_s = left;
		return NULL;
	}
	if (found.push.at != NULL) {
		heard->kind = HEARD_PUSH;
		return json_run_whole(found.push, 0, UINT32_MAX, &heard->code)
		               ? NULL
		               : "\"push\": expected a code";
	}
	if (found.action.at == NULL || !json_run_whole(found.action, 0, UINT32_MAX, &heard->code))
		return "expected a member \"action\", \"push\" or \"ctrl\"";
	if (found.seq.at != NULL)
		(void)json_run_whole(found.seq, 0, UINT32_MAX, &seq);
	if (found.by.at != NULL && json_run_string(found.by, heard->by, sizeof heard->by) < 0)
		heard->by[0] = '\0';
	if (ask != NULL && seq == ask->seq && heard->code == ask->code)
		heard->kind = HEARD_ANSWER;
	return NULL;
}

/* The message shows itself. */
static void describe(act_bytes message, char *to, size_t room, act_bytes *payload)
{
	*payload = message;
	snprintf(to, room, "%zu bytes of JSON", message.len);
}

const struct dialect dialect_json = {
	.name = ACTJSON_NAME,
	.subprotocol = ACTJSON_NAME,
	.text = true,
	.write = write_json,
	.read = read_json,
	.describe = describe,
};
