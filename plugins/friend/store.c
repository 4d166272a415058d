#include "store.h"

#include <common/users.h>

/* Steps that were released are never changed: a database may have them already. */
const act_sql_step FRIEND_STEPS[] = {
	{ .number = 1, .sql = USERS_SCHEMA },
	{ .number = 2,
	  .sql = "create table friends ("
	         "user_id text not null references users (id) on delete cascade,"
	         "friend_id text not null references users (id) on delete cascade,"
	         "since text not null,"
	         "primary key (user_id, friend_id));"
	         "create table friend_requests ("
	         "sender text not null references users (id) on delete cascade,"
	         "receiver text not null references users (id) on delete cascade,"
	         "note text not null,"
	         "since text not null,"
	         "primary key (sender, receiver));"
	         "create index friend_requests_by_receiver on friend_requests (receiver, sender);"
	         "create table friend_blocks ("
	         "blocker text not null references users (id) on delete cascade,"
	         "blocked text not null references users (id) on delete cascade,"
	         "since text not null,"
	         "primary key (blocker, blocked))" },
};
const uint32_t FRIEND_STEP_COUNT = sizeof FRIEND_STEPS / sizeof FRIEND_STEPS[0];

/* A number that is asked of one pair, or of one user. */
static act_rc ask_pair(struct db *db, const char *statement, act_bytes one, act_bytes other,
                       int64_t *number)
{
	const act_sql_value args[] = { db_text(one), db_text(other) };
	return db_number(db, statement, args, 2, number);
}

static act_rc ask_user(struct db *db, const char *statement, act_bytes user, int64_t *number)
{
	const act_sql_value args[] = { db_text(user) };
	return db_number(db, statement, args, 1, number);
}

static act_rc drop_pair(struct db *db, const char *statement, act_bytes one, act_bytes other,
                        int64_t *dropped)
{
	const act_sql_value args[] = { db_text(one), db_text(other) };
	*dropped = 0;
	return db_exec(db, statement, args, 2, dropped);
}

act_rc store_are_friends(struct db *db, act_bytes one, act_bytes other, int64_t *yes)
{
	return ask_pair(db, "select 1 from friends where user_id = $1 and friend_id = $2", one,
	                other, yes);
}

act_rc store_has_request(struct db *db, act_bytes sender, act_bytes receiver, int64_t *yes)
{
	return ask_pair(db, "select 1 from friend_requests where sender = $1 and receiver = $2",
	                sender, receiver, yes);
}

act_rc store_has_block(struct db *db, act_bytes blocker, act_bytes blocked, int64_t *yes)
{
	return ask_pair(db, "select 1 from friend_blocks where blocker = $1 and blocked = $2",
	                blocker, blocked, yes);
}

act_rc store_count_friends(struct db *db, act_bytes user, int64_t *count)
{
	return ask_user(db, "select count(*) from friends where user_id = $1", user, count);
}

act_rc store_count_sent(struct db *db, act_bytes user, int64_t *count)
{
	return ask_user(db, "select count(*) from friend_requests where sender = $1", user, count);
}

act_rc store_count_received(struct db *db, act_bytes user, int64_t *count)
{
	return ask_user(db,
	                "select count(*) from friend_requests r where r.receiver = $1 "
	                "and not exists (select 1 from friend_blocks b "
	                "where b.blocker = r.receiver and b.blocked = r.sender)",
	                user, count);
}

act_rc store_count_blocks(struct db *db, act_bytes user, int64_t *count)
{
	return ask_user(db, "select count(*) from friend_blocks where blocker = $1", user, count);
}

act_rc store_put_friends(struct db *db, act_bytes one, act_bytes other, act_bytes since)
{
	const act_sql_value args[] = { db_text(one), db_text(other), db_text(since) };
	return db_exec(db,
	               "insert into friends (user_id, friend_id, since) "
	               "values ($1, $2, $3), ($2, $1, $3) "
	               "on conflict (user_id, friend_id) do nothing",
	               args, 3, NULL);
}

act_rc store_put_request(struct db *db, act_bytes sender, act_bytes receiver, act_bytes note,
                         act_bytes since)
{
	const act_sql_value args[] = { db_text(sender), db_text(receiver), db_text(note),
		                       db_text(since) };
	return db_exec(db,
	               "insert into friend_requests (sender, receiver, note, since) "
	               "values ($1, $2, $3, $4) on conflict (sender, receiver) do nothing",
	               args, 4, NULL);
}

act_rc store_put_block(struct db *db, act_bytes blocker, act_bytes blocked, act_bytes since)
{
	const act_sql_value args[] = { db_text(blocker), db_text(blocked), db_text(since) };
	return db_exec(db,
	               "insert into friend_blocks (blocker, blocked, since) "
	               "values ($1, $2, $3) on conflict (blocker, blocked) do nothing",
	               args, 3, NULL);
}

act_rc store_drop_friends(struct db *db, act_bytes one, act_bytes other, int64_t *dropped)
{
	return drop_pair(db,
	                 "delete from friends where (user_id = $1 and friend_id = $2) "
	                 "or (user_id = $2 and friend_id = $1)",
	                 one, other, dropped);
}

act_rc store_drop_request(struct db *db, act_bytes sender, act_bytes receiver, int64_t *dropped)
{
	return drop_pair(db, "delete from friend_requests where sender = $1 and receiver = $2",
	                 sender, receiver, dropped);
}

act_rc store_drop_block(struct db *db, act_bytes blocker, act_bytes blocked, int64_t *dropped)
{
	return drop_pair(db, "delete from friend_blocks where blocker = $1 and blocked = $2",
	                 blocker, blocked, dropped);
}
