/* The plugin profile: every action as docs/actions.md has it. */
#include "people.h"

static int setup(void **state)
{
	static struct people people;
	people_open(&people, "profile", NULL);
	*state = &people;
	return 0;
}

static int teardown(void **state)
{
	people_close(*state);
	return 0;
}

/* The reply but for "since", whose form is checked. */
static void check_profile(struct people *people, const char *user, const char *action,
                          const char *payload, const char *expected)
{
	cJSON *reply = people_reply(people, user, action, payload);
	people_check_time(people_text(reply, "since"));
	cJSON_DeleteItemFromObjectCaseSensitive(reply, "since");
	char *text = cJSON_PrintUnformatted(reply);
	assert_string_equal(text, people_json(expected));
	cJSON_free(text);
	cJSON_Delete(reply);
}

#define NOBODY(user) "{'user':'" user "','name':'" user "','bio':null,'avatar':null}"

static void get_gives_oneself_or_another(void **state)
{
	check_profile(*state, "alice", "get", "", NOBODY("alice"));
	check_profile(*state, "alice", "get", "{}", NOBODY("alice"));
	check_profile(*state, "alice", "get", "{'user':'alice'}", NOBODY("alice"));
	check_profile(*state, "alice", "get", "{'user':'bob'}", NOBODY("bob"));
	check_profile(*state, "newcomer", "get", "", NOBODY("newcomer"));
	check_profile(*state, "alice", "get", "{'user':'newcomer'}", NOBODY("newcomer"));
}

/* A login waits for a worker to be written down; who asks for that user before is not refused. */
static void get_finds_who_logged_in_a_moment_ago(void **state)
{
	struct people *people = *state;
	fake_conn_open(people->host, 1, "dave", "/serv/");
	check_profile(people, "alice", "get", "{'user':'dave'}", NOBODY("dave"));
	assert_int_equal(fake_work_run(people->host), 1);
}

static void get_refuses_unknown_users(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "get", "{'user':'Bob'}", 1001,
		  "unknown user 'Bob': nobody of that id has logged in yet", NULL },
		{ "alice", "get", "{'user':'dave'}", 1001, "unknown user 'dave'", NULL },
	};
	PEOPLE_RUN(*state, steps);
}

static void set_changes_what_is_there_only(void **state)
{
	check_profile(*state, "alice", "set", "{'name':'Alice','bio':'Hello.\\n\\tTea?'}",
	              "{'user':'alice','name':'Alice','bio':'Hello.\\n\\tTea?','avatar':null}");
	check_profile(*state, "alice", "set", "{'avatar':'https://example.org/a.png?b=1#c'}",
	              "{'user':'alice','name':'Alice','bio':'Hello.\\n\\tTea?',"
	              "'avatar':'https://example.org/a.png?b=1#c'}");
	check_profile(*state, "alice", "set", "{}",
	              "{'user':'alice','name':'Alice','bio':'Hello.\\n\\tTea?',"
	              "'avatar':'https://example.org/a.png?b=1#c'}");
	check_profile(*state, "alice", "set", "{'bio':null,'name':'我们都好'}",
	              "{'user':'alice','name':'我们都好','bio':null,"
	              "'avatar':'https://example.org/a.png?b=1#c'}");
	check_profile(*state, "bob", "get", "{'user':'alice'}",
	              "{'user':'alice','name':'我们都好','bio':null,"
	              "'avatar':'https://example.org/a.png?b=1#c'}");
	check_profile(*state, "alice", "set", "{'name':null,'avatar':null,'bio':''}",
	              "{'user':'alice','name':'alice','bio':'','avatar':null}");
	check_profile(*state, "bob", "get", "{}", NOBODY("bob"));
}

static void set_keeps_what_it_was_given_over_a_restart(void **state)
{
	struct people *people = *state;
	cJSON *before = people_reply(people, "alice", "set", "{'name':'Alice'}");
	fake_end(people->host);
	fake_end(people->sql);
	assert_int_equal(fake_run(people->sql), ACT_OK);
	assert_int_equal(fake_run(people->host), ACT_OK);
	cJSON *after = people_reply(people, "alice", "get", "{}");
	assert_true(cJSON_Compare(before, after, 1));
	cJSON_Delete(before);
	cJSON_Delete(after);
}

