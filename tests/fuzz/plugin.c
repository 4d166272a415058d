#include "plugin.h"

#include "act/module.h"
#include "base/check.h"
#include "base/mem.h"

#include <act/easy.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_MAX = 64, PUSH_MAX = 1024 };

/* A call that is open, with its payload. */
struct held {
	act_token token;
	size_t len;
	char *payload;
};

static struct {
	const act_host *host;
	struct held held[HELD_MAX];
	size_t held_count;
} plugin;

/* ---- calls that are held ------------------------------------------------------------------- */

static act_rc hold(const act_call *call)
{
	if (plugin.held_count == HELD_MAX)
		return ACT_E_BUSY;
	plugin.held[plugin.held_count++] =
		(struct held){ call->token, call->payload.len,
		               mem_text_n(call->payload.ptr, call->payload.len) };
	return ACT_DEFER;
}

static struct held take_held(size_t index)
{
	struct held held = plugin.held[index];
	plugin.held_count--;
	memmove(&plugin.held[index], &plugin.held[index + 1],
	        (plugin.held_count - index) * sizeof held);
	return held;
}

size_t plugin_held(void)
{
	return plugin.held_count;
}

void plugin_answer(size_t index, bool fail)
{
	const act_failure busy = { .size = sizeof busy,
		                   .status = ACT_S_OVERLOADED,
		                   .retry_after_ms = 7,
		                   .text = act_str("not \"now\"\n") };
	if (plugin.held_count == 0)
		return;
	struct held held = take_held(index % plugin.held_count);
	act_bytes body = act_mem(held.payload, held.len);
	act_rc rc = fail ? (plugin.host->fail)(plugin.host, held.token, &busy)
	                 : plugin.host->reply(plugin.host, held.token, 0, body);
	CHECK(rc == ACT_OK);
	/* It is answered: nobody may answer it again. */
	CHECK(plugin.host->reply(plugin.host, held.token, 0, body) == ACT_E_GONE);
	free(held.payload);
}

static void on_cancel(void *self, act_token token, act_rc why)
{
	(void)self;
	CHECK(why == ACT_E_GONE || why == ACT_E_LATE);
	size_t i = 0;
	while (i < plugin.held_count && plugin.held[i].token != token)
		i++;
	CHECK(i < plugin.held_count);
	free(take_held(i).payload);
}

/* ---- what it does -------------------------------------------------------------------------- */

void plugin_push(act_conn conn, size_t len, bool json)
{
	char body[PUSH_MAX];
	len = len < 2 ? 2 : len < sizeof body ? len : sizeof body;
	memset(body, json ? 'x' : '\xFF', len);
	if (json)
		body[0] = body[len - 1] = '"';
	act_push push = { .size = sizeof push,
		          .to = ACT_TO_CONN,
		          .pushing = json ? 0 : 1,
		          .conn = conn,
		          .body = act_mem(body, len) };
	act_rc rc = plugin.host->push(plugin.host, &push);
	CHECK(rc == ACT_OK || rc == ACT_E_GONE);
}

/* The payload is a number, or is not: then there is no such status. */
static act_rc fail(const act_call *call)
{
	act_failure why = { .size = sizeof why, .text = call->payload };
	for (size_t i = 0; i < call->payload.len && i < 5; i++) {
		char c = ((const char *)call->payload.ptr)[i];
		if (c < '0' || c > '9')
			break;
		why.status = why.status * 10 + (uint32_t)(c - '0');
	}
	why.retry_after_ms = why.status % 2 == 0 ? why.status : 0;
	return (plugin.host->fail)(plugin.host, call->token, &why);
}

static act_rc bind(const act_call *call)
{
	return plugin.host->bind_user(plugin.host, call->conn, call->payload, act_str("a device"));
}

