#include "base/json_members.h"

#include <cjson/cJSON.h>
#include <string.h>

static const char *skip_blank(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

/* Behind the closing quote of a string that begins at `at`. */
static const char *skip_string(const char *at)
{
	for (at++; *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at + 1;
}

/* Behind the bracket that closes the one at `at`: in a text that is JSON each closes its own. */
static const char *skip_nested(const char *at)
{
	size_t depth = 0;
	do {
		if (*at == '"') {
			at = skip_string(at);
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		else if (*at == '}' || *at == ']')
			depth--;
		at++;
	} while (depth > 0);
	return at;
}

static const char *skip_value(const char *at, const char *end)
{
	if (*at == '"')
		return skip_string(at);
	if (*at == '{' || *at == '[')
		return skip_nested(at);
	while (at < end && strchr(" \t\r\n,}]", *at) == NULL)
		at++;
	return at;
}

bool json_members_begin(struct json_members *members, const char *text, size_t len)
{
	const char *end = text + len, *at = skip_blank(text, end);
	*members = (struct json_members){ at < end ? at + 1 : end, end };
	return at < end && *at == '{';
}

bool json_members_next(struct json_members *members, struct json_run *key, struct json_run *value)
{
	const char *end = members->end, *at = skip_blank(members->at, end);
	if (*at == ',')
		at = skip_blank(at + 1, end);
	if (*at == '}')
		return false;
	key->at = at;
	at = skip_string(at);
	key->len = (size_t)(at - key->at);
	at = skip_blank(at, end);
	at = skip_blank(at + 1, end); /* the colon */
	value->at = at;
	at = skip_value(at, end);
	value->len = (size_t)(at - value->at);
	members->at = at;
	return true;
}

bool json_run_is(struct json_run string, const char *plain)
{
	char text[64];
	return json_run_string(string, text, sizeof text) >= 0 && strcmp(text, plain) == 0;
}

int json_run_string(struct json_run string, char *to, size_t room)
{
	if (string.at == NULL || *string.at != '"')
		return -1;
	size_t len = string.len - 2;
	if (memchr(string.at, '\\', string.len) == NULL) {
		if (len >= room)
			return -1;
		memcpy(to, string.at + 1, len);
		to[len] = '\0';
		return (int)len;
	}
	/* No escape makes a string longer than it was written, and the longest ones make it six
	 * times shorter: what cannot fit is not decoded. */
	if (len / 6 >= room)
		return -1;
	cJSON *decoded = cJSON_ParseWithLength(string.at, string.len);
	const char *text = cJSON_GetStringValue(decoded);
	len = text != NULL ? strlen(text) : room;
	if (len < room)
		memcpy(to, text, len + 1);
	cJSON_Delete(decoded);
	return len < room ? (int)len : -1;
}

bool json_run_whole(struct json_run value, uint32_t min, uint32_t max, uint32_t *out)
{
	if (value.at == NULL || (*value.at != '-' && (*value.at < '0' || *value.at > '9')))
		return false;
	cJSON *number = cJSON_ParseWithLength(value.at, value.len);
	double found = cJSON_IsNumber(number) ? cJSON_GetNumberValue(number) : -1;
	cJSON_Delete(number);
	if (!(found >= min && found <= max) || (double)(uint32_t)found != found)
		return false;
	*out = (uint32_t)found;
	return true;
}