static void set_checks_lengths(void **state)
{
	static const struct {
		const char *key, *piece;
		int most;
		const char *refused;
	} rows[] = {
		{ "name", "我", 64, "'name': expected a string of 1 to 64 characters or null, " },
		{ "bio", "é", 500, "'bio': expected a string of 0 to 500 characters or null, " },
		{ "bio", "\\ud83d\\ude00", 500, "expected a string of 0 to 500 characters" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (int over = 0; over <= 1; over++) {
			char payload[8192];
			int used = snprintf(payload, sizeof payload, "{\"%s\":\"", rows[i].key);
			for (int k = 0; k < rows[i].most + over; k++)
				used += snprintf(payload + used, sizeof payload - (size_t)used,
				                 "%s", rows[i].piece);
			snprintf(payload + used, sizeof payload - (size_t)used, "\"}");
			const struct fake_answer *answer = fake_call(
				((struct people *)*state)->host, "set", 1, "alice", payload);
			assert_int_equal(answer->status, over ? ACT_S_PAYLOAD_REFUSED : 0);
			if (over)
				assert_non_null(strstr(answer->body, people_json(rows[i].refused)));
		}
	}
}

static void set_refuses_what_does_not_fit(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "set", "{'name':''}", ACT_S_PAYLOAD_REFUSED,
		  "'name': expected a string of 1 to 64 characters or null, found one of 0 at byte "
		  "8",
		  NULL },
		{ "alice", "set", "{'name':7}", ACT_S_PAYLOAD_REFUSED, "found 7 at byte 8", NULL },
		{ "alice", "set", "{'name':'a\\nb'}", ACT_S_PAYLOAD_REFUSED,
		  "found one with the control character U+000A at byte 8", NULL },
		{ "alice", "set", "{'nickname':'al'}", ACT_S_PAYLOAD_REFUSED,
		  "unknown key 'nickname' at byte 2: expected 'name', 'bio' or 'avatar'", NULL },
		{ "alice", "set", "{'user':'bob','name':'Eve'}", ACT_S_PAYLOAD_REFUSED,
		  "unknown key 'user'", NULL },
		{ "alice", "set", "{'name':'Mallory','avatar':'x'}", ACT_S_PAYLOAD_REFUSED,
		  "'avatar': expected an address that begins with http:// or https:// and a host, "
		  "found another text",
		  NULL },
	};
	PEOPLE_RUN(*state, steps);
	check_profile(*state, "alice", "get", "{}", NOBODY("alice"));
}

static void set_takes_addresses_of_the_web_only(void **state)
{
	static const char *const bad[] = { "javascript:alert(1)",
		                           "HTTP://example.org/",
		                           "https://",
		                           "https:///path",
		                           "http://?x",
		                           "//example.org/",
		                           "http://ex ample.org",
		                           "http://example.org/\\u00e9",
		                           "http://e/<b>",
		                           "http://e/\\\"" };
	static const char *const good[] = { "http://a", "https://[::1]:8080/x",
		                            "https://u@example.org/~a/%C3%A9?b=c&d#e" };
	char payload[256];
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(payload, sizeof payload, "{'avatar':'%s'}", bad[i]);
		const struct fake_answer *answer = people_call(*state, "alice", "set", payload);
		assert_int_equal(answer->status, ACT_S_PAYLOAD_REFUSED);
	}
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(payload, sizeof payload, "{'avatar':'%s'}", good[i]);
		cJSON *reply = people_reply(*state, "alice", "set", payload);
		assert_string_equal(people_text(reply, "avatar"), good[i]);
		cJSON_Delete(reply);
	}
}

static void rename_user(struct people *people, const char *user, const char *name)
{
	char payload[256];
	snprintf(payload, sizeof payload, "{'name':'%s'}", name);
	cJSON_Delete(people_reply(people, user, "set", payload));
}

#define FINDS(people, prefix, users)                                                               \
	people_check_list(people, "alice", "search", "{'prefix':'" prefix "'}", "users", users)

static void search_finds_by_name_and_id(void **state)
{
	rename_user(*state, "bob", "Alfred");
	rename_user(*state, "carol", "alice cooper");
	FINDS(*state, "al", "alice bob carol");
	FINDS(*state, "AL", "alice bob carol");
	FINDS(*state, "ali", "alice carol");
	FINDS(*state, "Alice C", "carol");
	FINDS(*state, "b", "bob");
	FINDS(*state, "lice", "");
	FINDS(*state, "alice coopers", "");
	rename_user(*state, "bob", "Zoe");
	FINDS(*state, "alf", "");
	static const struct people_step steps[] = {
		{ "eve", "search", "{'prefix':'zo'}", 0, "{'users':[{'user':'bob','name':'Zoe'}]}",
		  NULL },
		{ "eve", "search", "{'prefix':'ev'}", 0, "{'users':[{'user':'eve','name':'eve'}]}",
		  NULL },
	};
	PEOPLE_RUN(*state, steps);
}

static void search_takes_every_character_for_itself(void **state)
{
	rename_user(*state, "bob", "100% wool");
	rename_user(*state, "carol", "1000 things");
	rename_user(*state, "eve", "a_b*c?\\\\d");
	FINDS(*state, "100%", "bob");
	FINDS(*state, "100", "bob carol");
	FINDS(*state, "%", "");
	FINDS(*state, "_", "");
	FINDS(*state, "a_", "eve");
	FINDS(*state, "a_b*c?\\\\", "eve");
	FINDS(*state, "*", "");
	FINDS(*state, "\\u0027", "");
}

