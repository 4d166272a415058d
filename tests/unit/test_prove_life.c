/* What a plugin does in the steps of its life is found out in a process of its own. This program is
 * both sides: it starts itself. */
#include "fixtures/sanitizers.h"
#include "fixtures/trials.h"

#include "base/log.h"
#include "reload/prove_wire.h"

#include <signal.h>
#include <sys/prctl.h>

/* ---- the log ---- */

static const char *log_path(void)
{
	static char path[64];
	snprintf(path, sizeof path, "%s/log", trials_folder);
	return path;
}

static void begin_log(enum log_level level)
{
	unlink(log_path());
	assert_int_equal(log_open(log_path(), level), 0);
}

/* Ends with a line break; static memory. */
static const char *end_log(void)
{
	static char text[65536];
	assert_int_equal(log_open(NULL, LOG_WARN), 0);
	FILE *file = fopen(log_path(), "rbe");
	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	return text;
}

static int count_words(const char *text, const char *words)
{
	int count = 0;
	for (; (text = strstr(text, words)) != NULL; text += strlen(words))
		count++;
	return count;
}

/* ---- the steps of a life ---- */

static const struct {
	const char *file, *step, *name;
} steps[] = {
	{ "bad_deed.so", "create", "create" },
	{ "bad_deed_giver.so", "extension", "extension" },
	{ "bad_deed.so", "start", "start" },
	{ "bad_deed.so", "stop", "stop" },
	{ "bad_deed.so", "leave", "worker_leave" },
	{ "bad_deed.so", "destroy", "destroy" },
};

enum { STEPS = sizeof steps / sizeof steps[0] };

static const char *wish(const char *step, const char *deed)
{
	static char text[128];
	snprintf(text, sizeof text, "{\"%s\":\"%s\"}", step, deed);
	return text;
}

static void a_whole_life_is_led(void **state)
{
	static const char *const lines[] = {
		"plugin tried (trial): create\n", "plugin tried (trial): extension\n",
		"plugin tried (trial): start\n",  "plugin tried (trial): stop\n",
		"plugin tried (trial): leave\n",  "plugin tried (trial): destroy\n",
	};
	(void)state;
	begin_log(LOG_DEBUG);
	taken("bad_deed_giver.so", "{}");
	const char *at = end_log();
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		at = strstr(at, lines[i]);
		if (at == NULL)
			fail_msg("no line in its place: %s", lines[i]);
	}
}

/* It may count on activate() before stop(), and activate() is not tried. */
static void stop_does_not_come_without_activate(void **state)
{
	(void)state;
	begin_log(LOG_DEBUG);
	taken("bad_deed_active.so", "{\"stop\":\"crash\",\"activate\":\"crash\"}");
	const char *log = end_log();
	assert_int_equal(count_words(log, "(trial): stop"), 0);
	assert_int_equal(count_words(log, "(trial): activate"), 0);
	assert_int_equal(count_words(log, "(trial): destroy"), 1);
}

static void the_step_that_crashes_is_named(void **state)
{
	char words[128];
	(void)state;
	for (size_t i = 0; i < STEPS; i++) {
		snprintf(words, sizeof words,
		         "its %s killed the process that tried it: signal 11 "
		         "(Segmentation fault)",
		         steps[i].name);
		refused_for(steps[i].file, wish(steps[i].step, "crash"), LONG_MS, words);
	}
}

static void the_step_that_exits_is_named(void **state)
{
	char words[128];
	(void)state;
	for (size_t i = 0; i < STEPS; i++) {
		snprintf(words, sizeof words, "it ended the process with exit(3) in %s",
		         steps[i].name);
		refused_for(steps[i].file, wish(steps[i].step, "exit"), LONG_MS, words);
	}
}

/* The time is that of one step, and it is not over before the step begins: a deadline that is too
 * short for the machine is tried again with more. */
static void the_step_that_hangs_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < STEPS; i++) {
		const char *settings = wish(steps[i].step, i % 2 == 0 ? "wait" : "loop");
		char words[128];
		struct err why = { "" };
		uint32_t deadline_ms = SHORT_MS;
		do {
			deadline_ms *= 2;
			assert_int_equal(
				try_path(bad_path(steps[i].file), settings, deadline_ms, &why), -1);
		} while (strstr(why.text, "did not finish loading") != NULL &&
		         deadline_ms < LONG_MS);
		snprintf(words, sizeof words, "%s did not end within load_ms (%u ms) in its trial",
		         steps[i].name, (unsigned)deadline_ms);
		assert_string_equal(why.text, words);
		nobody_is_left();
		folder_is_empty();
	}
}

static void a_failure_is_told_with_the_last_line(void **state)
{
	(void)state;
	begin_log(LOG_WARN);
	refused_for("bad_deed.so", wish("create", "fail"), LONG_MS,
	            "create failed (-9) in its trial: it rains");
	refused_for("bad_deed.so", wish("start", "fail"), LONG_MS,
	            "start failed (-9) in its trial: it rains");
	assert_int_equal(count_words(end_log(), "warn  plugin tried (trial): it rains\n"), 2);
	refused_with("bad_create.so", LONG_MS,
	             "create failed (-9) in its trial: create: the moon is not full");
}

