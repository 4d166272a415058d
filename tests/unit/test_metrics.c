/* The text that Prometheus reads, from numbers that are made up. */
#include "fixtures/fake_server.h"

#include "admin/metrics.h"

#include <stdio.h>
#include <stdlib.h>

/* All metrics as text; free() it. */
static char *written(void)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	assert_non_null(to);
	metrics_write(to, &fake_board);
	assert_int_equal(fclose(to), 0);
	return text;
}

/* These lines are there, one behind the other. */
static void has(const char *lines)
{
	char *text = written();
	const char *at = strstr(text, lines);
	if (at == NULL || (at != text && at[-1] != '\n'))
		fail_msg("expected:\n%s\nin:\n%s", lines, text);
	free(text);
}

static void has_not(const char *words)
{
	char *text = written();
	if (strstr(text, words) != NULL)
		fail_msg("did not expect \"%s\" in:\n%s", words, text);
	free(text);
}

static void loops_are_added_up(void **state)
{
	(void)state;
	count_add(&fake_loops[0].counters.connections, 40);
	count_add(&fake_loops[1].counters.connections, 2);
	count_add(&fake_loops[1].counters.closed_too_slow, 3);
	count_add(&fake_loops[0].counters.bytes_in, 1ul << 40);
	atomic_store(&fake_net.connections, 7);
	has("# HELP actd_connections Connections that are open.\n"
	    "# TYPE actd_connections gauge\nactd_connections 7\n");
	has("# TYPE actd_connections_opened_total counter\nactd_connections_opened_total 42\n");
	has("actd_received_bytes_total 1099511627776\n");
	has("actd_connections_closed_total{reason=\"too_slow\"} 3\n");
	has("actd_connections_closed_total{reason=\"expired\"} 0\n");
}

static void a_lag_is_a_histogram_for_each_loop(void **state)
{
	(void)state;
	histogram_add(&fake_loops[1].pulse.lags, 100000);
	histogram_add(&fake_loops[1].pulse.lags, 200000);
	histogram_add(&fake_loops[1].pulse.lags, 60000000000);
	has("actd_loop_lag_seconds_bucket{loop=\"1\",le=\"0.0001\"} 1\n"
	    "actd_loop_lag_seconds_bucket{loop=\"1\",le=\"0.00025\"} 2\n");
	has("actd_loop_lag_seconds_bucket{loop=\"1\",le=\"10\"} 2\n"
	    "actd_loop_lag_seconds_bucket{loop=\"1\",le=\"+Inf\"} 3\n"
	    "actd_loop_lag_seconds_sum{loop=\"1\"} 60.000300000\n"
	    "actd_loop_lag_seconds_count{loop=\"1\"} 3\n");
	has("actd_loop_lag_seconds_count{loop=\"0\"} 0\n");
}

static void calls_are_told_by_plugin_generation_action_and_end(void **state)
{
	(void)state;
	struct stats_generation *old = stats_enter(fake_act.stats, 4, "1.0", &fake_table);
	struct stats_generation *live = stats_enter(fake_act.stats, 7, "1.1", &fake_table);
	stats_turn(old, STATS_DRAINING);
	stats_turn(live, STATS_SERVING);
	stats_begin(old, 0, 1, 10);
	stats_begin(live, 0, 0, 3);
	stats_end(live, 0, 0, STATUS_OK, clock_ns(), 9);
	stats_begin(live, 1, 0, 4);
	stats_end(live, 1, 0, 2000, clock_ns(), 9);
	stats_refuse(live, 1, 0, STATUS_RATE_LIMITED);
	has("actd_calls_total{plugin=\"friend\",generation=\"4\",action=\"add\",status=\"ok\"} 0\n"
	    "actd_calls_total{plugin=\"friend\",generation=\"4\",action=\"list\",status=\"ok\"} 0\n"
	    "actd_calls_total{plugin=\"friend\",generation=\"7\",action=\"add\",status=\"ok\"} 1\n"
	    "actd_calls_total{plugin=\"friend\",generation=\"7\",action=\"add\","
	    "status=\"rate_limited\"} 1\n"
	    "actd_calls_total{plugin=\"friend\",generation=\"7\",action=\"add\","
	    "status=\"plugin_error\"} 1\n"
	    "actd_calls_total{plugin=\"friend\",generation=\"7\",action=\"list\",status=\"ok\"} 0\n"
	    "# HELP");
	has("actd_call_duration_seconds_count{plugin=\"friend\",generation=\"7\",action=\"add\"} "
	    "2\n");
	has("actd_call_request_bytes_total{plugin=\"friend\",generation=\"7\",action=\"add\"} 7\n");
	has("actd_call_reply_bytes_total{plugin=\"friend\",generation=\"7\",action=\"add\"} 9\n");
	has("# TYPE actd_calls_open gauge\n"
	    "actd_calls_open{plugin=\"friend\",generation=\"4\"} 1\n"
	    "actd_calls_open{plugin=\"friend\",generation=\"7\"} 0\n");
	has("actd_generations_draining 1\n");
}

/* A scraper sees the last of it. */
static void one_that_ended_is_still_told(void **state)
{
	(void)state;
	struct stats_generation *old = stats_enter(fake_act.stats, 4, "1.0", &fake_table);
	stats_turn(old, STATS_SERVING);
	stats_begin(old, 0, 0, 1);
	stats_end(old, 0, 0, STATUS_OK, clock_ns(), 1);
	stats_leave(old);
	has("actd_calls_total{plugin=\"friend\",generation=\"4\",action=\"add\",status=\"ok\"} "
	    "1\n");
	has_not("actd_calls_open{");
	has("actd_generations_draining 0\n");
}

static void messages_without_a_plugin_are_told_apart(void **state)
{
	(void)state;
	stats_refuse_unrouted(fake_act.stats, 0, STATUS_UNAVAILABLE);
	has("# TYPE actd_messages_unrouted_total counter\n"
	    "actd_messages_unrouted_total{status=\"unknown_action\"} 0\n"
	    "actd_messages_unrouted_total{status=\"unavailable\"} 1\n");
}

static void reloads_are_counted_and_the_start_is_not(void **state)
{
	(void)state;
	has_not("actd_last_reload");
	fake_reload(0, RELOAD_PARTIAL, 0);
	has("actd_last_reload_timestamp_seconds 1767225599.250\n");
	has("actd_last_reload_taken 0\n");
	fake_reload(1, RELOAD_TAKEN, 0);
	fake_reload(2, RELOAD_REFUSED, 0);
	fake_reload(3, RELOAD_TAKEN, 0);
	has("actd_reloads_total{verdict=\"taken\"} 2\n"
	    "actd_reloads_total{verdict=\"partial\"} 0\n"
	    "actd_reloads_total{verdict=\"refused\"} 1\n");
	has("actd_last_reload_taken 1\n");
}

#define FAKE(test) cmocka_unit_test_setup_teardown(test, fake_begin, fake_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE(loops_are_added_up),
		FAKE(a_lag_is_a_histogram_for_each_loop),
		FAKE(calls_are_told_by_plugin_generation_action_and_end),
		FAKE(one_that_ended_is_still_told),
		FAKE(messages_without_a_plugin_are_told_apart),
		FAKE(reloads_are_counted_and_the_start_is_not),
	};
	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
