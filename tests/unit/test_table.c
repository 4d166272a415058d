/* What is said of a plugin's table, member by member. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "act/table.h"

#include <stdio.h>
#include <string.h>

/* A description as a later header may have it: longer. */
struct wide_action {
	act_action action;
	uint64_t later[3];
};

struct sample {
	act_plugin table;
	act_action actions[3];
	act_pushing pushes[2];
	struct manifest manifest;
};

static act_rc create(const act_host *h, void **self)
{
	(void)h;
	*self = NULL;
	return ACT_OK;
}

static void destroy(void *self)
{
	(void)self;
}

static act_rc handle(void *self, const act_call *call)
{
	(void)self;
	(void)call;
	return ACT_OK;
}

static const void *extension(void *self, const char *id)
{
	(void)self;
	(void)id;
	return NULL;
}

static void make_sample(struct sample *s)
{
	memset(s, 0, sizeof *s);
	s->actions[0] = (act_action){ .name = "one", .code = 1 };
	s->actions[1] = (act_action){ .name = "two", .code = 2, .flags = ACT_A_BLOCKING };
	s->actions[2] = (act_action){ .name = "raw", .flags = ACT_A_RAW | ACT_A_ANONYMOUS };
	s->pushes[0] = (act_pushing){ .name = "one", .code = 1001 };
	s->pushes[1] = (act_pushing){ .name = "two" };
	s->table = (act_plugin){
		.size = sizeof(act_plugin),
		.flags = ACT_F_PARALLEL,
		.name = "sample",
		.version = "1.0",
		.actions = s->actions,
		.pushes = s->pushes,
		.action_count = 3,
		.action_size = sizeof(act_action),
		.push_count = 2,
		.push_size = sizeof(act_pushing),
		.create = create,
		.destroy = destroy,
		.handle = handle,
		.extension = extension,
	};
	s->manifest.plugin_size = sizeof(act_plugin);
	strcpy(s->manifest.name, "sample");
	strcpy(s->manifest.version, "1.0");
	s->manifest.provide_count = 1;
	strcpy(s->manifest.provides[0], "act.sql/1");
}

static void takes_a_good_one(void **state)
{
	struct sample s;
	struct err why = { "" };
	(void)state;
	make_sample(&s);
	assert_int_equal(plugin_table_check(&s.table, &s.manifest, &why), 0);
	assert_ptr_equal(table_action(&s.table, 2), &s.actions[2]);
	assert_ptr_equal(table_pushing(&s.table, 1), &s.pushes[1]);
	assert_int_equal(table_find_action(&s.table, "two"), 1);
	assert_int_equal(table_find_action(&s.table, "three"), -1);
	assert_int_equal(table_find_pushing(&s.table, "one"), 0);
	assert_int_equal(table_find_pushing(&s.table, ""), -1);
}

static void takes_one_that_only_provides(void **state)
{
	struct sample s;
	struct err why = { "" };
	(void)state;
	make_sample(&s);
	s.table.actions = NULL;
	s.table.pushes = NULL;
	s.table.action_count = s.table.action_size = s.table.push_count = s.table.push_size = 0;
	s.table.handle = NULL;
	assert_int_equal(plugin_table_check(&s.table, &s.manifest, &why), 0);
}

static void honours_a_longer_stride(void **state)
{
	struct sample s;
	struct err why = { "" };
	struct wide_action wide[2] = { { { .name = "x" }, { 1, 2, 3 } },
		                       { { .name = "y", .code = 7 }, { 4, 5, 6 } } };
	(void)state;
	make_sample(&s);
	s.table.actions = &wide[0].action;
	s.table.action_count = 2;
	s.table.action_size = sizeof wide[0];
	assert_int_equal(plugin_table_check(&s.table, &s.manifest, &why), 0);
	assert_string_equal(table_action(&s.table, 1)->name, "y");
	assert_int_equal(table_find_action(&s.table, "y"), 1);
}

