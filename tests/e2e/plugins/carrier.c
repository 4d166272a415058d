/* carrier: a plugin that keeps numbers in memory and hands them over to its next generation
 * (act.state/1). Its settings name what goes wrong: "quirks": ["load fails", "save waits"].
 *
 * What waits, waits for a file `<step>.go` in the plugin's folder. Each build says its version and
 * writes a format of its own; each reads both. */
#include <act/easy.h>
#include <act/ext/state.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#if !defined CARRIER_VERSION || !defined CARRIER_FORMAT
#error "CARRIER_VERSION and CARRIER_FORMAT are what tells the builds apart"
#endif

ACT_MANIFEST("carrier", CARRIER_VERSION, "", "");

enum { ADD, LATER, HOLD, TELL };
enum { TOTAL, TICKS, OPENED, CLOSED, EARLY, NUMBERS };
enum { SEEN = 4096 };
enum { GATE_LOOKS = 24000, GATE_LOOK_MS = 5 }; /* a test that forgets its gate still ends */
enum { TICK_MS = 10 };

struct carrier {
	const act_host *host;
	_Atomic uint64_t numbers[NUMBERS];
	_Atomic uint64_t held; /* the call of HOLD; one at a time */
	/* Connections that called or were closed, each by its number: a later one takes the place
	 * of one before. */
	_Atomic uint64_t seen[SEEN];
};

/* ---- what the settings say ---- */

static bool has_quirk(const struct carrier *carrier, const char *step, const char *verb)
{
	act_bytes settings = carrier->host->config(carrier->host);
	char quirk[64];
	int len = snprintf(quirk, sizeof quirk, "\"%s %s\"", step, verb);
	return memmem(settings.ptr, settings.len, quirk, (size_t)len) != NULL;
}

static void wait_at(const struct carrier *carrier, const char *gate)
{
	const struct timespec moment = { .tv_nsec = GATE_LOOK_MS * 1000000L };
	char path[1024];
	snprintf(path, sizeof path, "%.*s/%s.go", ACT_FMT(carrier->host->data_dir(carrier->host)),
	         gate);
	act_logf(carrier->host, ACT_LOG_INFO, "%s waits", gate);
	for (int i = 0; i < GATE_LOOKS && access(path, F_OK) != 0; i++)
		nanosleep(&moment, NULL);
	act_logf(carrier->host, ACT_LOG_INFO, "%s goes on", gate);
}

static act_rc live(const struct carrier *carrier, const char *step)
{
	if (has_quirk(carrier, step, "waits"))
		wait_at(carrier, step);
	if (has_quirk(carrier, step, "refuses"))
		return ACT_E_NOSUPP;
	return has_quirk(carrier, step, "fails") ? ACT_E_FAIL : ACT_OK;
}

/* ---- its state: the numbers, big-endian; the second format has its own order ---- */

static size_t place_of(uint32_t format, size_t number)
{
	return format == 1 ? number : NUMBERS - 1 - number;
}

static act_rc save(void *self, act_state_sink *sink, void *context)
{
	struct carrier *carrier = self;
	uint8_t bytes[NUMBERS][8];
	act_rc rc = live(carrier, "save");
	for (size_t i = 0; i < NUMBERS; i++)
		act_put_u64(bytes[place_of(CARRIER_FORMAT, i)], atomic_load(&carrier->numbers[i]));
	for (size_t i = 0; i < NUMBERS && rc == ACT_OK; i++)
		rc = sink(context, act_mem(bytes[i], sizeof bytes[i]));
	return rc;
}

static act_rc load(void *self, uint32_t format, act_bytes state)
{
	struct carrier *carrier = self;
	act_rc rc = live(carrier, "load");
	if (rc != ACT_OK)
		return rc;
	if (format != 1 && format != 2)
		return ACT_E_NOSUPP;
	if (state.len != (size_t)NUMBERS * 8)
		return ACT_E_INVAL;
	for (size_t i = 0; i < NUMBERS; i++) {
		const uint8_t *at = (const uint8_t *)state.ptr + place_of(format, i) * 8;
		atomic_store(&carrier->numbers[i], act_get_u64(at));
	}
	return ACT_OK;
}

static const void *extension(void *self, const char *id)
{
	static const act_state table = { sizeof table, CARRIER_FORMAT, save, load };
	(void)self;
	return strcmp(id, ACT_EXT_STATE) == 0 ? &table : NULL;
}

