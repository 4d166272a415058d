#include "admin/metrics.h"

#include "act/checked.h"
#include "act/stats.h"
#include "admin/metrics_calls.h"
#include "admin/metrics_text.h"
#include "net/net.h"

#include <stddef.h>

/* ---- the loops ---- */

/* A counter of struct loop_counters, over all loops. */
struct loop_metric {
	const char *name;
	const char *help;
	size_t offset;
};

static const struct loop_metric loop_metrics[] = {
#define LOOP(member, name, help)                                                                   \
	{                                                                                          \
		name, help, offsetof(struct loop_counters, member)                                 \
	}
	LOOP(connections, "actd_connections_opened_total", "Connections since the start."),
	LOOP(refused, "actd_upgrades_refused_total",
	     "Requests that were answered with an HTTP status in place of an upgrade."),
	LOOP(turned_away, "actd_sockets_turned_away_total",
	     "Sockets that were accepted and closed: limits.handshakes, or no descriptor."),
	LOOP(messages_in, "actd_messages_received_total", "Messages from clients."),
	LOOP(bytes_in, "actd_received_bytes_total", "Bytes of messages from clients."),
	LOOP(messages_bad, "actd_messages_malformed_total",
	     "Messages that were answered with bad_frame as they stood."),
	LOOP(messages_out, "actd_messages_sent_total", "Messages to clients: answers and pushes."),
	LOOP(bytes_out, "actd_sent_bytes_total", "Bytes of messages to clients."),
	LOOP(writes, "actd_writes_total", "Writes to sockets."),
	LOOP(posts, "actd_loop_posts_total", "Messages between threads that loops took up."),
#undef LOOP
};

static void write_closed(FILE *to, const struct net *net)
{
	static const struct {
		const char *why;
		size_t offset;
	} reasons[] = {
		{ "expired", offsetof(struct loop_counters, closed_expired) },
		{ "protocol", offsetof(struct loop_counters, closed_protocol) },
		{ "silent", offsetof(struct loop_counters, dropped_silent) },
		{ "too_big", offsetof(struct loop_counters, closed_too_big) },
		{ "too_slow", offsetof(struct loop_counters, closed_too_slow) },
	};
	metrics_head(to, "actd_connections_closed_total", "counter",
	             "Connections that the server ended, by the reason; not: by a plugin, or at "
	             "its own end.");
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		fprintf(to, "actd_connections_closed_total{reason=\"%s\"} %lu\n", reasons[i].why,
		        net_count(net, reasons[i].offset));
}

static void write_loops(FILE *to, const struct net *net)
{
	metrics_head(to, "actd_connections", "gauge", "Connections that are open.");
	fprintf(to, "actd_connections %u\n", atomic_load(&net->connections));
	for (size_t i = 0; i < sizeof loop_metrics / sizeof loop_metrics[0]; i++) {
		const struct loop_metric *metric = &loop_metrics[i];
		metrics_head(to, metric->name, "counter", metric->help);
		fprintf(to, "%s %lu\n", metric->name, net_count(net, metric->offset));
	}
	write_closed(to, net);
	metrics_head(to, "actd_loop_lag_seconds", "histogram",
	             "By how much the loop's tick came too late, which it does every 50 ms.");
	for (uint32_t i = 0; i < net->loop_count; i++) {
		struct histogram_sum lags = { 0 };
		char labels[32];
		snprintf(labels, sizeof labels, "loop=\"%u\"", i);
		histogram_read(&net->loops[i].pulse.lags, &lags);
		metrics_histogram(to, "actd_loop_lag_seconds", labels, &lags);
	}
}

/* ---- reloads, and the process ---- */

static void write_reloads(FILE *to, struct board *board)
{
	pthread_mutex_lock(&board->lock);
	metrics_head(to, "actd_reloads_total", "counter", "Reloads since the start, by verdict.");
	for (int i = 0; i < RELOAD_VERDICTS; i++)
		fprintf(to, "actd_reloads_total{verdict=\"%s\"} %lu\n",
		        report_verdict_name((enum reload_verdict)i), board->reloads[i]);
	if (board->reload != NULL) {
		metrics_head(to, "actd_last_reload_timestamp_seconds", "gauge",
		             "When the last reload, or the start, was over (Unix time).");
		fprintf(to, "actd_last_reload_timestamp_seconds %ld.%03ld\n",
		        board->reload_at.tv_sec, board->reload_at.tv_nsec / 1000000);
		metrics_head(to, "actd_last_reload_taken", "gauge",
		             "Whether it was taken whole: 1, or 0 where something was refused.");
		fprintf(to, "actd_last_reload_taken %d\n", board->reload_verdict == RELOAD_TAKEN);
	}
	pthread_mutex_unlock(&board->lock);
}

static void write_certificate(FILE *to, struct board *board)
{
	pthread_mutex_lock(&board->lock);
	int64_t expires_s = board->certificate_expires_s;
	pthread_mutex_unlock(&board->lock);
	if (expires_s == 0)
		return;
	metrics_head(to, "actd_tls_certificate_expiry_timestamp_seconds", "gauge",
	             "Until when the certificate in force is valid (Unix time).");
	fprintf(to, "actd_tls_certificate_expiry_timestamp_seconds %ld\n", expires_s);
}

static void write_process(FILE *to, const struct board *board)
{
	metrics_head(to, "actd_build_info", "gauge", "Always 1; the label has the version.");
	fprintf(to, "actd_build_info{version=\"%s\"} 1\n", ACTD_VERSION);
	metrics_head(to, "actd_start_timestamp_seconds", "gauge",
	             "When the server was started (Unix time).");
	fprintf(to, "actd_start_timestamp_seconds %ld.%03ld\n", board->started.tv_sec,
	        board->started.tv_nsec / 1000000);
}

/* With "check": true. */
static void write_checks(FILE *to)
{
	metrics_head(to, "actd_check_findings_total", "counter",
	             "Rules of act/plugin.h that plugins were seen to break, by what they are "
	             "about.");
	for (int i = 0; i < CHECKED_RULES; i++)
		fprintf(to, "actd_check_findings_total{about=\"%s\"} %lu\n",
		        checked_rule_name((enum checked_rule)i),
		        checked_findings((enum checked_rule)i));
	metrics_head(to, "actd_check_late_answers_total", "counter",
	             "Answers of plugins that came too late, by what came before them; harmless.");
	for (int i = 0; i < CHECKED_LATES; i++)
		fprintf(to, "actd_check_late_answers_total{after=\"%s\"} %lu\n",
		        checked_late_name((enum checked_late)i),
		        checked_lates((enum checked_late)i));
}

void metrics_write(FILE *to, struct board *board)
{
	write_process(to, board);
	write_loops(to, board->act->net);
	metrics_calls(to, board->act->stats);
	write_reloads(to, board);
	write_certificate(to, board);
	if (board->act->check)
		write_checks(to);
}
