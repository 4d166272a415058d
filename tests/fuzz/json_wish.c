#include "json_wish.h"

#include <cjson/cJSON.h>
#include <string.h>

/* Members that mean something. */
enum { ACTION, SEQ, DATA, DEADLINE_MS, TRACE, BY, CTRL, TOKEN, NAMES };
static const char *const names[NAMES] = { "action", "seq", "data", "deadline_ms",
	                                  "trace",  "by",  "ctrl", "token" };

/* The last member of each name. True: one stands twice. */
static bool find_members(const cJSON *tree, const cJSON **found)
{
	bool twice = false;
	for (const cJSON *member = tree->child; member != NULL; member = member->next) {
		for (int i = 0; i < NAMES; i++) {
			if (strcmp(member->string, names[i]) != 0)
				continue;
			twice |= found[i] != NULL;
			found[i] = member;
		}
	}
	return twice;
}

/* A whole number from `min` on that has 32 bits. */
static bool read_whole(const cJSON *item, double min, uint32_t *out)
{
	double number = cJSON_IsNumber(item) ? cJSON_GetNumberValue(item) : -1;
	if (number < min || number > UINT32_MAX || (double)(uint32_t)number != number)
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool is_word(const cJSON *item, const char *word)
{
	return cJSON_IsString(item) && strcmp(item->valuestring, word) == 0;
}

static bool read_rest(const cJSON **found, struct wish *wish)
{
	const cJSON *trace = found[TRACE];
	if (found[DEADLINE_MS] != NULL && !read_whole(found[DEADLINE_MS], 1, &wish->deadline_ms))
		return false;
	if (trace != NULL && (!cJSON_IsString(trace) || trace->valuestring[0] == '\0' ||
	                      strlen(trace->valuestring) > 64))
		return false;
	if (found[BY] != NULL && !cJSON_IsBool(found[BY]))
		return false;
	wish->trace = trace != NULL ? trace->valuestring : "";
	wish->ask_by = cJSON_IsTrue(found[BY]);
	wish->data = found[DATA];
	return true;
}

void json_wish_read(const cJSON *tree, struct wish *wish)
{
	const cJSON *found[NAMES] = { NULL };
	*wish = (struct wish){ .kind = WISH_FAULT, .trace = "" };
	if (!cJSON_IsObject(tree))
		return;
	bool twice = find_members(tree, found);
	bool has_action = read_whole(found[ACTION], 0, &wish->action);
	bool bad_seq = found[SEQ] != NULL && !read_whole(found[SEQ], 1, &wish->seq);
	if (twice || (found[CTRL] == NULL && has_action && !bad_seq && !read_rest(found, wish))) {
		/* What tells its action and number can be told so. */
		if (wish->action != 0 && wish->seq != 0)
			wish->kind = WISH_REFUSED;
		return;
	}
	if (bad_seq)
		return;
	if (found[CTRL] == NULL)
		wish->kind = has_action ? WISH_REQUEST : WISH_FAULT;
	else if (is_word(found[CTRL], "ping"))
		wish->kind = WISH_PING;
	else if (is_word(found[CTRL], "auth") && cJSON_IsString(found[TOKEN]) && wish->seq != 0)
		wish->kind = WISH_AUTH;
}