/* ---- its life ---- */

static act_rc create(const act_host *h, void **self)
{
	struct carrier *carrier = calloc(1, sizeof *carrier);
	if (carrier == NULL)
		return ACT_E_NOMEM;
	carrier->host = h;
	*self = carrier;
	return ACT_OK;
}

static act_rc start(void *self)
{
	return live(self, "start");
}

static void activate(void *self)
{
	const struct carrier *carrier = self;
	carrier->host->timer_set(carrier->host, 0, TICK_MS, 1, NULL);
}

static void count(void *self, int which)
{
	atomic_fetch_add(&((struct carrier *)self)->numbers[which], 1);
}

static void on_timer(void *self, uint64_t tag)
{
	(void)tag;
	count(self, TICKS);
}

static _Atomic uint64_t *seen_at(struct carrier *carrier, act_conn conn)
{
	return &carrier->seen[(conn * 0x9E3779B97F4A7C15u >> 32) % SEEN];
}

/* Something was early that came before this. */
static void conn_open(void *self, const act_peer *peer)
{
	count(self, OPENED);
	if (atomic_load(seen_at(self, peer->conn)) == peer->conn)
		count(self, EARLY);
}

static void conn_close(void *self, act_conn conn)
{
	atomic_store(seen_at(self, conn), conn);
	count(self, CLOSED);
}

static void cancel(void *self, act_token token, act_rc why)
{
	struct carrier *carrier = self;
	act_logf(carrier->host, ACT_LOG_INFO, "cancel %d", (int)why);
	if (why == ACT_E_BUSY && !has_quirk(carrier, "hold", "stays"))
		carrier->host->reply(carrier->host, token, 0, act_str(CARRIER_VERSION " hurried"));
}

/* Whoever is stopped answers what it holds. */
static void stop(void *self)
{
	struct carrier *carrier = self;
	act_token held = atomic_exchange(&carrier->held, 0);
	if (held != 0)
		carrier->host->reply(carrier->host, held, 0, act_str(CARRIER_VERSION " stopped"));
}

/* ---- its calls ---- */

static act_rc tell(const struct carrier *carrier, const act_call *call)
{
	const _Atomic uint64_t *numbers = carrier->numbers;
	return act_reply_text(carrier->host, call,
	                      "{\"version\":\"" CARRIER_VERSION "\",\"total\":%" PRIu64
	                      ",\"ticks\":%" PRIu64 ",\"opened\":%" PRIu64 ",\"closed\":%" PRIu64
	                      ",\"early\":%" PRIu64 "}",
	                      atomic_load(&numbers[TOTAL]), atomic_load(&numbers[TICKS]),
	                      atomic_load(&numbers[OPENED]), atomic_load(&numbers[CLOSED]),
	                      atomic_load(&numbers[EARLY]));
}

static act_rc handle(void *self, const act_call *call)
{
	struct carrier *carrier = self;
	atomic_store(seen_at(carrier, call->conn), call->conn);
	switch (call->action) {
	case HOLD:
		atomic_store(&carrier->held, call->token);
		return ACT_DEFER;
	case TELL:
		return tell(carrier, call);
	default:
		count(self, TOTAL);
		return act_reply_text(carrier->host, call, "%.*s", ACT_FMT(call->payload));
	}
}

#define ANYONE .flags = ACT_A_ANONYMOUS

static const act_action actions[] = {
	[ADD] = { .name = "add", .summary = "counts, and answers", .code = 2800, ANYONE },
	[LATER] = { .name = "later",
	            .summary = "the same on a worker",
	            .code = 2801,
	            .flags = ACT_A_ANONYMOUS | ACT_A_BLOCKING },
	[HOLD] = { .name = "hold",
	           .summary = "is answered when asked to hurry",
	           .code = 2802,
	           .deadline_ms = 600000,
	           ANYONE },
	[TELL] = { .name = "tell", .summary = "its numbers", .code = 2803, ANYONE },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "carrier",
	.version = CARRIER_VERSION,
	.actions = actions,
	.action_count = sizeof actions / sizeof actions[0],
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = create,
	.start = start,
	.activate = activate,
	.stop = stop,
	.destroy = free,
	.handle = handle,
	.cancel = cancel,
	.conn_open = conn_open,
	.conn_close = conn_close,
	.on_timer = on_timer,
	.extension = extension,
};
