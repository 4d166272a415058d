/* veteran: a plugin as it was written for ABI 0.9, compiled with the headers beside it and never
 * with today's. It calls every function of the host table, has every callback, needs act.sql/1 and
 * provides act.auth/1. tests/e2e/test_abi_v0_9.py knows what each answer must be.
 *
 * It is C and C++ alike (veteran.cc), so that each compiler lays the tables out itself. */
#include <act/easy.h>
#include <act/ext/auth.h>
#include <act/ext/sql.h>

#include <pthread.h>

#if ACT_ABI_MAJOR != 0 || ACT_ABI_MINOR != 9
#error "compiled with other headers than those of 0.9"
#endif

#ifdef __cplusplus
#define VETERAN_BY "c++"
#else
#define VETERAN_BY "c"
#endif

#define ANON ACT_A_ANONYMOUS
#define DROPPED_TAG 6u /* of a timer that is dropped before its time */
#define TICK_TAG 7u
#define WORK_TAG 8u

struct veteran {
	const act_host *host;
	pthread_mutex_t lock; /* over what follows */
	act_token held;       /* a call that waits for "release"; 0: none */
	char events[4096];    /* lines; when full, no more are kept */
	size_t events_len;
};

/* What "work" hands to a worker and back. */
struct errand {
	act_token token;
	int worked;
};

static struct veteran *me(void *self)
{
	return (struct veteran *)self;
}

static void event(struct veteran *v, const char *word, act_bytes what, long long number)
{
	size_t room;
	int len;
	pthread_mutex_lock(&v->lock);
	room = sizeof v->events - v->events_len;
	len = snprintf(v->events + v->events_len, room, "%s %.*s %lld\n", word, ACT_FMT(what),
	               number);
	if (len > 0 && (size_t)len < room)
		v->events_len += (size_t)len;
	pthread_mutex_unlock(&v->lock);
}

static act_rc tell(const act_host *h, const act_call *call, act_rc rc)
{
	return act_reply_text(h, call, "rc %d", rc);
}

/* ---- actions: what is called, and what came of it -------------------------------------------- */

static act_rc say(struct veteran *v, const act_call *call)
{
	return act_reply_text(v->host, call,
	                      VETERAN_BY
	                      " size>=%d code=%u action=%u how=%u token=%d conn=%d deadline=%d "
	                      "user=%.*s payload=%.*s trace=%.*s",
	                      call->size >= sizeof(act_call), call->code, call->action, call->how,
	                      call->token != 0, call->conn != 0, call->deadline_ns != 0,
	                      ACT_FMT(call->user), ACT_FMT(call->payload), ACT_FMT(call->trace));
}

static act_rc hold(struct veteran *v, const act_call *call)
{
	pthread_mutex_lock(&v->lock);
	v->held = call->token;
	pthread_mutex_unlock(&v->lock);
	event(v, "held", call->payload, 0);
	return ACT_DEFER;
}

static act_rc release(struct veteran *v, const act_call *call)
{
	act_token held;
	pthread_mutex_lock(&v->lock);
	held = v->held;
	v->held = 0;
	pthread_mutex_unlock(&v->lock);
	return tell(v->host, call, v->host->reply(v->host, held, 0, call->payload));
}

static act_rc refuse(struct veteran *v, const act_call *call)
{
	act_failure why;
	memset(&why, 0, sizeof why);
	why.size = sizeof why;
	why.status = 1234;
	why.retry_after_ms = 50;
	why.text = call->payload;
	return v->host->fail(v->host, call->token, &why);
}

static act_rc bind_user(struct veteran *v, const act_call *call)
{
	return tell(v->host, call,
	            v->host->bind_user(v->host, call->conn, call->payload, act_str("phone")));
}

static act_rc join(struct veteran *v, const act_call *call)
{
	return tell(v->host, call, v->host->group_join(v->host, call->conn, call->payload));
}

static act_rc leave(struct veteran *v, const act_call *call)
{
	return tell(v->host, call, v->host->group_leave(v->host, call->conn, call->payload));
}

