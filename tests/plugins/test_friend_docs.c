/* docs/actions.md against the tables of the plugins that it describes: it has every action, push,
 * key and error, nothing besides, and its examples fit the schemas. */
#include <cjson/cJSON.h>

#include <act/fake.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../plugins/common/refusals.h"

static const char *const PLUGINS[] = { "friend", "profile" };
enum { PLUGIN_COUNT = 2 };

struct docs {
	char *text;
	struct fake_host *fakes[PLUGIN_COUNT];
	const act_plugin *plugins[PLUGIN_COUNT];
};

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	const long size = ftell(file);
	assert_true(size > 0);
	rewind(file);
	char *text = malloc((size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)size, file), size);
	text[size] = '\0';
	fclose(file);
	return text;
}

static int setup(void **state)
{
	static struct docs docs;
	docs.text = read_file(FAKE_SOURCE_DIR "/docs/actions.md");
	for (int i = 0; i < PLUGIN_COUNT; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s.so", FAKE_PLUGIN_DIR, PLUGINS[i]);
		docs.fakes[i] = fake_new(NULL);
		fake_load(docs.fakes[i], path);
		docs.plugins[i] = fake_plugin(docs.fakes[i]);
	}
	*state = &docs;
	return 0;
}

static int teardown(void **state)
{
	struct docs *docs = *state;
	for (int i = 0; i < PLUGIN_COUNT; i++)
		fake_free(docs->fakes[i]);
	free(docs->text);
	return 0;
}

/* The text must be there; printf-style. Returns where. */
__attribute__((format(printf, 2, 3))) static const char *find(const char *text, const char *format,
                                                              ...)
{
	char wanted[512];
	va_list args;
	va_start(args, format);
	vsnprintf(wanted, sizeof wanted, format, args);
	va_end(args);
	const char *found = strstr(text, wanted);
	if (found == NULL)
		fail_msg("docs/actions.md has no \"%s\"", wanted);
	return found;
}

/* The action's section, from its heading to the next one. The caller frees it. */
static char *section_of(const struct docs *docs, const char *plugin, const act_action *action)
{
	const char *begin =
		find(docs->text, "\n### %u %s.%s\n", action->code, plugin, action->name);
	const char *end = strstr(begin + 1, "\n##");
	char *section = end != NULL ? strndup(begin, (size_t)(end - begin)) : strdup(begin);
	assert_non_null(section);
	return section;
}

static cJSON *parse(const char *text)
{
	cJSON *json = cJSON_Parse(text);
	if (json == NULL)
		fail_msg("not JSON: %s", text);
	return json;
}

static const cJSON *properties_of(const cJSON *schema)
{
	const cJSON *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties");
	assert_true(cJSON_IsObject(properties));
	assert_true(
		cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(schema, "additionalProperties")));
	return properties;
}

/* Every key of the object is a property, and every required one is there. */
static void check_fits(const cJSON *object, const cJSON *schema, const char *where)
{
	const cJSON *properties = properties_of(schema), *item;
	cJSON_ArrayForEach(item, object)
	{
		if (!cJSON_HasObjectItem(properties, item->string))
			fail_msg("%s: the schema has no \"%s\"", where, item->string);
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(schema, "required"))
	{
		if (!cJSON_HasObjectItem(object, item->valuestring))
			fail_msg("%s: \"%s\" is missing", where, item->valuestring);
	}
}

/* Other payloads have no schema, but a description of their own (profile.proto for one). */
static bool is_json(const act_action *action)
{
	return strcmp(action->takes, "application/json") == 0;
}

static void check_keys(const char *section, const act_action *action)
{
	cJSON *takes = parse(action->takes_schema);
	const cJSON *property;
	cJSON_ArrayForEach(property, properties_of(takes))
	{
		find(section, "\n| `%s` |", property->string);
	}
	cJSON_Delete(takes);
}

static void every_action_and_key_is_described(void **state)
{
	const struct docs *docs = *state;
	for (int i = 0; i < PLUGIN_COUNT; i++) {
		for (uint32_t k = 0; k < docs->plugins[i]->action_count; k++) {
			const act_action *action = &docs->plugins[i]->actions[k];
			char *section = section_of(docs, PLUGINS[i], action);
			find(docs->text, "\n| %u | [`%s.%s`](#%u-%s%s) |", action->code, PLUGINS[i],
			     action->name, action->code, PLUGINS[i], action->name);
			if (is_json(action))
				check_keys(section, action);
			free(section);
		}
	}
}

