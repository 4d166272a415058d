#include "pool.h"

#include "clock.h"
#include "failure.h"

#include <act/easy.h>

#include <assert.h>

#define SERIAL_BITS 48

act_rc pool_init(struct pool *pool, const act_host *host, const struct settings *settings)
{
	pthread_condattr_t attr;
	*pool = (struct pool){
		.host = host,
		.settings = settings,
		.count = settings->connections,
		/* Each generation counts in a range of its own, so that a handle of one means
		 * nothing to another. */
		.last_serial = host->generation << 32,
	};
	pool->slots = calloc(pool->count, sizeof *pool->slots);
	if (pool->slots == NULL)
		return ACT_E_NOMEM;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->changed, &attr);
	pthread_condattr_destroy(&attr);
	return ACT_OK;
}

void pool_done(struct pool *pool)
{
	for (uint32_t i = 0; i < pool->count; i++) {
		assert(!pool->slots[i].inside);
		conn_close(&pool->slots[i].conn);
	}
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool->slots);
	pool->slots = NULL;
}

/* The next serial; with the lock held. */
static uint64_t next_serial(struct pool *pool)
{
	uint64_t serial;
	do
		serial = ++pool->last_serial & (((uint64_t)1 << SERIAL_BITS) - 1);
	while (serial == 0);
	return serial;
}

uint64_t pool_serial(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	uint64_t serial = next_serial(pool);
	pthread_mutex_unlock(&pool->lock);
	return serial;
}

/* ---- going in ------------------------------------------------------------------------------ */

/* Waits until a slot changes, or until the moment comes. With the lock held. */
static void await_change(struct pool *pool, uint64_t until_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(until_ns / 1000000000u),
		.tv_nsec = (long)(until_ns % 1000000000u),
	};
	pthread_cond_timedwait(&pool->changed, &pool->lock, &until);
}

/* A free slot, rather one whose connection is open. With the lock held. */
static struct slot *find_idle(struct pool *pool)
{
	struct slot *found = NULL;
	for (uint32_t i = 0; i < pool->count; i++) {
		struct slot *slot = &pool->slots[i];
		/* A slot that is idle and entered is just being brought to rest. */
		if (slot->use != SLOT_IDLE || slot->inside)
			continue;
		if (slot->conn.db != NULL)
			return slot;
		if (found == NULL)
			found = slot;
	}
	return found;
}

static struct slot *find_overdue(struct pool *pool, uint64_t now_ns)
{
	for (uint32_t i = 0; i < pool->count; i++) {
		struct slot *slot = &pool->slots[i];
		if (slot->lease != 0 && !slot->inside && slot->deadline_ns <= now_ns)
			return slot;
	}
	return NULL;
}

/* `until_ns`, or the moment when a lease is overdue, where that is sooner. With the lock held. */
static uint64_t earliest(struct pool *pool, uint64_t until_ns)
{
	for (uint32_t i = 0; i < pool->count; i++) {
		struct slot *slot = &pool->slots[i];
		if (slot->lease != 0 && !slot->inside && slot->deadline_ns < until_ns)
			until_ns = slot->deadline_ns;
	}
	return until_ns;
}

/* Ends the lease of a slot that nobody is inside of. With the lock held, which it lets go
 * meanwhile: rolling back may touch the disk. */
static void end_overdue(struct pool *pool, struct slot *slot)
{
	const char *what =
		slot->use == SLOT_TX ? "a transaction was rolled back" : "a cursor was closed";
	assert(!slot->inside && slot->lease != 0);
	slot->inside = true;
	slot->lease = 0;
	pthread_mutex_unlock(&pool->lock);
	const char *last = slot->conn.last_sql != NULL ? slot->conn.last_sql : "none";
	size_t len = strlen(last) < 200 ? strlen(last) : 200;
	act_logf(pool->host, ACT_LOG_WARN,
	         "%s: it was open for longer than tx_ms (%u ms); its last statement: %.*s", what,
	         pool->settings->tx_ms, (int)act_utf8_span(last, len), last);
	conn_rest(&slot->conn);
	pthread_mutex_lock(&pool->lock);
	slot->inside = false;
	slot->use = SLOT_IDLE;
	pthread_cond_broadcast(&pool->changed);
}

/* A free slot, now entered; NULL: there was none for wait_ms. */
static struct slot *await_idle(struct pool *pool)
{
	uint64_t until_ns = clock_after_ms(pool->settings->wait_ms);
	struct slot *slot;
	pthread_mutex_lock(&pool->lock);
	while ((slot = find_idle(pool)) == NULL) {
		uint64_t now_ns = clock_now_ns();
		struct slot *overdue = find_overdue(pool, now_ns);
		if (overdue != NULL)
			end_overdue(pool, overdue);
		else if (now_ns < until_ns)
			await_change(pool, earliest(pool, until_ns));
		else
			break;
	}
	if (slot != NULL) {
		slot->use = SLOT_CALL;
		slot->inside = true;
	}
	pthread_mutex_unlock(&pool->lock);
	return slot;
}