/* Pushes to a connection, a user's device, a group, and to all but one, in this order. */
static act_rc push(struct veteran *v, const act_call *call)
{
	static const uint32_t to[] = { ACT_TO_CONN, ACT_TO_USER, ACT_TO_GROUP, ACT_TO_ALL };
	act_push what;
	act_rc rc = ACT_OK;
	size_t i;
	for (i = 0; i < 4 && rc == ACT_OK; i++) {
		memset(&what, 0, sizeof what);
		what.size = sizeof what;
		what.to = to[i];
		what.body = call->payload;
		if (to[i] == ACT_TO_CONN)
			what.conn = call->conn;
		if (to[i] == ACT_TO_USER) {
			what.id = call->user;
			what.device = act_str("phone");
		}
		if (to[i] == ACT_TO_GROUP)
			what.id = act_str("room");
		if (to[i] == ACT_TO_ALL)
			what.except = call->conn;
		rc = v->host->push(v->host, &what);
	}
	return tell(v->host, call, rc);
}

static act_rc close_it(struct veteran *v, const act_call *call)
{
	return tell(v->host, call, v->host->close_conn(v->host, call->conn, 4001, call->payload));
}

/* One timer that is dropped, and one that ticks once. */
static act_rc timer(struct veteran *v, const act_call *call)
{
	act_timer dropped = 0;
	act_rc rc = v->host->timer_set(v->host, DROPPED_TAG, 60000, 1, &dropped);
	if (rc == ACT_OK && dropped != 0)
		rc = v->host->timer_drop(v->host, dropped);
	if (rc == ACT_OK && v->host->timer_drop(v->host, dropped) != ACT_E_GONE)
		rc = ACT_E_FAIL;
	if (rc == ACT_OK)
		rc = v->host->timer_set(v->host, TICK_TAG, 1, 0, NULL);
	return tell(v->host, call, rc);
}

static act_rc work(struct veteran *v, const act_call *call)
{
	struct errand *errand = (struct errand *)calloc(1, sizeof *errand);
	act_rc rc;
	if (errand == NULL)
		return ACT_E_NOMEM;
	errand->token = call->token;
	rc = v->host->work(v->host, WORK_TAG, errand);
	if (rc == ACT_OK)
		return ACT_DEFER;
	free(errand);
	return rc;
}

static act_rc place(struct veteran *v, const act_call *call)
{
	const act_host *h = v->host;
	return act_reply_text(h, call, "%d %u %d %d %d %.*s\n%.*s",
	                      ACT_HAS(h, extension) && h->size >= sizeof *h, h->abi_major,
	                      h->abi_minor >= ACT_ABI_MINOR, h->generation != 0,
	                      h->extension(h, "act.none/1", 8) == NULL, ACT_FMT(h->config(h)),
	                      ACT_FMT(h->data_dir(h)));
}

/* One row of a query with one parameter. */
static act_rc row(const act_host *h, const act_sql *db, act_sql_tx tx, act_bytes text, int64_t *out,
                  act_sql_error *why)
{
	act_sql_value arg, col;
	act_sql_rows rows = 0;
	uint32_t count = 0;
	act_rc rc;
	memset(&arg, 0, sizeof arg);
	arg.type = ACT_SQL_TEXT;
	arg.b = text;
	rc = db->query(h, tx, act_str("SELECT length($1) FROM veteran WHERE t = $1"), &arg, 1,
	               &rows, why);
	if (rc != ACT_OK)
		return rc;
	rc = db->next(h, rows, &col, 1, &count, why);
	if (rc == ACT_OK && (count != 1 || col.type != ACT_SQL_INT))
		rc = ACT_E_FAIL;
	if (rc == ACT_OK) {
		*out = col.i;
		rc = db->next(h, rows, &col, 1, &count, why) == ACT_END ? ACT_OK : ACT_E_FAIL;
	}
	return db->close(h, rows) == ACT_OK ? rc : ACT_E_FAIL;
}

