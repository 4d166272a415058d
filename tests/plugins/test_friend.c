/* The plugin friend: every row of the tables in docs/actions.md. */
#include "people.h"

static int setup(void **state)
{
	static struct people people;
	people_open(&people, "friend", NULL);
	*state = &people;
	return 0;
}

static int teardown(void **state)
{
	people_close(*state);
	return 0;
}

#define BOB "{'user':'bob'}"
#define ALICE "{'user':'alice'}"
#define EVE "{'user':'eve'}"
#define REQUESTED "{'state':'requested'}"
#define FRIENDS "{'state':'friends'}"
#define DECLINED "{'state':'declined'}"
#define REMOVED "{'state':'removed'}"
#define BLOCKED "{'state':'blocked'}"
#define UNBLOCKED "{'state':'unblocked'}"
#define YES "{'user':'alice','accept':true}"
#define NO "{'user':'alice','accept':false}"

static void add_asks_and_twice_is_once(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "add", "{'user':'bob','note':'hi'}", 0, REQUESTED,
		  "requested to bob: {'user':'alice','note':'hi'}" },
		{ "alice", "add", "{'user':'bob','note':'again'}", 0, REQUESTED, NULL },
		{ "alice", "add", "{'user':'carol'}", 0, REQUESTED,
		  "requested to carol: {'user':'alice','note':''}" },
	};
	PEOPLE_RUN(*state, steps);
	cJSON *reply = people_reply(*state, "bob", "requests", "{}");
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(reply, "received");
	assert_int_equal(cJSON_GetArraySize(list), 1);
	assert_string_equal(people_text(list->child, "note"), "hi");
	cJSON_Delete(reply);
}

static void add_takes_up_the_others_request(void **state)
{
	static const struct people_step steps[] = {
		{ "bob", "add", ALICE, 0, REQUESTED,
		  "requested to alice: {'user':'bob','note':''}" },
		{ "alice", "add", BOB, 0, FRIENDS,
		  "answered to bob: {'user':'alice','accept':true}" },
		{ "alice", "add", BOB, 0, FRIENDS, NULL },
		{ "bob", "add", ALICE, 0, FRIENDS, NULL },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "alice", "list", "{}", "friends", "bob");
	people_check_list(*state, "bob", "list", "{}", "friends", "alice");
	people_check_list(*state, "alice", "requests", "{}", "received", "");
	people_check_list(*state, "bob", "requests", "{'list':'sent'}", "sent", "");
}

static void add_while_blocked_is_not_told(void **state)
{
	static const struct people_step steps[] = {
		{ "bob", "block", ALICE, 0, BLOCKED, NULL },
		{ "alice", "add", BOB, 0, REQUESTED, NULL },
		{ "alice", "add", BOB, 0, REQUESTED, NULL },
		{ "bob", "add", ALICE, 1005, "you block 'alice'", NULL },
		{ "bob", "answer", YES, 1005, "unblock first", NULL },
		{ "bob", "answer", NO, 1005, "unblock first", NULL },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "bob", "requests", "{}", "received", "");
	people_check_list(*state, "alice", "requests", "{'list':'sent'}", "sent", "bob");
}

static void answer_accepts(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "add", BOB, 0, REQUESTED,
		  "requested to bob: {'user':'alice','note':''}" },
		{ "bob", "answer", YES, 0, FRIENDS,
		  "answered to alice: {'user':'bob','accept':true}" },
		{ "bob", "answer", YES, 0, FRIENDS, NULL },
		{ "bob", "answer", NO, 1003, "friends already", NULL },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "alice", "list", "{}", "friends", "bob");
	people_check_list(*state, "bob", "list", "{}", "friends", "alice");
}

static void answer_declines(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "add", BOB, 0, REQUESTED,
		  "requested to bob: {'user':'alice','note':''}" },
		{ "bob", "answer", NO, 0, DECLINED,
		  "answered to alice: {'user':'bob','accept':false}" },
		{ "bob", "answer", NO, 0, DECLINED, NULL },
		{ "bob", "answer", YES, 1003, "no open request of 'alice'", NULL },
		{ "alice", "add", BOB, 0, REQUESTED,
		  "requested to bob: {'user':'alice','note':''}" },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "alice", "list", "{}", "friends", "");
}

static void answer_needs_a_request_to_oneself(void **state)
{
	static const struct people_step steps[] = {
		{ "bob", "answer", YES, 1003, "no open request of 'alice'", NULL },
		{ "bob", "answer", NO, 0, DECLINED, NULL },
		{ "bob", "add", ALICE, 0, REQUESTED,
		  "requested to alice: {'user':'bob','note':''}" },
		{ "bob", "answer", YES, 1003, "no open request of 'alice'", NULL },
		{ "bob", "answer", NO, 0, DECLINED, NULL },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "alice", "requests", "{}", "received", "bob");
}