act_rc pool_take(struct pool *pool, struct slot **out, act_sql_error *why)
{
	struct slot *slot = await_idle(pool);
	if (slot == NULL)
		return failure_set(why, ACT_E_BUSY, ACT_SQL_E_BUSY,
		                   "all %u connections were in use for wait_ms (%u ms)",
		                   pool->count, pool->settings->wait_ms);
	slot->reading = false;
	if (slot->conn.db == NULL) {
		act_rc rc = conn_open(&slot->conn, pool->host, pool->settings, why);
		if (rc != ACT_OK) {
			pool_give(pool, slot);
			return rc;
		}
	}
	*out = slot;
	return ACT_OK;
}

act_rc pool_enter(struct pool *pool, uint32_t index, enum slot_use use, uint64_t lease,
                  struct slot **out, act_sql_error *why)
{
	uint64_t until_ns = clock_after_ms(pool->settings->wait_ms);
	struct slot *slot = &pool->slots[index];
	act_rc rc = ACT_OK;
	assert(index < pool->count && lease != 0);
	pthread_mutex_lock(&pool->lock);
	while (slot->lease == lease && slot->inside && clock_now_ns() < until_ns)
		await_change(pool, until_ns);
	if (slot->lease != lease || slot->use != use) {
		rc = failure_set(why, ACT_E_GONE, ACT_SQL_E_OTHER,
		                 "there is no such transaction or cursor (any more)");
	} else if (slot->inside) {
		rc = failure_set(why, ACT_E_BUSY, ACT_SQL_E_BUSY,
		                 "another thread was inside this transaction for wait_ms (%u ms)",
		                 pool->settings->wait_ms);
	} else if (slot->deadline_ns <= clock_now_ns()) {
		end_overdue(pool, slot);
		rc = failure_set(why, ACT_E_GONE, ACT_SQL_E_OTHER,
		                 "the transaction or cursor was open for longer than tx_ms (%u ms)",
		                 pool->settings->tx_ms);
	} else {
		slot->inside = true;
		*out = slot;
	}
	pthread_mutex_unlock(&pool->lock);
	return rc;
}

/* ---- going out ----------------------------------------------------------------------------- */

void pool_give(struct pool *pool, struct slot *slot)
{
	assert(slot->inside && slot->use != SLOT_IDLE);
	conn_rest(&slot->conn);
	pthread_mutex_lock(&pool->lock);
	slot->use = SLOT_IDLE;
	slot->inside = false;
	slot->lease = 0;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}

uint64_t pool_keep(struct pool *pool, struct slot *slot, enum slot_use use)
{
	uint64_t deadline_ns = clock_after_ms(pool->settings->tx_ms);
	assert(slot->inside && slot->use == SLOT_CALL);
	slot->conn.lease_ns = deadline_ns;
	pthread_mutex_lock(&pool->lock);
	slot->use = use;
	slot->inside = false;
	slot->lease = next_serial(pool);
	slot->deadline_ns = deadline_ns;
	uint64_t lease = slot->lease;
	pthread_mutex_unlock(&pool->lock);
	return lease;
}

void pool_leave(struct pool *pool, struct slot *slot)
{
	bool lost = slot->use == SLOT_TX && sqlite3_get_autocommit(slot->conn.db);
	assert(slot->inside && slot->lease != 0);
	pthread_mutex_lock(&pool->lock);
	bool overdue = slot->deadline_ns <= clock_now_ns();
	if (overdue || !(lost || slot->conn.broken)) {
		slot->inside = false;
		if (overdue)
			end_overdue(pool, slot);
		else
			pthread_cond_broadcast(&pool->changed);
		slot = NULL;
	}
	pthread_mutex_unlock(&pool->lock);
	if (slot != NULL)
		pool_give(pool, slot);
}

/* ---- the timer ----------------------------------------------------------------------------- */

bool pool_overdue(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	bool found = find_overdue(pool, clock_now_ns()) != NULL;
	pthread_mutex_unlock(&pool->lock);
	return found;
}

void pool_reap(struct pool *pool)
{
	struct slot *slot;
	pthread_mutex_lock(&pool->lock);
	while ((slot = find_overdue(pool, clock_now_ns())) != NULL)
		end_overdue(pool, slot);
	pthread_mutex_unlock(&pool->lock);
}
