#include "probe.h"
#include "words.h"

#include <inttypes.h>

act_rc probe_reply_rc(struct probe *probe, const act_call *call, act_rc rc)
{
	return act_reply_text(probe->host, call, "rc %d", rc);
}

act_rc probe_me(struct probe *probe, const act_call *call)
{
	return act_reply_text(probe->host, call,
	                      "conn=%" PRIu64 " user=%.*s code=%u how=%u generation=%" PRIu64
	                      " payload=%.*s",
	                      call->conn, ACT_FMT(call->user), call->code, call->how,
	                      probe->host->generation, ACT_FMT(call->payload));
}

act_rc probe_echo(struct probe *probe, const act_call *call)
{
	return probe->host->reply(probe->host, call->token, 0, call->payload);
}

act_rc probe_private(struct probe *probe, const act_call *call)
{
	return probe->host->reply(probe->host, call->token, 0, call->user);
}

/* The first answer counts; what the second one got is an event. */
act_rc probe_twice(struct probe *probe, const act_call *call)
{
	act_rc rc = act_reply_text(probe->host, call, "first");
	probe_event(probe, "twice %d", act_reply_text(probe->host, call, "second"));
	return rc;
}

act_rc probe_fail(struct probe *probe, const act_call *call)
{
	act_failure failure = { .size = sizeof failure };
	struct words words;
	act_rc rc;
	words_begin(&words, call->payload);
	failure.status = (uint32_t)words_number(&words);
	failure.retry_after_ms = (uint32_t)words_number(&words);
	failure.text = act_str(words_rest(&words));
	rc = probe->host->fail(probe->host, call->token, &failure);
	return rc == ACT_OK ? rc : probe_reply_rc(probe, call, rc);
}

act_rc probe_rc(struct probe *probe, const act_call *call)
{
	struct words words;
	(void)probe;
	words_begin(&words, call->payload);
	return (act_rc)strtol(words_next(&words), NULL, 10);
}

/* Owes no answer; one is tried all the same, and what came of it is an event. */
act_rc probe_note(struct probe *probe, const act_call *call)
{
	act_rc rc = act_reply_text(probe->host, call, "never sent");
	probe_event(probe, "note %.*s %d", ACT_FMT(call->payload), rc);
	return ACT_OK;
}

act_rc probe_big(struct probe *probe, const act_call *call)
{
	struct words words;
	size_t len;
	char *body;
	act_rc rc;
	words_begin(&words, call->payload);
	len = (size_t)words_number(&words);
	body = malloc(len + 1);
	if (body == NULL)
		return ACT_E_NOMEM;
	memset(body, 'x', len);
	rc = probe->host->reply(probe->host, call->token, 0, act_mem(body, len));
	free(body);
	return rc == ACT_OK ? rc : probe_reply_rc(probe, call, rc);
}

act_rc probe_place(struct probe *probe, const act_call *call)
{
	act_bytes config = probe->host->config(probe->host);
	act_bytes folder = probe->host->data_dir(probe->host);
	return act_reply_text(probe->host, call, "%.*s\n%.*s", ACT_FMT(config), ACT_FMT(folder));
}
