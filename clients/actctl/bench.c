#include "bench.h"
#include "bench_say.h"
#include "command.h"
#include "login.h"
#include "lookup.h"
#include "url.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define SEE_HELP "see actctl bench --help"

/* What a plan points at. */
struct setting {
	struct url url;
	struct login login;
	char *bearer; /* the whole header */
	const char *headers[OPTIONS_LIST_MAX + 2];
	struct sockaddr_storage to, from[OPTIONS_LIST_MAX];
	struct bench_plan plan;
};

static enum outcome read_url(const struct options *options, struct setting *setting)
{
	struct err why;
	if (url_parse(options->arguments[0], URL_WEBSOCKET, &setting->url, &why) != 0)
		return say_failure(USAGE, SEE_HELP, "URL: %s", why.text);
	if (setting->url.tls)
		return say_failure(USAGE, "put the load on a plain listener of the server",
		                   "URL: expected ws:// or ws+unix:, found wss://");
	return DONE;
}

static enum outcome read_mode(const struct options *options, struct bench_plan *plan)
{
	static const char *const names[] = { "echo", "fan-out", "connect" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(options->mode, names[i]) != 0)
			continue;
		plan->kind = (enum bench_kind)i;
		return DONE;
	}
	return say_failure(USAGE, SEE_HELP,
	                   "--mode: expected echo, fan-out or connect, found \"%s\"",
	                   options->mode);
}

static enum outcome too_many(const char *name, uint64_t most, uint64_t found)
{
	return say_failure(USAGE, SEE_HELP, "--%s: expected at most %llu, found %llu", name,
	                   (unsigned long long)most, (unsigned long long)found);
}

static enum outcome read_amounts(const struct options *options, struct bench_plan *plan)
{
	bool fans = plan->kind == BENCH_FAN_OUT;
	plan->connections = options->connections;
	plan->idle = options->idle;
	plan->depth = options->depth;
	plan->payload = options->size;
	plan->rate = options->rate;
	plan->spin = options->spin;
	plan->code = options->code != 0 ? options->code : fans ? 2 : 1;
	plan->reply_code = options->reply_code != 0 ? options->reply_code
	                   : fans                   ? plan->code + 1000
	                                            : plan->code;
	if (plan->connections > BENCH_CONNECTIONS_MAX)
		return too_many("connections", BENCH_CONNECTIONS_MAX, plan->connections);
	if (plan->idle > BENCH_CONNECTIONS_MAX)
		return too_many("idle", BENCH_CONNECTIONS_MAX, plan->idle);
	if (plan->depth > BENCH_DEPTH_MAX)
		return too_many("depth", BENCH_DEPTH_MAX, plan->depth);
	if (plan->payload > BENCH_PAYLOAD_MAX)
		return too_many("size", BENCH_PAYLOAD_MAX, plan->payload);
	if ((uint64_t)plan->depth * plan->payload > BENCH_BATCH_MAX)
		return too_many("depth times --size", BENCH_BATCH_MAX,
		                (uint64_t)plan->depth * plan->payload);
	if (plan->kind != BENCH_ECHO && (plan->idle != 0 || plan->rate != 0))
		return say_failure(USAGE, "leave them out, or use --mode echo",
		                   "--idle and --rate: not with --mode %s", options->mode);
	return DONE;
}

/* A span of time that 32 bits of milliseconds hold, which the bound of seconds is within. */
static enum outcome read_times(const struct options *options, struct bench_plan *plan)
{
	plan->warm_ms = (uint32_t)options->warm_ms;
	plan->run_ms = (uint32_t)options->run_ms;
	plan->patience_ms = (uint32_t)options->timeout_ms;
	plan->server = (pid_t)(options->pid <= INT32_MAX ? options->pid : INT32_MAX);
	return DONE;
}

static enum outcome read_from(const struct options *options, struct setting *setting)
{
	struct url local = setting->url;
	struct bench_plan *plan = &setting->plan;
	local.port = 0;
	for (size_t i = 0; i < options->from.count; i++) {
		struct sockaddr_storage *from = &setting->from[i];
		plan->from_len = lookup_address(&local, options->from.texts[i], from);
		if (local.is_unix || plan->from_len == 0 ||
		    from->ss_family != setting->to.ss_family)
			return say_failure(USAGE, SEE_HELP,
			                   "--from: expected a numeric address of the server's "
			                   "family, found \"%s\"",
			                   options->from.texts[i]);
	}
	plan->from = setting->from;
	plan->from_count = options->from.count;
	return DONE;
}

static enum outcome find_server(const struct options *options, struct setting *setting)
{
	struct lookup lookup;
	struct bench_plan *plan = &setting->plan;
	uint64_t deadline = clock_ms() + (uint64_t)options->timeout_ms;
	enum outcome outcome = lookup_host(&setting->url, deadline, &lookup);
	if (outcome != DONE)
		return outcome;
	plan->to_len = lookup_address(&setting->url, lookup.addresses[0], &setting->to);
	plan->to = (const struct sockaddr *)&setting->to;
	return plan->to_len != 0 ? DONE
	                         : say_failure(USAGE, SEE_HELP, "%s: no address to connect to",
	                                       lookup.addresses[0]);
}

static enum outcome read_headers(const struct options *options, struct setting *setting)
{
	struct bench_plan *plan = &setting->plan;
	enum outcome outcome = login_prepare(options, &setting->url, &setting->login);
	if (outcome != DONE)
		return outcome;
	for (size_t i = 0; i < options->headers.count; i++)
		setting->headers[plan->header_count++] = options->headers.texts[i];
	if (setting->login.bearer != NULL) {
		setting->bearer = mem_format("Authorization: Bearer %s", setting->login.bearer);
		setting->headers[plan->header_count++] = setting->bearer;
	}
	if (setting->login.header != NULL)
		setting->headers[plan->header_count++] = setting->login.header;
	plan->headers = setting->headers;
	plan->authority = setting->url.authority;
	plan->path = setting->url.path;
	return DONE;
}

static enum outcome prepare(const struct options *options, struct setting *setting)
{
	enum outcome outcome = read_url(options, setting);
	if (outcome == DONE)
		outcome = read_mode(options, &setting->plan);
	if (outcome == DONE)
		outcome = read_amounts(options, &setting->plan);
	if (outcome == DONE)
		outcome = read_times(options, &setting->plan);
	if (outcome == DONE)
		outcome = find_server(options, setting);
	if (outcome == DONE)
		outcome = read_from(options, setting);
	if (outcome == DONE)
		outcome = read_headers(options, setting);
	return outcome;
}

enum outcome command_bench(const struct options *options)
{
	struct setting setting = { 0 };
	struct bench_result *result = mem_new(1, sizeof *result);
	struct err why = { 0 };
	enum outcome outcome = prepare(options, &setting);
	if (outcome == DONE) {
		enum bench_end end = bench_run(&setting.plan, result, &why);
		outcome = end == BENCH_GOOD ? bench_say(options, &setting.plan, result)
		                            : bench_say_end(end, &why);
	}
	login_free(&setting.login);
	free(setting.bearer);
	free(result);
	return outcome;
}
