/* What a request's head says, as libwebsockets hands it out, and the refusal that goes back. */
#include "fixtures/live_net.h"

#include <cjson/cJSON.h>

static int begin(void **state)
{
	live_greets = true;
	return live_begin(state);
}

static int begin_with_names(void **state)
{
	(void)state;
	live_greets = true;
	live_set_up();
	config.auth = CONFIG_AUTH_NONE;
	live_start();
	return 0;
}

static int begin_with_other_places(void **state)
{
	(void)state;
	live_greets = true;
	live_set_up();
	config.login_header = (char *)(uintptr_t) "x-my-token";
	config.login_cookie = NULL;
	config.login_query = NULL;
	live_start();
	return 0;
}

/* It comes in as that user ("-": nobody). */
static void comes_in(const char *target, const char *headers, const char *user)
{
	char greeting[128], frame[130], said[130];
	int fd = live_open(target, headers);
	bool nobody = strcmp(user, "-") == 0 || config.auth == CONFIG_AUTH_NONE;
	size_t len = (size_t)snprintf(greeting, sizeof greeting, "%s@%s unix", user,
	                              nobody ? "-" : "phone");
	bool action = strncmp(target, "/action", 7) == 0;
	size_t code = action ? 4 : 0;
	memset(frame, 0, sizeof frame);
	frame[0] = (char)(action ? 0x82 : 0x81);
	frame[1] = (char)(code + len);
	memcpy(frame + 2 + code, greeting, len);
	live_hear(fd, said, 2 + code + len);
	said[2 + code + len] = '\0';
	if (memcmp(said, frame, 2 + code + len) != 0)
		fail_msg("%s %s: expected %s, found %s", target, headers, greeting,
		         said + 2 + code);
	close(fd);
}

/* A header of an answer, up to its end; NULL: it is not there. */
static const char *header_of(const char *answer, const char *name)
{
	static char value[512];
	const char *at = strstr(answer, name), *end = strstr(answer, "\r\n\r\n");
	if (at == NULL || at > end)
		return NULL;
	at += strlen(name);
	snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
	return value;
}

/* A whole HTTP response whose body is as long as it says, and JSON. */
static void answer_is(const char *answer, int status, const char *words)
{
	char first[32];
	snprintf(first, sizeof first, "HTTP/1.1 %d ", status);
	if (strncmp(answer, first, strlen(first)) != 0)
		fail_msg("expected %s, found: %s", first, answer);
	const char *body = strstr(answer, "\r\n\r\n");
	assert_non_null(body);
	body += 4;
	assert_string_equal(header_of(answer, "\r\nContent-Type: "), "application/json");
	assert_int_equal(atoi(header_of(answer, "\r\nContent-Length: ")), strlen(body));
	assert_string_equal(header_of(answer, "\r\nConnection: "), "close");
	cJSON *json = cJSON_Parse(body);
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(json, "error");
	const char *message =
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "message"));
	if (message == NULL || strstr(message, words) == NULL)
		fail_msg("expected \"…%s…\", found: %s", words, body);
	assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(error, "code")),
	                 status);
	cJSON_Delete(json);
}

static void refused(const char *target, const char *headers, int status, const char *words)
{
	int fd = live_ask(target, headers);
	answer_is(live_answer(fd), status, words);
	close(fd);
}

/* The whole request is the test's. */
static void answered(const char *request, int status, const char *words)
{
	int fd = live_connect();
	live_say(fd, request, strlen(request));
	answer_is(live_answer(fd), status, words);
	close(fd);
}

/* ---- the handshake itself ---- */

