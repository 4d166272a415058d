#include "friend.h"

#include <common/db.h>
#include <common/page.h>
#include <common/payload.h>
#include <common/users.h>

/* One list that can be asked for. Its query gives user, name (the id where there is none), since
 * and (of requests) note, of the caller $1, after the user $2, at most $3. */
struct list_kind {
	const char *word; /* in "list", and the key of the entries in the answer */
	const char *query;
};

static const struct list_kind LISTS[] = {
	{ "friends", "select u.id, coalesce(u.name, u.id), f.since "
	             "from friends f join users u on u.id = f.friend_id "
	             "where f.user_id = $1 and f.friend_id > $2 order by f.friend_id limit $3" },
	{ "blocked", "select u.id, coalesce(u.name, u.id), b.since "
	             "from friend_blocks b join users u on u.id = b.blocked "
	             "where b.blocker = $1 and b.blocked > $2 order by b.blocked limit $3" },
};
static const struct list_kind REQUESTS[] = {
	{ "received", "select u.id, coalesce(u.name, u.id), r.since, r.note "
	              "from friend_requests r join users u on u.id = r.sender "
	              "where r.receiver = $1 and r.sender > $2 and not exists "
	              "(select 1 from friend_blocks b "
	              "where b.blocker = r.receiver and b.blocked = r.sender) "
	              "order by r.sender limit $3" },
	{ "sent", "select u.id, coalesce(u.name, u.id), r.since, r.note "
	          "from friend_requests r join users u on u.id = r.receiver "
	          "where r.sender = $1 and r.receiver > $2 order by r.receiver limit $3" },
};

static const char *const LIST_WORDS[] = { "friends", "blocked", NULL };
static const char *const REQUEST_WORDS[] = { "received", "sent", NULL };

enum { LIST, LIMIT, AFTER, FIELD_COUNT };
#define PAGE_FIELDS(list_words)                                                                    \
	{                                                                                          \
		[LIST] = { .key = "list", .kind = PAYLOAD_WORD, .words = (list_words) },           \
		[LIMIT] = { .key = "limit",                                                        \
			    .kind = PAYLOAD_COUNT,                                                 \
			    .min = 1,                                                              \
			    .max = FRIEND_LIST_MAX },                                              \
		[AFTER] = { .key = "after", .kind = PAYLOAD_ID, .min = 1, .max = USERS_ID_MAX },   \
	}
static const struct payload_field LIST_FIELDS[FIELD_COUNT] = PAGE_FIELDS(LIST_WORDS);
static const struct payload_field REQUEST_FIELDS[FIELD_COUNT] = PAGE_FIELDS(REQUEST_WORDS);

static act_rc serve_page(struct friend_plugin *self, const act_call *call,
                         const struct payload_field *fields, const struct list_kind *kinds)
{
	struct payload payload;
	if (payload_read(self->host, call, fields, FIELD_COUNT, &payload) != 0)
		return ACT_OK;
	const struct payload_value *values = payload.values;
	const struct list_kind *kind = &kinds[values[LIST].number];
	const int limit = values[LIMIT].given ? (int)values[LIMIT].number : FRIEND_LIST_DEFAULT;
	const act_sql_value args[] = { db_text(call->user), db_text(values[AFTER].text),
		                       db_int(limit + 1) };
	struct db db = db_of(self->host, self->sql, call->deadline_ns);
	struct page page;
	act_rc rc = page_open(&page, kind->word, limit);
	if (rc == ACT_OK)
		rc = users_ensure(&db, call->user);
	if (rc == ACT_OK)
		rc = db_each(&db, kind->query, args, 3, page_row, &page);
	rc = page_reply(&page, self->host, call, rc);
	payload_free(&payload);
	return rc;
}

act_rc friend_list(struct friend_plugin *self, const act_call *call)
{
	return serve_page(self, call, LIST_FIELDS, LISTS);
}

act_rc friend_requests(struct friend_plugin *self, const act_call *call)
{
	return serve_page(self, call, REQUEST_FIELDS, REQUESTS);
}
