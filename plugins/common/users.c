#include "users.h"

#include "fold.h"

#include <act/easy.h>
#include <assert.h>

bool users_refuse_nobody(const act_host *host, const act_call *call)
{
	if (call->user.len != 0)
		return false;
	act_failf(host, call, ACT_S_FORBIDDEN,
	          "this action is about its caller: expected a user, found a connection that is "
	          "not logged in");
	return true;
}

static act_rc insert(struct db *db, act_bytes user)
{
	char key[USERS_ID_MAX], now[DB_STAMP_SIZE];
	fold_text(user, key);
	db_stamp(now);
	const act_sql_value args[] = { db_text(user), db_bytes(act_mem(key, user.len)),
		                       db_text(act_str(now)) };
	return db_exec(db,
	               "insert into users (id, id_key, first_login) values ($1, $2, $3) "
	               "on conflict (id) do nothing",
	               args, 3, NULL);
}

act_rc users_known(struct db *db, act_bytes user, int64_t *known)
{
	const act_sql_value args[] = { db_text(user) };
	return db_number(db, "select 1 from users where id = $1", args, 1, known);
}

act_rc users_ensure(struct db *db, act_bytes user)
{
	int64_t known;
	if (user.len == 0 || user.len > USERS_ID_MAX)
		return ACT_E_INVAL;
	/* Reading first spares nearly every call the lock of a writer. */
	act_rc rc = users_known(db, user, &known);
	if (rc != ACT_OK || known != 0)
		return rc;
	return insert(db, user);
}

/* An update that changes nothing takes the lock of the row in PostgreSQL. (SQLite has one writer at
 * a time anyway, and no "select … for update".) */
static act_rc lock_row(struct db *db, act_bytes user, int64_t *locked)
{
	const act_sql_value args[] = { db_text(user) };
	int64_t changed = 0;
	act_rc rc = db_exec(db, "update users set first_login = first_login where id = $1", args, 1,
	                    &changed);
	*locked += changed;
	return rc;
}

act_rc users_lock(struct db *db, act_bytes one, act_bytes other, int64_t *locked)
{
	assert(db->tx != 0 && !act_same(one, other));
	const size_t shorter = one.len < other.len ? one.len : other.len;
	const int order = memcmp(one.ptr, other.ptr, shorter);
	const bool swapped = order > 0 || (order == 0 && one.len > other.len);
	*locked = 0;
	/* Always in the same order, or two transactions could wait for each other. */
	act_rc rc = lock_row(db, swapped ? other : one, locked);
	if (rc == ACT_OK)
		rc = lock_row(db, swapped ? one : other, locked);
	return rc;
}
