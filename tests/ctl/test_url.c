/* Addresses, taken apart and put together. */
#include "url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct url parsed(const char *text, enum url_for use)
{
	struct url url;
	struct err why = { "" };
	if (url_parse(text, use, &url, &why) != 0)
		fail_msg("%s: %s", text, why.text);
	return url;
}

static void refused(const char *text, enum url_for use, const char *says)
{
	struct url url;
	struct err why = { "" };
	assert_int_equal(url_parse(text, use, &url, &why), -1);
	if (strstr(why.text, says) == NULL)
		fail_msg("%s: expected \"%s\", found \"%s\"", text, says, why.text);
}

static void good_ones(void **state)
{
	static const struct {
		const char *text, *host, *authority, *path;
		uint16_t port;
		bool tls;
	} cases[] = {
		{ "ws://127.0.0.1:8080/serv/", "127.0.0.1", "127.0.0.1:8080", "/serv/", 8080,
		  false },
		{ "WS://Host/a?b=c&d", "Host", "Host", "/a?b=c&d", 80, false },
		{ "wss://example.org", "example.org", "example.org", "/", 443, true },
		{ "ws://[::1]:9/x", "::1", "[::1]:9", "/x", 9, false },
		{ "ws://[::1]", "::1", "[::1]", "/", 80, false },
		{ "ws://h?token=t", "h", "h", "/?token=t", 80, false },
		{ "ws://h:65535/a#fragment", "h", "h:65535", "/a", 65535, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct url url = parsed(cases[i].text, URL_WEBSOCKET);
		assert_string_equal(url.host, cases[i].host);
		assert_string_equal(url.authority, cases[i].authority);
		assert_string_equal(url.path, cases[i].path);
		assert_int_equal(url.port, cases[i].port);
		assert_int_equal(url.tls, cases[i].tls);
		assert_false(url.is_unix);
	}
}

static void unix_sockets(void **state)
{
	struct url url = parsed("ws+unix:/run/a.sock:/serv/?x", URL_WEBSOCKET);
	(void)state;
	assert_true(url.is_unix);
	assert_string_equal(url.host, "/run/a.sock");
	assert_string_equal(url.path, "/serv/?x");
	assert_string_equal(url.authority, "localhost");
	url = parsed("ws+unix:rel/a.sock", URL_WEBSOCKET);
	assert_string_equal(url.host, "rel/a.sock");
	assert_string_equal(url.path, "/");
}

static void the_use_decides_the_scheme(void **state)
{
	(void)state;
	assert_int_equal(parsed("http://h", URL_HTTP).port, 80);
	assert_true(parsed("https://h:1", URL_HTTP).tls);
	refused("ws://h", URL_HTTP, "expected http://");
	refused("http://h", URL_WEBSOCKET, "expected ws://");
	refused("h:8080/serv/", URL_WEBSOCKET, "found \"h:8080/serv/\"");
}

static void bad_ones(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "ws:///x", "a host of 1 to 255" },
		{ "ws://:80/", "a host of 1 to 255" },
		{ "ws://h:/", "found \"\"" },
		{ "ws://h:0", "found \"0\"" },
		{ "ws://h:65536", "found \"65536\"" },
		{ "ws://h:99999999999999999999", "a port from 1 to 65535" },
		{ "ws://h:8x", "found \"8x\"" },
		{ "ws://[::1", "a ']'" },
		{ "ws://[]:1", "a host of 1 to 255" },
		{ "ws://[::1]x", "a ':' and the port" },
		{ "ws://a b/", "a host's name" },
		{ "ws://me:secret@h/", "a port from" },
		{ "ws://h/a\r\nX: y", "printable ASCII" },
		{ "ws://h/\xc3\xa9", "printable ASCII" },
		{ "ws+unix:", "the path of a socket" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		refused(cases[i].text, URL_WEBSOCKET, cases[i].says);
}

/* What is as long as can be is taken; one byte more is not. */
static void long_ones(void **state)
{
	char text[4096], name[URL_HOST_MAX + 2], path[URL_PATH_MAX + 2];
	(void)state;
	memset(name, 'h', sizeof name);
	memset(path, 'p', sizeof path);
	path[0] = '/';
	snprintf(text, sizeof text, "ws://%.*s%.*s", URL_HOST_MAX, name, URL_PATH_MAX, path);
	struct url url = parsed(text, URL_WEBSOCKET);
	assert_int_equal(strlen(url.host), URL_HOST_MAX);
	assert_int_equal(strlen(url.path), URL_PATH_MAX);
	snprintf(text, sizeof text, "ws://%.*s/", URL_HOST_MAX + 1, name);
	refused(text, URL_WEBSOCKET, "a host of 1 to 255");
	snprintf(text, sizeof text, "ws://h%.*s", URL_PATH_MAX + 1, path);
	refused(text, URL_WEBSOCKET, "at most 1900 bytes, found 1901");
	snprintf(text, sizeof text, "ws+unix:%.*s", URL_SOCKET_MAX, path);
	assert_int_equal(strlen(parsed(text, URL_WEBSOCKET).host), URL_SOCKET_MAX);
	snprintf(text, sizeof text, "ws+unix:%.*s", URL_SOCKET_MAX + 1, path);
	refused(text, URL_WEBSOCKET, "the path of a socket");
}

static void queries(void **state)
{
	struct url url = parsed("ws://h/serv/", URL_WEBSOCKET);
	struct err why;
	char value[URL_PATH_MAX + 1];
	(void)state;
	assert_int_equal(url_add_query(&url, "user", "a b&\xc3\xa4-._~Z9", &why), 0);
	assert_string_equal(url.path, "/serv/?user=a%20b%26%C3%A4-._~Z9");
	assert_int_equal(url_add_query(&url, "v", "", &why), 0);
	assert_string_equal(url.path, "/serv/?user=a%20b%26%C3%A4-._~Z9&v=");
	memset(value, 'x', sizeof value);
	value[sizeof value - 1] = '\0';
	assert_int_equal(url_add_query(&url, "user", value, &why), -1);
	assert_non_null(strstr(why.text, "longer than 1900"));
}

static void words(void **state)
{
	char where[64];
	struct url url = parsed("ws://[::1]:80/", URL_WEBSOCKET);
	(void)state;
	url_where(&url, where, sizeof where);
	assert_string_equal(where, "[::1]:80");
	url = parsed("ws://h/", URL_WEBSOCKET);
	url_where(&url, where, sizeof where);
	assert_string_equal(where, "h:80");
	url = parsed("ws+unix:/s", URL_WEBSOCKET);
	url_where(&url, where, sizeof where);
	assert_string_equal(where, "the socket /s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones),
		cmocka_unit_test(unix_sockets),
		cmocka_unit_test(the_use_decides_the_scheme),
		cmocka_unit_test(bad_ones),
		cmocka_unit_test(long_ones),
		cmocka_unit_test(queries),
		cmocka_unit_test(words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
