#include "store.h"

#include "profile.h"

#include <act/easy.h>
#include <assert.h>
#include <common/fold.h>
#include <common/users.h>

/* Bytes: the longest name or prefix, four for each character. */
enum { KEY_MAX = PROFILE_NAME_MAX * 4 };

/* Steps that were released are never changed: a database may have them already. */
const act_sql_step PROFILE_STEPS[] = {
	{ .number = 1, .sql = USERS_SCHEMA },
	{ .number = 2,
	  .sql = "create table profiles ("
	         "user_id text not null primary key references users (id) on delete cascade,"
	         "bio text,"
	         "avatar text)" },
};
const uint32_t PROFILE_STEP_COUNT = sizeof PROFILE_STEPS / sizeof PROFILE_STEPS[0];

/* Copies a column's text to `*room`, which moves on behind it. NULL: the column is. */
static char *copy_text(const act_sql_value *column, char **room)
{
	assert(column->type == ACT_SQL_TEXT || column->type == ACT_SQL_NULL);
	if (column->type == ACT_SQL_NULL)
		return NULL;
	char *copy = *room;
	if (column->b.len != 0)
		memcpy(copy, column->b.ptr, column->b.len);
	copy[column->b.len] = '\0';
	*room += column->b.len + 1;
	return copy;
}

static act_rc take_profile(void *arg, const act_sql_value *columns, uint32_t count)
{
	enum { USER, NAME, BIO, AVATAR, SINCE, COLUMN_COUNT };
	struct profile **out = arg;
	size_t size = sizeof(struct profile);
	assert(count == COLUMN_COUNT && *out == NULL); /* an id has one row */
	for (uint32_t i = 0; i < count; i++)
		size += columns[i].type == ACT_SQL_TEXT ? columns[i].b.len + 1 : 0;
	struct profile *profile = malloc(size);
	if (profile == NULL)
		return ACT_E_NOMEM;
	char *room = profile->texts;
	profile->user = copy_text(&columns[USER], &room);
	profile->name = copy_text(&columns[NAME], &room);
	profile->bio = copy_text(&columns[BIO], &room);
	profile->avatar = copy_text(&columns[AVATAR], &room);
	profile->since = copy_text(&columns[SINCE], &room);
	assert(room <= (char *)profile + size);
	*out = profile;
	return ACT_OK;
}

act_rc store_profile(struct db *db, act_bytes user, struct profile **out)
{
	const act_sql_value args[] = { db_text(user) };
	*out = NULL;
	return db_each(db,
	               "select u.id, coalesce(u.name, u.id), p.bio, p.avatar, u.first_login "
	               "from users u left join profiles p on p.user_id = u.id where u.id = $1",
	               args, 1, take_profile, out);
}

static act_sql_value text_or_null(const act_bytes *text)
{
	return text != NULL ? db_text(*text) : db_null();
}

act_rc store_set_name(struct db *db, act_bytes user, const act_bytes *name)
{
	char key[KEY_MAX];
	act_sql_value args[] = { db_text(user), text_or_null(name), db_null() };
	if (name != NULL) {
		assert(name->len <= sizeof key);
		fold_text(*name, key);
		args[2] = db_bytes(act_mem(key, name->len));
	}
	return db_exec(db, "update users set name = $2, name_key = $3 where id = $1", args, 3,
	               NULL);
}

act_rc store_set_bio(struct db *db, act_bytes user, const act_bytes *bio)
{
	const act_sql_value args[] = { db_text(user), text_or_null(bio) };
	return db_exec(db,
	               "insert into profiles (user_id, bio) values ($1, $2) "
	               "on conflict (user_id) do update set bio = excluded.bio",
	               args, 2, NULL);
}

act_rc store_set_avatar(struct db *db, act_bytes user, const act_bytes *avatar)
{
	const act_sql_value args[] = { db_text(user), text_or_null(avatar) };
	return db_exec(db,
	               "insert into profiles (user_id, avatar) values ($1, $2) "
	               "on conflict (user_id) do update set avatar = excluded.avatar",
	               args, 2, NULL);
}

/* A prefix is a range of keys, and not a LIKE: so no character needs an escape, the index serves,
 * and both databases agree on what is alike. */
act_rc store_search(struct db *db, act_bytes prefix, act_bytes after, int64_t limit, db_row *row,
                    void *arg)
{
	char begin[KEY_MAX], end[KEY_MAX];
	assert(prefix.len > 0 && prefix.len <= sizeof begin);
	fold_text(prefix, begin);
	memcpy(end, begin, prefix.len);
	fold_range_end(end, prefix.len);
	const act_sql_value args[] = { db_bytes(act_mem(begin, prefix.len)),
		                       db_bytes(act_mem(end, prefix.len)), db_text(after),
		                       db_int(limit) };
	return db_each(
		db,
		"select id, coalesce(name, id) from users where ((id_key >= $1 and id_key < $2) "
		"or (name_key >= $1 and name_key < $2)) and id > $3 order by id limit $4",
		args, 4, row, arg);
}
