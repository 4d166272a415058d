#include "act/host.h"

#include "act/call.h"
#include "act/timer.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/status.h"

#include <act/easy.h>
#include <stdlib.h>
#include <string.h>

static act_rc host_reply(const act_host *h, act_token call, uint32_t flags, act_bytes body)
{
	struct act *act = generation_of(h)->act;
	struct outcome outcome = { .kind = OUTCOME_REPLY, .body = body };
	if (flags != 0 || !host_is_bytes(body))
		return ACT_E_INVAL;
	if (!call_owes_answer(call))
		return ACT_E_NOSUPP;
	if (body.len > atomic_load_explicit(&act->reply_bytes, memory_order_relaxed))
		return ACT_E_TOOBIG;
	return call_answer(act, call, &outcome);
}

static act_rc host_fail(const act_host *h, act_token call, const act_failure *why)
{
	if (why == NULL || why->size < sizeof *why || !host_is_bytes(why->text))
		return ACT_E_INVAL;
	const struct status_info *info = status_info(why->status);
	if ((info == NULL && why->status < STATUS_OWN) || why->status > UINT16_MAX)
		return ACT_E_INVAL;
	if (!call_owes_answer(call))
		return ACT_E_NOSUPP;
	struct outcome outcome = { .kind = OUTCOME_ERROR,
		                   .body = why->text,
		                   .status = why->status,
		                   .retry = why->retry_after_ms != 0 ||
		                            (info != NULL && info->retry),
		                   .retry_after_ms = why->retry_after_ms };
	if (outcome.body.len > STATUS_TEXT_MAX)
		outcome.body.len = STATUS_TEXT_MAX;
	return call_answer(generation_of(h)->act, call, &outcome);
}

static act_rc host_timer_set(const act_host *h, uint64_t tag, uint32_t ms, int32_t repeat,
                             act_timer *out)
{
	return timers_set(generation_of(h)->timers, tag, ms, repeat != 0, out);
}

static act_rc host_timer_drop(const act_host *h, act_timer timer)
{
	return timers_drop(generation_of(h)->timers, timer);
}

static void host_log(const act_host *h, int32_t level, act_bytes line)
{
	char room[48];
	enum log_level to = level <= ACT_LOG_DEBUG  ? LOG_DEBUG
	                    : level == ACT_LOG_INFO ? LOG_INFO
	                    : level == ACT_LOG_WARN ? LOG_WARN
	                                            : LOG_ERROR;
	if (!log_wants(to) || !host_is_bytes(line))
		return;
	snprintf(room, sizeof room, "plugin %s", generation_of(h)->manifest.name);
	log_line(to, room, "%.*s", ACT_FMT(line));
}

static act_bytes host_config(const act_host *h)
{
	return act_str(generation_of(h)->settings);
}

static act_bytes host_data_dir(const act_host *h)
{
	return act_str(generation_of(h)->data_dir);
}

bool host_is_bytes(act_bytes bytes)
{
	return bytes.ptr != NULL || bytes.len == 0;
}

bool host_is_id(act_bytes id)
{
	return id.ptr != NULL && id.len >= 1 && id.len <= 255 &&
	       memchr(id.ptr, '\0', id.len) == NULL && act_utf8_span(id.ptr, id.len) == id.len;
}

void host_fill(act_host *host, struct generation *generation)
{
	*host = (act_host){
		.size = sizeof *host,
		.abi_major = ACT_ABI_MAJOR,
		.abi_minor = ACT_ABI_MINOR,
		.impl = generation,
		.generation = generation->number,
		.reply = host_reply,
		.fail = host_fail,
		.push = host_push,
		.bind_user = host_bind_user,
		.group_join = host_group_join,
		.group_leave = host_group_leave,
		.close_conn = host_close_conn,
		.timer_set = host_timer_set,
		.timer_drop = host_timer_drop,
		.work = host_work,
		.log = host_log,
		.config = host_config,
		.data_dir = host_data_dir,
		.extension = host_extension,
	};
}