/* Every function of act.sql/1, in one round. */
static act_rc sql(struct veteran *v, const act_call *call)
{
	static const act_sql_step steps[] = { { 1, 0, "CREATE TABLE veteran (t TEXT)" } };
	const act_host *h = v->host;
	const act_sql *db = (const act_sql *)h->extension(h, ACT_EXT_SQL, sizeof(act_sql));
	act_sql_error why;
	act_sql_value arg;
	act_sql_tx tx = 0;
	int64_t changed = 0, len = 0;
	act_rc rc;
	memset(&why, 0, sizeof why);
	why.size = sizeof why;
	memset(&arg, 0, sizeof arg);
	arg.type = ACT_SQL_TEXT;
	arg.b = call->payload;
	if (db == NULL)
		return ACT_E_NOSUPP;
	rc = db->migrate(h, steps, 1, sizeof steps[0], &why);
	if (rc == ACT_OK)
		rc = db->begin(h, 0, &tx, &why);
	if (rc == ACT_OK)
		rc = db->exec(h, tx, act_str("INSERT INTO veteran VALUES ($1)"), &arg, 1, &changed,
		              &why);
	if (rc == ACT_OK)
		rc = row(h, db, tx, call->payload, &len, &why);
	if (rc == ACT_OK)
		rc = db->commit(h, tx, &why);
	if (rc == ACT_OK)
		rc = db->rollback(h, tx) == ACT_E_GONE ? ACT_OK : ACT_E_FAIL;
	return act_reply_text(h, call, "rc %d changed %d length %d %s", rc, (int)changed, (int)len,
	                      why.text);
}

static act_rc events(struct veteran *v, const act_call *call)
{
	char copy[sizeof v->events];
	size_t len;
	pthread_mutex_lock(&v->lock);
	len = v->events_len;
	memcpy(copy, v->events, len);
	pthread_mutex_unlock(&v->lock);
	return act_reply_bytes(v->host, call, copy, len);
}

static act_rc note(struct veteran *v, const act_call *call)
{
	event(v, "note", call->payload, act_reply_text(v->host, call, "never sent"));
	return ACT_OK;
}

typedef act_rc verb(struct veteran *v, const act_call *call);

static verb *const verbs[] = { say,  hold,  release,  refuse, bind_user, join,   leave, push,
	                       work, place, close_it, timer,  sql,       events, note,  say };

#define TEXTS "text/plain", "text/plain", NULL, NULL
static const act_action actions[] = {
	{ "say", "the call", TEXTS, 2300, ANON, 0, 0 },
	{ "hold", "left open", TEXTS, 2301, ANON, 0, 0 },
	{ "release", "answers what is held", TEXTS, 2302, ANON, 0, 0 },
	{ "refuse", "fails with 1234", TEXTS, 2303, ANON, 0, 0 },
	{ "bind", "USER", TEXTS, 2304, ANON, 0, 0 },
	{ "join", "GROUP", TEXTS, 2305, ANON, 0, 0 },
	{ "leave", "GROUP", TEXTS, 2306, ANON, 0, 0 },
	{ "push", "to each kind of receiver", TEXTS, 2307, 0, 0, 0 },
	{ "work", "answered from work_done()", TEXTS, 2308, ANON, 0, 0 },
	{ "place", "where it runs", TEXTS, 2309, ANON | ACT_A_IDEMPOTENT, 0, 0 },
	{ "close", "REASON", TEXTS, 2310, ANON, 0, 0 },
	{ "timer", "ticks once", TEXTS, 2311, ANON, 0, 0 },
	{ "sql", "act.sql/1", TEXTS, 2312, ANON | ACT_A_BLOCKING, 64, 20000 },
	{ "events", "the callbacks so far", TEXTS, 2313, ANON, 0, 0 },
	{ "note", "owes no answer", TEXTS, 2314, ANON | ACT_A_NOREPLY, 0, 0 },
	{ "raw", "whole messages", TEXTS, 0, ANON | ACT_A_RAW, 0, 0 },
};

static const act_pushing pushes[] = {
	{ "note", "a text", "text/plain", NULL, 3300, 0 },
	{ "tick", "a timer's tag", "text/plain", NULL, 3301, 0 },
};

/* ---- callbacks ------------------------------------------------------------------------------- */

static act_rc create(const act_host *h, void **self)
{
	struct veteran *v = (struct veteran *)calloc(1, sizeof *v);
	if (v == NULL)
		return ACT_E_NOMEM;
	v->host = h;
	pthread_mutex_init(&v->lock, NULL);
	*self = v;
	event(v, "create", act_str(""), 0);
	return ACT_OK;
}

static act_rc start(void *self)
{
	event(me(self), "start", act_str(""), 0);
	return ACT_OK;
}

static void activate(void *self)
{
	event(me(self), "activate", act_str(""), 0);
}

/* What comes at the end can be told by the log alone. */
static void stop(void *self)
{
	act_logf(me(self)->host, ACT_LOG_WARN, "stop %s", VETERAN_BY);
}

