/* page: an answer that lists users, cut after `limit` of them.
 *
 *     {"friends": [{"user": "bob", "name": "Bob", …}, …], "next": "bob"}
 *
 * Lists are in the order of ids, and "next" is the last id of a page that is not the last page: the
 * client gives it back as "after". So a list that changes meanwhile skips and repeats nobody who
 * stayed in it. Threads: workers; a page belongs to one call. */
#ifndef COMMON_PAGE_H
#define COMMON_PAGE_H

#include "db.h"

#include <act/plugin.h>
#include <cjson/cJSON.h>

struct page {
	cJSON *answer;
	cJSON *entries;
	int limit;
};

/* An empty page whose entries stand under `key`. On ACT_E_NOMEM, too, page_reply() is owed. */
act_rc page_open(struct page *page, const char *key, int limit);

/* A row for the page (`arg`): a db_row. Its columns are text and become, from the first on, the
 * members user, name, since and note, as many as there are. The query asks for one row more than
 * the limit; that one only makes "next". */
act_rc page_row(void *arg, const act_sql_value *columns, uint32_t count);

/* Frees the page, and answers the call with it where `rc` is ACT_OK. Returns `rc`, or what reply()
 * returned. */
act_rc page_reply(struct page *page, const act_host *host, const act_call *call, act_rc rc);

#endif