static void is_accepted_as_the_rfc_says(void **state)
{
	(void)state;
	int fd = live_ask("/raw", "");
	const char *answer = live_answer(fd);
	assert_memory_equal(answer, "HTTP/1.1 101 ", 13);
	/* Section 1.3 of RFC 6455 has this very key. */
	assert_non_null(strstr(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
	close(fd);
}

static void a_refusal_is_a_whole_answer(void **state)
{
	(void)state;
	int fd = live_ask("/mine/", "");
	const char *answer = live_answer(fd);
	answer_is(answer, 401, "needs a login");
	assert_memory_equal(answer, "HTTP/1.1 401 Unauthorized\r\n", 27);
	assert_string_equal(header_of(answer, "\r\nWWW-Authenticate: "), "Bearer");
	assert_string_equal(header_of(answer, "\r\nCache-Control: "), "no-store");
	close(fd);
}

static void every_part_is_looked_at(void **state)
{
	(void)state;
	answered("GET /raw HTTP/1.1\r\nHost: x\r\n\r\n", 426, "found none");
	answered("POST /raw HTTP/1.1\r\nContent-Length: 0\r\n" LIVE_UPGRADE "\r\n", 405, "GET");
	answered("PUT /raw HTTP/1.1\r\nContent-Length: 0\r\n" LIVE_UPGRADE "\r\n", 405, "GET");
	answered("HEAD /raw HTTP/1.1\r\n" LIVE_UPGRADE "\r\n", 405, "GET");
	answered("GET /raw HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
	         "Connection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
	         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	         426, "found \"8\"");
	answered("GET /raw HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
	         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n",
	         400, "Sec-WebSocket-Key");
	refused("/raw", "Sec-WebSocket-Protocol: chat\r\n", 400, "found \"chat\"");
	refused("/", "", 404, "at \"/\"");
	refused("/raw/x?y=z", "", 404, "at \"/raw/x\"");
}

/* nginx without proxy_http_version asks so. */
static void may_be_of_the_older_http(void **state)
{
	static const char request[] = "GET /raw HTTP/1.0\r\n" LIVE_UPGRADE "\r\n";
	(void)state;
	int fd = live_connect();
	live_say(fd, request, sizeof request - 1);
	assert_non_null(strstr(live_answer(fd), " 101 "));
	close(fd);
}

static void names_its_origin(void **state)
{
	static char *origins[] = { (char *)(uintptr_t) "https://a.example" };
	(void)state;
	live_set_up();
	live_greets = true;
	config.origins = origins;
	config.origin_count = 1;
	live_start();
	comes_in("/raw", "Origin: https://a.example\r\n", "-");
	comes_in("/raw", "", "-");
	refused("/raw", "Origin: https://b.example\r\n", 403, "\"https://b.example\"");
	live_end(state);
}

static void a_full_server_refuses(void **state)
{
	(void)state;
	live_set_up();
	live_greets = false;
	config.limits.connections = 2;
	live_start();
	int first = live_open("/raw", ""), second = live_open("/raw", "");
	refused("/raw", "", 503, "2 connections");
	close(first);
	live_until(&live_gone, 1);
	int third = live_open("/raw", "");
	refused("/raw", "", 503, "2 connections");
	close(second);
	close(third);
	live_end(state);
}

/* ---- what is spoken ---- */

/* It comes in, and the answer names this subprotocol; NULL: none. */
static void answer_names(const char *target, const char *headers, const char *name)
{
	int fd = live_ask(target, headers);
	const char *answer = live_answer(fd);
	if (strncmp(answer, "HTTP/1.1 101 ", 13) != 0)
		fail_msg("%s: expected 101, found: %s", headers, answer);
	const char *named = header_of(answer, "\r\nSec-WebSocket-Protocol: ");
	if (name == NULL)
		assert_null(named);
	else if (named == NULL)
		fail_msg("%s: expected %s, found: %s", headers, name, answer);
	else
		assert_string_equal(named, name);
	close(fd);
}

static void the_answer_names_what_is_spoken(void **state)
{
	static const struct {
		const char *headers, *name;
	} table[] = {
		{ "Sec-WebSocket-Protocol: act.v1\r\n", "act.v1" },
		{ "Sec-WebSocket-Protocol: act.json.v1\r\n", "act.json.v1" },
		{ "sec-websocket-protocol:act.v1\r\n", "act.v1" },
		{ "Sec-WebSocket-Protocol: act.json.v1, act.v1\r\n", "act.json.v1" },
		{ "Sec-WebSocket-Protocol: act.v1,act.json.v1\r\n", "act.v1" },
		{ "Sec-WebSocket-Protocol: chat, x.y-z_0,  act.v1 , act.json.v1\r\n", "act.v1" },
		{ "Sec-WebSocket-Protocol: act.v2, act.json.v1\r\n", "act.json.v1" },
		{ "Sec-WebSocket-Protocol: act.v1, act.v1\r\n", "act.v1" },
		{ "", NULL },
	};
	(void)state;
	live_greets = false;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		answer_names("/action", table[i].headers, table[i].name);
	answer_names("/raw", "", NULL);
}

static void an_offer_of_only_unknown_names_is_told(void **state)
{
	static const char *const offers[] = { "chat",     "act.v2, chat", "ACT.V1",
		                              "act.v1 x", "act.v1,",      "act.v1/2",
		                              "(none)",   "act.v1;x=y",   "\"act.v1\"" };
	(void)state;
	for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
		char header[128];
		snprintf(header, sizeof header, "Sec-WebSocket-Protocol: %s\r\n", offers[i]);
		refused("/action", header, 400,
		        "expected act.v1, act.json.v1, or no such header for the base protocol");
	}
	refused("/raw", "Sec-WebSocket-Protocol: act.v1\r\n", 400,
	        "no subprotocol is spoken at /raw");
}

/* A list may be told in two headers (RFC 6455, section 11.3.4). */
static void the_list_may_come_in_two_headers(void **state)
{
	(void)state;
	live_greets = false;
	answer_names("/action",
	             "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: act.v1\r\n",
	             "act.v1");
	answer_names("/action",
	             "Sec-WebSocket-Protocol: act.json.v1\r\nSec-WebSocket-Protocol: act.v1\r\n",
	             "act.json.v1");
}

/* The longest list, and the longest name in one, that libwebsockets takes apart; one letter more is
 * answered too. */
static void a_list_has_its_length(void **state)
{
	char header[256], list[160];
	(void)state;
	live_greets = false;
	memset(list, 'x', sizeof list);
	memcpy(list, "act.v1, ", 8);
	list[8 + 63] = '\0';
	snprintf(header, sizeof header, "Sec-WebSocket-Protocol: %s\r\n", list);
	answer_names("/action", header, "act.v1");
	memset(list, 'x', sizeof list);
	memcpy(list, "act.v1, ", 8);
	list[8 + 64] = '\0';
	snprintf(header, sizeof header, "Sec-WebSocket-Protocol: %s\r\n", list);
	refused("/action", header, 400, "found \"act.v1, xxx");
	for (size_t len = 126; len <= 128; len++) {
		memset(list, 'x', sizeof list);
		memcpy(list, "act.v1, ", 8);
		list[60] = list[100] = ',';
		list[len] = '\0';
		snprintf(header, sizeof header, "Sec-WebSocket-Protocol: %s\r\n", list);
		if (len == 126)
			answer_names("/action", header, "act.v1");
		else
			refused("/action", header, 431, "longer than");
	}
}

/* ---- where a token is looked for ---- */

static void a_header_brings_it(void **state)
{
	(void)state;
	comes_in("/mine/", "Authorization: Bearer ok-ann\r\n", "ann");
	comes_in("/mine/deeper?x=y", "AUTHORIZATION: bearer ok-bob\r\n", "bob");
	comes_in("/action", "Authorization: Bearer ok-ann\r\n", "ann");
	comes_in("/action", "X-Authorization: Bearer ok-ann\r\n", "-");
	refused("/action", "Authorization: Bearer stolen\r\n", 401, "no such token");
	refused("/raw", "Authorization: Bearer stolen\r\n", 401, "no such token");
	refused("/mine/", "Authorization: Bearer ok-ann\r\nAuthorization: Bearer ok-bob\r\n", 401,
	        "one token");
}

static void a_header_may_have_another_name(void **state)
{
	(void)state;
	comes_in("/mine/", "X-My-Token: ok-ann\r\n", "ann");
	refused("/mine/", "X-My-Tokens: ok-ann\r\n", 401, "needs a login");
	/* The other places are switched off. */
	refused("/mine/", "Authorization: Bearer ok-ann\r\n", 401, "needs a login");
	refused("/mine/", "Cookie: session=ok-ann\r\n", 401, "needs a login");
	refused("/mine/?token=ok-ann", "", 401, "needs a login");
}

static void a_cookie_brings_it(void **state)
{
	static const char *const good[] = {
		"session=ok-ann",
		"a=b; session=ok-ann",
		"session=ok-ann; a=b",
		"evilsession=ok-eve; session=ok-ann",
		"sessions=ok-eve;session=ok-ann",
		"a=session=ok-eve; session=ok-ann",
	};
	static const char *const none[] = {
		"a=b",     "evilsession=ok-eve", "session2=ok-eve", "SESSION=ok-eve",
		"session", "a=session=ok-eve"
	};
	char header[128];
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(header, sizeof header, "Cookie: %s\r\n", good[i]);
		comes_in("/mine/", header, "ann");
	}
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		snprintf(header, sizeof header, "Cookie: %s\r\n", none[i]);
		refused("/mine/", header, 401, "needs a login");
	}
	refused("/action", "Cookie: session=stolen\r\n", 401, "no such token");
	refused("/action", "Cookie: session=\r\n", 401, "no such token");
}