static void worker_leave(void *self)
{
	act_logf(me(self)->host, ACT_LOG_WARN, "worker_leave %s", VETERAN_BY);
}

static void destroy(void *self)
{
	struct veteran *v = me(self);
	act_logf(v->host, ACT_LOG_WARN, "destroy %s", VETERAN_BY);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static act_rc handle(void *self, const act_call *call)
{
	return verbs[call->action](me(self), call);
}

static void cancel(void *self, act_token call, act_rc why)
{
	struct veteran *v = me(self);
	pthread_mutex_lock(&v->lock);
	if (v->held == call)
		v->held = 0;
	pthread_mutex_unlock(&v->lock);
	event(v, "cancel", act_str(""), why);
}

static void conn_open(void *self, const act_peer *peer)
{
	struct veteran *v = me(self);
	event(v, "open", peer->endpoint, peer->size >= sizeof *peer && peer->conn != 0);
	event(v, "from", peer->address, (long long)peer->device.len);
	event(v, "as", peer->user, 0);
}

static void conn_close(void *self, act_conn conn)
{
	event(me(self), "close", act_str(""), conn != 0);
}

static void user_bound(void *self, act_conn conn, act_bytes user)
{
	event(me(self), "bound", user, conn != 0);
}

static void user_unbound(void *self, act_conn conn, act_bytes user)
{
	event(me(self), "unbound", user, conn != 0);
}

static void on_timer(void *self, uint64_t tag)
{
	struct veteran *v = me(self);
	act_push what;
	char text[32];
	int len = snprintf(text, sizeof text, "%u", (unsigned)tag);
	memset(&what, 0, sizeof what);
	what.size = sizeof what;
	what.to = ACT_TO_ALL;
	what.pushing = 1;
	what.body = act_mem(text, (size_t)len);
	event(v, "timer", what.body, v->host->push(v->host, &what));
}

static void work_run(void *self, uint64_t tag, void *arg)
{
	(void)self;
	((struct errand *)arg)->worked = tag == WORK_TAG;
}

static void work_done(void *self, uint64_t tag, void *arg)
{
	struct veteran *v = me(self);
	struct errand *errand = (struct errand *)arg;
	const char *text = errand->worked && tag == WORK_TAG ? "worked" : "not worked";
	v->host->reply(v->host, errand->token, 0, act_str(text));
	free(errand);
}

/* act.auth/1: a token "good:USER" is USER's, "old" has expired; no other is any good. */
static act_rc check(void *self, const act_auth_request *request, act_auth_verdict *out)
{
	char token[128];
	if (request->size < sizeof *request || out->size < sizeof *out)
		return ACT_E_INVAL;
	snprintf(token, sizeof token, "%.*s", ACT_FMT(request->token));
	out->verdict = ACT_AUTH_DENY;
	if (strcmp(token, "old") == 0)
		out->verdict = ACT_AUTH_EXPIRED;
	if (strncmp(token, "good:", 5) == 0) {
		out->verdict = ACT_AUTH_ALLOW;
		snprintf(out->user, sizeof out->user, "%.100s", token + 5);
		snprintf(out->device, sizeof out->device, "tablet");
	}
	snprintf(out->why, sizeof out->why, "the veteran says so");
	event(me(self), "check", request->endpoint, (long long)request->address.len);
	return ACT_OK;
}

static const void *extension(void *self, const char *id)
{
	static const act_auth_provider auth = { sizeof auth, 0, check };
	(void)self;
	return strcmp(id, ACT_EXT_AUTH) == 0 ? &auth : NULL;
}

ACT_MANIFEST("veteran", "0.9", ACT_EXT_SQL, ACT_EXT_AUTH);

const act_plugin act_plugin_v1 = {
	sizeof(act_plugin),
	ACT_F_PARALLEL,
	"veteran",
	"0.9",
	actions,
	pushes,
	sizeof actions / sizeof actions[0],
	sizeof(act_action),
	sizeof pushes / sizeof pushes[0],
	sizeof(act_pushing),
	create,
	start,
	activate,
	stop,
	destroy,
	handle,
	cancel,
	conn_open,
	conn_close,
	user_bound,
	user_unbound,
	on_timer,
	work_run,
	work_done,
	worker_leave,
	extension,
};
