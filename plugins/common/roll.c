#include "roll.h"

#include "db.h"
#include "users.h"

#include <act/easy.h>
#include <assert.h>
#include <stdlib.h>

struct roll_entry {
	struct roll_entry *next;
	size_t len;
	char user[]; /* `len` bytes */
};

void roll_init(struct roll *roll, const act_host *host, const act_sql *sql)
{
	*roll = (struct roll){ .host = host, .sql = sql };
	int rc = pthread_mutex_init(&roll->lock, NULL);
	if (rc == 0)
		rc = pthread_mutex_init(&roll->writing, NULL);
	assert(rc == 0);
	(void)rc;
}

static void free_entries(struct roll_entry *entry)
{
	while (entry != NULL) {
		struct roll_entry *next = entry->next;
		free(entry);
		entry = next;
	}
}

void roll_free(struct roll *roll)
{
	free_entries(roll->first);
	pthread_mutex_destroy(&roll->lock);
	pthread_mutex_destroy(&roll->writing);
}

/* Asks for the work, or for a timer that asks again. Without the lock: the server is called. */
static void post(struct roll *roll)
{
	if (roll->host->work(roll->host, 0, NULL) == ACT_OK ||
	    roll->host->timer_set(roll->host, 0, ROLL_RETRY_MS, 0, NULL) == ACT_OK)
		return;
	/* Neither: the next login tries again. */
	pthread_mutex_lock(&roll->lock);
	roll->posted = false;
	pthread_mutex_unlock(&roll->lock);
}

void roll_login(struct roll *roll, act_bytes user)
{
	if (user.len == 0)
		return;
	assert(user.len <= USERS_ID_MAX);
	struct roll_entry *entry = malloc(sizeof *entry + user.len);
	if (entry == NULL)
		return;
	entry->len = user.len;
	memcpy(entry->user, user.ptr, user.len);

	pthread_mutex_lock(&roll->lock);
	const bool room = roll->count < ROLL_MAX;
	const bool wanted = !roll->posted;
	if (room) {
		entry->next = roll->first;
		roll->first = entry;
		roll->count++;
	}
	roll->posted = true;
	pthread_mutex_unlock(&roll->lock);

	if (!room)
		free(entry);
	if (wanted)
		post(roll);
}

void roll_timer(struct roll *roll)
{
	post(roll);
}

static act_rc ensure_all(struct db *db, void *arg)
{
	act_rc rc = ACT_OK;
	for (struct roll_entry *e = arg; e != NULL && rc == ACT_OK; e = e->next)
		rc = users_ensure(db, act_mem(e->user, e->len));
	return rc;
}

/* Drops the entries whose users have a row: mostly all, and then no transaction is needed. */
static act_rc drop_known(struct db *db, struct roll_entry **list)
{
	act_rc rc = ACT_OK;
	struct roll_entry **at = list;
	while (*at != NULL && rc == ACT_OK) {
		struct roll_entry *entry = *at;
		int64_t known;
		rc = users_known(db, act_mem(entry->user, entry->len), &known);
		if (rc == ACT_OK && known != 0) {
			*at = entry->next;
			free(entry);
		} else {
			at = &entry->next;
		}
	}
	return rc;
}

void roll_work(struct roll *roll)
{
	pthread_mutex_lock(&roll->writing);
	pthread_mutex_lock(&roll->lock);
	struct roll_entry *list = roll->first;
	roll->first = NULL;
	roll->count = 0;
	roll->posted = false;
	pthread_mutex_unlock(&roll->lock);

	struct db db = db_of(roll->host, roll->sql, 0);
	act_rc rc = drop_known(&db, &list);
	if (rc == ACT_OK && list != NULL)
		rc = db_write(&db, ensure_all, list);
	if (rc != ACT_OK)
		act_logf(roll->host, ACT_LOG_WARN,
		         "logins could not be written down (error %d); each of these users is "
		         "added with the first call",
		         (int)rc);
	pthread_mutex_unlock(&roll->writing);
	free_entries(list);
}
