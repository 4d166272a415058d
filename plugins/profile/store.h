/* store: the plugin's table, beside the users' (common/users.h), and the questions asked of both.
 *
 * A name belongs to users, because other plugins show it; the rest of a profile stands here, and
 * there is no row before something was set. All return ACT_OK or an error as db.h has it. Threads:
 * workers, within one struct db's call. */
#ifndef PROFILE_STORE_H
#define PROFILE_STORE_H

#include <act/ext/sql.h>
#include <act/plugin.h>
#include <common/db.h>
#include <stdint.h>

extern const act_sql_step PROFILE_STEPS[];
extern const uint32_t PROFILE_STEP_COUNT;

/* One user's profile. The texts are UTF-8, terminated, and stand behind it in one piece of memory:
 * free() gives all back. */
struct profile {
	char *user;
	char *name;   /* the id where the user chose none */
	char *bio;    /* or NULL */
	char *avatar; /* or NULL */
	char *since;  /* the first login, as db_stamp() writes it */
	char texts[];
};

/* The user's profile; the caller frees it. ACT_OK and NULL: there is no such user. */
act_rc store_profile(struct db *db, act_bytes user, struct profile **out);

/* One's own fields. NULL clears; a pointer to bytes sets. The user has a row. */
act_rc store_set_name(struct db *db, act_bytes user, const act_bytes *name);
act_rc store_set_bio(struct db *db, act_bytes user, const act_bytes *bio);
act_rc store_set_avatar(struct db *db, act_bytes user, const act_bytes *avatar);

/* Rows of user and name (the id where there is none), in the order of ids, after the user `after`:
 * those whose id or name begins with `prefix`, large and small letters alike. */
act_rc store_search(struct db *db, act_bytes prefix, act_bytes after, int64_t limit, db_row *row,
                    void *arg);

#endif