static void remove_ends_a_friendship(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "remove", BOB, 0, REMOVED, NULL },
		{ "alice", "add", BOB, 0, REQUESTED,
		  "requested to bob: {'user':'alice','note':''}" },
		{ "bob", "add", ALICE, 0, FRIENDS,
		  "answered to alice: {'user':'bob','accept':true}" },
		{ "alice", "remove", BOB, 0, REMOVED, "removed to bob: {'user':'alice'}" },
		{ "alice", "remove", BOB, 0, REMOVED, NULL },
		{ "bob", "remove", ALICE, 0, REMOVED, NULL },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "alice", "list", "{}", "friends", "");
	people_check_list(*state, "bob", "list", "{}", "friends", "");
}

static void remove_withdraws_ones_own_request_only(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "add", BOB, 0, REQUESTED,
		  "requested to bob: {'user':'alice','note':''}" },
		{ "bob", "remove", ALICE, 0, REMOVED, NULL },
		{ "alice", "remove", BOB, 0, REMOVED, "removed to bob: {'user':'alice'}" },
		{ "bob", "answer", YES, 1003, "no open request", NULL },
		{ "bob", "block", ALICE, 0, BLOCKED, NULL },
		{ "alice", "add", BOB, 0, REQUESTED, NULL },
		{ "alice", "remove", BOB, 0, REMOVED, NULL },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "alice", "requests", "{'list':'sent'}", "sent", "");
}

static void block_ends_a_friendship(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "add", EVE, 0, REQUESTED,
		  "requested to eve: {'user':'alice','note':''}" },
		{ "eve", "add", ALICE, 0, FRIENDS,
		  "answered to alice: {'user':'eve','accept':true}" },
		{ "alice", "block", EVE, 0, BLOCKED, "removed to eve: {'user':'alice'}" },
		{ "alice", "block", EVE, 0, BLOCKED, NULL },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "alice", "list", "{}", "friends", "");
	people_check_list(*state, "eve", "list", "{}", "friends", "");
	people_check_list(*state, "alice", "list", "{'list':'blocked'}", "blocked", "eve");
	people_check_list(*state, "eve", "list", "{'list':'blocked'}", "blocked", "");
}

static void block_withdraws_ones_own_request(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "add", EVE, 0, REQUESTED,
		  "requested to eve: {'user':'alice','note':''}" },
		{ "alice", "block", EVE, 0, BLOCKED, "removed to eve: {'user':'alice'}" },
		{ "eve", "answer", YES, 1003, "no open request", NULL },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "eve", "requests", "{}", "received", "");
}

static void block_hides_the_others_request(void **state)
{
	static const struct people_step hide[] = {
		{ "eve", "add", "{'user':'alice','note':'psst'}", 0, REQUESTED,
		  "requested to alice: {'user':'eve','note':'psst'}" },
		{ "alice", "block", EVE, 0, BLOCKED, NULL },
		{ "eve", "add", ALICE, 0, REQUESTED, NULL },
	};
	static const struct people_step show[] = {
		{ "alice", "unblock", EVE, 0, UNBLOCKED, NULL },
		{ "eve", "add", ALICE, 0, REQUESTED, NULL },
	};
	static const struct people_step befriend[] = {
		{ "alice", "add", EVE, 0, FRIENDS,
		  "answered to eve: {'user':'alice','accept':true}" },
	};
	PEOPLE_RUN(*state, hide);
	people_check_list(*state, "alice", "requests", "{}", "received", "");
	people_check_list(*state, "eve", "requests", "{'list':'sent'}", "sent", "alice");
	PEOPLE_RUN(*state, show);
	people_check_list(*state, "alice", "requests", "{}", "received", "eve");
	PEOPLE_RUN(*state, befriend);
}

static void both_may_block(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "block", EVE, 0, BLOCKED, NULL },
		{ "eve", "block", ALICE, 0, BLOCKED, NULL },
		{ "alice", "unblock", EVE, 0, UNBLOCKED, NULL },
		{ "alice", "add", EVE, 0, REQUESTED, NULL },
		{ "alice", "block", EVE, 0, BLOCKED, NULL }, /* she never saw it, nor its end */
		{ "eve", "add", ALICE, 1005, "unblock first", NULL },
	};
	PEOPLE_RUN(*state, steps);
}

static void unblock_allows_again(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "unblock", EVE, 0, UNBLOCKED, NULL },
		{ "alice", "block", EVE, 0, BLOCKED, NULL },
		{ "alice", "unblock", EVE, 0, UNBLOCKED, NULL },
		{ "alice", "unblock", EVE, 0, UNBLOCKED, NULL },
		{ "eve", "add", ALICE, 0, REQUESTED,
		  "requested to alice: {'user':'eve','note':''}" },
	};
	PEOPLE_RUN(*state, steps);
	people_check_list(*state, "alice", "list", "{'list':'blocked'}", "blocked", "");
}

