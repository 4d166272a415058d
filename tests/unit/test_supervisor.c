/* What a supervisor is told, and what the environment says of it. */
#include "base/supervisor.h"

#include "fixtures/listener.h"
#include "fixtures/log_file.h"

#include "base/clock.h"

#include <fcntl.h>
#include <inttypes.h>

static struct supervisor supervisor;
static struct listener listener;

static void set(const char *name, const char *value)
{
	if (value == NULL)
		unsetenv(name);
	else
		setenv(name, value, 1);
}

static void open_with(const char *socket, const char *usec, const char *pid)
{
	set("NOTIFY_SOCKET", socket);
	set("WATCHDOG_USEC", usec);
	set("WATCHDOG_PID", pid);
	supervisor_open(&supervisor);
}

/* ---- the messages ---- */

static void hears_everything(int abstract)
{
	uint64_t before_us = clock_ns() / 1000, us;
	int len = 0;
	listener_open(&listener, abstract);
	open_with(listener.name, NULL, NULL);
	supervisor_ready(&supervisor, "2 plugins serve");
	assert_string_equal(listener_hear(&listener), "READY=1\nSTATUS=2 plugins serve");
	supervisor_reloading(&supervisor);
	assert_int_equal(sscanf(listener_hear(&listener),
	                        "RELOADING=1\nMONOTONIC_USEC=%" SCNu64 "\nSTATUS=reloading%n", &us,
	                        &len),
	                 1);
	assert_int_equal(len, strlen(listener.heard));
	assert_in_range(us, before_us, clock_ns() / 1000);
	supervisor_alive(&supervisor);
	assert_string_equal(listener_hear(&listener), "WATCHDOG=1");
	supervisor_stopping(&supervisor, UINT32_MAX);
	assert_string_equal(listener_hear(&listener),
	                    "STOPPING=1\nEXTEND_TIMEOUT_USEC=4294967295000\nSTATUS=stopping");
	supervisor_close(&supervisor);
	assert_true(listener_is_quiet(&listener));
	listener_close(&listener);
}

static void a_path_is_told(void **state)
{
	(void)state;
	hears_everything(0);
}

static void an_abstract_name_is_told(void **state)
{
	(void)state;
	hears_everything(1);
}

/* What is cut is the end of the status. */
static void a_long_status_is_cut(void **state)
{
	char status[5000];
	(void)state;
	memset(status, 'x', sizeof status - 1);
	status[sizeof status - 1] = '\0';
	listener_open(&listener, 1);
	open_with(listener.name, NULL, NULL);
	supervisor_ready(&supervisor, status);
	const char *heard = listener_hear(&listener);
	assert_memory_equal(heard, "READY=1\nSTATUS=xxx", 18);
	assert_in_range(strlen(heard), 500, 1024);
	supervisor_close(&supervisor);
	listener_close(&listener);
}

/* ---- nobody there ---- */

static void tell_all(void)
{
	supervisor_ready(&supervisor, "ready");
	supervisor_reloading(&supervisor);
	supervisor_alive(&supervisor);
	supervisor_stopping(&supervisor, 1);
	supervisor_close(&supervisor);
}

static void without_a_supervisor_nothing_is_said(void **state)
{
	(void)state;
	log_file_begin(LOG_DEBUG);
	open_with(NULL, "1000000", NULL);
	assert_int_equal(supervisor.watchdog_us, 0);
	tell_all();
	assert_string_equal(log_file_text(), "");
	log_file_end();
}

static int count(const char *text, const char *word)
{
	int found = 0;
	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		found++;
	return found;
}

static void a_missing_socket_is_one_warning(void **state)
{
	(void)state;
	log_file_begin(LOG_DEBUG);
	open_with("/no/such/folder/socket", NULL, NULL);
	tell_all();
	assert_int_equal(count(log_file_text(), "\n"), 1);
	assert_non_null(strstr(log_file_text(),
	                       "warn  supervisor: NOTIFY_SOCKET: the supervisor cannot be told how "
	                       "the server gets on: No such file or directory; this is said once"));
	log_file_end();
}

static void what_is_no_address_is_one_warning(void **state)
{
	char path[200];
	const char *const names[] = { "", "/", "@", "relative/socket", "vsock:2:1234", path };
	(void)state;
	memset(path, 'x', sizeof path - 1);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		log_file_begin(LOG_DEBUG);
		open_with(names[i], "1000000", NULL);
		assert_int_equal(supervisor.watchdog_us, 0);
		tell_all();
		assert_int_equal(count(log_file_text(), "\n"), 1);
		assert_non_null(
			strstr(log_file_text(), "NOTIFY_SOCKET: expected an absolute path"));
		log_file_end();
	}
}

/* ---- the watchdog ---- */

static void a_watchdog_has_to_be_ours(void **state)
{
	char own[16], other[16];
	(void)state;
	snprintf(own, sizeof own, "%d", (int)getpid());
	snprintf(other, sizeof other, "%d", (int)getpid() + 1);
	const struct {
		const char *usec, *pid;
		uint64_t expected;
		const char *warning;
	} cases[] = {
		{ NULL, NULL, 0, NULL },
		{ NULL, own, 0, NULL },
		{ "30000000", NULL, 30000000, NULL },
		{ "30000000", own, 30000000, NULL },
		{ "30000000", other, 0, NULL },
		{ "1", own, 1, NULL },
		{ "0", own, 0, "WATCHDOG_USEC: expected microseconds, at least 1, found \"0\"" },
		{ "", own, 0, "WATCHDOG_USEC: expected" },
		{ "-5", own, 0, "WATCHDOG_USEC: expected" },
		{ "5s", own, 0, "found \"5s\"" },
		{ "99999999999999999999", own, 0, "WATCHDOG_USEC: expected" },
		{ "30000000", "me", 0, "WATCHDOG_PID: expected a process id, found \"me\"" },
		{ "30000000", "", 0, "WATCHDOG_PID: expected" },
	};
	listener_open(&listener, 1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		log_file_begin(LOG_DEBUG);
		open_with(listener.name, cases[i].usec, cases[i].pid);
		assert_int_equal(supervisor.watchdog_us, cases[i].expected);
		if (cases[i].warning == NULL)
			assert_string_equal(log_file_text(), "");
		else
			assert_non_null(strstr(log_file_text(), cases[i].warning));
		supervisor_close(&supervisor);
		log_file_end();
	}
	listener_close(&listener);
}

/* ---- who else could speak for the server ---- */

static void the_environment_forgets_it(void **state)
{
	(void)state;
	listener_open(&listener, 1);
	open_with(listener.name, "30000000", NULL);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	assert_int_equal(system("test -z \"$NOTIFY_SOCKET$WATCHDOG_USEC$WATCHDOG_PID\""), 0);
	assert_true((fcntl(supervisor.socket, F_GETFD) & FD_CLOEXEC) != 0);
	supervisor_close(&supervisor);
	listener_close(&listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_told),
		cmocka_unit_test(an_abstract_name_is_told),
		cmocka_unit_test(a_long_status_is_cut),
		cmocka_unit_test(without_a_supervisor_nothing_is_said),
		cmocka_unit_test(a_missing_socket_is_one_warning),
		cmocka_unit_test(what_is_no_address_is_one_warning),
		cmocka_unit_test(a_watchdog_has_to_be_ours),
		cmocka_unit_test(the_environment_forgets_it),
	};
	return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
