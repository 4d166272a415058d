/* Frames of act.v1 through the server: each REQ has one RES with its seq, NOTIFY has none, and the
 * connection is closed for what docs/protocol.md says alone. And each frame through the codec.
 *
 * What the server must make of a frame is told here from docs/protocol.md, without the codec. */
#include "base/check.h"
#include "base/status.h"
#include "net/actv1.h"
#include "play.h"
#include "plugin.h"
#include "sentence.h"

#include <act/easy.h>
#include <cjson/cJSON.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* ---- the codec ----------------------------------------------------------------------------- */

static bool same_values(const struct actv1_frame *a, const struct actv1_frame *b)
{
	return act_same(a->trace, b->trace) && act_same(a->by, b->by) &&
	       act_same(a->payload, b->payload) && a->deadline_ms == b->deadline_ms &&
	       a->ask_by == b->ask_by && a->retry_after_ms == b->retry_after_ms;
}

/* Written and read again a frame is the same, but for values that nobody knows. */
static void check_codec(const uint8_t *bytes, size_t len)
{
	static uint8_t copy[ACTV1_HEAD_MAX + 65536];
	struct actv1_frame frame, again;
	const char *wrong = actv1_read(bytes, len, &frame);
	if (wrong != NULL) {
		sentence_check(wrong, strlen(wrong));
		return;
	}
	CHECK(frame.payload.len <= len - ACTV1_HEAD);
	size_t head = actv1_head(copy, &frame);
	CHECK(head <= ACTV1_HEAD_MAX && head + frame.payload.len <= sizeof copy);
	if (frame.payload.len != 0)
		memcpy(copy + head, frame.payload.ptr, frame.payload.len);
	CHECK(actv1_read(copy, head + frame.payload.len, &again) == NULL);
	CHECK(again.code == frame.code && again.type == frame.type && again.seq == frame.seq);
	CHECK(again.status == frame.status && same_values(&again, &frame));
	CHECK(((again.flags ^ frame.flags) & ~ACTV1_EXT) == 0);
	CHECK(again.stream == frame.stream && again.offset == frame.offset);
}

/* ---- what a client's frame is --------------------------------------------------------------- */

/* UTF-8 without a zero byte. */
static bool is_text(const uint8_t *value, size_t len)
{
	return act_utf8_span(value, len) == len && memchr(value, 0, len) == NULL;
}

/* Is a value of ext as it should be, where it means something? */
static bool is_good_value(uint8_t type, const uint8_t *value, size_t len)
{
	switch (type) {
	case ACTV1_TRACE:
		return len >= 1 && len <= 64 && is_text(value, len);
	case ACTV1_DEADLINE:
	case ACTV1_RETRY_AFTER:
		return len == 4 && act_get_u32(value) != 0;
	case ACTV1_BY:
		return len == 0;
	default:
		return true;
	}
}

/* Passes over ext. False: it is broken. */
static bool skip_ext(const uint8_t **at, size_t *left)
{
	if (*left < 2)
		return false;
	size_t ext = act_get_u16(*at);
	*at += 2;
	*left -= 2;
	if (ext > *left)
		return false;
	for (size_t used = 0; used < ext;) {
		const uint8_t *value = *at + used;
		if (ext - used < 2 || ext - used - 2 < value[1] ||
		    !is_good_value(value[0], value + 2, value[1]))
			return false;
		used += 2 + (size_t)value[1];
	}
	*at += ext;
	*left -= ext;
	return true;
}

/* Is all behind code, type and seq as a client may send it? Then its payload is `*body`. */
static bool is_good(const uint8_t *bytes, size_t len, const uint8_t **body, size_t *body_len)
{
	*body = bytes + ACTV1_HEAD;
	*body_len = len - ACTV1_HEAD;
	if ((bytes[5] & ~ACTV1_EXT) != 0 || act_get_u16(bytes + 6) != 0)
		return false;
	return bytes[5] == 0 || skip_ext(body, body_len);
}

static uint16_t fault_of(const uint8_t *bytes, size_t len)
{
	const uint8_t *body;
	size_t body_len;
	if (len < ACTV1_HEAD || bytes[4] >> 4 != ACTV1_VERSION)
		return CLOSE_PROTOCOL;
	uint32_t code = act_get_u32(bytes), seq = act_get_u32(bytes + 8);
	bool good = is_good(bytes, len, &body, &body_len);
	switch (bytes[4] & 0x0F) {
	case ACTV1_REQ:
		return seq == 0 ? CLOSE_PROTOCOL : 0;
	case ACTV1_NOTIFY:
		return seq != 0 || !good ? CLOSE_PROTOCOL : 0;
	case ACTV1_CTRL:
		if (good && code == ACTV1_PING && body_len == 0)
			return 0;
		return good && code == ACTV1_AUTH && seq != 0 ? 0 : CLOSE_PROTOCOL;
	default:
		return CLOSE_PROTOCOL;
	}
}