static void every_push_is_described(void **state)
{
	const struct docs *docs = *state;
	for (int i = 0; i < PLUGIN_COUNT; i++) {
		for (uint32_t k = 0; k < docs->plugins[i]->push_count; k++) {
			const act_pushing *push = &docs->plugins[i]->pushes[k];
			find(docs->text, "\n| %u | [`%s.%s`](#", push->code, PLUGINS[i],
			     push->name);
			find(docs->text, "| %u `{", push->code);
			cJSON_Delete(parse(push->gives_schema));
		}
	}
}

static const act_action *find_action(const struct docs *docs, const char *plugin, const char *name,
                                     unsigned long code)
{
	for (int i = 0; i < PLUGIN_COUNT; i++)
		for (uint32_t k = 0; k < docs->plugins[i]->action_count; k++) {
			const act_action *action = &docs->plugins[i]->actions[k];
			if (action->code == code &&
			    (plugin == NULL ||
			     (strcmp(plugin, PLUGINS[i]) == 0 && strcmp(name, action->name) == 0)))
				return action;
		}
	return NULL;
}

static void nothing_else_is_described(void **state)
{
	const struct docs *docs = *state;
	int headings = 0;
	for (const char *at = docs->text; (at = strstr(at, "\n### ")) != NULL; at++) {
		char plugin[32], name[64];
		unsigned long code = 0;
		assert_int_equal(sscanf(at, "\n### %lu %31[a-z].%63[a-z_]\n", &code, plugin, name),
		                 3);
		if (find_action(docs, plugin, name, code) == NULL)
			fail_msg("there is no action %lu %s.%s", code, plugin, name);
		headings++;
	}
	assert_int_equal(headings, 11);
}

static void every_error_is_described(void **state)
{
	static const enum refusal refusals[] = { REFUSED_UNKNOWN_USER, REFUSED_ONESELF,
		                                 REFUSED_NO_REQUEST, REFUSED_LIMIT,
		                                 REFUSED_BLOCKED_BY_YOU };
	const struct docs *docs = *state;
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		find(docs->text, "\n| %d | ", (int)refusals[i]);
}

/* One line "110 {…}  →  {…}". An answer that is abridged ("…") is not read. */
static void check_example(const struct docs *docs, const char *line)
{
	const char *end = NULL;
	const unsigned long code = strtoul(line, NULL, 10);
	const act_action *action = find_action(docs, NULL, NULL, code);
	assert_non_null(action);
	cJSON *schema = parse(action->takes_schema);
	cJSON *payload = cJSON_ParseWithOpts(strchr(line, '{'), &end, 0);
	if (payload == NULL)
		fail_msg("not JSON: %s", line);
	check_fits(payload, schema, line);
	cJSON_Delete(payload);
	cJSON_Delete(schema);
	const char *answer = strstr(end, "→");
	assert_non_null(answer);
	if (strstr(answer, "…") != NULL)
		return;
	schema = parse(action->gives_schema);
	payload = parse(strchr(answer, '{'));
	check_fits(payload, schema, line);
	cJSON_Delete(payload);
	cJSON_Delete(schema);
}

static void every_example_fits_the_schemas(void **state)
{
	const struct docs *docs = *state;
	char *copy = strdup(docs->text), *rest = copy, *line;
	int examples = 0;
	assert_non_null(copy);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] >= '1' && line[0] <= '9' && strstr(line, "→") != NULL) {
			check_example(docs, line);
			examples++;
		}
	}
	free(copy);
	assert_true(examples >= 10);
}

/* The three refusals on the page, as the plugin words them. */
static void the_refusals_read_as_described(void **state)
{
	static const char *const payloads[] = { "我们都好", "{\"user\":7}",
		                                "{\"user\":\"bob\",\"nota\":\"hi\"}" };
	const struct docs *docs = *state;
	struct fake_host *sql = fake_new(NULL);
	fake_load(sql, FAKE_PLUGIN("sqlite"));
	assert_int_equal(fake_run(sql), ACT_OK);
	fake_provide(docs->fakes[0], ACT_EXT_SQL, sql);
	assert_int_equal(fake_run(docs->fakes[0]), ACT_OK);
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		const struct fake_answer *answer =
			fake_call(docs->fakes[0], "add", 1, "alice", payloads[i]);
		assert_int_equal(answer->status, ACT_S_PAYLOAD_REFUSED);
		find(docs->text, "| `%s` | `%s` |", payloads[i], answer->body);
	}
	fake_end(docs->fakes[0]);
	fake_free(sql);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_action_and_key_is_described),
		cmocka_unit_test(every_push_is_described),
		cmocka_unit_test(nothing_else_is_described),
		cmocka_unit_test(every_error_is_described),
		cmocka_unit_test(every_example_fits_the_schemas),
		cmocka_unit_test(the_refusals_read_as_described),
	};
	return cmocka_run_group_tests_name("docs/actions.md", tests, setup, teardown);
}
