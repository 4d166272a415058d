/* The report of a reload: what it keeps, what the log says, and the JSON of it. */
#include "fixtures/cmocka_all.h"

#include "admin/view.h"
#include "fixtures/log_file.h"
#include "reload/report.h"

#include <stdlib.h>

static void lines_are_kept_and_logged(void **state)
{
	struct reload_report report;
	(void)state;
	log_file_begin(LOG_INFO);
	report_begin(&report, 3);
	report_plugin(&report, "echo", RESULT_REPLACED, "replaced %s by %s", "1.0", "1.1");
	report_plugin(&report, "/p/x.so", RESULT_REFUSED, "refused: not a plugin");
	report_section(&report, "limits", "calls 2 instead of 1; in force");
	report_error_lines(&report, "a.json:1:2: one\na.json:3:4: two\n");
	report_error_lines(&report, NULL);
	report_warning(&report, "%s: at the next start", "threads");
	report_end(&report, RELOAD_PARTIAL, 1);
	const char *log = log_file_text();
	assert_non_null(strstr(log, "info  reload: plugin echo: replaced 1.0 by 1.1\n"));
	assert_non_null(strstr(log, "warn  reload: plugin /p/x.so: refused: not a plugin\n"));
	assert_non_null(
		strstr(log, "info  reload: config limits: calls 2 instead of 1; in force\n"));
	assert_non_null(strstr(log, "error reload: a.json:1:2: one\n"));
	assert_non_null(strstr(log, "error reload: a.json:3:4: two\n"));
	assert_non_null(strstr(log, "warn  reload: threads: at the next start\n"));
	assert_non_null(strstr(log, "warn  reload: reload 3 partial: 1 plugins serve"));
	log_file_end();
	assert_string_equal(report.sentence, "reload 3 partial: 1 plugins serve; the log says what "
	                                     "was refused");
	cJSON *json = view_report(&report);
	char *text = view_text(json);
	assert_string_equal(
		text,
		"{\"number\":3,\"verdict\":\"partial\",\"plugins\":["
		"{\"name\":\"echo\",\"result\":\"replaced\",\"sentence\":\"replaced 1.0 by 1.1\"},"
		"{\"name\":\"/p/x.so\",\"result\":\"refused\",\"sentence\":\"refused: not a "
		"plugin\"}],"
		"\"config\":[{\"section\":\"limits\",\"sentence\":\"calls 2 instead of 1; in "
		"force\"}],"
		"\"errors\":[\"a.json:1:2: one\",\"a.json:3:4: two\"],"
		"\"warnings\":[\"threads: at the next start\"]}");
	free(text);
	cJSON_Delete(json);
	report_free(&report);
}

static void the_start_has_no_verdict_in_the_log(void **state)
{
	struct reload_report report;
	(void)state;
	log_file_begin(LOG_INFO);
	report_begin(&report, 0);
	report_end(&report, RELOAD_TAKEN, 2);
	assert_string_equal(log_file_text(), "");
	log_file_end();
	assert_true(report.at.tv_sec > 0);
	assert_string_equal(report.sentence, "start taken: 2 plugins serve");
	report_free(&report);
}

static void each_verdict_has_a_sentence(void **state)
{
	static const struct {
		unsigned number;
		enum reload_verdict verdict;
		const char *sentence, *level;
	} cases[] = {
		{ 1, RELOAD_TAKEN, "reload 1 taken: 4 plugins serve", "info  " },
		{ 2, RELOAD_REFUSED, "reload 2 refused: nothing has changed", "error " },
		{ 2, RELOAD_ROLLED_BACK, "reload 2 rolled back: 4 plugins serve", "warn  " },
		{ 2, RELOAD_PROMOTED, "reload 2 promoted: 4 plugins serve", "warn  " },
		{ 0, RELOAD_REFUSED, "refused: nothing has changed", "" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct reload_report report;
		log_file_begin(LOG_INFO);
		report_begin(&report, cases[i].number);
		report_end(&report, cases[i].verdict, 4);
		assert_string_equal(report.sentence, cases[i].sentence);
		assert_int_equal(strstr(log_file_text(), report.sentence) != NULL,
		                 cases[i].number != 0);
		assert_non_null(strstr(log_file_text(), cases[i].level));
		log_file_end();
		report_free(&report);
	}
}

static void names_are_as_documented(void **state)
{
	static const char *const verdicts[] = { "taken", "partial", "refused" };
	static const char *const results[] = { "unchanged", "loaded",  "replaced",
		                               "retired",   "refused", "off" };
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_string_equal(report_verdict_name((enum reload_verdict)i), verdicts[i]);
	for (int i = 0; i < 6; i++)
		assert_string_equal(report_result_name((enum reload_result)i), results[i]);
}

/* A path may be any bytes, and JSON is UTF-8. */
static void other_bytes_are_replaced(void **state)
{
	static const struct {
		const char *given, *expected;
	} cases[] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ "gr\xC3\xBC\xC3\x9F", "\"gr\xC3\xBC\xC3\x9F\"" },
		{ "a\xFF\xFE"
		  "b\xC3",
		  "\"a??b?\"" },
		{ "\"\\\n", "\"\\\"\\\\\\n\"" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		cJSON *json = view_string(cases[i].given);
		char *text = view_text(json);
		assert_string_equal(text, cases[i].expected);
		free(text);
		cJSON_Delete(json);
	}
}

static void times_are_utc(void **state)
{
	cJSON *json = view_time(1767225599);
	(void)state;
	assert_string_equal(json->valuestring, "2025-12-31T23:59:59Z");
	cJSON_Delete(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_kept_and_logged),
		cmocka_unit_test(the_start_has_no_verdict_in_the_log),
		cmocka_unit_test(each_verdict_has_a_sentence),
		cmocka_unit_test(names_are_as_documented),
		cmocka_unit_test(other_bytes_are_replaced),
		cmocka_unit_test(times_are_utc),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
