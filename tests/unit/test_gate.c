/* Who may come in: every refusal, and every rule of the login. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/gate.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static struct config_endpoint endpoints[] = {
	{ .path = "/none", .login = CONFIG_LOGIN_NONE },
	{ .path = "/optional", .login = CONFIG_LOGIN_OPTIONAL },
	{ .path = "/required", .login = CONFIG_LOGIN_REQUIRED },
	{ .path = "/raw", .mode = CONFIG_MODE_RAW, .login = CONFIG_LOGIN_OPTIONAL },
};
static struct config config;
static struct site *site;

/* ---- a provider that knows a few tokens ---- */

enum { AN_HOUR_HENCE = 2000003600 };

static int asked;
static struct gate_question question;

static void authenticate(const struct gate_question *asked_for, struct gate_answer *answer)
{
	static const struct {
		const char *token;
		enum gate_word word;
		const char *user, *device, *why;
	} tokens[] = {
		{ "good", GATE_ALLOW, "ann", "phone", "" },
		{ "late", GATE_EXPIRED, "", "", "it ended at noon" },
		{ "known", GATE_FORBID, "", "", "not at this hour" },
		{ "busy", GATE_UNAVAILABLE, "", "", "no provider" },
	};
	asked++;
	question = *asked_for;
	*answer = (struct gate_answer){ .word = GATE_DENY, .why = "never seen" };
	for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
		if (strcmp(tokens[i].token, asked_for->token) != 0)
			continue;
		answer->word = tokens[i].word;
		answer->expires_at = AN_HOUR_HENCE;
		strcpy(answer->user, tokens[i].user);
		strcpy(answer->device, tokens[i].device);
		strcpy(answer->why, tokens[i].why);
	}
}

/* ---- asking ---- */

static int begin(void **state)
{
	(void)state;
	asked = 0;
	config = (struct config){
		.endpoints = endpoints,
		.endpoint_count = sizeof endpoints / sizeof endpoints[0],
		.auth = CONFIG_AUTH_TOKEN,
		.limits.connections = 1000,
	};
	site = site_new(&config);
	return site != NULL ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	site_free(site);
	site_forget_endpoints();
	return 0;
}

/* A request that nothing is wrong with. */
static struct gate_request request_to(const char *path)
{
	return (struct gate_request){
		.is_get = true,
		.path = path,
		.upgrade = "websocket",
		.version = "13",
		.key = "dGhlIHNhbXBsZSBub25jZQ==", /* of RFC 6455, section 1.3 */
		.address = "192.0.2.7",
	};
}

static void comes_in(const struct gate_request *request, const char *user, const char *device)
{
	struct gate_verdict verdict;
	gate_decide(site, request, false, authenticate, &verdict);
	if (verdict.endpoint == NULL)
		fail_msg("%s was refused: %s", request->path, verdict.body);
	assert_string_equal(verdict.endpoint->path, request->path);
	assert_string_equal(verdict.user, user);
	assert_string_equal(verdict.device, device);
}

struct refusal {
	int http;
	const char *reason, *name, *header, *words;
};

static void verdict_is(const struct gate_verdict *verdict, const struct refusal *expected)
{
	assert_null(verdict->endpoint);
	assert_string_equal(verdict->user, "");
	assert_int_equal(verdict->http, expected->http);
	assert_string_equal(verdict->reason, expected->reason);
	assert_string_equal(verdict->header, expected->header);
	cJSON *json = cJSON_Parse(verdict->body);
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(json, "error");
	const cJSON *code = cJSON_GetObjectItemCaseSensitive(error, "code");
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "name"));
	const char *message =
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "message"));
	assert_non_null(message);
	assert_int_equal(cJSON_GetNumberValue(code), expected->http);
	assert_string_equal(name, expected->name);
	if (strstr(message, expected->words) == NULL)
		fail_msg("expected \"…%s…\", found \"%s\"", expected->words, message);
	cJSON_Delete(json);
}

