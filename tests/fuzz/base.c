/* Messages of the base protocol, and of raw endpoints, through the server: answers come once each,
 * in the order of the questions, with the question's code. */
#include "base/check.h"
#include "play.h"
#include "plugin.h"

#include <act/easy.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void ask_raw(struct play *play, bool text, const uint8_t *bytes, size_t len)
{
	struct debt *debt = play_owe(play);
	debt->text = text;
	debt->body = bytes;
	debt->len = len;
	if (text && act_utf8_span(bytes, len) != len)
		debt->close = CLOSE_BAD_TEXT;
}

static enum turn ask(struct play *play, bool text, const uint8_t *bytes, size_t len)
{
	if (play->raw) {
		ask_raw(play, text, bytes, len);
		return TURN_WAITS;
	}
	uint32_t code = len >= 4 && !text ? act_get_u32(bytes) : 0;
	if (code == PLUGIN_NOTE + 1)
		return TURN_WAITS; /* none is owed */
	struct debt *debt = play_owe(play);
	play->pushed |= code == PLUGIN_PUSH + 1;
	debt->code = code;
	debt->close = text ? CLOSE_UNSUPPORTED : len < 4 ? CLOSE_PROTOCOL : 0;
	if (debt->close == 0) {
		debt->body = bytes + 4;
		debt->len = len - 4;
	}
	return TURN_WAITS;
}

static bool is_error(const uint8_t *body, size_t len)
{
	static const char begins[] = "{\"error\":{\"code\":";
	return len >= sizeof begins - 1 && memcmp(body, begins, sizeof begins - 1) == 0;
}

/* The status of an error: {"error":{"code":404,"name":"unknown_action",… */
static uint32_t status_of(const uint8_t *body, size_t len)
{
	static const char key[] = ",\"name\":\"";
	const char *name = memmem(body, len, key, sizeof key - 1);
	CHECK(name != NULL);
	name += sizeof key - 1;
	const char *end = memchr(name, '"', (size_t)((const char *)body + len - name));
	CHECK(end != NULL);
	return play_status(name, (size_t)(end - name));
}

/* An echo may look like an error. */
static bool same_body(const struct debt *debt, const uint8_t *body, size_t len)
{
	return debt->len == len && memcmp(debt->body, body, len) == 0;
}

static void hear(struct play *play, bool text, const uint8_t *bytes, size_t len)
{
	struct debt *debt = &play->debts[0];
	uint32_t code = 0;
	if (!play->raw) {
		CHECK(!text && len >= 4);
		code = act_get_u32(bytes);
		bytes += 4;
		len -= 4;
	}
	/* A client may ask for such a code, which is no action's. */
	if ((code == PLUGIN_PUSH_CODE || code == PLUGIN_BYTES_PUSH_CODE) && !is_error(bytes, len)) {
		CHECK(play->pushed);
		return;
	}
	CHECK(play->debt_count > 0 && debt->close == 0 && debt->code == code);
	CHECK(debt->text == text);
	if (play->raw || !is_error(bytes, len) || same_body(debt, bytes, len))
		play_check_answer(debt, bytes, len);
	else
		play_check_error(debt, status_of(bytes, len));
	play_settle(play, debt);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct protocol_rules rules = { NULL, ask, hear };
	play_run(&rules, bytes, len);
	return 0;
}