static act_rc on_handle(void *self, const act_call *call)
{
	act_bytes answer = call->payload;
	act_rc rc = ACT_OK;
	(void)self;
	switch (call->action) {
	case PLUGIN_HOLD:
	case PLUGIN_ONE:
		return hold(call);
	case PLUGIN_NOTE:
		/* No answer is owed, so none is taken. */
		CHECK(plugin.host->reply(plugin.host, call->token, 0, answer) == ACT_E_NOSUPP);
		return ACT_OK;
	case PLUGIN_SILENT:
		return ACT_OK;
	case PLUGIN_FAIL:
		return fail(call);
	case PLUGIN_WRONG:
		answer = act_str("{\"no\": JSON");
		break;
	case PLUGIN_PRIVATE:
		CHECK(call->user.len != 0);
		break;
	case PLUGIN_SHORT:
		CHECK(call->payload.len <= PLUGIN_SHORT_MAX);
		break;
	case PLUGIN_PUSH:
		plugin_push(call->conn, call->payload.len, call->payload.len % 2 == 0);
		break;
	case PLUGIN_BIND:
		rc = bind(call);
		break;
	default:
		break;
	}
	return rc == ACT_OK ? plugin.host->reply(plugin.host, call->token, 0, answer) : rc;
}

static act_rc on_create(const act_host *h, void **self)
{
	plugin.host = h;
	*self = &plugin;
	return ACT_OK;
}

static void on_destroy(void *self)
{
	(void)self;
}

/* ---- its table ----------------------------------------------------------------------------- */

#define JSON "application/json"
#define ACTION(index, its_name, its_flags)                                                         \
	[index] = { .name = its_name,                                                              \
		    .takes = JSON,                                                                 \
		    .gives = JSON,                                                                 \
		    .code = (index) + 1,                                                           \
		    .flags = (its_flags) }

static const act_action actions[PLUGIN_ACTIONS] = {
	ACTION(PLUGIN_ECHO, "echo", ACT_A_ANONYMOUS),
	ACTION(PLUGIN_HOLD, "hold", ACT_A_ANONYMOUS),
	ACTION(PLUGIN_NOTE, "note", ACT_A_ANONYMOUS | ACT_A_NOREPLY),
	ACTION(PLUGIN_FAIL, "fail", ACT_A_ANONYMOUS),
	ACTION(PLUGIN_PRIVATE, "private", 0),
	[PLUGIN_BYTES] = { .name = "bytes", .code = PLUGIN_BYTES + 1, .flags = ACT_A_ANONYMOUS },
	ACTION(PLUGIN_WRONG, "wrong", ACT_A_ANONYMOUS),
	[PLUGIN_SHORT] = { .name = "short",
	                   .takes = JSON,
	                   .gives = JSON,
	                   .code = PLUGIN_SHORT + 1,
	                   .flags = ACT_A_ANONYMOUS,
	                   .payload_max = PLUGIN_SHORT_MAX },
	ACTION(PLUGIN_PUSH, "push", ACT_A_ANONYMOUS),
	ACTION(PLUGIN_RATED, "rated", ACT_A_ANONYMOUS),
	ACTION(PLUGIN_ONE, "one", ACT_A_ANONYMOUS),
	ACTION(PLUGIN_BIND, "bind", ACT_A_ANONYMOUS),
	ACTION(PLUGIN_SILENT, "silent", ACT_A_ANONYMOUS),
	[PLUGIN_RAW] = { .name = "raw", .flags = ACT_A_RAW },
};

static const act_pushing pushes[] = {
	{ .name = "text", .gives = JSON, .code = PLUGIN_PUSH_CODE },
	{ .name = "bytes", .code = PLUGIN_BYTES_PUSH_CODE },
};

static const act_plugin table = {
	.size = sizeof table,
	.flags = ACT_F_PARALLEL,
	.name = "fuzz",
	.version = "1.0",
	.actions = actions,
	.pushes = pushes,
	.action_count = PLUGIN_ACTIONS,
	.action_size = sizeof actions[0],
	.push_count = sizeof pushes / sizeof pushes[0],
	.push_size = sizeof pushes[0],
	.create = on_create,
	.destroy = on_destroy,
	.handle = on_handle,
	.cancel = on_cancel,
};

/* ---- in place of core/act/module.c --------------------------------------------------------- */

struct module *plugin_module(void)
{
	return (struct module *)(void *)&plugin;
}

int module_open(const char *path, const struct manifest *manifest, struct module **out,
                struct err *why)
{
	(void)manifest;
	(void)out;
	return err_set(why, "nothing is loaded from %s here", path);
}

const act_plugin *module_table(const struct module *module)
{
	(void)module;
	return &table;
}

bool module_close(struct module *module, struct err *resident_why)
{
	(void)module;
	(void)resident_why;
	return true;
}
