/* witness: a plugin that says of its actions that they take and give JSON. It tells what it was
 * shown of a call, and does on demand what a protocol has to carry or to bear: errors, empty and
 * broken answers, pushes, a push while the connection opens. */
#include <cjson/cJSON.h>

#include <act/easy.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <time.h>

ACT_MANIFEST("witness", "1.0", "", "");

enum { SEE, PRIVATE, LEFT, FAIL, EMPTY, BROKEN, MUTE, TELL, WHISPER, NOTE, NOTES };
enum { TOLD, WHISPERED };

struct witness {
	const act_host *host;
	_Atomic unsigned notes;
};

typedef act_rc verb(struct witness *witness, const act_call *call);

/* ---- what a call shows ---- */

static cJSON *text_of(act_bytes bytes)
{
	char text[256];
	snprintf(text, sizeof text, "%.*s", ACT_FMT(bytes));
	return cJSON_CreateString(text);
}

static cJSON *hex_of(act_bytes bytes)
{
	const uint8_t *from = bytes.ptr;
	char *hex = calloc(bytes.len * 2 + 1, 1);
	cJSON *json = NULL;
	if (hex != NULL) {
		for (size_t i = 0; i < bytes.len; i++)
			sprintf(hex + i * 2, "%02x", from[i]);
		json = cJSON_CreateString(hex);
	}
	free(hex);
	return json;
}

/* All of the call but the numbers that differ by nature: token, connection and deadline. */
static act_rc see(struct witness *witness, const act_call *call)
{
	cJSON *json = cJSON_CreateObject();
	cJSON_AddNumberToObject(json, "code", call->code);
	cJSON_AddNumberToObject(json, "action", call->action);
	cJSON_AddNumberToObject(json, "how", call->how);
	cJSON_AddItemToObject(json, "user", text_of(call->user));
	cJSON_AddItemToObject(json, "trace", text_of(call->trace));
	cJSON_AddItemToObject(json, "payload", hex_of(call->payload));
	return act_reply_json(witness->host, call, json);
}

/* What is left of the call's time. */
static act_rc left(struct witness *witness, const act_call *call)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	uint64_t ms = call->deadline_ns > now_ns ? (call->deadline_ns - now_ns) / 1000000 : 0;
	return act_reply_text(witness->host, call, "{\"left_ms\":%" PRIu64 "}", ms);
}

/* ---- answers of other kinds ---- */

static uint32_t number_of(const cJSON *json, const char *key)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, key);
	return cJSON_IsNumber(value) ? (uint32_t)value->valuedouble : 0;
}

static act_rc fail(struct witness *witness, const act_call *call)
{
	act_failure why = { .size = sizeof why };
	act_rc rc = ACT_OK;
	cJSON *json = act_json_object(witness->host, call);
	if (json == NULL)
		return ACT_OK;
	const char *text = act_json_string(witness->host, call, json, "text", 0, 1000);
	if (text != NULL) {
		why.status = number_of(json, "status");
		why.retry_after_ms = number_of(json, "retry_after_ms");
		why.text = act_str(text);
		rc = witness->host->fail(witness->host, call->token, &why);
	}
	cJSON_Delete(json);
	return rc;
}

static act_rc empty(struct witness *witness, const act_call *call)
{
	return act_reply_bytes(witness->host, call, NULL, 0);
}

static act_rc broken(struct witness *witness, const act_call *call)
{
	return act_reply_text(witness->host, call, "{\"cut\":");
}

static act_rc mute(struct witness *witness, const act_call *call)
{
	(void)witness;
	(void)call;
	return ACT_OK;
}

/* ---- pushes ---- */

/* The payload, as it is, to every connection of the caller's user. */
static act_rc push_payload(struct witness *witness, const act_call *call, uint32_t pushing)
{
	act_rc rc = act_push_user(witness->host, pushing, call->user, call->payload);
	return act_reply_text(witness->host, call, "{\"rc\":%d}", rc);
}

static act_rc tell(struct witness *witness, const act_call *call)
{
	return push_payload(witness, call, TOLD);
}