static void the_query_brings_it(void **state)
{
	(void)state;
	comes_in("/mine/?token=ok-ann", "", "ann");
	comes_in("/mine/?a=b&token=ok-ann&c=d", "", "ann");
	comes_in("/mine/?token=ok%2Dann", "", "ann");
	refused("/mine/?xtoken=ok-ann", "", 401, "needs a login");
	refused("/mine/?tokens=ok-ann", "", 401, "needs a login");
	refused("/mine/?token", "", 401, "needs a login");
	refused("/mine/?user=ann", "", 401, "needs a login");
	refused("/action?token=stolen", "", 401, "no such token");
	refused("/action?token=", "", 401, "no such token");
}

static void without_tokens_the_query_names_the_user(void **state)
{
	(void)state;
	comes_in("/mine/?user=ann", "", "ann");
	comes_in("/mine/?user=%E6%88%91", "", "我");
	comes_in("/action?user=ann", "", "ann");
	comes_in("/action", "", "-");
	refused("/mine/", "", 401, "?user=NAME");
	refused("/mine/?user=%FF", "", 400, "UTF-8");
}

/* ---- what is too long ---- */

static void too_long_is_refused(const char *before, size_t len, const char *after,
                                const char *headers)
{
	char *target = malloc(strlen(before) + len + strlen(after) + 1);
	strcpy(target, before);
	memset(target + strlen(before), 'x', len);
	strcpy(target + strlen(before) + len, after);
	refused(target, headers, 431, "longer than");
	free(target);
}

