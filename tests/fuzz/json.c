/* Messages of act.json.v1 through the server: each request with a seq has one answer with it, those
 * without have none, and the connection is closed for what docs/protocol.md says alone. And each
 * message through the codec. */
#include "base/check.h"
#include "base/json_scan.h"
#include "base/status.h"
#include "json_wish.h"
#include "net/actjson.h"
#include "play.h"
#include "plugin.h"
#include "sentence.h"

#include <act/easy.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* Codes of debts that are no action's. */
enum control { CONTROL_PING, CONTROL_AUTH };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static cJSON *parse(const void *text, size_t len)
{
	struct json_fault fault;
	return json_scan(text, len, NULL, &fault) == 0 ? cJSON_ParseWithLength(text, len) : NULL;
}

/* ---- what a client sends -------------------------------------------------------------------- */

/* The codec reads the same in it. */
static void check_codec(const uint8_t *bytes, size_t len, const struct wish *wish)
{
	struct actjson_message message;
	struct actjson_fault fault;
	if (actjson_read(bytes, len, &message, &fault) != 0) {
		sentence_check(fault.text, strlen(fault.text));
		CHECK(wish->kind == WISH_FAULT || wish->kind == WISH_REFUSED);
		CHECK((wish->kind == WISH_REFUSED) == (message.action != 0 && message.seq != 0));
		return;
	}
	CHECK(message.seq == wish->seq);
	if (wish->kind == WISH_PING) {
		CHECK(message.kind == ACTJSON_PING);
	} else if (wish->kind == WISH_AUTH) {
		CHECK(message.kind == ACTJSON_AUTH && message.token.at != NULL);
	} else {
		CHECK(wish->kind == WISH_REQUEST && message.kind == ACTJSON_REQUEST);
		CHECK(message.action == wish->action && message.ask_by == wish->ask_by);
		CHECK(message.deadline_ms == wish->deadline_ms);
		CHECK(strcmp(message.trace, wish->trace) == 0);
		CHECK((message.data.at != NULL) == (wish->data != NULL));
	}
}

static enum turn ask_text(struct play *play, const uint8_t *bytes, size_t len)
{
	cJSON *tree = parse(bytes, len);
	struct wish wish;
	json_wish_read(tree, &wish);
	check_codec(bytes, len, &wish);
	play->pushed |= wish.kind == WISH_REQUEST && wish.action == PLUGIN_PUSH + 1;
	if (wish.kind != WISH_REQUEST || wish.seq != 0) {
		struct debt *debt = play_owe(play);
		debt->close = wish.kind == WISH_FAULT ? CLOSE_PROTOCOL : 0;
		debt->refused = wish.kind == WISH_REFUSED;
		debt->control = wish.kind == WISH_PING || wish.kind == WISH_AUTH;
		debt->code = !debt->control           ? wish.action
		             : wish.kind == WISH_PING ? CONTROL_PING
		                                      : CONTROL_AUTH;
		debt->seq = wish.seq;
		debt->body = bytes;
		debt->len = len;
	}
	cJSON_Delete(tree);
	return wish.kind == WISH_FAULT                            ? TURN_EITHER
	       : wish.kind == WISH_PING || wish.kind == WISH_AUTH ? TURN_PASSES
	                                                          : TURN_WAITS;
}

static enum turn ask(struct play *play, bool text, const uint8_t *bytes, size_t len)
{
	if (text && act_utf8_span(bytes, len) == len)
		return ask_text(play, bytes, len);
	play_owe(play)->close = text ? CLOSE_BAD_TEXT : CLOSE_UNSUPPORTED;
	return TURN_EITHER;
}

/* ---- what the server says ------------------------------------------------------------------- */

static const cJSON *member(const cJSON *tree, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(tree, name);
}

static uint32_t whole(const cJSON *item)
{
	CHECK(cJSON_IsNumber(item));
	return (uint32_t)cJSON_GetNumberValue(item);
}

/* An error object's status. */
static uint32_t status_of(const cJSON *error)
{
	const cJSON *name = member(error, "name");
	uint32_t code = whole(member(error, "code"));
	CHECK(cJSON_IsString(name) && cJSON_IsString(member(error, "message")));
	CHECK(cJSON_IsBool(member(error, "retry")));
	uint32_t status = play_status(name->valuestring, strlen(name->valuestring));
	CHECK(status == STATUS_OWN ? code >= STATUS_OWN : code == status_info(status)->code);
	return status;
}

