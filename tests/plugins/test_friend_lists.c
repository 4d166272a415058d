/* The plugin friend: its two lists, page by page, and how much there can be of everything. */
#include "people.h"

/* With room for two of everything. */
static int setup(void **state)
{
	static struct people people;
	people_open(&people, "friend", "{\"friends_max\":2,\"requests_max\":2,\"blocks_max\":2}");
	*state = &people;
	return 0;
}

static int teardown(void **state)
{
	people_close(*state);
	return 0;
}

/* Makes two users friends, whatever it pushes. */
static void befriend(struct people *people, const char *one, const char *other)
{
	char payload[64];
	snprintf(payload, sizeof payload, "{'user':'%s'}", other);
	cJSON_Delete(people_reply(people, one, "add", payload));
	snprintf(payload, sizeof payload, "{'user':'%s','accept':true}", one);
	cJSON_Delete(people_reply(people, other, "answer", payload));
}

static void friends_come_in_pages(void **state)
{
	befriend(*state, "alice", "carol");
	befriend(*state, "bob", "alice");
	people_check_list(*state, "alice", "list", "{}", "friends", "bob carol");
	people_check_list(*state, "alice", "list", "{'limit':2}", "friends", "bob carol");
	people_check_list(*state, "alice", "list", "{'limit':1}", "friends", "bob next:bob");
	people_check_list(*state, "alice", "list", "{'limit':1,'after':'bob'}", "friends", "carol");
	people_check_list(*state, "alice", "list", "{'after':'bobby'}", "friends", "carol");
	people_check_list(*state, "alice", "list", "{'after':'carol'}", "friends", "");
	people_check_list(*state, "eve", "list", "{'list':'friends','limit':200}", "friends", "");
}

static void requests_come_in_pages(void **state)
{
	static const struct people_step steps[] = {
		{ "bob", "add", "{'user':'alice','note':'a\\tb\\n'}", 0, "{'state':'requested'}",
		  "requested to alice: {'user':'bob','note':'a\\tb\\n'}" },
		{ "carol", "add", "{'user':'alice'}", 0, "{'state':'requested'}",
		  "requested to alice: {'user':'carol','note':''}" },
		{ "bob", "add", "{'user':'eve'}", 0, "{'state':'requested'}",
		  "requested to eve: {'user':'bob','note':''}" },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "alice", "requests", "{}", "received", "bob carol");
	people_check_list(*state, "alice", "requests", "{'limit':1}", "received", "bob next:bob");
	people_check_list(*state, "alice", "requests", "{'limit':1,'after':'bob'}", "received",
	                  "carol");
	people_check_list(*state, "bob", "requests", "{'list':'sent'}", "sent", "alice eve");
	people_check_list(*state, "bob", "requests", "{'list':'sent','limit':1}", "sent",
	                  "alice next:alice");
	people_check_list(*state, "bob", "requests", "{'list':'received'}", "received", "");
}

static void check_entry(struct people *people, const char *user, const char *action,
                        const char *payload, const char *key, const char *note)
{
	cJSON *reply = people_reply(people, user, action, payload);
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(reply, key);
	assert_int_equal(cJSON_GetArraySize(reply), 1);
	assert_int_equal(cJSON_GetArraySize(list), 1);
	const cJSON *entry = list->child;
	assert_int_equal(cJSON_GetArraySize(entry), note != NULL ? 4 : 3);
	assert_string_equal(people_text(entry, "name"), people_text(entry, "user"));
	people_check_time(people_text(entry, "since"));
	if (note != NULL)
		assert_string_equal(people_text(entry, "note"), note);
	cJSON_Delete(reply);
}

static void entries_have_what_the_page_says(void **state)
{
	befriend(*state, "alice", "bob");
	cJSON_Delete(people_reply(*state, "carol", "add", "{'user':'alice','note':'hi'}"));
	cJSON_Delete(people_reply(*state, "alice", "block", "{'user':'eve'}"));
	check_entry(*state, "alice", "list", "{}", "friends", NULL);
	check_entry(*state, "alice", "list", "{'list':'blocked'}", "blocked", NULL);
	check_entry(*state, "alice", "requests", "{}", "received", "hi");
	check_entry(*state, "carol", "requests", "{'list':'sent'}", "sent", "hi");
}

