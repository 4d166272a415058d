#include "probe.h"
#include "words.h"

act_rc probe_bind(struct probe *probe, const act_call *call)
{
	struct words words;
	act_bytes user, device;
	words_begin(&words, call->payload);
	user = act_str(words_next(&words));
	device = act_str(words_next(&words));
	return probe_reply_rc(probe, call,
	                      probe->host->bind_user(probe->host, call->conn, user, device));
}

/* Binds on the connection's own loop, and then answers with the user before: what the call lent is
 * the plugin's to read until it returns. */
act_rc probe_rename(struct probe *probe, const act_call *call)
{
	struct words words;
	act_rc rc;
	words_begin(&words, call->payload);
	rc = probe->host->bind_user(probe->host, call->conn, act_str(words_next(&words)),
	                            act_str(""));
	return act_reply_text(probe->host, call, "rc %d was %.*s", rc, ACT_FMT(call->user));
}

/* The connection that the next word names, or the caller's own. */
static act_conn conn_of(struct words *words, const act_call *call)
{
	act_conn conn = words_number(words);
	return conn != 0 ? conn : call->conn;
}

act_rc probe_join(struct probe *probe, const act_call *call)
{
	struct words words;
	act_bytes group;
	words_begin(&words, call->payload);
	group = act_str(words_next(&words));
	return probe_reply_rc(probe, call,
	                      probe->host->group_join(probe->host, conn_of(&words, call), group));
}

act_rc probe_leave(struct probe *probe, const act_call *call)
{
	struct words words;
	act_bytes group;
	words_begin(&words, call->payload);
	group = act_str(words_next(&words));
	return probe_reply_rc(probe, call,
	                      probe->host->group_leave(probe->host, conn_of(&words, call), group));
}

/* The body is the last word; "*N" stands for N bytes of 'x'. */
static act_rc push_body(struct probe *probe, act_push *push, const char *text)
{
	char *body;
	act_rc rc;
	size_t len;
	if (text[0] != '*') {
		push->body = act_str(text);
		return probe->host->push(probe->host, push);
	}
	len = strtoul(text + 1, NULL, 10);
	body = malloc(len + 1);
	if (body == NULL)
		return ACT_E_NOMEM;
	memset(body, 'x', len);
	push->body = act_mem(body, len);
	rc = probe->host->push(probe->host, push);
	free(body);
	return rc;
}

act_rc probe_push(struct probe *probe, const act_call *call)
{
	act_push push = { .size = sizeof push };
	struct words words;
	words_begin(&words, call->payload);
	push.pushing = (uint32_t)words_number(&words);
	push.to = (uint32_t)words_number(&words);
	push.id = act_str(words_next(&words));
	push.device = act_str(words_next(&words));
	push.conn = words_number(&words);
	push.except = words_number(&words);
	return probe_reply_rc(probe, call, push_body(probe, &push, words_rest(&words)));
}

act_rc probe_close(struct probe *probe, const act_call *call)
{
	struct words words;
	act_conn conn;
	uint16_t code;
	words_begin(&words, call->payload);
	conn = conn_of(&words, call);
	code = (uint16_t)words_number(&words);
	return probe_reply_rc(
		probe, call,
		probe->host->close_conn(probe->host, conn, code, act_str(words_rest(&words))));
}