static act_rc whisper(struct witness *witness, const act_call *call)
{
	return push_payload(witness, call, WHISPERED);
}

/* Who comes in by the endpoint /greeted/ is pushed something before anything was asked. */
static void conn_open(void *self, const act_peer *peer)
{
	struct witness *witness = self;
	act_push push = { .size = sizeof push, .to = ACT_TO_CONN, .pushing = TOLD };
	if (!act_same(peer->endpoint, act_str("/greeted/")))
		return;
	push.conn = peer->conn;
	push.body = act_str("{\"welcome\":true}");
	witness->host->push(witness->host, &push);
}

/* ---- what owes no answer ---- */

static act_rc note(struct witness *witness, const act_call *call)
{
	atomic_fetch_add(&witness->notes, 1);
	return call->payload.len != 0 ? ACT_OK : ACT_E_FAIL;
}

static act_rc notes(struct witness *witness, const act_call *call)
{
	return act_reply_text(witness->host, call, "{\"notes\":%u}", atomic_load(&witness->notes));
}

/* ---- the table ---- */

static act_rc create(const act_host *h, void **self)
{
	struct witness *witness = calloc(1, sizeof *witness);
	if (witness == NULL)
		return ACT_E_NOMEM;
	witness->host = h;
	*self = witness;
	return ACT_OK;
}

static act_rc handle(void *self, const act_call *call)
{
	static verb *const verbs[] = {
		[SEE] = see,     [PRIVATE] = see,     [LEFT] = left,   [FAIL] = fail,
		[EMPTY] = empty, [BROKEN] = broken,   [MUTE] = mute,   [TELL] = tell,
		[NOTE] = note,   [WHISPER] = whisper, [NOTES] = notes,
	};
	return verbs[call->action](self, call);
}

#define IN_JSON .takes = "application/json", .gives = "application/json"
#define ANYONE .flags = ACT_A_ANONYMOUS

static const act_action actions[] = {
	[SEE] = { .name = "see", .summary = "the call", .code = 2600, IN_JSON, ANYONE },
	[PRIVATE] = { .name = "private", .summary = "as see", .code = 2601, IN_JSON },
	[LEFT] = { .name = "left",
	           .summary = "time until its deadline",
	           .code = 2602,
	           .deadline_ms = 20000,
	           IN_JSON,
	           ANYONE },
	[FAIL] = { .name = "fail", .summary = "an error", .code = 2603, IN_JSON, ANYONE },
	[EMPTY] = { .name = "empty", .summary = "no byte", .code = 2604, IN_JSON, ANYONE },
	[BROKEN] = { .name = "broken", .summary = "no JSON", .code = 2605, IN_JSON, ANYONE },
	[MUTE] = { .name = "mute", .summary = "no answer", .code = 2606, IN_JSON, ANYONE },
	[TELL] = { .name = "tell", .summary = "pushes it", .code = 2607, IN_JSON },
	[WHISPER] = { .name = "whisper", .summary = "the same", .code = 2608, IN_JSON },
	[NOTE] = { .name = "note",
	           .summary = "is counted",
	           .takes = "application/json",
	           .code = 2609,
	           .flags = ACT_A_ANONYMOUS | ACT_A_NOREPLY },
	[NOTES] = { .name = "notes", .summary = "how many", .code = 2610, IN_JSON, ANYONE },
};

static const act_pushing pushes[] = {
	[TOLD] = { .name = "told",
	           .summary = "what tell was given",
	           .gives = "application/json",
	           .code = 3600 },
	[WHISPERED] = { .name = "whispered", .summary = "bytes of any kind", .code = 3601 },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "witness",
	.version = "1.0",
	.actions = actions,
	.pushes = pushes,
	.action_count = sizeof actions / sizeof actions[0],
	.action_size = sizeof(act_action),
	.push_count = sizeof pushes / sizeof pushes[0],
	.push_size = sizeof(act_pushing),
	.create = create,
	.destroy = free,
	.handle = handle,
	.conn_open = conn_open,
};
