/* act/easy.h: comforts for plugin authors. Header-only; nothing here is part of the binary
 * interface, and a plugin may do without all of it.
 *
 * Include <cjson/cJSON.h> before this header to have the JSON part as well: it then uses the
 * plugin's own cJSON, which the server neither sees nor shares.
 *
 * All functions are for any thread that may use the host table; none keeps what it is given. */
#ifndef ACT_EASY_H
#define ACT_EASY_H

#include "plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- bytes ------------------------------------------------------------------------------- */

/* A terminated string as bytes; NULL is empty. */
static inline act_bytes act_str(const char *text)
{
	act_bytes bytes = { text, text != NULL ? strlen(text) : 0 };
	return bytes;
}

static inline act_bytes act_mem(const void *ptr, size_t len)
{
	act_bytes bytes = { ptr, len };
	return bytes;
}

static inline int act_same(act_bytes a, act_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* For "%.*s": printf("%.*s", ACT_FMT(call->user)). */
#define ACT_FMT(bytes) (int)(bytes).len, (bytes).len != 0 ? (const char *)(bytes).ptr : ""

/* Big-endian numbers at `at`, which need not be aligned. The caller has checked the length. */
static inline uint16_t act_get_u16(const void *at)
{
	const uint8_t *b = (const uint8_t *)at;
	return (uint16_t)((unsigned)b[0] << 8 | b[1]);
}

static inline uint32_t act_get_u32(const void *at)
{
	const uint8_t *b = (const uint8_t *)at;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline uint64_t act_get_u64(const void *at)
{
	const uint8_t *b = (const uint8_t *)at;
	return (uint64_t)act_get_u32(b) << 32 | act_get_u32(b + 4);
}

static inline void act_put_u16(void *at, uint16_t value)
{
	uint8_t *b = (uint8_t *)at;
	b[0] = (uint8_t)(value >> 8);
	b[1] = (uint8_t)value;
}

static inline void act_put_u32(void *at, uint32_t value)
{
	uint8_t *b = (uint8_t *)at;
	b[0] = (uint8_t)(value >> 24);
	b[1] = (uint8_t)(value >> 16);
	b[2] = (uint8_t)(value >> 8);
	b[3] = (uint8_t)value;
}

static inline void act_put_u64(void *at, uint64_t value)
{
	act_put_u32(at, (uint32_t)(value >> 32));
	act_put_u32((uint8_t *)at + 4, (uint32_t)value);
}

/* The offset of the first byte that is not UTF-8 (RFC 3629: no surrogates, no over-long forms,
 * nothing above U+10FFFF), or `len` where all is well. */
static inline size_t act_utf8_span(const void *text, size_t len)
{
	const uint8_t *s = (const uint8_t *)text;
	size_t i = 0;
	while (i < len) {
		uint8_t c = s[i], low = 0x80, high = 0xBF;
		size_t more, k;
		if (c < 0x80) {
			i++;
			continue;
		}
		if (c >= 0xC2 && c <= 0xDF)
			more = 1;
		else if (c >= 0xE0 && c <= 0xEF)
			more = 2;
		else if (c >= 0xF0 && c <= 0xF4)
			more = 3;
		else
			return i;
		if (c == 0xE0)
			low = 0xA0;
		if (c == 0xED)
			high = 0x9F;
		if (c == 0xF0)
			low = 0x90;
		if (c == 0xF4)
			high = 0x8F;
		if (len - i <= more)
			return i;
		for (k = 1; k <= more; k++) {
			if (s[i + k] < low || s[i + k] > high)
				return i;
			low = 0x80;
			high = 0xBF;
		}
		i += more + 1;
	}
	return len;
}

/* ---- host: a plugin whose only state is the host table
 * ------------------------------------------- */

/* A create() for such a plugin; `self` is then the host table. */
static inline act_rc act_easy_create(const act_host *h, void **self)
{
	*self = (void *)(uintptr_t)h;
	return ACT_OK;
}

static inline void act_easy_destroy(void *self)
{
	(void)self;
}

#define ACT_EASY_HOST(self) ((const act_host *)(self))

/* ---- answers -----------------------------------------------------------------------------------
 */

static inline act_rc act_reply_bytes(const act_host *h, const act_call *call, const void *ptr,
                                     size_t len)
{
	return h->reply(h, call->token, 0, act_mem(ptr, len));
}

/* Answer with text; printf-style, of any length. Returns what reply() returned, or ACT_E_NOMEM. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static inline act_rc
act_reply_text(const act_host *h, const act_call *call, const char *format, ...)
{
	char room[512], *text = room;
	va_list args, again;
	int len;
	act_rc rc;
	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(room, sizeof room, format, args);
	va_end(args);
	if (len >= (int)sizeof room) {
		text = (char *)malloc((size_t)len + 1);
		if (text != NULL)
			vsnprintf(text, (size_t)len + 1, format, again);
	}
	va_end(again);
	if (len < 0)
		return ACT_E_INVAL;
	if (text == NULL)
		return ACT_E_NOMEM;
	rc = h->reply(h, call->token, 0, act_mem(text, (size_t)len));
	if (text != room)
		free(text);
	return rc;
}

/* Answer with an error; `status` is ACT_S_* or 1000 and up. Returns ACT_OK where the error was
 * accepted, so that a handler can end with `return act_failf(…)`. The text is cut after 1000 bytes.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
static inline act_rc
act_failf(const act_host *h, const act_call *call, uint32_t status, const char *format, ...)
{
	char text[1001];
	act_failure why;
	va_list args;
	int len;
	va_start(args, format);
	len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	memset(&why, 0, sizeof why);
	why.size = sizeof why;
	why.status = status;
	if (len < 0)
		len = 0;
	if (len >= (int)sizeof text) {
		len = (int)sizeof text - 1;
		while (len > 0 &&
		       ((uint8_t)text[len] & 0xC0) == 0x80) /* not in the middle of a character */
			len--;
	}
	why.text = act_mem(text, (size_t)len);
	return h->fail(h, call->token, &why);
}

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static inline void
act_logf(const act_host *h, int32_t level, const char *format, ...)
{
	char line[1024];
	va_list args;
	int len;
	va_start(args, format);
	len = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (len < 0)
		return;
	if (len >= (int)sizeof line)
		len = (int)sizeof line - 1;
	h->log(h, level, act_mem(line, (size_t)len));
}