static void refused(const struct gate_request *request, bool full, const struct refusal *expected)
{
	struct gate_verdict verdict;
	memset(&verdict, 0xA5, sizeof verdict);
	gate_decide(site, request, full, authenticate, &verdict);
	verdict_is(&verdict, expected);
}

#define BAD_REQUEST "Bad Request", "bad_frame"
#define VERSION_HEADER "Sec-WebSocket-Version: 13\r\n"
#define BEARER "WWW-Authenticate: Bearer\r\n"

/* ---- the handshake ---- */

static void names_what_the_handshake_lacks(void **state)
{
	struct gate_request r;
	(void)state;
	r = request_to("/optional"), r.is_get = false;
	refused(&r, false,
	        &(struct refusal){ 405, "Method Not Allowed", "bad_frame", "Allow: GET\r\n",
	                           "opens with GET" });
	r = request_to("/optional"), r.upgrade = NULL;
	refused(&r, false,
	        &(struct refusal){ 426, "Upgrade Required", "bad_frame",
	                           "Upgrade: websocket\r\n" VERSION_HEADER, "found none" });
	r = request_to("/optional"), r.upgrade = "h2c";
	refused(&r, false, &(struct refusal){ 400, BAD_REQUEST, "", "found \"h2c\"" });
	r = request_to("/optional"), r.version = "8";
	refused(&r, false,
	        &(struct refusal){ 426, "Upgrade Required", "bad_frame", VERSION_HEADER,
	                           "found \"8\"" });
	r = request_to("/optional"), r.version = NULL;
	refused(&r, false,
	        &(struct refusal){ 426, "Upgrade Required", "bad_frame", VERSION_HEADER,
	                           "found \"\"" });
	r = request_to("/optional"), r.subprotocol = "chat";
	refused(&r, false, &(struct refusal){ 400, BAD_REQUEST, "", "found \"chat\"" });
	assert_int_equal(asked, 0);
}

static void names_a_key_that_is_none(void **state)
{
	static const char *const keys[] = {
		NULL,
		"",
		"dGhlIHNhbXBsZSBub25jZQ=",
		"dGhlIHNhbXBsZSBub25jZQ===",
		"dGhlIHNhbXBsZSBub25jZQA=",
		"dGhlIHNhbXBsZSBub25jZQAA",
		"dGhlIHNhbXBsZSBub25j Q==",
		"dGhlIHNhbXBsZSBub25j-_==",
		"!!!!!!!!!!!!!!!!!!!!!!!!",
	};
	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		struct gate_request r = request_to("/optional");
		r.key = keys[i];
		refused(&r, false,
		        &(struct refusal){ 400, BAD_REQUEST, "", "Sec-WebSocket-Key of 24" });
	}
}

static void upgrade_is_a_word_of_any_case(void **state)
{
	struct gate_request r = request_to("/optional");
	(void)state;
	r.upgrade = "WebSocket";
	comes_in(&r, "", "");
}

static void names_an_unknown_path(void **state)
{
	const struct refusal expected = { 404, "Not Found", "not_found", "",
		                          "no endpoint at \"/opt\"" };
	struct gate_request r = request_to("/opt");
	(void)state;
	refused(&r, false, &expected);
	r.upgrade = NULL; /* what is not there is not there, upgrade or not */
	refused(&r, false, &expected);
}

static void too_long_is_said_first(void **state)
{
	struct gate_request r = request_to("");
	(void)state;
	r.too_long = true;
	refused(&r, false,
	        &(struct refusal){
			431, "Request Header Fields Too Large", "too_large", "",
			"longer than the server takes (a token: 8191 bytes; all headers: 16384)" });
}

static void a_full_server_says_so(void **state)
{
	struct gate_request r = request_to("/required");
	(void)state;
	r.authorization = "Bearer good";
	refused(&r, true,
	        &(struct refusal){ 503, "Service Unavailable", "overloaded", "Retry-After: 5\r\n",
	                           "1000 connections" });
	assert_int_equal(asked, 0); /* a full server does not check tokens */
}

