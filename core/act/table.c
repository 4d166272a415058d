#include "act/table.h"

#include "base/check.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum {
	ACTION_NAME_MAX = 63,
	/* No description is longer than this, however new the header it was compiled from. */
	STRIDE_MAX = 4096
};

/* The least that a description has: all of it as it was in ABI 0.9. What comes behind is read only
 * where the stride has room for it. */
#define END_OF(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define ACTION_SIZE_MIN END_OF(act_action, deadline_ms)
#define PUSHING_SIZE_MIN END_OF(act_pushing, reserved)

#define FLAGS_KNOWN (ACT_F_PARALLEL | ACT_F_THREADS)
#define ACTION_FLAGS_KNOWN                                                                         \
	(ACT_A_BLOCKING | ACT_A_IDEMPOTENT | ACT_A_NOREPLY | ACT_A_ANONYMOUS | ACT_A_RAW)

static const void *element(const void *array, uint32_t stride, uint32_t index)
{
	return (const char *)array + (size_t)stride * index;
}

const act_action *table_action(const act_plugin *table, uint32_t index)
{
	CHECK(index < table->action_count);
	return element(table->actions, table->action_size, index);
}

const act_pushing *table_pushing(const act_plugin *table, uint32_t index)
{
	CHECK(index < table->push_count);
	return element(table->pushes, table->push_size, index);
}

bool table_is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t len = sizeof json - 1;
	return type != NULL && strncasecmp(type, json, len) == 0 &&
	       strchr("; ", type[len]) != NULL; /* also the end */
}

int32_t table_find_action(const act_plugin *table, const char *name)
{
	uint32_t i;
	for (i = 0; i < table->action_count; i++)
		if (strcmp(table_action(table, i)->name, name) == 0)
			return (int32_t)i;
	return -1;
}

int32_t table_find_pushing(const act_plugin *table, const char *name)
{
	uint32_t i;
	for (i = 0; i < table->push_count; i++)
		if (strcmp(table_pushing(table, i)->name, name) == 0)
			return (int32_t)i;
	return -1;
}

/* Before anything else is read: does the table reach as far as it has to? */
static int check_size(const act_plugin *table, const struct manifest *manifest, struct err *why)
{
	if (table->size < MANIFEST_PLUGIN_SIZE_MIN)
		return err_set(why,
		               "its table says that it has %u bytes, expected at least %u: set "
		               "act_plugin.size to sizeof(act_plugin)",
		               table->size, MANIFEST_PLUGIN_SIZE_MIN);
	if (table->size < manifest->plugin_size)
		return err_set(why,
		               "its table says that it has %u bytes, its manifest says %u: build "
		               "all of its sources with one act/plugin.h",
		               table->size, manifest->plugin_size);
	return 0;
}

static int check_same(const char *what, const char *found, const char *manifest, size_t max,
                      struct err *why)
{
	if (found == NULL)
		return err_set(why,
		               "act_plugin.%s is NULL, its manifest says \"%s\": expected the same "
		               "in both",
		               what, manifest);
	if (strnlen(found, max + 1) > max || strcmp(found, manifest) != 0)
		return err_set(why,
		               "act_plugin.%s is \"%.40s\", its manifest says \"%s\": expected the "
		               "same in both",
		               what, found, manifest);
	return 0;
}

static int check_identity(const act_plugin *table, const struct manifest *manifest, struct err *why)
{
	if (check_same("name", table->name, manifest->name, sizeof manifest->name - 1, why) != 0 ||
	    check_same("version", table->version, manifest->version, sizeof manifest->version - 1,
	               why) != 0)
		return -1;
	if ((table->flags & ~FLAGS_KNOWN) != 0)
		return err_set(why, "act_plugin.flags is 0x%x: expected only 0x%x of it",
		               table->flags, table->flags & FLAGS_KNOWN);
	return 0;
}

/* One array of descriptions: the pointer, the count and the stride agree. */
static int check_array(const char *which, const void *array, uint32_t count, uint32_t stride,
                       size_t stride_min, struct err *why)
{
	if (count == 0)
		return 0;
	if (array == NULL)
		return err_set(why, "act_plugin.%s is NULL, but their count is %u", which, count);
	if (count > TABLE_COUNT_MAX)
		return err_set(why, "it has %u %s, expected at most %d", count, which,
		               TABLE_COUNT_MAX);
	if (stride < stride_min || stride > STRIDE_MAX || stride % 8 != 0)
		return err_set(why,
		               "the size of each of its %s is given as %u bytes, expected a "
		               "multiple of 8 from %zu to %d (sizeof of the struct)",
		               which, stride, stride_min, STRIDE_MAX);
	return 0;
}

