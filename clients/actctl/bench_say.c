#include "bench_say.h"

#include <stdio.h>

static const struct quantile {
	const char *name;
	double share;
} quantiles[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99.9", 0.999 } };

enum { QUANTILES = sizeof quantiles / sizeof quantiles[0] };

static double seconds_of(const struct bench_result *result)
{
	return (double)result->elapsed_ns / 1e9;
}

/* Of something that was counted; 0 where nothing was. */
static double each(double sum, uint64_t count)
{
	return count > 0 ? sum / (double)count : 0;
}

/* Bytes that a connection added to the server. It may have given some back meanwhile. */
static double bytes_each(const struct bench_plan *plan, const struct bench_result *result)
{
	double more = (double)result->server_open_bytes - (double)result->server_resident_bytes;
	return each(more, (uint64_t)plan->connections + plan->idle);
}

/* ---- as an object ---- */

static cJSON *latency_json(const struct bench_latency *latency)
{
	cJSON *object = cJSON_CreateObject();
	for (int i = 0; i < QUANTILES; i++)
		cJSON_AddNumberToObject(object, quantiles[i].name,
		                        (double)bench_latency_at(latency, quantiles[i].share) /
		                                1e3);
	cJSON_AddNumberToObject(object, "max", (double)latency->max_ns / 1e3);
	return object;
}

static void add_plan(cJSON *object, const struct options *options, const struct bench_plan *plan)
{
	cJSON_AddStringToObject(object, "mode", options->mode);
	cJSON_AddNumberToObject(object, "connections", plan->connections);
	cJSON_AddNumberToObject(object, "idle", plan->idle);
	cJSON_AddNumberToObject(object, "depth", plan->depth);
	cJSON_AddNumberToObject(object, "size", plan->payload);
	cJSON_AddNumberToObject(object, "rate", plan->rate);
}

static void add_server(cJSON *object, const struct bench_plan *plan,
                       const struct bench_result *result)
{
	double cpu_ns = (double)result->server_cpu_ns;
	cJSON *server = cJSON_AddObjectToObject(object, "server");
	cJSON_AddNumberToObject(server, "cores", each(cpu_ns, result->elapsed_ns));
	cJSON_AddNumberToObject(server, "cpu_us_each", each(cpu_ns / 1e3, result->counted));
	if (plan->kind == BENCH_CONNECT) /* there is no moment with all of them open */
		return;
	cJSON_AddNumberToObject(server, "bytes_before", (double)result->server_resident_bytes);
	cJSON_AddNumberToObject(server, "bytes_open", (double)result->server_open_bytes);
	cJSON_AddNumberToObject(server, "bytes_each", bytes_each(plan, result));
}

static void say_json_result(const struct options *options, const struct bench_plan *plan,
                            const struct bench_result *result)
{
	cJSON *object = cJSON_CreateObject();
	double seconds = seconds_of(result);
	add_plan(object, options, plan);
	cJSON_AddNumberToObject(object, "seconds", seconds);
	cJSON_AddNumberToObject(object, "count", (double)result->counted);
	cJSON_AddNumberToObject(object, "per_s", (double)result->counted / seconds);
	cJSON_AddNumberToObject(object, "opened", (double)result->opened);
	cJSON_AddNumberToObject(object, "open_ms", (double)result->open_ns / 1e6);
	cJSON_AddNumberToObject(object, "sent", (double)result->sent);
	cJSON_AddNumberToObject(object, "answered", (double)result->answered);
	cJSON_AddItemToObject(object, "latency_us", latency_json(&result->latency));
	if (plan->rate > 0)
		cJSON_AddItemToObject(object, "late_us", latency_json(&result->late));
	cJSON_AddNumberToObject(object, "cores",
	                        each((double)result->load_cpu_ns, result->elapsed_ns));
	if (plan->server != 0)
		add_server(object, plan, result);
	say_object(object);
}

/* ---- as a table ---- */

static void print_plan(const struct options *options, const struct bench_plan *plan)
{
	printf("%s: %s, %u connection%s", options->arguments[0], options->mode, plan->connections,
	       plan->connections == 1 ? "" : "s");
	if (plan->idle > 0)
		printf(" and %u idle", plan->idle);
	if (plan->rate > 0)
		printf(", %u bytes, %u messages a second", plan->payload, plan->rate);
	else if (plan->kind != BENCH_CONNECT)
		printf(", %u bytes, %u under way at a time", plan->payload, plan->depth);
	putchar('\n');
}

static void print_latency(const char *name, const struct bench_latency *latency)
{
	printf("%-14s", name);
	for (int i = 0; i < QUANTILES; i++)
		printf("%s %.3f, ", quantiles[i].name,
		       (double)bench_latency_at(latency, quantiles[i].share) / 1e6);
	printf("max %.3f ms\n", (double)latency->max_ns / 1e6);
}

static void print_server(const struct bench_plan *plan, const struct bench_result *result)
{
	double cpu_ns = (double)result->server_cpu_ns;
	printf("%-14s%.0f %% of a core, %.2f us for each\n", "server",
	       each(100 * cpu_ns, result->elapsed_ns), each(cpu_ns / 1e3, result->counted));
	if (plan->kind == BENCH_CONNECT) /* there is no moment with all of them open */
		return;
	printf("%-14s%.1f MiB before, %.1f MiB with all open: %.0f bytes each\n", "its memory",
	       (double)result->server_resident_bytes / (1 << 20),
	       (double)result->server_open_bytes / (1 << 20), bytes_each(plan, result));
}

static void print(const struct options *options, const struct bench_plan *plan,
                  const struct bench_result *result)
{
	bool connects = plan->kind == BENCH_CONNECT;
	double seconds = seconds_of(result);
	print_plan(options, plan);
	printf("%-14s%.0f a second, %llu in %.2f s\n", connects ? "connections" : "answers",
	       (double)result->counted / seconds, (unsigned long long)result->counted, seconds);
	print_latency(connects ? "upgrade" : "time", &result->latency);
	if (plan->rate > 0)
		print_latency("left late", &result->late);
	if (connects)
		printf("%-14s%llu opened and closed in all\n", "checked",
		       (unsigned long long)result->opened);
	else
		printf("%-14s%llu sent and %llu answers in all, %llu connections opened in %.0f "
		       "ms\n",
		       "checked", (unsigned long long)result->sent,
		       (unsigned long long)result->answered, (unsigned long long)result->opened,
		       (double)result->open_ns / 1e6);
	printf("%-14s%.0f %% of a core\n", "actctl",
	       each(100 * (double)result->load_cpu_ns, result->elapsed_ns));
	if (plan->server != 0)
		print_server(plan, result);
}

enum outcome bench_say(const struct options *options, const struct bench_plan *plan,
                       const struct bench_result *result)
{
	if (options->json)
		say_json_result(options, plan, result);
	else
		print(options, plan, result);
	return DONE;
}

enum outcome bench_say_end(enum bench_end end, const struct err *why)
{
	switch (end) {
	case BENCH_CANNOT:
		return say_failure(USAGE, "see actctl bench --help", "%s", why->text);
	case BENCH_UNREACHED:
		return say_failure(UNREACHED, "does the server run there, and take that many?",
		                   "%s", why->text);
	case BENCH_WRONG:
		return say_failure(REFUSED,
		                   "is --code an action that answers with what it is sent?", "%s",
		                   why->text);
	case BENCH_SILENT:
		return say_failure(TIMED_OUT, "give it longer with --timeout, or ask for less",
		                   "%s", why->text);
	default:
		return say_failure(LOST, "the server's log may say more", "%s", why->text);
	}
}
