/* service_sql: the facade of act.sql/1.
 *
 * A transaction or cursor pins the provider that it was begun on until it ends: a provider that is
 * replaced meanwhile finishes what it began. The consumer's handle is a number of ours, which leads
 * to the provider and to its own handle. */
#include "act/service.h"

#include "act/inside.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/loop.h"

#include <act/ext/sql.h>
#include <stdlib.h>
#include <string.h>

/* The provider ends what is open for too long, by its own deadline; after this time the server lets
 * go of it, too. */
enum { HANDLE_OVERDUE_MS = 120000, BUCKETS = 256, HANDLES_MAX = 65536 };

enum handle_kind { HANDLE_TX, HANDLE_ROWS };

struct handle {
	struct handle *next;
	uint64_t number;
	uint64_t since_ms;
	enum handle_kind kind;
	struct generation *provider; /* pinned */
	const struct generation *consumer;
	uint64_t theirs; /* the provider's handle */
	char name[32];   /* these two: the consumer's, which may be gone before the handle is */
	uint64_t generation;
};

struct sql_handles {
	pthread_mutex_t lock;
	struct handle *buckets[BUCKETS];
	uint32_t count;
	uint64_t last;
};

struct sql_handles *sql_handles_new(void)
{
	struct sql_handles *handles = mem_new(1, sizeof *handles);
	pthread_mutex_init(&handles->lock, NULL);
	return handles;
}

static const act_sql_provider *table_of(const struct generation *provider)
{
	return generation_service(provider, ACT_EXT_SQL);
}

/* The provider's side is ended; a handle that ended by itself is answered GONE, which is as good.
 */
static void give_up(struct handle *handle)
{
	const act_sql_provider *table = table_of(handle->provider);
	generation_seen(handle->provider);
	struct inside_before before = inside_enter(handle->provider, INSIDE_SERVICE);
	if (handle->kind == HANDLE_TX)
		(void)table->rollback(handle->provider->self, handle->theirs);
	else
		(void)table->close(handle->provider->self, handle->theirs);
	inside_leave(&before);
	generation_unpin_as(handle->provider, PIN_SERVICE);
	free(handle);
}

/* Moves the handles that are to go out of the table; under the lock. */
static struct handle *collect(struct sql_handles *handles, const struct generation *consumer)
{
	uint64_t now_ms = clock_ms();
	struct handle *found = NULL;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct handle **at = &handles->buckets[i]; *at != NULL;) {
			struct handle *handle = *at;
			bool goes = handle->consumer == consumer ||
			            now_ms - handle->since_ms > HANDLE_OVERDUE_MS;
			if (!goes) {
				at = &handle->next;
				continue;
			}
			*at = handle->next;
			handle->next = found;
			found = handle;
			handles->count--;
		}
	}
	return found;
}

void sql_handles_sweep(struct sql_handles *handles, const struct generation *consumer)
{
	pthread_mutex_lock(&handles->lock);
	struct handle *found = collect(handles, consumer);
	pthread_mutex_unlock(&handles->lock);
	while (found != NULL) {
		struct handle *next = found->next;
		give_up(found);
		found = next;
	}
}

void sql_handles_free(struct sql_handles *handles)
{
	pthread_mutex_destroy(&handles->lock);
	free(handles);
}

uint32_t sql_handles_of(struct sql_handles *handles, const struct generation *provider,
                        struct sql_holder *out, uint32_t room, uint64_t *count)
{
	uint32_t told = 0;
	*count = 0;
	pthread_mutex_lock(&handles->lock);
	for (size_t i = 0; i < BUCKETS; i++) {
		for (const struct handle *one = handles->buckets[i]; one != NULL; one = one->next) {
			if (one->provider != provider)
				continue;
			++*count;
			if (told == room)
				continue;
			struct sql_holder *holder = &out[told++];
			*holder = (struct sql_holder){ .generation = one->generation,
				                       .cursor = one->kind == HANDLE_ROWS,
				                       .ms = clock_ms() - one->since_ms };
			memcpy(holder->consumer, one->name, sizeof holder->consumer);
		}
	}
	pthread_mutex_unlock(&handles->lock);
	return told;
}

static bool is_full(struct sql_handles *handles)
{
	pthread_mutex_lock(&handles->lock);
	bool full = handles->count == HANDLES_MAX;
	pthread_mutex_unlock(&handles->lock);
	return full;
}