static void reads_a_shorter_table(void **state)
{
	struct sample s;
	struct err why = { "" };
	(void)state;
	make_sample(&s);
	assert_ptr_equal(TABLE_GET(&s.table, extension), extension);
	s.table.size = s.manifest.plugin_size = offsetof(act_plugin, extension);
	assert_null(TABLE_GET(&s.table, extension));
	/* The member lies beyond the end now: it must not count. */
	assert_int_equal(plugin_table_check(&s.table, &s.manifest, &why), -1);
	assert_non_null(strstr(why.text, "act_plugin.extension is NULL"));
	s.manifest.provide_count = 0;
	assert_int_equal(plugin_table_check(&s.table, &s.manifest, &why), 0);
	s.table.size = s.manifest.plugin_size = MANIFEST_PLUGIN_SIZE_MIN;
	assert_int_equal(plugin_table_check(&s.table, &s.manifest, &why), 0);
}

/* One way in which a table is unfit, and a part of the sentence about it. */
struct spoiled {
	void (*spoil)(struct sample *s);
	const char *expected;
};

#define SPOIL(name, statement)                                                                     \
	static void name(struct sample *s)                                                         \
	{                                                                                          \
		statement;                                                                         \
	}
SPOIL(size_small, s->table.size = 64)
SPOIL(size_below_manifest, s->table.size = sizeof(act_plugin) - 8)
SPOIL(name_null, s->table.name = NULL)
SPOIL(name_other, s->table.name = "other")
SPOIL(name_longer, s->table.name = "sample-that-goes-on-and-on-beyond-what-a-name-may-be")
SPOIL(version_null, s->table.version = NULL)
SPOIL(version_other, s->table.version = "1.1")
SPOIL(flags_unknown, s->table.flags |= 0x100)
SPOIL(actions_null, s->table.actions = NULL)
SPOIL(actions_many, s->table.action_count = 1025)
SPOIL(action_stride_small, s->table.action_size = sizeof(act_action) - 8)
SPOIL(action_stride_odd, s->table.action_size = sizeof(act_action) + 4)
SPOIL(action_stride_large, s->table.action_size = 1u << 20)
SPOIL(pushes_null, s->table.pushes = NULL)
SPOIL(pushes_many, s->table.push_count = UINT32_MAX)
SPOIL(push_stride_small, s->table.push_size = 0)
SPOIL(create_null, s->table.create = NULL)
SPOIL(destroy_null, s->table.destroy = NULL)
SPOIL(handle_null, s->table.handle = NULL)
SPOIL(extension_null, s->table.extension = NULL)
SPOIL(provider_serial, s->table.flags = 0)
SPOIL(blocking_serial, (s->table.flags = 0, s->manifest.provide_count = 0))
SPOIL(action_unnamed, s->actions[1].name = NULL)
SPOIL(action_empty, s->actions[1].name = "")
SPOIL(action_dotted, s->actions[1].name = "a.b")
SPOIL(action_long,
      s->actions[1].name = "0123456789012345678901234567890123456789012345678901234567890123")
SPOIL(action_twice, s->actions[2].name = "one")
SPOIL(action_flags, s->actions[0].flags = 0x20)
SPOIL(action_code_twice, s->actions[1].code = 1)
SPOIL(action_code_reserved, s->actions[1].code = 0xFFFFFF01)
SPOIL(raw_code, s->actions[2].code = 3)
SPOIL(push_unnamed, s->pushes[1].name = NULL)
SPOIL(push_twice, s->pushes[1].name = "one")
SPOIL(push_code_twice, s->pushes[1].code = 1001)
SPOIL(push_code_reserved, s->pushes[1].code = UINT32_MAX)
SPOIL(push_reserved, s->pushes[1].reserved = 1)

