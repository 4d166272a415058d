#include "page.h"

#include "json_out.h"

/* After cJSON: easy.h has its JSON part only then. */
#include <act/easy.h>
#include <assert.h>

static const char *const MEMBERS[] = { "user", "name", "since", "note" };

act_rc page_open(struct page *page, const char *key, int limit)
{
	assert(limit > 0);
	page->answer = cJSON_CreateObject();
	page->entries = cJSON_AddArrayToObject(page->answer, key);
	page->limit = limit;
	return page->entries != NULL ? ACT_OK : ACT_E_NOMEM;
}

static act_rc put_next(struct page *page)
{
	const cJSON *last = cJSON_GetArrayItem(page->entries, page->limit - 1);
	const cJSON *user = cJSON_GetObjectItemCaseSensitive(last, MEMBERS[0]);
	return json_put_text(page->answer, "next", act_str(cJSON_GetStringValue(user)));
}

act_rc page_row(void *arg, const act_sql_value *columns, uint32_t count)
{
	struct page *page = arg;
	assert(count > 0 && count <= sizeof MEMBERS / sizeof MEMBERS[0]);
	if (cJSON_GetArraySize(page->entries) == page->limit)
		return put_next(page);
	cJSON *entry = cJSON_CreateObject();
	if (entry == NULL)
		return ACT_E_NOMEM;
	cJSON_AddItemToArray(page->entries, entry); /* cannot fail: both are there */
	act_rc rc = ACT_OK;
	for (uint32_t i = 0; i < count && rc == ACT_OK; i++)
		rc = json_put_column(entry, MEMBERS[i], &columns[i]);
	return rc;
}

act_rc page_reply(struct page *page, const act_host *host, const act_call *call, act_rc rc)
{
	if (rc == ACT_OK)
		return act_reply_json(host, call, page->answer);
	cJSON_Delete(page->answer);
	return rc;
}
