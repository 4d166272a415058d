/* users: the table of people, which the plugins profile and friend share.
 *
 * Either works without the other: both create the table by the same step of their own schema, and
 * both add a row for whoever logs in. So the step is frozen; what only one of them needs goes into
 * a table of its own. A user exists, and can be found and asked, from the first login on.
 *
 * Threads: workers. */
#ifndef COMMON_USERS_H
#define COMMON_USERS_H

#include "db.h"

#include <act/plugin.h>
#include <stdbool.h>

/* The step. Keys are folded (fold.h) and bytea, so that both databases compare them as bytes and
 * find a prefix through the index. `name` is null until its user chooses one. */
#define USERS_SCHEMA                                                                               \
	"create table if not exists users ("                                                       \
	"id text not null primary key, id_key bytea not null, "                                    \
	"name text, name_key bytea, first_login text not null);"                                   \
	"create index if not exists users_by_id_key on users (id_key);"                            \
	"create index if not exists users_by_name_key on users (name_key)"

/* The longest id in bytes. */
enum { USERS_ID_MAX = 255 };

/* For a handle(): refuses a call of nobody, which the server lets through where the config says
 * that an action needs no login. True: the call was answered. */
bool users_refuse_nobody(const act_host *host, const act_call *call);

/* Makes sure that the user has a row. Cheap where it has one: a single read. ACT_OK; ACT_E_INVAL:
 * no id of a user; or as db.h has it. */
act_rc users_ensure(struct db *db, act_bytes user);

/* ACT_OK and `*known`: 1 where the user has logged in once, otherwise 0. */
act_rc users_known(struct db *db, act_bytes user, int64_t *known);

/* Within a transaction: holds the rows of both users until its end, so that two transactions about
 * the same pair follow one another. `*locked` gets how many of the two there are. */
act_rc users_lock(struct db *db, act_bytes one, act_bytes other, int64_t *locked);

#endif