/* The data of an echo are the request's, as they were written there. */
static void check_echo(const struct debt *debt, const char *data, size_t len)
{
	cJSON *asked = parse(debt->body, debt->len), *given = parse(data, len);
	const cJSON *wanted = member(asked, "data");
	char *a = wanted != NULL ? cJSON_PrintUnformatted(wanted) : NULL;
	char *b = cJSON_PrintUnformatted(given);
	CHECK(b != NULL && strcmp(a != NULL ? a : "null", b) == 0);
	CHECK(a == NULL || memmem(debt->body, debt->len, data, len) != NULL);
	cJSON_free(a);
	cJSON_free(b);
	cJSON_Delete(asked);
	cJSON_Delete(given);
}

static void check_data(const struct debt *debt, const char *text, size_t len)
{
	static const char key[] = "\"data\":";
	const char *data = memmem(text, len, key, sizeof key - 1);
	CHECK(data != NULL && !debt->refused);
	data += sizeof key - 1;
	CHECK(debt->code != PLUGIN_FAIL + 1 && debt->code != PLUGIN_SILENT + 1);
	CHECK(debt->code != PLUGIN_WRONG + 1 && debt->code != PLUGIN_BYTES + 1);
	if (debt->code != PLUGIN_NOTE + 1)
		check_echo(debt, data, (size_t)(text + len - 1 - data));
}

static void hear_answer(struct play *play, const cJSON *tree, const char *text, size_t len)
{
	const cJSON *error = member(tree, "error");
	uint32_t status = error != NULL ? status_of(error) : STATUS_OK;
	struct debt *debt = play_find(play, whole(member(tree, "action")),
	                              whole(member(tree, "seq")), false, status);
	CHECK((error != NULL) != (member(tree, "data") != NULL));
	if (error == NULL)
		check_data(debt, text, len);
	else
		play_check_error(debt, status);
	play_settle(play, debt);
}

static void hear_login(struct play *play, const cJSON *tree)
{
	const cJSON *user = member(tree, "user"), *expires = member(tree, "expires_in_s");
	CHECK(cJSON_IsString(user) || cJSON_IsNull(user));
	CHECK(cJSON_IsNumber(expires) || cJSON_IsNull(expires));
	play->may_expire |= cJSON_IsNumber(expires);
}

/* An answer to AUTH, or the notice that a login ends. */
static void hear_auth(struct play *play, const cJSON *tree)
{
	const cJSON *seq = member(tree, "seq"), *error = member(tree, "error");
	if (error == NULL)
		hear_login(play, tree);
	if (seq == NULL) {
		CHECK(error == NULL && play->passed_ms > 0);
		return;
	}
	play->bad_tokens = error != NULL ? play->bad_tokens + 1 : 0;
	play_settle(play, play_find(play, CONTROL_AUTH, whole(seq), true,
	                            error != NULL ? status_of(error) : STATUS_OK));
}

static void hear_control(struct play *play, const cJSON *tree, const char *word)
{
	const cJSON *seq = member(tree, "seq");
	if (strcmp(word, "hello") == 0) {
		CHECK(play->said == 0);
		hear_login(play, tree);
	} else if (strcmp(word, "ping") == 0) {
		play_settle(play, play_find(play, CONTROL_PING, seq != NULL ? whole(seq) : 0, true,
		                            STATUS_OK));
	} else if (strcmp(word, "auth") == 0) {
		hear_auth(play, tree);
	} else {
		CHECK(strcmp(word, "error") == 0 && seq == NULL);
		(void)status_of(member(tree, "error"));
	}
}

static void hear(struct play *play, bool text, const uint8_t *bytes, size_t len)
{
	cJSON *tree = parse(bytes, len);
	CHECK(text && cJSON_IsObject(tree));
	const cJSON *ctrl = member(tree, "ctrl"), *push = member(tree, "push");
	CHECK(play->said > 0 || ctrl != NULL);
	if (ctrl != NULL) {
		CHECK(cJSON_IsString(ctrl));
		hear_control(play, tree, ctrl->valuestring);
	} else if (push != NULL) {
		CHECK(play->pushed && whole(push) == PLUGIN_PUSH_CODE);
		CHECK(member(tree, "data") != NULL);
	} else {
		hear_answer(play, tree, (const char *)bytes, len);
	}
	cJSON_Delete(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct protocol_rules rules = { &protocol_json, ask, hear };
	play_run(&rules, bytes, len);
	return 0;
}
