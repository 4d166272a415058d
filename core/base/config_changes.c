#include "base/config_changes.h"

#include "base/config.h"
#include "base/config_keys.h"

#include <act/easy.h>
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MEMBERS_SHOWN = 6, VALUE_SHOWN = 60 };

struct sentence {
	char text[1024];
	size_t len;
	unsigned parts;  /* that are said */
	unsigned unsaid; /* and those that are not */
	bool live;       /* one of them is in force */
	bool at_restart; /* one of them is not */
};

__attribute__((format(printf, 2, 3))) static void say(struct sentence *to, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(to->text + to->len, sizeof to->text - to->len, format, args);
	va_end(args);
	to->len += n > 0 ? (size_t)n : 0;
	if (to->len >= sizeof to->text)
		to->len = sizeof to->text - 1;
}

/* A value that is short enough to be shown. */
static bool show(const cJSON *value, char to[VALUE_SHOWN])
{
	if (value == NULL)
		return snprintf(to, VALUE_SHOWN, "the default") > 0;
	if (cJSON_IsObject(value) || cJSON_IsArray(value))
		return false;
	return cJSON_PrintPreallocated((cJSON *)(uintptr_t)value, to, VALUE_SHOWN, false) != 0;
}

static bool differ(const cJSON *one, const cJSON *two)
{
	return one == NULL || two == NULL ? one != two : !cJSON_Compare(one, two, true);
}

/* One value; `name` with a blank behind it, or "". */
static void say_value(struct sentence *to, const char *name, const cJSON *before,
                      const cJSON *after, bool restart)
{
	char old[VALUE_SHOWN], new[VALUE_SHOWN];
	*(restart ? &to->at_restart : &to->live) = true;
	if (to->parts == MEMBERS_SHOWN) {
		to->unsaid++;
		return;
	}
	say(to, "%s%s", to->parts++ > 0 ? ", " : "", name);
	if (show(before, old) && show(after, new))
		say(to, "%s instead of %s", new, old);
	else
		say(to, before == NULL ? "is new" : after == NULL ? "is gone" : "has changed");
}

static bool takes_restart(const char *section, const char *member)
{
	const struct config_key *key = config_key_find(section, member);
	return key != NULL && key->restart;
}

/* A member that is in both, or in one of them. */
static void say_member(struct sentence *to, const char *section, const char *name,
                       const cJSON *before, const cJSON *after)
{
	char with_blank[128];
	snprintf(with_blank, sizeof with_blank, "%.*s ",
	         (int)act_utf8_span(name, strnlen(name, 100)), name);
	if (differ(before, after))
		say_value(to, with_blank, before, after, takes_restart(section, name));
}

static void say_members(struct sentence *to, const char *section, const cJSON *before,
                        const cJSON *after)
{
	const cJSON *member;
	cJSON_ArrayForEach(member, after)
	{
		say_member(to, section, member->string,
		           cJSON_GetObjectItemCaseSensitive(before, member->string), member);
	}
	cJSON_ArrayForEach(member, before)
	{
		if (cJSON_GetObjectItemCaseSensitive(after, member->string) == NULL)
			say_member(to, section, member->string, member, NULL);
	}
}

static void say_section(struct sentence *to, const char *section, const cJSON *before,
                        const cJSON *after)
{
	bool objects = (before == NULL || cJSON_IsObject(before)) &&
	               (after == NULL || cJSON_IsObject(after));
	if (objects)
		say_members(to, section, before, after);
	else
		say_value(to, "", before, after, takes_restart("", section));
	if (to->unsaid > 0)
		say(to, " and %u more", to->unsaid);
	say(to, "; %s",
	    !to->at_restart ? "in force"
	    : to->live      ? "in force, but for what takes a restart"
	                    : "takes effect with a restart");
}

void config_changes(const struct config *before, const struct config *after,
                    void (*each)(void *context, const char *section, const char *sentence),
                    void *context)
{
	const cJSON *section;
	cJSON_ArrayForEach(section, after->tree)
	{
		const cJSON *old = cJSON_GetObjectItemCaseSensitive(before->tree, section->string);
		struct sentence sentence = { .len = 0 };
		if (!differ(old, section))
			continue;
		say_section(&sentence, section->string, old, section);
		if (sentence.parts > 0)
			each(context, section->string, sentence.text);
	}
	cJSON_ArrayForEach(section, before->tree)
	{
		struct sentence sentence = { .len = 0 };
		if (cJSON_GetObjectItemCaseSensitive(after->tree, section->string) != NULL)
			continue;
		say_section(&sentence, section->string, section, NULL);
		if (sentence.parts > 0)
			each(context, section->string, sentence.text);
	}
}