static enum turn ask(struct play *play, bool text, const uint8_t *bytes, size_t len)
{
	check_codec(bytes, len);
	uint16_t fault = text ? CLOSE_UNSUPPORTED : fault_of(bytes, len);
	if (fault == 0)
		play->pushed |= act_get_u32(bytes) == PLUGIN_PUSH + 1;
	if (fault == 0 && (bytes[4] & 0x0F) == ACTV1_NOTIFY)
		return TURN_WAITS; /* nothing is owed */
	struct debt *debt = play_owe(play);
	debt->close = fault;
	if (fault != 0)
		return TURN_EITHER;
	debt->code = act_get_u32(bytes);
	debt->seq = act_get_u32(bytes + 8);
	debt->control = (bytes[4] & 0x0F) == ACTV1_CTRL;
	debt->refused = !is_good(bytes, len, &debt->body, &debt->len);
	return debt->control ? TURN_PASSES : TURN_WAITS;
}

/* ---- what the server says ------------------------------------------------------------------- */

/* An object; the caller deletes it. */
static cJSON *parse(act_bytes text)
{
	cJSON *object = cJSON_ParseWithLength(text.ptr, text.len);
	CHECK(cJSON_IsObject(object));
	return object;
}

static void hear_login(struct play *play, const struct actv1_frame *frame)
{
	cJSON *login = parse(frame->payload);
	const cJSON *user = cJSON_GetObjectItemCaseSensitive(login, "user");
	const cJSON *expires = cJSON_GetObjectItemCaseSensitive(login, "expires_in_s");
	CHECK(cJSON_IsString(user) || cJSON_IsNull(user));
	CHECK(cJSON_IsNumber(expires) || cJSON_IsNull(expires));
	play->may_expire |= cJSON_IsNumber(expires);
	cJSON_Delete(login);
}

static void check_sentence(const struct actv1_frame *frame)
{
	const struct status_info *info = status_info(frame->status);
	CHECK((frame->flags & ACTV1_ERR) != 0);
	CHECK(info != NULL || frame->status >= STATUS_OWN);
	CHECK(act_utf8_span(frame->payload.ptr, frame->payload.len) == frame->payload.len);
}

static void settle(struct play *play, const struct actv1_frame *frame)
{
	struct debt *debt =
		play_find(play, frame->code, frame->seq, frame->type == ACTV1_CTRL, frame->status);
	if ((frame->flags & ACTV1_ERR) != 0) {
		check_sentence(frame);
		if (debt->control)
			play->bad_tokens++;
		else
			play_check_error(debt, frame->status);
	} else {
		CHECK(frame->status == 0 && (frame->flags & ACTV1_RETRY) == 0);
		if (debt->code == ACTV1_AUTH)
			play->bad_tokens = 0;
		if (!debt->control)
			play_check_answer(debt, frame->payload.ptr, frame->payload.len);
	}
	play_settle(play, debt);
}

static void hear_control(struct play *play, const struct actv1_frame *frame)
{
	bool failed = (frame->flags & ACTV1_ERR) != 0;
	switch (frame->code) {
	case ACTV1_HELLO:
		CHECK(play->said == 0 && !failed && frame->seq == 0);
		hear_login(play, frame);
		return;
	case ACTV1_PING:
		CHECK(!failed && frame->payload.len == 0);
		break;
	case ACTV1_AUTH:
		if (!failed)
			hear_login(play, frame);
		if (frame->seq == 0) {
			CHECK(!failed && play->passed_ms > 0);
			return;
		}
		break;
	default:
		CHECK(frame->code == ACTV1_ERROR && frame->seq == 0);
		check_sentence(frame);
		return;
	}
	settle(play, frame);
}

static void hear(struct play *play, bool text, const uint8_t *bytes, size_t len)
{
	struct actv1_frame frame;
	CHECK(!text && actv1_read(bytes, len, &frame) == NULL);
	CHECK(play->said > 0 || frame.code == ACTV1_HELLO);
	CHECK((frame.flags & ~(ACTV1_ERR | ACTV1_RETRY | ACTV1_EXT)) == 0);
	switch (frame.type) {
	case ACTV1_RES:
		settle(play, &frame);
		break;
	case ACTV1_PUSH:
		CHECK(play->pushed && frame.seq == 0 && frame.status == 0 && frame.flags == 0);
		CHECK(frame.code == PLUGIN_PUSH_CODE || frame.code == PLUGIN_BYTES_PUSH_CODE);
		break;
	default:
		CHECK(frame.type == ACTV1_CTRL);
		hear_control(play, &frame);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct protocol_rules rules = { &protocol_v1, ask, hear };
	play_run(&rules, bytes, len);
	return 0;
}