/* What the client sent stands in the answer as JSON, whatever it is. */
static void quotes_what_it_was_sent(void **state)
{
	char path[1000] = "/\"\\\x01\xFF";
	struct gate_verdict verdict;
	struct gate_request r = request_to(path);
	(void)state;
	gate_decide(site, &r, false, authenticate, &verdict);
	verdict_is(&verdict,
	           &(struct refusal){ 404, "Not Found", "not_found", "", "at \"/\"\\\x01" });
	memset(path + 1, '\x01', sizeof path - 2);
	gate_decide(site, &r, false, authenticate, &verdict);
	verdict_is(&verdict, &(struct refusal){ 404, "Not Found", "not_found", "", "\x01\x01" });
}

/* ---- what is spoken ---- */

static void spoken_is(const char *path, const char *offer, const struct protocol *protocol)
{
	struct gate_request r = request_to(path);
	struct gate_verdict verdict;
	r.subprotocol = offer;
	memset(&verdict, 0xA5, sizeof verdict);
	gate_decide(site, &r, false, authenticate, &verdict);
	if (verdict.endpoint == NULL)
		fail_msg("%s was refused: %s", offer, verdict.body);
	if (verdict.protocol != protocol)
		fail_msg("%s: expected %s, found %s", offer, protocol->name,
		         verdict.protocol->name);
}

static void without_an_offer_the_mode_decides(void **state)
{
	(void)state;
	spoken_is("/none", NULL, &protocol_base);
	spoken_is("/optional", NULL, &protocol_base);
	spoken_is("/raw", NULL, &protocol_raw);
}

