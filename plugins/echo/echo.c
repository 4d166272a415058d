/* echo: gives back what it is given. The smallest useful plugin, and a pattern for others.
 *
 * Two actions: "raw" serves a raw endpoint (whole text or binary messages), "echo" has the code 1.
 * One setting: "prefix", a string that is put before each reply. Change it, send SIGHUP, and the
 * next reply on a connection that stayed open has the new prefix. */
#include <cjson/cJSON.h>

#include <act/easy.h>

ACT_MANIFEST("echo", "1.0", "", "");

/* One generation: made by create(), the same for all calls, gone with destroy(). Nothing in it
 * changes after create(), so calls may read it from several threads without a lock. */
struct echo {
	const act_host *host;
	cJSON *settings;
	act_bytes prefix; /* points into `settings` */
};

/* Reads echo->settings, an object ({} where the config has none). -1: the log says which key is
 * wrong, what was expected and what was found. */
static int echo_configure(struct echo *echo)
{
	const cJSON *member = NULL;
	cJSON_ArrayForEach(member, echo->settings)
	{
		if (strcmp(member->string, "prefix") != 0) {
			act_logf(echo->host, ACT_LOG_ERROR,
			         "\"%s\": there is no such setting; expected \"prefix\"",
			         member->string);
			return -1;
		}
		if (!cJSON_IsString(member)) {
			act_logf(echo->host, ACT_LOG_ERROR,
			         "\"prefix\": expected a string, found %s", act_json_type(member));
			return -1;
		}
		echo->prefix = act_str(member->valuestring);
	}
	return 0;
}

static void echo_destroy(void *self)
{
	struct echo *echo = self;
	cJSON_Delete(echo->settings);
	free(echo);
}

static act_rc echo_create(const act_host *host, void **self)
{
	act_bytes config = host->config(host);
	struct echo *echo = calloc(1, sizeof *echo);
	if (echo == NULL)
		return ACT_E_NOMEM;
	echo->host = host;
	/* The server has parsed this text before, so only memory can be wanting. */
	echo->settings = cJSON_ParseWithLength(config.ptr, config.len);
	if (echo->settings == NULL || echo_configure(echo) != 0) {
		echo_destroy(echo);
		return ACT_E_INVAL;
	}
	*self = echo;
	return ACT_OK;
}

/* Both actions are this one function: the server knows whether to put a code before the reply. */
static act_rc echo_handle(void *self, const act_call *call)
{
	const struct echo *echo = self;
	act_bytes prefix = echo->prefix, payload = call->payload;
	char *reply;
	act_rc rc;
	if (prefix.len == 0) /* nothing to join: the payload itself; reply() copies it */
		return echo->host->reply(echo->host, call->token, 0, payload);
	reply = malloc(prefix.len + payload.len);
	if (reply == NULL)
		return ACT_E_NOMEM;
	memcpy(reply, prefix.ptr, prefix.len);
	if (payload.len > 0)
		memcpy(reply + prefix.len, payload.ptr, payload.len);
	rc = act_reply_bytes(echo->host, call, reply, prefix.len + payload.len);
	free(reply);
	return rc;
}

static const act_action echo_actions[] = {
	{ .name = "raw",
	  .summary = "Gives back the message as it is, text or binary",
	  .flags = ACT_A_RAW | ACT_A_ANONYMOUS },
	{ .name = "echo",
	  .summary = "Gives back the payload",
	  .code = 1,
	  .flags = ACT_A_ANONYMOUS | ACT_A_IDEMPOTENT },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL, /* echo_handle() only reads what it shares */
	.name = "echo",
	.version = "1.0",
	.actions = echo_actions,
	.action_count = sizeof echo_actions / sizeof echo_actions[0],
	.action_size = sizeof(act_action),
	.create = echo_create,
	.destroy = echo_destroy,
	.handle = echo_handle,
};
