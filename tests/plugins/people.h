/* people: a few users around a plugin under test, with the real SQLite plugin behind it.
 *
 * A test is mostly a list of struct people_step: who calls what, with which answer and which push.
 * In all JSON of a step ' stands for ", so that it can be read. */
#ifndef TESTS_PEOPLE_H
#define TESTS_PEOPLE_H

#include <cjson/cJSON.h>

#include <act/fake.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct people {
	struct fake_host *sql;
	struct fake_host *host; /* of the plugin under test */
};

/* One call and all it does. */
struct people_step {
	const char *user;
	const char *action;
	const char *payload;
	uint32_t status;  /* 0: a reply */
	const char *body; /* the whole reply; or a part of the sentence of the error */
	const char *push; /* "NAME to USER: BODY"; NULL: there is none */
};

/* JSON with its quotes. In one of four places that are taken in turn. */
static inline const char *people_json(const char *text)
{
	static _Thread_local char places[4][4096];
	static _Thread_local unsigned turn;
	char *out = places[turn++ % 4];
	assert_true(strlen(text) < sizeof places[0]);
	strcpy(out, text);
	for (char *at = out; (at = strchr(at, '\'')) != NULL;)
		*at = '"';
	return out;
}

static inline void people_login(struct people *people, const char *user)
{
	fake_conn_open(people->host, 1, user, "/serv/");
	fake_work_run(people->host);
}

/* The plugin of that name, running, and four users who have logged in. */
static inline void people_open(struct people *people, const char *plugin, const char *config)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s.so", FAKE_PLUGIN_DIR, plugin);
	people->sql = fake_new(NULL);
	fake_load(people->sql, FAKE_PLUGIN("sqlite"));
	assert_int_equal(fake_run(people->sql), ACT_OK);
	people->host = fake_new(config);
	fake_load(people->host, path);
	fake_provide(people->host, ACT_EXT_SQL, people->sql);
	if (fake_run(people->host) != ACT_OK) {
		fake_log_print(people->host);
		fail();
	}
	people_login(people, "alice");
	people_login(people, "bob");
	people_login(people, "carol");
	people_login(people, "eve");
}

static inline void people_close(struct people *people)
{
	fake_free(people->host);
	fake_free(people->sql);
}

static inline const struct fake_answer *people_call(struct people *people, const char *user,
                                                    const char *action, const char *payload)
{
	return fake_call(people->host, action, 1, user, people_json(payload));
}

/* The pushes so far, each "NAME to USER: BODY", in a row. */
static inline void people_pushes(struct people *people, char *out, size_t room)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < fake_count(people->host, FAKE_PUSH); i++) {
		const struct fake_event *push = fake_at(people->host, FAKE_PUSH, i);
		assert_int_equal(push->to, ACT_TO_USER);
		assert_int_equal(push->except, 0);
		assert_string_equal(push->device, "");
		used += (size_t)snprintf(
			out + used, room - used, "%s%s to %s: %s", i == 0 ? "" : "; ",
			fake_plugin(people->host)->pushes[push->number].name, push->id, push->body);
		assert_true(used < room);
	}
}

static inline void people_run(struct people *people, const struct people_step *steps, size_t count)
{
	char pushes[4096];
	for (size_t i = 0; i < count; i++) {
		const struct people_step *step = &steps[i];
		fake_forget(people->host);
		const struct fake_answer *answer =
			people_call(people, step->user, step->action, step->payload);
		people_pushes(people, pushes, sizeof pushes);
		print_message("%s %s %s -> %u %s | %s\n", step->user, step->action, step->payload,
		              answer->status, answer->body, pushes);
		assert_int_equal(answer->rc, ACT_OK);
		assert_true(answer->answered);
		assert_int_equal(answer->status, step->status);
		assert_int_equal(answer->retry_after_ms, 0);
		if (step->status == 0)
			assert_string_equal(answer->body, people_json(step->body));
		else
			assert_non_null(strstr(answer->body, people_json(step->body)));
		assert_string_equal(pushes, step->push != NULL ? people_json(step->push) : "");
	}
}

#define PEOPLE_RUN(people, steps) people_run(people, steps, sizeof(steps) / sizeof((steps)[0]))

/* The reply of a call as JSON; the caller deletes it. */
static inline cJSON *people_reply(struct people *people, const char *user, const char *action,
                                  const char *payload)
{
	const struct fake_answer *answer = people_call(people, user, action, payload);
	assert_int_equal(answer->rc, ACT_OK);
	assert_true(answer->answered);
	if (answer->status != 0)
		fail_msg("%s %s %s: %s", user, action, payload, answer->body);
	cJSON *json = cJSON_Parse(answer->body);
	assert_non_null(json);
	return json;
}

static inline const char *people_text(const cJSON *object, const char *key)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
	if (!cJSON_IsString(value))
		fail_msg("%s is no string", key);
	return value->valuestring;
}

/* Is it a time as docs/actions.md has it? */
static inline void people_check_time(const char *text)
{
	static const char form[] = "0000-00-00T00:00:00.000Z";
	assert_int_equal(strlen(text), strlen(form));
	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == '0')
			assert_in_range(text[i], '0', '9');
		else
			assert_int_equal(text[i], form[i]);
}

/* The users in a list, "bob carol", and after the last " next:carol" where there is more. */
static inline void people_check_list(struct people *people, const char *user, const char *action,
                                     const char *payload, const char *key, const char *expected)
{
	char found[4096] = "";
	size_t used = 0;
	cJSON *reply = people_reply(people, user, action, payload);
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(reply, key), *entry;
	const cJSON *next = cJSON_GetObjectItemCaseSensitive(reply, "next");
	assert_true(cJSON_IsArray(list));
	cJSON_ArrayForEach(entry, list)
	{
		used += (size_t)snprintf(found + used, sizeof found - used, "%s%s",
		                         used == 0 ? "" : " ", people_text(entry, "user"));
		assert_true(used < sizeof found);
	}
	if (next != NULL)
		snprintf(found + used, sizeof found - used, " next:%s", people_text(reply, "next"));
	assert_string_equal(found, expected);
	cJSON_Delete(reply);
}

#endif
