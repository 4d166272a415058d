/* The facades: who is given which, and whose table is long enough. */
#include "fixtures/puppet.h"

#include "act/host.h"
#include "act/kv.h"
#include "act/service.h"

#include <act/ext/auth.h>
#include <act/ext/kv.h>
#include <act/ext/poll.h>
#include <act/ext/sql.h>

static int open_house(void **state)
{
	*state = house_new("{}");
	return 0;
}

static int close_house(void **state)
{
	house_free(*state);
	return 0;
}

static void knows_its_services(void **state)
{
	uint32_t size = 4711;
	(void)state;
	assert_ptr_equal(service_facade(ACT_EXT_SQL, &size), &service_sql);
	assert_int_equal(size, sizeof(act_sql));
	assert_ptr_equal(service_facade(ACT_EXT_AUTH, &size), &service_auth);
	assert_int_equal(size, sizeof(act_auth));
	size = 4711;
	assert_null(service_facade("act.sql/2", &size));
	assert_null(service_facade("act.sql", &size));
	assert_null(service_facade("", &size));
	assert_int_equal(size, 4711);
}

static void facades_say_their_size_and_have_no_hole(void **state)
{
	(void)state;
	assert_int_equal(service_sql.size, sizeof(act_sql));
	assert_non_null(service_sql.migrate);
	assert_non_null(service_sql.begin);
	assert_non_null(service_sql.commit);
	assert_non_null(service_sql.rollback);
	assert_non_null(service_sql.exec);
	assert_non_null(service_sql.query);
	assert_non_null(service_sql.next);
	assert_non_null(service_sql.close);
	assert_int_equal(service_auth.size, sizeof(act_auth));
	assert_non_null(service_auth.check);
}

static void a_table_is_as_long_as_the_facade_needs(void **state)
{
	act_sql_provider sql = { .size = sizeof sql };
	act_auth_provider auth = { .size = sizeof auth + 64 };
	(void)state;
	assert_true(service_table_fits(ACT_EXT_SQL, &sql));
	sql.size = (uint32_t)offsetof(act_sql_provider, close);
	assert_false(service_table_fits(ACT_EXT_SQL, &sql));
	assert_true(service_table_fits(ACT_EXT_AUTH, &auth));
	auth.size = 0;
	assert_false(service_table_fits(ACT_EXT_AUTH, &auth));
	assert_false(service_table_fits("act.bus/1", &auth));
}

static void what_may_be_provided(void **state)
{
	act_sql_provider sql = { .size = sizeof sql };
	struct err why = { "" };
	(void)state;
	assert_int_equal(service_judge(ACT_EXT_SQL, &sql, &why), 0);
	assert_int_equal(service_judge("act.bus/1", &sql, &why), 0);
	sql.size = (uint32_t)offsetof(act_sql_provider, close);
	assert_int_equal(service_judge(ACT_EXT_SQL, &sql, &why), -1);
	assert_string_equal(why.text, "its table for act.sql/1 is too short");
	assert_int_equal(service_judge("act.bus/1", NULL, &why), -1);
	assert_string_equal(why.text,
	                    "it says that it provides act.bus/1 and gives no table for it");
	assert_int_equal(service_judge(ACT_EXT_KV, &service_kv, &why), -1);
	assert_string_equal(why.text,
	                    "it says that it provides act.kv/1, which the server has itself");
}

/* What the server has itself is there for everybody, listed or not. */
static void a_plugin_gets_what_the_server_has(void **state)
{
	struct puppet *puppet = puppet_new(*state, "friend", ACT_F_PARALLEL, 0);
	puppet_needs(puppet, ACT_EXT_POLL);
	const act_host *h = &puppet_generation(puppet)->host;
	assert_ptr_equal(h->extension(h, ACT_EXT_KV, sizeof(act_kv)), &service_kv);
	assert_ptr_equal(h->extension(h, ACT_EXT_POLL, sizeof(act_poll)), &service_poll);
	assert_null(h->extension(h, ACT_EXT_KV, sizeof(act_kv) + 1));
	assert_null(h->extension(h, "act.kv/2", 0));
	assert_null(h->extension(h, NULL, 0));
	assert_true(service_is_own(ACT_EXT_KV));
	assert_true(service_is_own(ACT_EXT_POLL));
	assert_false(service_is_own(ACT_EXT_SQL));
	assert_false(service_is_own(""));
	assert_int_equal(service_kv.size, sizeof(act_kv));
	assert_int_equal(service_poll.size, sizeof(act_poll));
}