/* ---- pushes -------------------------------------------------------------------------------------
 */

/* Push to every connection of a user. */
static inline act_rc act_push_user(const act_host *h, uint32_t pushing, act_bytes user,
                                   act_bytes body)
{
	act_push push;
	memset(&push, 0, sizeof push);
	push.size = sizeof push;
	push.to = ACT_TO_USER;
	push.pushing = pushing;
	push.id = user;
	push.body = body;
	return h->push(h, &push);
}

/* ---- JSON, by the plugin's own cJSON
 * --------------------------------------------------------------- */

#ifdef cJSON__h

/* The payload as a JSON object; the caller deletes it. NULL: it is not one, and the call was failed
 * with payload_refused and a sentence that says where and why. An empty payload is taken as {}. */
static inline cJSON *act_json_object(const act_host *h, const act_call *call)
{
	const char *text = (const char *)call->payload.ptr, *end = NULL;
	size_t len = call->payload.len, good;
	cJSON *json;
	if (len == 0)
		return cJSON_CreateObject();
	good = act_utf8_span(text, len);
	if (good < len) {
		act_failf(h, call, ACT_S_PAYLOAD_REFUSED,
		          "the payload is not UTF-8: byte %zu (0x%02X)", good,
		          ((const uint8_t *)text)[good]);
		return NULL;
	}
	json = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	if (json != NULL) {
		while (end < text + len &&
		       (*end == ' ' || *end == '\t' || *end == '\r' || *end == '\n'))
			end++;
		if (end < text + len) {
			cJSON_Delete(json);
			json = NULL;
		}
	}
	if (json == NULL) {
		size_t at = end != NULL && end >= text ? (size_t)(end - text) : 0;
		act_failf(h, call, ACT_S_PAYLOAD_REFUSED,
		          "the payload is not JSON: it goes wrong at byte %zu of %zu", at, len);
		return NULL;
	}
	if (!cJSON_IsObject(json)) {
		cJSON_Delete(json);
		act_failf(h, call, ACT_S_PAYLOAD_REFUSED,
		          "the payload is JSON, but not an object: expected {…}");
		return NULL;
	}
	return json;
}

/* The word for a value's type in an error. */
static inline const char *act_json_type(const cJSON *value)
{
	return value == NULL           ? "nothing"
	       : cJSON_IsString(value) ? "a string"
	       : cJSON_IsNumber(value) ? "a number"
	       : cJSON_IsBool(value)   ? "a boolean"
	       : cJSON_IsNull(value)   ? "null"
	       : cJSON_IsArray(value)  ? "an array"
	       : cJSON_IsObject(value) ? "an object"
	                               : "something else";
}

/* The string under `key`, of `min` to `max` bytes; it lives as long as `json`. NULL: it is not
 * there or not that, and the call was failed with a sentence that says so. */
static inline const char *act_json_string(const act_host *h, const act_call *call,
                                          const cJSON *json, const char *key, size_t min,
                                          size_t max)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, key);
	size_t len;
	if (!cJSON_IsString(value)) {
		act_failf(h, call, ACT_S_PAYLOAD_REFUSED, "\"%s\": expected a string, found %s",
		          key, act_json_type(value));
		return NULL;
	}
	len = strlen(value->valuestring);
	if (len < min || len > max) {
		act_failf(h, call, ACT_S_PAYLOAD_REFUSED,
		          "\"%s\": expected %zu to %zu bytes, found %zu", key, min, max, len);
		return NULL;
	}
	return value->valuestring;
}

/* Answer with JSON, and delete it, whatever comes of it. */
static inline act_rc act_reply_json(const act_host *h, const act_call *call, cJSON *json)
{
	char *text = json != NULL ? cJSON_PrintUnformatted(json) : NULL;
	act_rc rc = ACT_E_NOMEM;
	if (text != NULL)
		rc = h->reply(h, call->token, 0, act_str(text));
	cJSON_free(text);
	cJSON_Delete(json);
	return rc;
}

#endif /* cJSON__h */

#ifdef __cplusplus
}
#endif
#endif