static void friends_are_limited_on_both_sides(void **state)
{
	befriend(*state, "alice", "bob");
	befriend(*state, "alice", "carol");
	static const struct people_step steps[] = {
		{ "eve", "add", "{'user':'alice'}", 0, "{'state':'requested'}",
		  "requested to alice: {'user':'eve','note':''}" },
		{ "alice", "answer", "{'user':'eve','accept':true}", 1004,
		  "you have as many friends as there can be (2): remove one first", NULL },
		{ "alice", "add", "{'user':'eve'}", 1004, "you have as many friends", NULL },
		{ "alice", "remove", "{'user':'bob'}", 0, "{'state':'removed'}",
		  "removed to bob: {'user':'alice'}" },
		{ "alice", "add", "{'user':'bob'}", 0, "{'state':'requested'}",
		  "requested to bob: {'user':'alice','note':''}" },
		{ "alice", "answer", "{'user':'eve','accept':true}", 0, "{'state':'friends'}",
		  "answered to eve: {'user':'alice','accept':true}" },
		{ "bob", "answer", "{'user':'alice','accept':true}", 1004,
		  "'alice' has as many friends as there can be", NULL },
		{ "bob", "answer", "{'user':'alice','accept':false}", 0, "{'state':'declined'}",
		  "answered to alice: {'user':'bob','accept':false}" },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "alice", "list", "{}", "friends", "carol eve");
}

static void requests_are_limited_on_both_sides(void **state)
{
	people_login(*state, "dave");
	static const struct people_step steps[] = {
		{ "alice", "add", "{'user':'bob'}", 0, "{'state':'requested'}",
		  "requested to bob: {'user':'alice','note':''}" },
		{ "alice", "add", "{'user':'carol'}", 0, "{'state':'requested'}",
		  "requested to carol: {'user':'alice','note':''}" },
		{ "alice", "add", "{'user':'eve'}", 1004,
		  "you have as many open requests as there can be (2): withdraw one first", NULL },
		{ "eve", "add", "{'user':'bob'}", 0, "{'state':'requested'}",
		  "requested to bob: {'user':'eve','note':''}" },
		{ "dave", "add", "{'user':'bob'}", 1004,
		  "'bob' has as many open requests as there can be", NULL },
		{ "bob", "block", "{'user':'dave'}", 0, "{'state':'blocked'}", NULL },
		/* A block shows neither here nor where a place is free again. */
		{ "dave", "add", "{'user':'bob'}", 1004,
		  "'bob' has as many open requests as there can be", NULL },
		{ "bob", "answer", "{'user':'eve','accept':false}", 0, "{'state':'declined'}",
		  "answered to eve: {'user':'bob','accept':false}" },
		{ "dave", "add", "{'user':'bob'}", 0, "{'state':'requested'}", NULL },
		{ "carol", "add", "{'user':'bob'}", 0, "{'state':'requested'}",
		  "requested to bob: {'user':'carol','note':''}" },
	};
	PEOPLE_RUN(*state, steps);
}

static void blocks_are_limited(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "block", "{'user':'bob'}", 0, "{'state':'blocked'}", NULL },
		{ "alice", "block", "{'user':'carol'}", 0, "{'state':'blocked'}", NULL },
		{ "alice", "block", "{'user':'eve'}", 1004,
		  "you block as many users as there can be (2): unblock one first", NULL },
		{ "alice", "block", "{'user':'bob'}", 0, "{'state':'blocked'}", NULL },
		{ "alice", "unblock", "{'user':'bob'}", 0, "{'state':'unblocked'}", NULL },
		{ "alice", "block", "{'user':'eve'}", 0, "{'state':'blocked'}", NULL },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "alice", "list", "{'list':'blocked','limit':1}", "blocked",
	                  "carol next:carol");
}

static void check_settings(struct people *people, const char *config, const char *sentence)
{
	struct fake_host *fake = fake_new(config);
	fake_load(fake, FAKE_PLUGIN("friend"));
	fake_provide(fake, ACT_EXT_SQL, people->sql);
	const act_rc rc = fake_create(fake);
	assert_int_equal(rc, sentence != NULL ? ACT_E_INVAL : ACT_OK);
	if (sentence != NULL && !fake_logged(fake, sentence)) {
		fake_log_print(fake);
		fail_msg("expected: %s", sentence);
	}
	fake_free(fake);
}

static void wrong_settings_are_refused(void **state)
{
	check_settings(*state, "{}", NULL);
	check_settings(*state, "{\"friends_max\":1,\"requests_max\":1000000}", NULL);
	check_settings(*state, "{\"friend_max\":1}",
	               "plugins.friend: unknown key \"friend_max\": expected friends_max, "
	               "requests_max, blocks_max; correct it in the config");
	check_settings(*state, "{\"blocks_max\":\"many\"}",
	               "plugins.friend.blocks_max: expected a whole number from 1 to 1000000, "
	               "found \"many\"; correct it in the config");
	check_settings(*state, "{\"blocks_max\":0}", "from 1 to 1000000, found 0;");
	check_settings(*state, "{\"blocks_max\":1000001}", "found 1000001;");
	check_settings(*state, "{\"blocks_max\":1.5}", "found 1.5;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(friends_come_in_pages),
		TEST(requests_come_in_pages),
		TEST(entries_have_what_the_page_says),
		TEST(friends_are_limited_on_both_sides),
		TEST(requests_are_limited_on_both_sides),
		TEST(blocks_are_limited),
		TEST(wrong_settings_are_refused),
	};
	return cmocka_run_group_tests_name("friend lists", tests, NULL, NULL);
}