/* The client's order counts (RFC 6455, section 4.1), and what is not known is passed over. */
static void the_first_that_is_known_is_spoken(void **state)
{
	static const struct {
		const char *offer;
		const struct protocol *protocol;
	} table[] = {
		{ "act.v1", &protocol_v1 },
		{ "act.json.v1", &protocol_json },
		{ "act.v1,act.json.v1", &protocol_v1 },
		{ "act.json.v1, act.v1", &protocol_json },
		{ "chat, act.v1", &protocol_v1 },
		{ "act.v2, act, act.v1.1, ACT.V1, act.json.v1", &protocol_json },
		{ "act.v1, act.v1", &protocol_v1 },
		{ "act.json.v1, act.json.v1, act.v1", &protocol_json },
		{ "act.v1, some-token_of.LETTERS09", &protocol_v1 },
		{ " \t act.v1 \t , \t chat\t ", &protocol_v1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		spoken_is("/optional", table[i].offer, table[i].protocol);
}

static void not_spoken(const char *path, const char *offer, const char *words)
{
	struct gate_request r = request_to(path);
	r.subprotocol = offer;
	refused(&r, false, &(struct refusal){ 400, BAD_REQUEST, "", words });
}

/* The answer lists what is spoken, and shows what was found. */
static void an_offer_of_only_unknown_names_is_refused(void **state)
{
	static const char *const offers[] = { "chat", "act.v2", "act.v", "act.v11", "ACT.V1",
		                              "base", "raw",    "a, b",  "act.json" };
	(void)state;
	for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
		char words[200];
		snprintf(words, sizeof words,
		         "Sec-WebSocket-Protocol: expected act.v1, act.json.v1, or no such header "
		         "for the base protocol; found \"%s\"",
		         offers[i]);
		not_spoken("/optional", offers[i], words);
	}
	assert_int_equal(asked, 0);
}

/* A list that is none is refused as a whole, whatever stands before the fault. */
static void a_list_has_its_form(void **state)
{
	static const char *const lists[] = {
		"",           ",",        " ",         "act.v1,",     ",act.v1",
		"act.v1,,x",  "act.v1 x", "act.v1;x",  "act.v1/",     "act.v1, x y",
		"\"act.v1\"", "act.v1 ,", "act.v1, ,", "act.v1,\xC3", "act.v1, x=1",
	};
	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		not_spoken("/optional", lists[i], "expected act.v1, act.json.v1");
}

static void a_name_of_the_list_has_its_length(void **state)
{
	char list[100];
	(void)state;
	memset(list, 'x', sizeof list);
	strcpy(list + 63, ", act.v1");
	spoken_is("/optional", list, &protocol_v1);
	memset(list, 'x', sizeof list);
	strcpy(list + 64, ", act.v1");
	not_spoken("/optional", list, "expected act.v1, act.json.v1");
	memset(list, 'x', sizeof list);
	memcpy(list, "act.v1, ", 8);
	list[8 + 63] = '\0';
	spoken_is("/optional", list, &protocol_v1);
	list[8 + 63] = 'x';
	list[8 + 64] = '\0';
	not_spoken("/optional", list, "found \"act.v1, xxx");
}

static void a_raw_endpoint_speaks_none_of_them(void **state)
{
	(void)state;
	not_spoken("/raw", "act.v1",
	           "no subprotocol is spoken at /raw: expected no Sec-WebSocket-Protocol, found "
	           "\"act.v1\"");
	not_spoken("/raw", "chat", "found \"chat\"");
}

/* Before any token is looked at; behind the handshake itself. */
static void it_is_settled_in_its_turn(void **state)
{
	struct gate_request r = request_to("/required");
	(void)state;
	r.subprotocol = "chat";
	refused(&r, true, &(struct refusal){ 400, BAD_REQUEST, "", "found \"chat\"" });
	r.key = "";
	refused(&r, true, &(struct refusal){ 400, BAD_REQUEST, "", "Sec-WebSocket-Key of 24" });
	assert_int_equal(asked, 0);
}

/* ---- origins ---- */

/* The deciding itself is net/offer's. */
static void compression_is_the_configs_choice(void **state)
{
	struct gate_request r = request_to("/optional");
	struct gate_verdict verdict;
	(void)state;
	gate_decide(site, &r, false, authenticate, &verdict);
	assert_false(verdict.offer.taken);
	r.extensions = "permessage-deflate; server_max_window_bits=10";
	gate_decide(site, &r, false, authenticate, &verdict);
	assert_non_null(verdict.endpoint);
	assert_false(verdict.offer.taken);
	config.deflate.enabled = true;
	gate_decide(site, &r, false, authenticate, &verdict);
	assert_non_null(verdict.endpoint);
	assert_true(verdict.offer.taken);
	assert_int_equal(verdict.offer.bits, 10);
	for (int on = 0; on < 2; on++) {
		config.deflate.enabled = on;
		r.extensions = "permessage-deflate; \"";
		refused(&r, false,
		        &(struct refusal){ 400, BAD_REQUEST, "",
		                           "found \"permessage-deflate; \"" });
	}
}

static void origins_are_held_to_the_list(void **state)
{
	char *origins[] = { "https://a.example", "null" };
	const struct refusal expected = { 403, "Forbidden", "forbidden", "",
		                          "\"https://b.example\" is not allowed" };
	struct gate_request r = request_to("/optional");
	(void)state;
	r.origin = "https://b.example";
	comes_in(&r, "", ""); /* no list: any */
	config.origins = origins;
	config.origin_count = 2;
	refused(&r, false, &expected);
	r.origin = "HTTPS://A.example";
	comes_in(&r, "", "");
	r.origin = "null";
	comes_in(&r, "", "");
	r.origin = NULL; /* no browser */
	comes_in(&r, "", "");
	config.origin_count = 0; /* an empty list: no browser at all */
	r.origin = "https://b.example";
	refused(&r, false, &expected);
}

/* ---- tokens ---- */

static void without_token(void **state)
{
	struct gate_request r = request_to("/none");
	(void)state;
	comes_in(&r, "", "");
	r = request_to("/optional");
	comes_in(&r, "", "");
	r = request_to("/required");
	refused(&r, false,
	        &(struct refusal){ 401, "Unauthorized", "not_logged_in", BEARER, "needs a login" });
	r.query_user = "ann"; /* a name is no token */
	refused(&r, false,
	        &(struct refusal){ 401, "Unauthorized", "not_logged_in", BEARER, "needs a login" });
	assert_int_equal(asked, 0);
}

static void with_a_good_token(void **state)
{
	struct gate_request r = request_to("/optional");
	(void)state;
	r.query = "good";
	comes_in(&r, "ann", "phone");
	r = request_to("/required");
	r.query = "good";
	comes_in(&r, "ann", "phone");
	assert_string_equal(question.endpoint, "/required");
	assert_string_equal(question.address, "192.0.2.7");
	assert_int_equal(asked, 2);
	r = request_to("/none"); /* where none is asked for nobody is named */
	r.query = "good";
	comes_in(&r, "", "");
}

static void a_bad_token_is_refused_everywhere(void **state)
{
	static const struct {
		const char *token;
		struct refusal refusal;
	} table[] = {
		{ "bad", { 401, "Unauthorized", "not_logged_in", BEARER, "never seen" } },
		{ "", { 401, "Unauthorized", "not_logged_in", BEARER, "never seen" } },
		{ "late", { 401, "Unauthorized", "token_expired", BEARER, "it ended at noon" } },
		{ "known", { 403, "Forbidden", "forbidden", "", "not at this hour" } },
		{ "busy",
		  { 503, "Service Unavailable", "unavailable", "Retry-After: 1\r\n",
		    "could not be checked: no provider" } },
		{ "good,good", { 401, "Unauthorized", "not_logged_in", BEARER, "more than one" } },
		{ "good, good", { 401, "Unauthorized", "not_logged_in", BEARER, "more than one" } },
		{ "good good", { 401, "Unauthorized", "not_logged_in", BEARER, "spaces" } },
		{ "good\tgood", { 401, "Unauthorized", "not_logged_in", BEARER, "spaces" } },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		for (size_t k = 0; k < 3; k++) {
			struct gate_request r = request_to(endpoints[k].path);
			r.query = table[i].token;
			refused(&r, false, &table[i].refusal);
		}
	}
}

/* So that the connection can be closed then. */
static void the_end_of_a_login_is_carried(void **state)
{
	struct gate_verdict verdict;
	struct gate_request r = request_to("/required");
	(void)state;
	r.query = "good";
	gate_decide(site, &r, false, authenticate, &verdict);
	assert_int_equal(verdict.expires_at, AN_HOUR_HENCE);
	r.path = "/raw";
	gate_decide(site, &r, false, authenticate, &verdict);
	assert_int_equal(verdict.expires_at, AN_HOUR_HENCE);
	r.path = "/none"; /* nobody is named, so nobody's login ends */
	gate_decide(site, &r, false, authenticate, &verdict);
	assert_non_null(verdict.endpoint);
	assert_int_equal(verdict.expires_at, 0);
	r.path = "/optional";
	r.query = NULL;
	gate_decide(site, &r, false, authenticate, &verdict);
	assert_int_equal(verdict.expires_at, 0);
	config.auth = CONFIG_AUTH_NONE;
	r.query_user = "ann";
	gate_decide(site, &r, false, authenticate, &verdict);
	assert_string_equal(verdict.user, "ann");
	assert_int_equal(verdict.expires_at, 0);
}

static void takes_the_token_from_the_first_place(void **state)
{
	struct gate_request r = request_to("/required");
	(void)state;
	r.cookie = "good";
	r.query = "bad";
	comes_in(&r, "ann", "phone");
	r.authorization = "Bearer bad";
	r.query = "good";
	refused(&r, false,
	        &(struct refusal){ 401, "Unauthorized", "not_logged_in", BEARER, "never seen" });
	assert_string_equal(question.token, "bad");
}

static void a_header_may_say_bearer(void **state)
{
	static const char *const values[] = { "Bearer good", "bearer good", "BEARER   good",
		                              "good" };
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		struct gate_request r = request_to("/required");
		r.authorization = values[i];
		comes_in(&r, "ann", "phone");
	}
	struct gate_request r = request_to("/required");
	/* Meant for a proxy in front: passed over. */
	r.authorization = "Basic Z29vZA==";
	refused(&r, false,
	        &(struct refusal){ 401, "Unauthorized", "not_logged_in", BEARER, "needs a login" });
	r.cookie = "good";
	comes_in(&r, "ann", "phone");
}