static void names_what_is_wrong(void **state)
{
	static const struct spoiled cases[] = {
		{ size_small, "its table says that it has 64 bytes, expected at least" },
		{ size_below_manifest, "bytes, its manifest says" },
		{ name_null, "act_plugin.name is NULL, its manifest says \"sample\"" },
		{ name_other, "act_plugin.name is \"other\", its manifest says \"sample\"" },
		{ name_longer, "act_plugin.name is \"sample-that" },
		{ version_null, "act_plugin.version is NULL" },
		{ version_other, "act_plugin.version is \"1.1\", its manifest says \"1.0\"" },
		{ flags_unknown, "act_plugin.flags is 0x101: expected only 0x1 of it" },
		{ actions_null, "act_plugin.actions is NULL, but their count is 3" },
		{ actions_many, "it has 1025 actions, expected at most 1024" },
		{ action_stride_small, "the size of each of its actions" },
		{ action_stride_odd, "the size of each of its actions" },
		{ action_stride_large, "the size of each of its actions" },
		{ pushes_null, "act_plugin.pushes is NULL, but their count is 2" },
		{ pushes_many, "expected at most 1024" },
		{ push_stride_small, "the size of each of its pushes" },
		{ create_null, "act_plugin.create is NULL" },
		{ destroy_null, "act_plugin.destroy is NULL" },
		{ handle_null, "act_plugin.handle is NULL" },
		{ extension_null, "act_plugin.extension is NULL" },
		{ provider_serial, "it provides act.sql/1, which is entered by several threads" },
		{ blocking_serial, "action two is ACT_A_BLOCKING" },
		{ action_unnamed, "action number 1 has no name" },
		{ action_empty, "action number 1 is named \"\"" },
		{ action_dotted, "action number 1 is named \"a.b\"" },
		{ action_long, "expected 1 to 63 letters" },
		{ action_twice, "actions number 0 and 2 are both named one" },
		{ action_flags, "action one has the flags 0x20: expected only 0x0 of it" },
		{ action_code_twice, "actions one and two both have the code 1" },
		{ action_code_reserved, "action two has the code 4294967041" },
		{ raw_code, "action raw is ACT_A_RAW and has the code 3" },
		{ push_unnamed, "push number 1 has no name" },
		{ push_twice, "pushes number 0 and 1 are both named one" },
		{ push_code_twice, "pushes one and two both have the code 1001" },
		{ push_code_reserved, "push two has the code 4294967295" },
		{ push_reserved, "push two has 1 in its reserved member" },
	};
	size_t i;
	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sample s;
		struct err why = { "" };
		make_sample(&s);
		cases[i].spoil(&s);
		assert_int_equal(plugin_table_check(&s.table, &s.manifest, &why), -1);
		if (strstr(why.text, cases[i].expected) == NULL)
			fail_msg("expected \"…%s…\", found \"%s\"", cases[i].expected, why.text);
	}
}

/* RFC 9110, section 8.3.1: of any case, and with parameters. */
static void knows_json_by_its_type(void **state)
{
	static const char *const json[] = { "application/json", "application/json; charset=utf-8",
		                            "application/json;v=1", "application/json ; v=1",
		                            "Application/JSON" };
	static const char *const other[] = { "",
		                             "application",
		                             "application/",
		                             "application/jso",
		                             "application/jsonl",
		                             "application/json-seq",
		                             "application/json+x",
		                             "application/ld+json",
		                             " application/json",
		                             "text/json",
		                             "application/protobuf",
		                             "application/octet-stream; of=application/json" };
	(void)state;
	for (size_t i = 0; i < sizeof json / sizeof json[0]; i++)
		if (!table_is_json(json[i]))
			fail_msg("%s was not taken for JSON", json[i]);
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
		if (table_is_json(other[i]))
			fail_msg("%s was taken for JSON", other[i]);
	assert_false(table_is_json(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_good_one),
		cmocka_unit_test(takes_one_that_only_provides),
		cmocka_unit_test(honours_a_longer_stride),
		cmocka_unit_test(reads_a_shorter_table),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(knows_json_by_its_type),
	};
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