/* What it keeps under its name is there for the generation that follows. */
static void a_generation_finds_what_the_one_before_kept(void **state)
{
	struct puppet *puppet = puppet_new(*state, "friend", ACT_F_PARALLEL, 0);
	struct puppet *other = puppet_new(*state, "other", ACT_F_PARALLEL, 0);
	int64_t sum = 0;
	char found[8];
	size_t len = sizeof found;
	for (int64_t i = 1; i <= 3; i++) {
		const act_host *h = &puppet_enter(puppet)->host;
		const act_kv *kv = h->extension(h, ACT_EXT_KV, sizeof(act_kv));
		assert_int_equal(kv->add(h, act_str("count"), 1, 0, &sum), ACT_OK);
		assert_int_equal(sum, i);
		assert_int_equal(kv->put(h, act_str("a"), act_str("one"), 0), ACT_OK);
		puppet_leave(puppet);
		puppet_end(puppet);
	}
	const act_host *h = &puppet_enter(other)->host;
	const act_kv *kv = h->extension(h, ACT_EXT_KV, sizeof(act_kv));
	assert_int_equal(kv->get(h, act_str("a"), found, &len), ACT_E_GONE);
}

/* Nobody asks for it any more, and still it goes. */
static void what_is_over_is_ended_by_itself(void **state)
{
	struct puppet *puppet = puppet_new(*state, "friend", ACT_F_PARALLEL, 0);
	const act_host *h = &puppet_generation(puppet)->host;
	struct kv_store *store = generation_of(h)->kv;
	const act_kv *kv = h->extension(h, ACT_EXT_KV, sizeof(act_kv));
	assert_int_equal(kv->put(h, act_str("a"), act_str("one"), 1), ACT_OK);
	assert_int_equal(kv->put(h, act_str("b"), act_str("two"), 0), ACT_OK);
	eventually(kv_entries(store) == 1);
	assert_int_equal(kv_bytes(store), 4);
}

/* A plugin gets what its manifest lists, if it is long enough, whether or not anybody provides it.
 */
static void a_plugin_gets_what_it_needs(void **state)
{
	struct puppet *puppet = puppet_new(*state, "friend", ACT_F_PARALLEL, 0);
	puppet_needs(puppet, ACT_EXT_SQL);
	puppet_needs(puppet, "act.bus/1");
	const act_host *h = &puppet_generation(puppet)->host;
	assert_ptr_equal(h->extension(h, ACT_EXT_SQL, sizeof(act_sql)), &service_sql);
	assert_ptr_equal(h->extension(h, ACT_EXT_SQL, 0), &service_sql);
	assert_null(h->extension(h, ACT_EXT_SQL, sizeof(act_sql) + 1));
	/* Not listed; listed and unknown; nothing asked for. */
	assert_null(h->extension(h, ACT_EXT_AUTH, 0));
	assert_null(h->extension(h, "act.bus/1", 0));
	assert_null(h->extension(h, NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_services),
		cmocka_unit_test(facades_say_their_size_and_have_no_hole),
		cmocka_unit_test(a_table_is_as_long_as_the_facade_needs),
		cmocka_unit_test(what_may_be_provided),
		cmocka_unit_test_setup_teardown(a_plugin_gets_what_it_needs, open_house,
		                                close_house),
		cmocka_unit_test_setup_teardown(a_plugin_gets_what_the_server_has, open_house,
		                                close_house),
		cmocka_unit_test_setup_teardown(what_is_over_is_ended_by_itself, open_house,
		                                close_house),
		cmocka_unit_test_setup_teardown(a_generation_finds_what_the_one_before_kept,
		                                open_house, close_house),
	};
	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
