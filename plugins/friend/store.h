/* store: the three tables of the plugin, and the questions asked of them.
 *
 * A friendship is two rows, one each way, so that either side's list is one run of the primary key.
 * A request is one row from who asked to who was asked, and goes when it is answered or withdrawn.
 * A request to someone who blocks its sender is kept like any other, but is not shown: whether a
 * request is hidden is asked each time, never stored.
 *
 * All return ACT_OK or an error as db.h has it. Threads: workers, within one struct db's call. */
#ifndef FRIEND_STORE_H
#define FRIEND_STORE_H

#include <act/ext/sql.h>
#include <act/plugin.h>
#include <common/db.h>
#include <stdint.h>

extern const act_sql_step FRIEND_STEPS[];
extern const uint32_t FRIEND_STEP_COUNT;

/* `*yes` is 1 or 0. */
act_rc store_are_friends(struct db *db, act_bytes one, act_bytes other, int64_t *yes);
act_rc store_has_request(struct db *db, act_bytes sender, act_bytes receiver, int64_t *yes);
act_rc store_has_block(struct db *db, act_bytes blocker, act_bytes blocked, int64_t *yes);

/* How many there are of one user. Received requests: those that are not hidden. */
act_rc store_count_friends(struct db *db, act_bytes user, int64_t *count);
act_rc store_count_sent(struct db *db, act_bytes user, int64_t *count);
act_rc store_count_received(struct db *db, act_bytes user, int64_t *count);
act_rc store_count_blocks(struct db *db, act_bytes user, int64_t *count);

/* To put what is there already changes nothing. `since` is a time from db_stamp(). */
act_rc store_put_friends(struct db *db, act_bytes one, act_bytes other, act_bytes since);
act_rc store_put_request(struct db *db, act_bytes sender, act_bytes receiver, act_bytes note,
                         act_bytes since);
act_rc store_put_block(struct db *db, act_bytes blocker, act_bytes blocked, act_bytes since);

/* `*dropped` is not 0 where there was something to drop. */
act_rc store_drop_friends(struct db *db, act_bytes one, act_bytes other, int64_t *dropped);
act_rc store_drop_request(struct db *db, act_bytes sender, act_bytes receiver, int64_t *dropped);
act_rc store_drop_block(struct db *db, act_bytes blocker, act_bytes blocked, int64_t *dropped);

#endif