static int check_functions(const act_plugin *table, const struct manifest *manifest,
                           struct err *why)
{
	if (table->create == NULL)
		return err_set(why, "act_plugin.create is NULL: expected a function");
	if (table->destroy == NULL)
		return err_set(why, "act_plugin.destroy is NULL: expected a function");
	if (table->action_count > 0 && table->handle == NULL)
		return err_set(why, "act_plugin.handle is NULL: expected a function, as it has "
		                    "actions");
	if (manifest->provide_count == 0)
		return 0;
	if ((table->flags & ACT_F_PARALLEL) == 0)
		return err_set(why,
		               "it provides %s, which is entered by several threads at once: "
		               "expected ACT_F_PARALLEL in act_plugin.flags",
		               manifest->provides[0]);
	if (TABLE_GET(table, extension) == NULL)
		return err_set(why,
		               "it provides %s, but act_plugin.extension is NULL: expected the "
		               "function that returns the service's table",
		               manifest->provides[0]);
	return 0;
}

static int check_name(const char *what, uint32_t index, const char *name, struct err *why)
{
	if (name == NULL)
		return err_set(why, "%s number %u has no name", what, index);
	if (!manifest_is_name(name, ACTION_NAME_MAX))
		return err_set(why,
		               "%s number %u is named \"%.70s\": expected 1 to %d letters, digits, "
		               "'_' or '-'",
		               what, index, name, ACTION_NAME_MAX);
	return 0;
}

static int check_code(const char *what, const char *name, uint32_t code, struct err *why)
{
	if (code >= TABLE_CODE_RESERVED)
		return err_set(why, "%s %s has the code %u: codes from %u on are the server's own",
		               what, name, code, TABLE_CODE_RESERVED);
	return 0;
}

static int check_action_flags(const act_plugin *table, const act_action *action, struct err *why)
{
	if ((action->flags & ~ACTION_FLAGS_KNOWN) != 0)
		return err_set(why, "action %s has the flags 0x%x: expected only 0x%x of it",
		               action->name, action->flags, action->flags & ACTION_FLAGS_KNOWN);
	if ((action->flags & ACT_A_BLOCKING) != 0 && (table->flags & ACT_F_PARALLEL) == 0)
		return err_set(why,
		               "action %s is ACT_A_BLOCKING, so it runs on workers, several at "
		               "once: expected ACT_F_PARALLEL in act_plugin.flags",
		               action->name);
	if ((action->flags & ACT_A_RAW) != 0 && action->code != 0)
		return err_set(why,
		               "action %s is ACT_A_RAW and has the code %u: a raw action serves an "
		               "endpoint and expects the code 0",
		               action->name, action->code);
	return 0;
}

/* Pairs are compared as they are: 1024 names are half a million comparisons, once a load. */
static int check_action_is_new(const act_plugin *table, uint32_t index, struct err *why)
{
	const act_action *action = table_action(table, index);
	uint32_t i;
	for (i = 0; i < index; i++) {
		const act_action *other = table_action(table, i);
		if (strcmp(other->name, action->name) == 0)
			return err_set(why, "actions number %u and %u are both named %s", i, index,
			               action->name);
		if (action->code != 0 && other->code == action->code)
			return err_set(why, "actions %s and %s both have the code %u", other->name,
			               action->name, action->code);
	}
	return 0;
}

static int check_actions(const act_plugin *table, struct err *why)
{
	uint32_t i;
	for (i = 0; i < table->action_count; i++) {
		const act_action *action = table_action(table, i);
		if (check_name("action", i, action->name, why) != 0 ||
		    check_code("action", action->name, action->code, why) != 0 ||
		    check_action_flags(table, action, why) != 0 ||
		    check_action_is_new(table, i, why) != 0)
			return -1;
	}
	return 0;
}

static int check_push_is_new(const act_plugin *table, uint32_t index, struct err *why)
{
	const act_pushing *push = table_pushing(table, index);
	uint32_t i;
	for (i = 0; i < index; i++) {
		const act_pushing *other = table_pushing(table, i);
		if (strcmp(other->name, push->name) == 0)
			return err_set(why, "pushes number %u and %u are both named %s", i, index,
			               push->name);
		if (push->code != 0 && other->code == push->code)
			return err_set(why, "pushes %s and %s both have the code %u", other->name,
			               push->name, push->code);
	}
	return 0;
}

static int check_pushes(const act_plugin *table, struct err *why)
{
	uint32_t i;
	for (i = 0; i < table->push_count; i++) {
		const act_pushing *push = table_pushing(table, i);
		if (check_name("push", i, push->name, why) != 0 ||
		    check_code("push", push->name, push->code, why) != 0)
			return -1;
		if (push->reserved != 0)
			return err_set(why, "push %s has %u in its reserved member: expected 0",
			               push->name, push->reserved);
		if (check_push_is_new(table, i, why) != 0)
			return -1;
	}
	return 0;
}

int plugin_table_check(const act_plugin *table, const struct manifest *manifest, struct err *why)
{
	CHECK(table != NULL);
	CHECK(manifest->name[0] != '\0');
	if (check_size(table, manifest, why) != 0 || check_identity(table, manifest, why) != 0 ||
	    check_array("actions", table->actions, table->action_count, table->action_size,
	                ACTION_SIZE_MIN, why) != 0 ||
	    check_array("pushes", table->pushes, table->push_count, table->push_size,
	                PUSHING_SIZE_MIN, why) != 0 ||
	    check_functions(table, manifest, why) != 0 || check_actions(table, why) != 0 ||
	    check_pushes(table, why) != 0)
		return -1;
	return 0;
}
