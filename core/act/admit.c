#include "act/admit.h"

#include "base/mem.h"
#include "base/status.h"
#include "net/loop.h"

#include <stdarg.h>
#include <stdio.h>

enum { BUCKETS_MAX = 64, RETRY_AFTER_MAX_S = 86400 };

__attribute__((format(printf, 4, 5))) static bool
refuse(struct outcome *refusal, char *text, enum status status, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, STATUS_TEXT_MAX, format, args);
	va_end(args);
	*refusal = (struct outcome){ .kind = OUTCOME_ERROR,
		                     .status = status,
		                     .retry = status_info(status)->retry,
		                     .body = { text, len > 0 ? (size_t)len : 0 } };
	return false;
}

/* A token bucket for each rated code that the connection has used. A code is only counted once its
 * route has a rate, so there are as many as the config has lines with one; past BUCKETS_MAX they
 * share the last. */
static struct rate_bucket *bucket_of(struct conn *conn, const struct route *route)
{
	struct conn_state *state = conn_state(conn);
	for (size_t i = 0; i < state->bucket_count; i++)
		if (state->buckets[i].code == route->code_first)
			return &state->buckets[i];
	if (state->bucket_count == BUCKETS_MAX)
		return &state->buckets[BUCKETS_MAX - 1];
	state->buckets = mem_grow(state->buckets, state->bucket_count + 1, sizeof *state->buckets);
	struct rate_bucket *bucket = &state->buckets[state->bucket_count++];
	*bucket = (struct rate_bucket){ route->code_first, route->rate_burst, conn->loop->now_ms };
	return bucket;
}

static bool take_from_rate(struct conn *conn, const struct route *route)
{
	struct rate_bucket *bucket = bucket_of(conn, route);
	uint64_t now_ms = conn->loop->now_ms;
	bucket->calls += (double)(now_ms - bucket->filled_ms) * route->rate_per_s / 1000;
	bucket->filled_ms = now_ms;
	if (bucket->calls > route->rate_burst)
		bucket->calls = route->rate_burst;
	if (bucket->calls < 1)
		return false;
	bucket->calls -= 1;
	return true;
}

static bool refuse_rate(struct conn *conn, const struct route *route, const struct message *message,
                        char *text, struct outcome *refusal)
{
	double wait_s = (1 - bucket_of(conn, route)->calls) / route->rate_per_s;
	refuse(refusal, text, STATUS_RATE_LIMITED, "action %u is limited to %g calls a second",
	       message->ticket.code, route->rate_per_s);
	refusal->retry_after_ms = wait_s < RETRY_AFTER_MAX_S ? (uint32_t)(wait_s * 1000) + 1 : 0;
	return false;
}

/* Taken here and not by the call, as other loops ask meanwhile; the end of the call gives it back.
 */
static bool take_place(const struct route *route)
{
	_Atomic uint32_t *in_flight = &route->generation->in_flight[route->action];
	if (route->in_flight == 0 ||
	    atomic_fetch_add_explicit(in_flight, 1, memory_order_relaxed) < route->in_flight)
		return true;
	atomic_fetch_sub_explicit(in_flight, 1, memory_order_relaxed);
	return false;
}

bool admit(struct conn *conn, const struct route *route, const struct message *message, char *text,
           struct outcome *refusal)
{
	if (message->ticket.seq != 0 && call_has_seq(conn, message->ticket.seq))
		return refuse(refusal, text, STATUS_DUPLICATE,
		              "the call with seq %u is not answered yet: expected another number",
		              message->ticket.seq);
	if (route == NULL)
		return refuse(refusal, text, STATUS_UNKNOWN_ACTION, "there is no action %u",
		              message->ticket.code);
	bool login_known = route->generation != NULL;
	if (login_known && !route->anonymous && conn->user == NULL &&
	    conn->endpoint->mode != CONFIG_MODE_RAW)
		return refuse(refusal, text, STATUS_NOT_LOGGED_IN, "action %u needs a login",
		              message->ticket.code);
	if (login_known && message->json && !route->json)
		return refuse(refusal, text, STATUS_PAYLOAD_REFUSED,
		              "action %u does not take and give application/json: expected it by "
		              "act.v1 or the base protocol",
		              message->ticket.code);
	if (login_known && message->len > route->payload_max)
		return refuse(refusal, text, STATUS_TOO_LARGE,
		              "the payload has %zu bytes; action %u takes at most %u", message->len,
		              message->ticket.code, route->payload_max);
	if (route->rate_per_s > 0 && !take_from_rate(conn, route))
		return refuse_rate(conn, route, message, text, refusal);
	if (!login_known)
		return refuse(refusal, text, STATUS_UNAVAILABLE, "%s is not available now",
		              route->name);
	if (!take_place(route))
		return refuse(refusal, text, STATUS_OVERLOADED,
		              "action %u is served at most %u times at once", message->ticket.code,
		              route->in_flight);
	return true;
}
