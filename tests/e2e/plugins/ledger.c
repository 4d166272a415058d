/* ledger: a plugin that keeps a book of what it is told about each connection, and counts what
 * comes out of order: an event before the connection was opened or after it was closed, a user
 * bound over another, a user unbound that was not bound. */
#include <act/easy.h>

#include <pthread.h>
#include <stdbool.h>

#ifndef LEDGER_FLAGS
#error "LEDGER_FLAGS is ACT_F_PARALLEL, or 0"
#endif

ACT_MANIFEST("ledger", "1.0", "", "");

enum { BIND, BOOK };

enum { CONNECTIONS_MAX = 4096, BINDS = 100 };

struct entry {
	act_conn conn;
	bool bound;
	bool closed;
};

struct ledger {
	const act_host *host;
	pthread_mutex_t lock; /* for what follows */
	struct entry entries[CONNECTIONS_MAX];
	unsigned opened, closed, bound, faults;
};

static act_rc create(const act_host *h, void **self)
{
	struct ledger *ledger = calloc(1, sizeof *ledger);
	if (ledger == NULL)
		return ACT_E_NOMEM;
	ledger->host = h;
	pthread_mutex_init(&ledger->lock, NULL);
	*self = ledger;
	return ACT_OK;
}

static void destroy(void *self)
{
	struct ledger *ledger = self;
	pthread_mutex_destroy(&ledger->lock);
	free(ledger);
}

/* The entry of an open connection; NULL, and one fault more: it is not open. Under the lock. */
static struct entry *find_open(struct ledger *ledger, act_conn conn)
{
	for (unsigned i = ledger->opened; i > 0; i--)
		if (ledger->entries[i - 1].conn == conn && !ledger->entries[i - 1].closed)
			return &ledger->entries[i - 1];
	ledger->faults++;
	return NULL;
}

static void conn_open(void *self, const act_peer *peer)
{
	struct ledger *ledger = self;
	pthread_mutex_lock(&ledger->lock);
	for (unsigned i = 0; i < ledger->opened; i++)
		ledger->faults += ledger->entries[i].conn == peer->conn;
	if (ledger->opened < CONNECTIONS_MAX)
		ledger->entries[ledger->opened++].conn = peer->conn;
	else
		ledger->faults++;
	pthread_mutex_unlock(&ledger->lock);
}

static void conn_close(void *self, act_conn conn)
{
	struct ledger *ledger = self;
	pthread_mutex_lock(&ledger->lock);
	struct entry *entry = find_open(ledger, conn);
	if (entry != NULL) {
		entry->closed = true;
		ledger->closed++;
	}
	pthread_mutex_unlock(&ledger->lock);
}

/* `bound` is what the entry must not say yet. */
static void turn(struct ledger *ledger, act_conn conn, bool bound)
{
	pthread_mutex_lock(&ledger->lock);
	struct entry *entry = find_open(ledger, conn);
	if (entry != NULL) {
		ledger->faults += entry->bound == bound;
		entry->bound = bound;
		ledger->bound += bound;
	}
	pthread_mutex_unlock(&ledger->lock);
}

static void user_bound(void *self, act_conn conn, act_bytes user)
{
	(void)user;
	turn(self, conn, true);
}

static void user_unbound(void *self, act_conn conn, act_bytes user)
{
	(void)user;
	turn(self, conn, false);
}

/* Binds from a worker, while the connection may close under it. The tag is the connection. */
static void work(void *self, uint64_t tag, void *arg)
{
	const act_host *h = ((struct ledger *)self)->host;
	act_rc rc = ACT_OK;
	(void)arg;
	for (int i = 0; i < BINDS && rc != ACT_E_GONE; i++) {
		char user[32];
		snprintf(user, sizeof user, "user %d", i);
		rc = h->bind_user(h, tag, act_str(user), act_str(""));
	}
}

static act_rc handle(void *self, const act_call *call)
{
	struct ledger *ledger = self;
	if (call->action == BIND) {
		act_rc rc = ledger->host->work(ledger->host, call->conn, NULL);
		return act_reply_text(ledger->host, call, "rc %d", (int)rc);
	}
	pthread_mutex_lock(&ledger->lock);
	unsigned opened = ledger->opened, closed = ledger->closed, bound = ledger->bound;
	unsigned faults = ledger->faults;
	pthread_mutex_unlock(&ledger->lock);
	return act_reply_text(ledger->host, call,
	                      "{\"opened\":%u,\"closed\":%u,\"bound\":%u,\"faults\":%u}", opened,
	                      closed, bound, faults);
}

static const act_action actions[] = {
	[BIND] = { .name = "bind",
	           .summary = "has a worker bind one user after the other to this connection",
	           .code = 2500,
	           .flags = ACT_A_ANONYMOUS },
	[BOOK] = { .name = "book",
	           .summary = "what was counted, as JSON",
	           .code = 2501,
	           .flags = ACT_A_ANONYMOUS },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = LEDGER_FLAGS,
	.name = "ledger",
	.version = "1.0",
	.actions = actions,
	.action_count = 2,
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = create,
	.destroy = destroy,
	.handle = handle,
	.conn_open = conn_open,
	.conn_close = conn_close,
	.user_bound = user_bound,
	.user_unbound = user_unbound,
	.work = work,
};
