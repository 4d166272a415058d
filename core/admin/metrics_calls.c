#include "admin/metrics_calls.h"

#include "admin/metrics_text.h"
#include "base/clock.h"

/* All values of one metric stand together, so the list is walked once for each. */
struct walk {
	FILE *to;
	const char *name;
	void (*write)(const struct walk *walk, const char *labels, const struct stats_sum *sum);
};

/* Names are letters, digits, '_' and '-' (act/table.h): nothing in them is to be escaped. */
static void write_actions(const struct stats_generation *generation, void *context)
{
	const struct walk *walk = context;
	for (uint32_t i = 0; i < generation->action_count; i++) {
		struct stats_sum sum;
		char labels[256];
		snprintf(labels, sizeof labels, "plugin=\"%s\",generation=\"%lu\",action=\"%s\"",
		         generation->name, generation->number, generation->actions[i]);
		stats_sum(generation, i, &sum);
		walk->write(walk, labels, &sum);
	}
}

/* A status that never came has no line; "ok" always has, so that an action is seen at 0. */
static void write_ends(const struct walk *walk, const char *labels, const struct stats_sum *sum)
{
	for (uint32_t end = 0; end < STATS_ENDS; end++)
		if (end == STATUS_OK || sum->ended[end] > 0)
			fprintf(walk->to, "%s{%s,status=\"%s\"} %lu\n", walk->name, labels,
			        stats_end_name(end), sum->ended[end]);
}

static void write_times(const struct walk *walk, const char *labels, const struct stats_sum *sum)
{
	metrics_histogram(walk->to, walk->name, labels, &sum->times);
}

static void write_bytes_in(const struct walk *walk, const char *labels, const struct stats_sum *sum)
{
	fprintf(walk->to, "%s{%s} %lu\n", walk->name, labels, sum->bytes_in);
}

static void write_bytes_out(const struct walk *walk, const char *labels,
                            const struct stats_sum *sum)
{
	fprintf(walk->to, "%s{%s} %lu\n", walk->name, labels, sum->bytes_out);
}

static const struct {
	const char *name;
	const char *type;
	const char *help;
	void (*write)(const struct walk *walk, const char *labels, const struct stats_sum *sum);
} call_metrics[] = {
	{ "actd_calls_total", "counter", "Calls that ended, by how they ended.", write_ends },
	{ "actd_call_duration_seconds", "histogram",
	  "From a message to its answer, of calls that were answered.", write_times },
	{ "actd_call_request_bytes_total", "counter", "Bytes of the payloads of calls.",
	  write_bytes_in },
	{ "actd_call_reply_bytes_total", "counter", "Bytes of the payloads of good answers.",
	  write_bytes_out },
};

static void write_open(const struct stats_generation *generation, void *context)
{
	FILE *to = context;
	if (generation->state == STATS_ENDED)
		return;
	fprintf(to, "actd_calls_open{plugin=\"%s\",generation=\"%lu\"} %lu\n", generation->name,
	        generation->number, stats_open_calls(generation));
}

static void write_draining(const struct stats_generation *generation, void *context)
{
	uint64_t *count = context;
	*count += generation->state == STATS_DRAINING ? 1 : 0;
}

static void write_unrouted(FILE *to, const struct stats *stats)
{
	uint64_t ended[STATS_ENDS];
	stats_sum_unrouted(stats, ended);
	metrics_head(to, "actd_messages_unrouted_total", "counter",
	             "Messages that no plugin could be found for, by the status they got.");
	for (uint32_t end = 0; end < STATS_ENDS; end++)
		if (end == STATUS_UNKNOWN_ACTION || ended[end] > 0)
			fprintf(to, "actd_messages_unrouted_total{status=\"%s\"} %lu\n",
			        stats_end_name(end), ended[end]);
}

void metrics_calls(FILE *to, struct stats *stats)
{
	uint64_t draining = 0;
	stats_forget(stats, clock_ms());
	for (size_t i = 0; i < sizeof call_metrics / sizeof call_metrics[0]; i++) {
		struct walk walk = { to, call_metrics[i].name, call_metrics[i].write };
		metrics_head(to, call_metrics[i].name, call_metrics[i].type, call_metrics[i].help);
		stats_each(stats, write_actions, &walk);
	}
	metrics_head(to, "actd_calls_open", "gauge", "Calls that are not answered yet.");
	stats_each(stats, write_open, to);
	write_unrouted(to, stats);
	stats_each(stats, write_draining, &draining);
	metrics_head(to, "actd_generations_draining", "gauge",
	             "Replaced plugins that are still in memory.");
	fprintf(to, "actd_generations_draining %lu\n", draining);
}
