/* Which endpoint a path names, over the life of several configs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/site.h"

#include <stdio.h>

static struct config_endpoint endpoints[] = {
	{ .path = "/echo", .mode = CONFIG_MODE_RAW, .login = CONFIG_LOGIN_NONE },
	{ .path = "/serv/", .mode = CONFIG_MODE_ACTION, .login = CONFIG_LOGIN_OPTIONAL },
	{ .path = "/serv/inner/", .mode = CONFIG_MODE_ACTION, .login = CONFIG_LOGIN_REQUIRED },
	{ .path = "/serv/inner/one", .mode = CONFIG_MODE_RAW, .login = CONFIG_LOGIN_NONE },
};
static const struct config config = { .endpoints = endpoints, .endpoint_count = 4 };

static int end(void **state)
{
	(void)state;
	site_forget_endpoints();
	return 0;
}

static void finds_the_longest_that_fits(void **state)
{
	static const struct {
		const char *path, *found;
	} table[] = {
		{ "/echo", "/echo" },
		{ "/echo/", NULL },
		{ "/echoes", NULL },
		{ "/ech", NULL },
		{ "/ECHO", NULL },
		{ "/serv/", "/serv/" },
		{ "/serv", NULL },
		{ "/serv/a", "/serv/" },
		{ "/serv/a/b/c", "/serv/" },
		{ "/server/", NULL },
		{ "/serv/inner", "/serv/" },
		{ "/serv/inner/", "/serv/inner/" },
		{ "/serv/inner/two", "/serv/inner/" },
		{ "/serv/inner/one", "/serv/inner/one" },
		{ "/serv/inner/one/more", "/serv/inner/" },
		{ "/", NULL },
		{ "", NULL },
	};
	struct site *site = site_new(&config);
	(void)state;
	assert_non_null(site);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		const struct site_endpoint *found = site_find(site, table[i].path);
		const char *path = found != NULL ? found->endpoint->path : "(none)";
		assert_string_equal(path, table[i].found != NULL ? table[i].found : "(none)");
	}
	site_free(site);
}

static void knows_mode_and_login(void **state)
{
	struct site *site = site_new(&config);
	(void)state;
	assert_ptr_equal(site->config, &config);
	for (size_t i = 0; i < config.endpoint_count; i++) {
		const struct site_endpoint *found = site_find(site, endpoints[i].path);
		assert_int_equal(found->endpoint->mode, endpoints[i].mode);
		assert_int_equal(found->login, endpoints[i].login);
	}
	site_free(site);
}

/* A connection that came in by an endpoint keeps it, whatever config follows. */
static void endpoints_outlive_their_site(void **state)
{
	struct config none = { 0 };
	struct site *site = site_new(&config);
	(void)state;
	const struct endpoint *echo = site_find(site, "/echo")->endpoint;
	site_free(site);
	struct site *empty = site_new(&none);
	assert_null(site_find(empty, "/echo"));
	site_free(empty);
	assert_string_equal(echo->path, "/echo");
	assert_ptr_equal(site_endpoint(echo->id), echo);
	site = site_new(&config);
	assert_ptr_equal(site_find(site, "/echo")->endpoint, echo);
	site_free(site);
}

static void another_mode_is_another_endpoint(void **state)
{
	struct config_endpoint changed = { .path = "/echo", .mode = CONFIG_MODE_ACTION };
	struct config other = { .endpoints = &changed, .endpoint_count = 1 };
	struct site *before = site_new(&config), *after = site_new(&other);
	(void)state;
	const struct endpoint *old = site_find(before, "/echo")->endpoint;
	const struct endpoint *new = site_find(after, "/echo")->endpoint;
	assert_ptr_not_equal(old, new);
	assert_int_not_equal(old->id, new->id);
	assert_int_equal(old->mode, CONFIG_MODE_RAW);
	assert_int_equal(new->mode, CONFIG_MODE_ACTION);
	site_free(before);
	site_free(after);
}

static void numbers_count_from_zero(void **state)
{
	struct site *site = site_new(&config);
	(void)state;
	for (uint32_t id = 0; id < 4; id++)
		assert_int_equal(site_endpoint(id)->id, id);
	assert_null(site_endpoint(4));
	assert_null(site_endpoint(UINT32_MAX));
	site_free(site);
	site_forget_endpoints();
	assert_null(site_endpoint(0));
}

/* Each reload may bring other paths, but not without end. */
static void there_is_a_bound(void **state)
{
	char path[16];
	struct config_endpoint one = { .path = path };
	struct config changing = { .endpoints = &one, .endpoint_count = 1 };
	(void)state;
	for (int i = 0; i < SITE_ENDPOINTS_MAX; i++) {
		snprintf(path, sizeof path, "/%d", i);
		struct site *site = site_new(&changing);
		assert_non_null(site);
		site_free(site);
	}
	snprintf(path, sizeof path, "/new");
	assert_null(site_new(&changing));
	snprintf(path, sizeof path, "/77"); /* one that is known is taken still */
	struct site *site = site_new(&changing);
	assert_int_equal(site_find(site, "/77")->endpoint->id, 77);
	site_free(site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(finds_the_longest_that_fits, end),
		cmocka_unit_test_teardown(knows_mode_and_login, end),
		cmocka_unit_test_teardown(endpoints_outlive_their_site, end),
		cmocka_unit_test_teardown(another_mode_is_another_endpoint, end),
		cmocka_unit_test_teardown(numbers_count_from_zero, end),
		cmocka_unit_test_teardown(there_is_a_bound, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
