/* fake_table: the functions of the host table, each strict about what the interface asks of the
 * plugin. */
#include "fake_inner.h"

#include <stdlib.h>

static bool is_utf8(act_bytes text)
{
	return act_utf8_span(text.ptr, text.len) == text.len;
}

static bool is_id(act_bytes id)
{
	return id.len <= 255 && is_utf8(id);
}

/* ---- answers ------------------------------------------------------------------------------- */

static act_rc answer(struct fake_host *fake, act_token token, uint32_t status, uint32_t retry_ms,
                     act_bytes body)
{
	act_rc rc = ACT_E_GONE;
	pthread_mutex_lock(&fake->lock);
	for (struct fake_open *call = fake->calls; call != NULL; call = call->next) {
		if (call->answer.token != token || call->answer.answered || call->stale)
			continue;
		call->answer.answered = true;
		call->answer.status = status;
		call->answer.retry_after_ms = retry_ms;
		free(call->answer.body);
		call->answer.body = fake_copy(body);
		call->answer.len = body.len;
		rc = ACT_OK;
		pthread_cond_broadcast(&fake->answered);
		break;
	}
	pthread_mutex_unlock(&fake->lock);
	return rc;
}

static bool owes(struct fake_host *fake, act_token token)
{
	bool owed = true;
	pthread_mutex_lock(&fake->lock);
	for (struct fake_open *call = fake->calls; call != NULL; call = call->next)
		if (call->answer.token == token)
			owed = call->owes;
	pthread_mutex_unlock(&fake->lock);
	return owed;
}

static act_rc table_reply(const act_host *h, act_token token, uint32_t flags, act_bytes body)
{
	if (flags != 0)
		return ACT_E_INVAL;
	if (!owes(fake_of(h), token))
		return ACT_E_NOSUPP;
	if (body.len > FAKE_REPLY_MAX)
		return ACT_E_TOOBIG;
	return answer(fake_of(h), token, 0, 0, body);
}

static bool is_status(uint32_t status)
{
	switch (status) {
	case ACT_S_FORBIDDEN:
	case ACT_S_OVERLOADED:
	case ACT_S_UNAVAILABLE:
	case ACT_S_TOO_LARGE:
	case ACT_S_PAYLOAD_REFUSED:
	case ACT_S_PLUGIN_FAILED:
		return true;
	default:
		return status >= 1000 && status <= 65535;
	}
}

static act_rc table_fail(const act_host *h, act_token token, const act_failure *why)
{
	if (why == NULL || why->size < sizeof *why || !is_status(why->status) ||
	    !is_utf8(why->text))
		return ACT_E_INVAL;
	if (!owes(fake_of(h), token))
		return ACT_E_NOSUPP;
	act_bytes text = act_mem(why->text.ptr, why->text.len < 1000 ? why->text.len : 1000);
	return answer(fake_of(h), token, why->status, why->retry_after_ms, text);
}

/* ---- connections --------------------------------------------------------------------------- */

static bool push_is_good(struct fake_host *fake, const act_push *what)
{
	if (what == NULL || what->size < sizeof *what || what->flags != 0 ||
	    what->pushing >= fake->plugin->push_count)
		return false;
	switch (what->to) {
	case ACT_TO_CONN:
		return what->conn != 0;
	case ACT_TO_USER:
	case ACT_TO_GROUP:
		return what->id.len != 0 && is_id(what->id) && is_id(what->device);
	default:
		return what->to == ACT_TO_ALL;
	}
}

static act_rc table_push(const act_host *h, const act_push *what)
{
	if (!push_is_good(fake_of(h), what))
		return ACT_E_INVAL;
	if (what->body.len > FAKE_REPLY_MAX)
		return ACT_E_TOOBIG;
	fake_note(fake_of(h), (struct fake_event){
				      .kind = FAKE_PUSH,
				      .number = what->pushing,
				      .to = what->to,
				      .conn = what->conn,
				      .except = what->except,
				      .id = fake_copy(what->id),
				      .device = fake_copy(what->device),
				      .body = fake_copy(what->body),
				      .len = what->body.len,
			      });
	return ACT_OK;
}

static act_rc table_bind_user(const act_host *h, act_conn conn, act_bytes user, act_bytes device)
{
	if (!is_id(user) || !is_id(device))
		return ACT_E_INVAL;
	fake_note(fake_of(h), (struct fake_event){ .kind = FAKE_BIND,
	                                           .conn = conn,
	                                           .id = fake_copy(user),
	                                           .device = fake_copy(device) });
	return ACT_OK;
}

static act_rc note_group(const act_host *h, enum fake_kind kind, act_conn conn, act_bytes group)
{
	if (group.len == 0 || !is_id(group))
		return ACT_E_INVAL;
	fake_note(fake_of(h),
	          (struct fake_event){ .kind = kind, .conn = conn, .id = fake_copy(group) });
	return ACT_OK;
}

static act_rc table_group_join(const act_host *h, act_conn conn, act_bytes group)
{
	return note_group(h, FAKE_JOIN, conn, group);
}

static act_rc table_group_leave(const act_host *h, act_conn conn, act_bytes group)
{
	return note_group(h, FAKE_LEAVE, conn, group);
}

static act_rc table_close_conn(const act_host *h, act_conn conn, uint16_t code, act_bytes reason)
{
	bool known = code == 1000 || code == 1001 || code == 1003 ||
	             (code >= 1007 && code <= 1009) || (code >= 1011 && code <= 1013) ||
	             (code >= 3000 && code <= 4999);
	if (!known || reason.len > 123 || !is_utf8(reason))
		return ACT_E_INVAL;
	fake_note(fake_of(h), (struct fake_event){ .kind = FAKE_CLOSE,
	                                           .conn = conn,
	                                           .number = code,
	                                           .body = fake_copy(reason),
	                                           .len = reason.len });
	return ACT_OK;
}

/* ---- the rest ------------------------------------------------------------------------------ */

static void table_log(const act_host *h, int32_t level, act_bytes line)
{
	if (level < ACT_LOG_DEBUG || level > ACT_LOG_ERROR || !is_utf8(line))
		fake_die("plugin %s: a log line of level %d that is not UTF-8, or no such level",
		         fake_of(h)->plugin->name, level);
	fake_note(fake_of(h), (struct fake_event){ .kind = FAKE_LOG,
	                                           .number = (uint32_t)level,
	                                           .body = fake_copy(line),
	                                           .len = line.len });
}

static act_bytes table_config(const act_host *h)
{
	return act_str(fake_of(h)->config);
}

static act_bytes table_data_dir(const act_host *h)
{
	return act_str(fake_of(h)->data_dir);
}

void fake_table_fill(act_host *table)
{
	table->reply = table_reply;
	table->fail = table_fail;
	table->push = table_push;
	table->bind_user = table_bind_user;
	table->group_join = table_group_join;
	table->group_leave = table_group_leave;
	table->close_conn = table_close_conn;
	table->timer_set = fake_timer_set;
	table->timer_drop = fake_timer_drop;
	table->work = fake_work;
	table->log = table_log;
	table->config = table_config;
	table->data_dir = table_data_dir;
	table->extension = fake_extension;
}
