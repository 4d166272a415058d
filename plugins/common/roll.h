/* roll: writes down who logs in, without making the loops wait.
 *
 * A login is told on a loop, and the database may only be asked on a worker. So the loop leaves the
 * user's id here, and one piece of work at a time takes all that have come together: when ten
 * thousand clients come back at once, that is a few transactions, not ten thousand. What is lost to
 * a full list or a database that is away does no harm: a user's first call adds the row as well.
 *
 * Owner: the plugin, which calls it from the functions of the same names. */
#ifndef COMMON_ROLL_H
#define COMMON_ROLL_H

#include <act/ext/sql.h>
#include <act/plugin.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	ROLL_MAX = 10000,     /* logins that wait                                     */
	ROLL_RETRY_MS = 1000, /* after the server's workers had no room for the work  */
};

struct roll_entry;

struct roll {
	const act_host *host;
	const act_sql *sql;
	pthread_mutex_t writing;  /* held while the list that was taken is written    */
	pthread_mutex_t lock;     /* for all below                                    */
	struct roll_entry *first; /* newest first                                     */
	size_t count;
	bool posted; /* a piece of work, or a timer, is under way for what waits */
};

void roll_init(struct roll *roll, const act_host *host, const act_sql *sql);
/* Forgets what waits. No work may be under way. */
void roll_free(struct roll *roll);

/* [any] This user logged in; an empty id is nobody. Does not wait. The plugin is live: between
 * activate() and the end of its last work. */
void roll_login(struct roll *roll, act_bytes user);

/* [worker] From the plugin's work(), and from its stop(): writes all that waits. Also from an
 * action that does not know a user, before it says so: the login may be a moment old. */
void roll_work(struct roll *roll);

/* [loop] From the plugin's on_timer(): asks for the work again. */
void roll_timer(struct roll *roll);

#endif