/* ---- "auth": "none" ---- */

static void the_query_names_the_user(void **state)
{
	struct gate_request r = request_to("/required");
	(void)state;
	config.auth = CONFIG_AUTH_NONE;
	r.query_user = "我们";
	comes_in(&r, "我们", "");
	r.path = "/optional";
	comes_in(&r, "我们", "");
	r.query_user = NULL;
	comes_in(&r, "", "");
	r.query_user = "";
	comes_in(&r, "", "");
	r.path = "/none";
	r.query_user = "ann";
	comes_in(&r, "", "");
	r.path = "/required";
	r.query_user = "";
	refused(&r, false,
	        &(struct refusal){ 401, "Unauthorized", "not_logged_in", "", "add ?user=NAME" });
	assert_int_equal(asked, 0);
}

static void a_name_has_its_form(void **state)
{
	char name[GATE_ID_MAX + 2];
	struct gate_request r = request_to("/optional");
	(void)state;
	config.auth = CONFIG_AUTH_NONE;
	memset(name, 'n', sizeof name);
	name[GATE_ID_MAX] = '\0';
	r.query_user = name;
	comes_in(&r, name, "");
	name[GATE_ID_MAX] = 'n';
	name[GATE_ID_MAX + 1] = '\0';
	refused(&r, false, &(struct refusal){ 400, BAD_REQUEST, "", "found 256 bytes" });
	r.query_user = "\xC0\xAF";
	refused(&r, false, &(struct refusal){ 400, BAD_REQUEST, "", "of UTF-8" });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_what_the_handshake_lacks, begin, end),
		cmocka_unit_test_setup_teardown(names_a_key_that_is_none, begin, end),
		cmocka_unit_test_setup_teardown(upgrade_is_a_word_of_any_case, begin, end),
		cmocka_unit_test_setup_teardown(names_an_unknown_path, begin, end),
		cmocka_unit_test_setup_teardown(too_long_is_said_first, begin, end),
		cmocka_unit_test_setup_teardown(a_full_server_says_so, begin, end),
		cmocka_unit_test_setup_teardown(quotes_what_it_was_sent, begin, end),
		cmocka_unit_test_setup_teardown(without_an_offer_the_mode_decides, begin, end),
		cmocka_unit_test_setup_teardown(the_first_that_is_known_is_spoken, begin, end),
		cmocka_unit_test_setup_teardown(an_offer_of_only_unknown_names_is_refused, begin,
		                                end),
		cmocka_unit_test_setup_teardown(a_list_has_its_form, begin, end),
		cmocka_unit_test_setup_teardown(a_name_of_the_list_has_its_length, begin, end),
		cmocka_unit_test_setup_teardown(a_raw_endpoint_speaks_none_of_them, begin, end),
		cmocka_unit_test_setup_teardown(it_is_settled_in_its_turn, begin, end),
		cmocka_unit_test_setup_teardown(compression_is_the_configs_choice, begin, end),
		cmocka_unit_test_setup_teardown(origins_are_held_to_the_list, begin, end),
		cmocka_unit_test_setup_teardown(without_token, begin, end),
		cmocka_unit_test_setup_teardown(with_a_good_token, begin, end),
		cmocka_unit_test_setup_teardown(a_bad_token_is_refused_everywhere, begin, end),
		cmocka_unit_test_setup_teardown(the_end_of_a_login_is_carried, begin, end),
		cmocka_unit_test_setup_teardown(takes_the_token_from_the_first_place, begin, end),
		cmocka_unit_test_setup_teardown(a_header_may_say_bearer, begin, end),
		cmocka_unit_test_setup_teardown(the_query_names_the_user, begin, end),
		cmocka_unit_test_setup_teardown(a_name_has_its_form, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