static void search_takes_large_and_small_letters_alike(void **state)
{
	rename_user(*state, "bob", "ÉMILE Čapek");
	rename_user(*state, "carol", "Иван Ёлкин");
	rename_user(*state, "eve", "ΟΔΥΣΣΕΥΣ");
	FINDS(*state, "émile č", "bob");
	FINDS(*state, "Émile Č", "bob");
	FINDS(*state, "emile", "");
	FINDS(*state, "иван ё", "carol");
	FINDS(*state, "ИВАН Ё", "carol");
	FINDS(*state, "οδυσσευς", "eve");
	rename_user(*state, "bob", "我们都好");
	rename_user(*state, "carol", "Ÿves ŽIŽEK ŁÓDŹ");
	rename_user(*state, "eve", "×÷ ß \U0001F600");
	FINDS(*state, "我们", "bob");
	FINDS(*state, "ÿves žižek łódź", "carol");
	FINDS(*state, "×÷ ß \U0001F600", "eve");
}

static void search_comes_in_pages(void **state)
{
	char user[32];
	for (int i = 0; i < 60; i++) {
		snprintf(user, sizeof user, "x%02d", i);
		people_login(*state, user);
	}
	FINDS(*state, "x0", "x00 x01 x02 x03 x04 x05 x06 x07 x08 x09");
	people_check_list(*state, "alice", "search", "{'prefix':'x','limit':2}", "users",
	                  "x00 x01 next:x01");
	people_check_list(*state, "alice", "search", "{'prefix':'x','limit':2,'after':'x58'}",
	                  "users", "x59");
	people_check_list(*state, "alice", "search", "{'prefix':'x5','limit':10,'after':'x49z'}",
	                  "users", "x50 x51 x52 x53 x54 x55 x56 x57 x58 x59");
	cJSON *reply = people_reply(*state, "alice", "search", "{'prefix':'x'}");
	assert_int_equal(cJSON_GetArraySize(reply->child), 20);
	assert_string_equal(people_text(reply, "next"), "x19");
	cJSON_Delete(reply);
	static const struct people_step steps[] = {
		{ "alice", "search", "{'prefix':'x','limit':51}", ACT_S_PAYLOAD_REFUSED,
		  "'limit': expected a whole number from 1 to 50, found 51 at byte 22", NULL },
		{ "alice", "search", "{'prefix':''}", ACT_S_PAYLOAD_REFUSED,
		  "'prefix': expected a string of 1 to 64 characters, found one of 0", NULL },
		{ "alice", "search", "{}", ACT_S_PAYLOAD_REFUSED, "the key is missing", NULL },
	};
	PEOPLE_RUN(*state, steps);
}

static void settings_are_refused(void **state)
{
	struct people *people = *state;
	struct fake_host *fake = fake_new("{\"names\":true}");
	fake_load(fake, FAKE_PLUGIN("profile"));
	fake_provide(fake, ACT_EXT_SQL, people->sql);
	assert_int_equal(fake_create(fake), ACT_E_INVAL);
	assert_true(fake_logged(fake, "plugins.profile: unknown key \"names\": expected no key"));
	fake_free(fake);
}

/* Both plugins on one database, whichever came first: a name that one sets the other shows. */
static void friend_sees_the_same_users(void **state)
{
	struct people *people = *state;
	struct people friends = { .sql = people->sql, .host = fake_new(NULL) };
	fake_load(friends.host, FAKE_PLUGIN("friend"));
	fake_provide(friends.host, ACT_EXT_SQL, people->sql);
	assert_int_equal(fake_run(friends.host), ACT_OK);
	rename_user(people, "bob", "Bob");
	cJSON_Delete(people_reply(&friends, "dave", "add", "{'user':'bob'}"));
	cJSON_Delete(people_reply(&friends, "bob", "add", "{'user':'dave'}"));
	cJSON *reply = people_reply(&friends, "dave", "list", "{}");
	assert_string_equal(people_text(reply->child->child, "name"), "Bob");
	cJSON_Delete(reply);
	check_profile(people, "alice", "get", "{'user':'dave'}", NOBODY("dave"));
	FINDS(people, "DA", "dave");
	fake_free(friends.host);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(get_gives_oneself_or_another),
		TEST(get_finds_who_logged_in_a_moment_ago),
		TEST(get_refuses_unknown_users),
		TEST(set_changes_what_is_there_only),
		TEST(set_keeps_what_it_was_given_over_a_restart),
		TEST(set_checks_lengths),
		TEST(set_refuses_what_does_not_fit),
		TEST(set_takes_addresses_of_the_web_only),
		TEST(search_finds_by_name_and_id),
		TEST(search_takes_every_character_for_itself),
		TEST(search_takes_large_and_small_letters_alike),
		TEST(search_comes_in_pages),
		TEST(settings_are_refused),
		TEST(friend_sees_the_same_users),
	};
	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