static void the_head_has_its_bounds(void **state)
{
	char header[10000];
	(void)state;
	too_long_is_refused("/mine/", 1100, "?token=ok-ann", "");
	too_long_is_refused("/mine/?token=", 8200, "", "");
	memset(header, 'x', sizeof header);
	memcpy(header, "Authorization: Bearer ", 22);
	strcpy(header + 9000, "\r\n");
	refused("/mine/", header, 431, "longer than");
	memcpy(header, "Cookie:  a=b; session=", 22);
	refused("/mine/", header, 431, "longer than");
	memcpy(header, "Cookie: session=ok-ann", 22); /* the longest that is taken */
	strcpy(header + 16 + GATE_TOKEN_MAX - 1, "\r\n");
	close(live_open("/mine/", header));
}

#define TEST(name, begin) cmocka_unit_test_setup_teardown(name, begin, live_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_accepted_as_the_rfc_says, begin),
		TEST(a_refusal_is_a_whole_answer, begin),
		TEST(every_part_is_looked_at, begin),
		TEST(may_be_of_the_older_http, begin),
		cmocka_unit_test(names_its_origin),
		cmocka_unit_test(a_full_server_refuses),
		TEST(the_answer_names_what_is_spoken, begin),
		TEST(an_offer_of_only_unknown_names_is_told, begin),
		TEST(the_list_may_come_in_two_headers, begin),
		TEST(a_list_has_its_length, begin),
		TEST(a_header_brings_it, begin),
		TEST(a_header_may_have_another_name, begin_with_other_places),
		TEST(a_cookie_brings_it, begin),
		TEST(the_query_brings_it, begin),
		TEST(without_tokens_the_query_names_the_user, begin_with_names),
		TEST(the_head_has_its_bounds, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
