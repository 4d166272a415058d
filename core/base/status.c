#include "base/status.h"

#include "base/check.h"
#include "base/json_text.h"

#include <act/easy.h>
#include <stdio.h>
#include <string.h>

static const struct status_info infos[] = {
	[STATUS_UNKNOWN_ACTION] = { 404, "unknown_action", false },
	[STATUS_BAD_FRAME] = { 400, "bad_frame", false },
	[STATUS_NOT_LOGGED_IN] = { 401, "not_logged_in", false },
	[STATUS_FORBIDDEN] = { 403, "forbidden", false },
	[STATUS_RATE_LIMITED] = { 429, "rate_limited", true },
	[STATUS_DEADLINE] = { 504, "deadline", true },
	[STATUS_OVERLOADED] = { 503, "overloaded", true },
	[STATUS_UNAVAILABLE] = { 502, "unavailable", true },
	[STATUS_TOO_LARGE] = { 413, "too_large", false },
	[STATUS_TOKEN_EXPIRED] = { 401, "token_expired", false },
	[STATUS_DRAINING] = { 503, "draining", true },
	[STATUS_DUPLICATE] = { 409, "duplicate", false },
	[STATUS_GAP] = { 410, "gap", false },
	[STATUS_PAYLOAD_REFUSED] = { 422, "payload_refused", false },
	[STATUS_PLUGIN_FAILED] = { 500, "plugin_failed", false },
};

const struct status_info *status_info(uint32_t status)
{
	if (status == STATUS_OK || status >= sizeof infos / sizeof infos[0])
		return NULL;
	return &infos[status];
}

enum status status_of_rc(int32_t rc)
{
	switch (rc) {
	case ACT_E_LATE:
		return STATUS_DEADLINE;
	case ACT_E_BUSY:
	case ACT_E_NOMEM:
		return STATUS_OVERLOADED;
	case ACT_E_GONE:
		return STATUS_UNAVAILABLE;
	case ACT_E_TOOBIG:
		return STATUS_TOO_LARGE;
	case ACT_E_INVAL:
		return STATUS_PAYLOAD_REFUSED;
	default:
		return STATUS_PLUGIN_FAILED;
	}
}

size_t status_json_named(char *to, size_t room, uint32_t code, const char *name, bool retry,
                         const char *message, size_t message_len)
{
	static const char tail_yes[] = "\",\"retry\":true}}", tail_no[] = "\",\"retry\":false}}";
	CHECK(room >= STATUS_JSON_MIN && strlen(name) <= 32);
	size_t n = (size_t)snprintf(
		to, room, "{\"error\":{\"code\":%u,\"name\":\"%s\",\"message\":\"", code, name);
	/* Text that is not UTF-8 ends where it goes wrong: the answer stays JSON. */
	message_len = act_utf8_span(message, message_len);
	n += json_text_escape(to + n, room - n - sizeof tail_no, message, message_len);
	const char *tail = retry ? tail_yes : tail_no;
	memcpy(to + n, tail, strlen(tail) + 1);
	return n + strlen(tail);
}

size_t status_json(char *to, size_t room, uint32_t status, bool retry, const char *message,
                   size_t message_len)
{
	const struct status_info *info = status_info(status);
	CHECK(info != NULL || status >= STATUS_OWN);
	return status_json_named(to, room, info != NULL ? info->code : status,
	                         info != NULL ? info->name : "plugin_error", retry, message,
	                         message_len);
}