/* The trial's folder is empty and its queue is full: that may be all that is wrong. */
static void a_failure_for_want_of_something_is_no_verdict(void **state)
{
	static const char *const deeds[] = { "fail without folder", "fail without work" };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin_log(LOG_DEBUG);
		taken("bad_deed.so", wish("create", deeds[i]));
		taken("bad_deed.so", wish("start", deeds[i]));
		const char *log = end_log();
		assert_int_equal(count_words(log, "create failed (-9) with an empty data_dir"), 1);
		assert_int_equal(count_words(log, "start failed (-9) with an empty data_dir"), 1);
		assert_int_equal(count_words(log, "it is tried for real\n"), 2);
	}
}

static void only_the_first_lines_are_passed_on(void **state)
{
	(void)state;
	begin_log(LOG_DEBUG);
	refused_for("bad_deed.so", wish("create", "talk"), LONG_MS,
	            "create failed (-9) in its trial: the last line");
	const char *log = end_log();
	assert_int_equal(count_words(log, "plugin tried (trial): "), PROVE_LINES_MAX);
	assert_non_null(strstr(log, "info  plugin tried (trial): line 0 of many\n"));
}

/* ---- what is left behind ---- */

static void who_closes_what_is_not_his_is_refused(void **state)
{
	(void)state;
	refused_for("bad_deed.so", wish("create", "close"), LONG_MS,
	            "it closed a descriptor that is not its own, or put another in its place, in "
	            "create: the server would lose its connections");
	refused_for("bad_deed.so", wish("destroy", "close"), LONG_MS, "in destroy: ");
}

static void a_guess_is_no_report(void **state)
{
	(void)state;
	refused_for("bad_deed.so", wish("start", "lie"), LONG_MS,
	            "it ended the process with exit(0) in start");
}

static void a_process_that_is_left_is_told_and_killed(void **state)
{
	int status = 0;
	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	alarm(LONG_MS / 1000);
	begin_log(LOG_WARN);
	struct err why = { "" };
	assert_int_equal(try_path(bad_path("bad_deed.so"), wish("create", "fork"), LONG_MS, &why),
	                 0);
	assert_non_null(strstr(end_log(), "it leaves a process that it started\n"));
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	alarm(0);
	nobody_is_left();
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void a_handler_that_is_left_is_refused(void **state)
{
	(void)state;
	refused_for("bad_deed.so", wish("create", "take signal"), LONG_MS,
	            "it leaves a handler for signal 12 (User defined signal 2), which would be "
	            "called after it is unloaded");
	begin_log(LOG_WARN);
	taken("bad_deed.so", "{\"create\":\"take signal\",\"destroy\":\"give signal back\"}");
	assert_non_null(strstr(end_log(), "it changes what happens at signal 12"));
}

static void a_thread_that_is_left_is_refused(void **state)
{
	(void)state;
	refused_for("bad_deed.so", wish("start", "thread"), LONG_MS,
	            "1 of its threads still run after destroy");
	taken("bad_deed_threads.so", wish("start", "thread"));
}

static void a_key_that_is_left_is_refused(void **state)
{
	(void)state;
	refused_for("bad_deed.so", wish("create", "key"), LONG_MS,
	            "the end of a thread that had run its code killed the process that tried it: "
	            "signal 11 (Segmentation fault): does it leave a pthread key");
}

static void what_it_gave_to_atexit_is_run(void **state)
{
	(void)state;
	if (SANITIZER_DEFERS_ATEXIT)
		skip(); /* nothing is called at its unloading, and so nothing crashes there */
	refused_for("bad_deed.so", wish("create", "atexit"), LONG_MS,
	            "its destructor killed the process that tried it: signal 11 (Segmentation "
	            "fault); it may be a function that it gave to atexit(3)");
}

/* ---- what it may take ---- */

static void memory_is_bounded(void **state)
{
	(void)state;
	if (SANITIZER_TAKES_ADDRESSES)
		skip(); /* the bound is not set in such a build */
	refused_for("bad_deed.so", wish("create", "grow"), LONG_MS,
	            "its create killed the process that tried it: signal 6 (Aborted)");
}

static void files_are_bounded(void **state)
{
	(void)state;
	begin_log(LOG_DEBUG);
	taken("bad_deed.so", wish("start", "fill"));
	assert_non_null(strstr(end_log(), "plugin tried (trial): File too large\n"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_life_is_led),
		cmocka_unit_test(stop_does_not_come_without_activate),
		cmocka_unit_test(the_step_that_crashes_is_named),
		cmocka_unit_test(the_step_that_exits_is_named),
		cmocka_unit_test(the_step_that_hangs_is_named),
		cmocka_unit_test(a_failure_is_told_with_the_last_line),
		cmocka_unit_test(a_failure_for_want_of_something_is_no_verdict),
		cmocka_unit_test(only_the_first_lines_are_passed_on),
		cmocka_unit_test(who_closes_what_is_not_his_is_refused),
		cmocka_unit_test(a_guess_is_no_report),
		cmocka_unit_test(a_process_that_is_left_is_told_and_killed),
		cmocka_unit_test(a_handler_that_is_left_is_refused),
		cmocka_unit_test(a_thread_that_is_left_is_refused),
		cmocka_unit_test(a_key_that_is_left_is_refused),
		cmocka_unit_test(what_it_gave_to_atexit_is_run),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(files_are_bounded),
	};
	if (argc > 1 && strcmp(argv[1], "--prove") == 0)
		return prove_main(argc, argv);
	return cmocka_run_group_tests_name("prove_life", tests, make_folder, remove_folder);
}