/* Keeps a handle of the provider's, with the pin that the caller holds; 0: there are too many. */
static uint64_t put_handle(struct generation *consumer, struct generation *provider,
                           enum handle_kind kind, uint64_t theirs)
{
	struct sql_handles *handles = consumer->act->sql;
	if (is_full(handles))
		sql_handles_sweep(handles, NULL);
	struct handle *handle = mem_new(1, sizeof *handle);
	*handle = (struct handle){ .since_ms = clock_ms(),
		                   .kind = kind,
		                   .provider = provider,
		                   .consumer = consumer,
		                   .theirs = theirs,
		                   .generation = consumer->number };
	memcpy(handle->name, consumer->manifest.name, sizeof handle->name);
	pthread_mutex_lock(&handles->lock);
	if (handles->count < HANDLES_MAX) {
		handle->number = ++handles->last;
		handle->next = handles->buckets[handle->number % BUCKETS];
		handles->buckets[handle->number % BUCKETS] = handle;
		handles->count++;
	}
	pthread_mutex_unlock(&handles->lock);
	uint64_t number = handle->number;
	if (number == 0)
		give_up(handle);
	return number;
}

static struct handle **find_place(struct sql_handles *handles, uint64_t number)
{
	struct handle **at = &handles->buckets[number % BUCKETS];
	while (*at != NULL && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

/* The provider behind a handle of this consumer, pinned once more; NULL: there is no such handle.
 */
static struct generation *find_handle(struct generation *consumer, enum handle_kind kind,
                                      uint64_t number, uint64_t *theirs)
{
	struct sql_handles *handles = consumer->act->sql;
	struct generation *provider = NULL;
	pthread_mutex_lock(&handles->lock);
	const struct handle *handle = *find_place(handles, number);
	if (handle != NULL && handle->kind == kind && handle->consumer == consumer) {
		provider = handle->provider;
		*theirs = handle->theirs;
		generation_pin_as(provider, PIN_SERVICE);
	}
	pthread_mutex_unlock(&handles->lock);
	return provider;
}

/* The handle is over, and its pin with it. */
static void drop_handle(struct generation *consumer, uint64_t number)
{
	struct sql_handles *handles = consumer->act->sql;
	pthread_mutex_lock(&handles->lock);
	struct handle **at = find_place(handles, number);
	struct handle *handle = *at;
	if (handle != NULL) {
		*at = handle->next;
		handles->count--;
	}
	pthread_mutex_unlock(&handles->lock);
	if (handle == NULL)
		return;
	generation_unpin_as(handle->provider, PIN_SERVICE);
	free(handle);
}

static act_rc wrong_thread(const act_host *h)
{
	return checked_thread(h, ACT_EXT_SQL,
	                      "called on a loop, and it may block: it is for workers (an action "
	                      "with ACT_A_BLOCKING, or work())");
}

/* The provider for a statement: that of its transaction, or the one of the moment. Pinned. */
static act_rc provider_for(const act_host *h, act_sql_tx tx, struct generation **provider,
                           act_sql_tx *theirs)
{
	struct generation *consumer = generation_of(h);
	if (loop_self() != NULL)
		return wrong_thread(h);
	*theirs = 0;
	*provider = tx != 0 ? find_handle(consumer, HANDLE_TX, tx, theirs)
	                    : need_take(generation_need(consumer, ACT_EXT_SQL));
	if (*provider == NULL)
		return ACT_E_GONE;
	generation_seen(*provider);
	return ACT_OK;
}

/* ---- the functions ---- */

static act_rc sql_migrate(const act_host *h, const act_sql_step *steps, uint32_t count,
                          uint32_t stride, act_sql_error *why)
{
	struct generation *provider = NULL;
	act_sql_tx none;
	const char *name = generation_of(h)->manifest.name;
	act_rc rc = provider_for(h, 0, &provider, &none);
	if (rc != ACT_OK)
		return rc;
	act_bytes owner = { name, strlen(name) };
	const act_sql_provider *table = table_of(provider);
	struct inside_before before = inside_enter(provider, INSIDE_SERVICE);
	rc = table->migrate(provider->self, owner, steps, count, stride, why);
	inside_leave(&before);
	generation_unpin_as(provider, PIN_SERVICE);
	return rc;
}

static act_rc sql_begin(const act_host *h, uint32_t flags, act_sql_tx *tx, act_sql_error *why)
{
	struct generation *provider = NULL;
	act_sql_tx theirs;
	act_rc rc = provider_for(h, 0, &provider, &theirs);
	if (rc != ACT_OK)
		return rc;
	const act_sql_provider *table = table_of(provider);
	struct inside_before before = inside_enter(provider, INSIDE_SERVICE);
	rc = table->begin(provider->self, flags, &theirs, why);
	inside_leave(&before);
	if (rc != ACT_OK) {
		generation_unpin_as(provider, PIN_SERVICE);
		return rc;
	}
	*tx = put_handle(generation_of(h), provider, HANDLE_TX, theirs);
	return *tx != 0 ? ACT_OK : ACT_E_BUSY;
}

/* What ends a handle, and what only uses one. */
enum ending { END_COMMIT, END_ROLLBACK, END_CLOSE };

static act_rc end_handle(const act_host *h, enum ending ending, uint64_t number, act_sql_error *why)
{
	struct generation *consumer = generation_of(h);
	enum handle_kind kind = ending == END_CLOSE ? HANDLE_ROWS : HANDLE_TX;
	uint64_t theirs;
	if (loop_self() != NULL)
		return wrong_thread(h);
	struct generation *provider = find_handle(consumer, kind, number, &theirs);
	if (provider == NULL)
		return ACT_E_GONE;
	const act_sql_provider *table = table_of(provider);
	generation_seen(provider);
	struct inside_before before = inside_enter(provider, INSIDE_SERVICE);
	act_rc rc = ending == END_COMMIT     ? table->commit(provider->self, theirs, why)
	            : ending == END_ROLLBACK ? table->rollback(provider->self, theirs)
	                                     : table->close(provider->self, theirs);
	inside_leave(&before);
	/* Busy: another thread is inside, and the handle lives on. */
	if (rc != ACT_E_BUSY)
		drop_handle(consumer, number);
	generation_unpin_as(provider, PIN_SERVICE);
	return rc;
}

static act_rc sql_commit(const act_host *h, act_sql_tx tx, act_sql_error *why)
{
	return end_handle(h, END_COMMIT, tx, why);
}

static act_rc sql_rollback(const act_host *h, act_sql_tx tx)
{
	return end_handle(h, END_ROLLBACK, tx, NULL);
}

static act_rc sql_exec(const act_host *h, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                       uint32_t arg_count, int64_t *changed, act_sql_error *why)
{
	struct generation *provider = NULL;
	act_sql_tx theirs;
	act_rc rc = provider_for(h, tx, &provider, &theirs);
	if (rc != ACT_OK)
		return rc;
	const act_sql_provider *table = table_of(provider);
	struct inside_before before = inside_enter(provider, INSIDE_SERVICE);
	rc = table->exec(provider->self, theirs, sql, args, arg_count, changed, why);
	inside_leave(&before);
	if (rc == ACT_E_GONE && tx != 0)
		drop_handle(generation_of(h), tx);
	generation_unpin_as(provider, PIN_SERVICE);
	return rc;
}

static act_rc sql_query(const act_host *h, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                        uint32_t arg_count, act_sql_rows *rows, act_sql_error *why)
{
	struct generation *provider = NULL;
	act_sql_tx theirs_tx;
	act_sql_rows theirs;
	act_rc rc = provider_for(h, tx, &provider, &theirs_tx);
	if (rc != ACT_OK)
		return rc;
	const act_sql_provider *table = table_of(provider);
	struct inside_before before = inside_enter(provider, INSIDE_SERVICE);
	rc = table->query(provider->self, theirs_tx, sql, args, arg_count, &theirs, why);
	inside_leave(&before);
	if (rc == ACT_E_GONE && tx != 0)
		drop_handle(generation_of(h), tx);
	if (rc != ACT_OK) {
		generation_unpin_as(provider, PIN_SERVICE);
		return rc;
	}
	*rows = put_handle(generation_of(h), provider, HANDLE_ROWS, theirs);
	return *rows != 0 ? ACT_OK : ACT_E_BUSY;
}

static act_rc sql_next(const act_host *h, act_sql_rows rows, act_sql_value *cols, uint32_t max,
                       uint32_t *count, act_sql_error *why)
{
	act_sql_rows theirs;
	if (loop_self() != NULL)
		return wrong_thread(h);
	struct generation *provider = find_handle(generation_of(h), HANDLE_ROWS, rows, &theirs);
	if (provider == NULL)
		return ACT_E_GONE;
	generation_seen(provider);
	const act_sql_provider *table = table_of(provider);
	struct inside_before before = inside_enter(provider, INSIDE_SERVICE);
	act_rc rc = table->next(provider->self, theirs, cols, max, count, why);
	inside_leave(&before);
	if (rc == ACT_E_GONE)
		drop_handle(generation_of(h), rows);
	generation_unpin_as(provider, PIN_SERVICE);
	return rc;
}

static act_rc sql_close(const act_host *h, act_sql_rows rows)
{
	return end_handle(h, END_CLOSE, rows, NULL);
}

const struct act_sql service_sql = {
	.size = sizeof service_sql,
	.migrate = sql_migrate,
	.begin = sql_begin,
	.commit = sql_commit,
	.rollback = sql_rollback,
	.exec = sql_exec,
	.query = sql_query,
	.next = sql_next,
	.close = sql_close,
};
