#include "fault.h"

#include "base/status.h"

#include <stdio.h>
#include <string.h>

static uint32_t number_of(const cJSON *value)
{
	return cJSON_IsNumber(value) && value->valuedouble >= 0 && value->valuedouble <= UINT32_MAX
	               ? (uint32_t)value->valuedouble
	               : 0;
}

bool fault_of_json(const cJSON *error, struct fault *fault)
{
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(error, "name");
	const cJSON *message = cJSON_GetObjectItemCaseSensitive(error, "message");
	*fault = (struct fault){ 0 };
	fault->code = number_of(cJSON_GetObjectItemCaseSensitive(error, "code"));
	if (fault->code == 0 || !cJSON_IsString(name) || !cJSON_IsString(message))
		return false;
	snprintf(fault->name, sizeof fault->name, "%s", name->valuestring);
	snprintf(fault->message, sizeof fault->message, "%s", message->valuestring);
	fault->retry = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(error, "retry"));
	fault->retry_after_ms =
		number_of(cJSON_GetObjectItemCaseSensitive(error, "retry_after_ms"));
	return true;
}

bool fault_of_body(const char *text, size_t len, struct fault *fault)
{
	cJSON *body = len != 0 ? cJSON_ParseWithLength(text, len) : NULL;
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(body, "error");
	bool is = cJSON_IsObject(error) && cJSON_GetArraySize(body) == 1 &&
	          fault_of_json(error, fault);
	cJSON_Delete(body);
	return is;
}

void fault_of_status(uint32_t status, bool retry, uint32_t retry_after_ms, const void *sentence,
                     size_t len, struct fault *fault)
{
	const struct status_info *info = status_info(status);
	*fault = (struct fault){ .code = info != NULL ? info->code : status,
		                 .retry = retry,
		                 .retry_after_ms = retry_after_ms };
	snprintf(fault->name, sizeof fault->name, "%s", info != NULL ? info->name : "plugin_error");
	if (len > sizeof fault->message - 1)
		len = sizeof fault->message - 1;
	snprintf(fault->message, sizeof fault->message, "%.*s", (int)len,
	         len != 0 ? (const char *)sentence : "");
}

/* By the names of the table in docs/protocol.md. */
const char *fault_hint(const struct fault *fault)
{
	static const struct {
		const char *name, *next;
	} hints[] = {
		{ "unknown_action",
		  "actctl status lists the actions that are served, \"actions\" in "
		  "the server's config their codes" },
		{ "not_found", "is that the right address?" },
		{ "not_logged_in", "log in with --user NAME, --token TOKEN or --token-file FILE" },
		{ "token_expired", "make a new one: --user NAME does, or actctl token NAME" },
		{ "forbidden", "log in as somebody who may" },
		{ "rate_limited", "wait a while: the action's \"rate_per_s\" was reached" },
		{ "deadline", "ask again, or give it longer with --deadline-ms" },
		{ "overloaded", "ask again later; actctl status tells how the server is" },
		{ "unavailable",
		  "actctl status tells whether the plugin serves, the server's log why "
		  "not" },
		{ "too_large", "send less, or raise the limit in the server's config" },
		{ "draining", "the server is ending; ask again when it is back" },
		{ "payload_refused", "send what the action takes: docs/actions.md has it" },
		{ "plugin_failed", "the server's log says what went wrong in the plugin" },
	};
	for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
		if (strcmp(fault->name, hints[i].name) == 0)
			return hints[i].next;
	return fault->retry ? "ask again later" : "the plugin's documentation says what that means";
}

enum outcome fault_say(const struct fault *fault, const char *what)
{
	char later[64] = "";
	if (fault->retry_after_ms != 0)
		snprintf(later, sizeof later, " (after %u ms)", fault->retry_after_ms);
	say_trouble(fault_hint(fault), "%s %u %s: %s%s", what, fault->code, fault->name,
	            fault->message, later);
	return REFUSED;
}

cJSON *fault_json(const struct fault *fault)
{
	cJSON *error = cJSON_CreateObject();
	cJSON_AddNumberToObject(error, "code", fault->code);
	cJSON_AddStringToObject(error, "name", fault->name);
	cJSON_AddStringToObject(error, "message", fault->message);
	cJSON_AddBoolToObject(error, "retry", fault->retry);
	if (fault->retry_after_ms != 0)
		cJSON_AddNumberToObject(error, "retry_after_ms", fault->retry_after_ms);
	return error;
}