static void oneself_and_unknown_users_are_refused(void **state)
{
	static const char *const actions[] = { "add", "answer", "remove", "block", "unblock" };
	for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
		const int answers = strcmp(actions[i], "answer") == 0;
		const struct people_step steps[] = {
			{ "alice", actions[i], answers ? YES : ALICE, 1002, "'user' is yourself",
			  NULL },
			{ "alice", actions[i],
			  answers ? "{'user':'Bob','accept':false}" : "{'user':'Bob'}", 1001,
			  "unknown user 'Bob': nobody of that id has logged in yet", NULL },
		};
		PEOPLE_RUN(*state, steps);
	}
}

/* A config may serve an action without login; these are about their caller. */
static void a_caller_without_login_is_refused(void **state)
{
	static const char *const actions[] = { "add",      "answer", "remove", "list",
		                               "requests", "block",  "unblock" };
	struct people *people = *state;
	for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
		const struct fake_answer *answer =
			fake_call(people->host, actions[i], 1, NULL, "{}");
		assert_int_equal(answer->rc, ACT_OK);
		assert_int_equal(answer->status, ACT_S_FORBIDDEN);
	}
}

/* A call is enough to exist: the login may still wait to be written down. */
static void the_first_call_makes_the_caller_known(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "add", "{'user':'newcomer'}", 1001, "unknown user", NULL },
		{ "newcomer", "add", ALICE, 0, REQUESTED,
		  "requested to alice: {'user':'newcomer','note':''}" },
		{ "alice", "add", "{'user':'newcomer'}", 0, FRIENDS,
		  "answered to newcomer: {'user':'alice','accept':true}" },
		{ "reader", "list", "", 0, "{'friends':[]}", NULL },
		{ "alice", "add", "{'user':'reader'}", 0, REQUESTED,
		  "requested to reader: {'user':'alice','note':''}" },
	};
	PEOPLE_RUN(*state, steps);
}

/* The login was told to the plugin, and is not written down yet. */
static void a_login_of_a_moment_ago_counts(void **state)
{
	struct people *people = *state;
	static const struct people_step steps[] = {
		{ "alice", "add", "{'user':'fresh'}", 0, REQUESTED,
		  "requested to fresh: {'user':'alice','note':''}" },
		{ "alice", "add", "{'user':'nobody'}", 1001, "unknown user", NULL },
	};
	fake_conn_open(people->host, 7, "fresh", "/serv/");
	PEOPLE_RUN(people, steps);
}

static void all_is_there_after_a_restart(void **state)
{
	struct people *people = *state;
	static const struct people_step steps[] = {
		{ "alice", "add", BOB, 0, REQUESTED,
		  "requested to bob: {'user':'alice','note':''}" },
		{ "bob", "answer", YES, 0, FRIENDS,
		  "answered to alice: {'user':'bob','accept':true}" },
		{ "alice", "block", EVE, 0, BLOCKED, NULL },
		{ "carol", "add", ALICE, 0, REQUESTED,
		  "requested to alice: {'user':'carol','note':''}" },
	};
	PEOPLE_RUN(people, steps);
	fake_end(people->host);
	fake_end(people->sql);
	assert_int_equal(fake_run(people->sql), ACT_OK);
	assert_int_equal(fake_run(people->host), ACT_OK);
	people_check_list(people, "alice", "list", "{}", "friends", "bob");
	people_check_list(people, "bob", "list", "{}", "friends", "alice");
	people_check_list(people, "alice", "list", "{'list':'blocked'}", "blocked", "eve");
	people_check_list(people, "alice", "requests", "{}", "received", "carol");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(add_asks_and_twice_is_once),
		TEST(add_takes_up_the_others_request),
		TEST(add_while_blocked_is_not_told),
		TEST(answer_accepts),
		TEST(answer_declines),
		TEST(answer_needs_a_request_to_oneself),
		TEST(remove_ends_a_friendship),
		TEST(remove_withdraws_ones_own_request_only),
		TEST(block_ends_a_friendship),
		TEST(block_withdraws_ones_own_request),
		TEST(block_hides_the_others_request),
		TEST(both_may_block),
		TEST(unblock_allows_again),
		TEST(oneself_and_unknown_users_are_refused),
		TEST(a_caller_without_login_is_refused),
		TEST(the_first_call_makes_the_caller_known),
		TEST(a_login_of_a_moment_ago_counts),
		TEST(all_is_there_after_a_restart),
	};
	return cmocka_run_group_tests_name("friend", tests, NULL, NULL);
}
