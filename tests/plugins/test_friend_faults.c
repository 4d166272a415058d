/* The plugin friend when the database, or the server, has no time or no room: calls fail whole, and
 * nobody hears of what was not stored. */
#include "people.h"

/* What the faulty service does instead of passing on; for one test at a time. */
static struct {
	const act_sql *real;
	const act_host *through; /* a host that has the real service */
	int begins_busy;         /* so many begin() are answered ACT_E_BUSY */
	int commits_busy;        /* so many commit() roll back, in the words of a deadlock */
	bool commits_fail;
	bool gone;
	int begins, commits; /* how many there were */
} faulty;

static act_rc faulty_migrate(const act_host *h, const act_sql_step *steps, uint32_t count,
                             uint32_t stride, act_sql_error *why)
{
	(void)h;
	if (faulty.gone)
		return ACT_E_GONE;
	return faulty.real->migrate(faulty.through, steps, count, stride, why);
}

static act_rc faulty_begin(const act_host *h, uint32_t flags, act_sql_tx *tx, act_sql_error *why)
{
	(void)h;
	faulty.begins++;
	if (faulty.gone)
		return ACT_E_GONE;
	if (faulty.begins_busy > 0) {
		faulty.begins_busy--;
		return ACT_E_BUSY;
	}
	return faulty.real->begin(faulty.through, flags, tx, why);
}

static act_rc faulty_rollback(const act_host *h, act_sql_tx tx)
{
	(void)h;
	return faulty.real->rollback(faulty.through, tx);
}

static act_rc faulty_commit(const act_host *h, act_sql_tx tx, act_sql_error *why)
{
	faulty.commits++;
	if (faulty.commits_busy > 0 || faulty.commits_fail) {
		faulty_rollback(h, tx);
		why->kind = faulty.commits_fail ? ACT_SQL_E_OTHER : ACT_SQL_E_BUSY;
		snprintf(why->text, sizeof why->text, "the disk is on fire");
		faulty.commits_busy--;
		return ACT_E_FAIL;
	}
	return faulty.real->commit(faulty.through, tx, why);
}

static act_rc faulty_exec(const act_host *h, act_sql_tx tx, act_bytes sql,
                          const act_sql_value *args, uint32_t count, int64_t *changed,
                          act_sql_error *why)
{
	(void)h;
	return faulty.real->exec(faulty.through, tx, sql, args, count, changed, why);
}

static act_rc faulty_query(const act_host *h, act_sql_tx tx, act_bytes sql,
                           const act_sql_value *args, uint32_t count, act_sql_rows *rows,
                           act_sql_error *why)
{
	(void)h;
	if (faulty.gone)
		return ACT_E_GONE;
	return faulty.real->query(faulty.through, tx, sql, args, count, rows, why);
}

static act_rc faulty_next(const act_host *h, act_sql_rows rows, act_sql_value *cols, uint32_t max,
                          uint32_t *count, act_sql_error *why)
{
	(void)h;
	return faulty.real->next(faulty.through, rows, cols, max, count, why);
}

static act_rc faulty_close(const act_host *h, act_sql_rows rows)
{
	(void)h;
	return faulty.real->close(faulty.through, rows);
}

static const act_sql FAULTY = {
	.size = sizeof FAULTY,
	.migrate = faulty_migrate,
	.begin = faulty_begin,
	.commit = faulty_commit,
	.rollback = faulty_rollback,
	.exec = faulty_exec,
	.query = faulty_query,
	.next = faulty_next,
	.close = faulty_close,
};

struct fixture {
	struct people sound;  /* the same plugin with the service as it is */
	struct people faulty; /* and with the faulty one, on the same database */
};

static int setup(void **state)
{
	static struct fixture fixture;
	people_open(&fixture.sound, "friend", NULL);
	memset(&faulty, 0, sizeof faulty);
	faulty.through = fake_table(fixture.sound.host);
	faulty.real = faulty.through->extension(faulty.through, ACT_EXT_SQL, sizeof(act_sql));
	fixture.faulty.host = fake_new(NULL);
	fake_load(fixture.faulty.host, FAKE_PLUGIN("friend"));
	fake_offer(fixture.faulty.host, ACT_EXT_SQL, &FAULTY);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	fake_free(fixture->faulty.host);
	people_close(&fixture->sound);
	return 0;
}

static void a_lock_in_the_way_is_waited_out(void **state)
{
	struct fixture *fixture = *state;
	static const struct people_step steps[] = {
		{ "alice", "add", "{'user':'bob','note':'hi'}", 0, "{'state':'requested'}",
		  "requested to bob: {'user':'alice','note':'hi'}" },
	};
	assert_int_equal(fake_run(fixture->faulty.host), ACT_OK);
	faulty.begins_busy = 2;
	faulty.commits_busy = 2;
	PEOPLE_RUN(&fixture->faulty, steps);
	assert_int_equal(faulty.begins, 5);
	assert_int_equal(faulty.commits, 3);
	people_check_list(&fixture->sound, "bob", "requests", "{}", "received", "alice");
}

/* A call that the server has to answer for the plugin, and that did nothing. */
static void check_failure(struct fixture *fixture, act_rc rc)
{
	const struct fake_answer *answer =
		people_call(&fixture->faulty, "alice", "add", "{'user':'bob'}");
	assert_int_equal(answer->rc, rc);
	assert_false(answer->answered);
	assert_int_equal(fake_count(fixture->faulty.host, FAKE_PUSH), 0);
	people_check_list(&fixture->sound, "bob", "requests", "{}", "received", "");
}

static void a_lock_that_stays_ends_in_busy(void **state)
{
	struct fixture *fixture = *state;
	assert_int_equal(fake_run(fixture->faulty.host), ACT_OK);
	faulty.begins_busy = 1000;
	check_failure(fixture, ACT_E_BUSY);
	assert_int_equal(faulty.begins, 5);
}

static void a_commit_that_fails_is_heard_by_nobody(void **state)
{
	struct fixture *fixture = *state;
	assert_int_equal(fake_run(fixture->faulty.host), ACT_OK);
	faulty.commits_fail = true;
	check_failure(fixture, ACT_E_FAIL);
	assert_int_equal(faulty.commits, 1);
	assert_true(fake_logged(fixture->faulty.host,
	                        "the database refused a statement: the disk is on fire"));
}

static void a_provider_that_is_gone_is_told_so(void **state)
{
	struct fixture *fixture = *state;
	assert_int_equal(fake_run(fixture->faulty.host), ACT_OK);
	faulty.gone = true;
	check_failure(fixture, ACT_E_GONE);
	const struct fake_answer *answer = people_call(&fixture->faulty, "alice", "list", "{}");
	assert_int_equal(answer->rc, ACT_E_GONE);
	assert_false(answer->answered);
}

static void start_says_what_is_missing(void **state)
{
	struct fixture *fixture = *state;
	faulty.gone = true;
	assert_int_equal(fake_create(fixture->faulty.host), ACT_OK);
	assert_int_equal(fake_start(fixture->faulty.host), ACT_E_GONE);
	assert_true(fake_logged(fixture->faulty.host, "nothing provides act.sql/1"));
}

static void create_says_that_the_server_is_too_old(void **state)
{
	struct fake_host *fake = fake_new(NULL);
	(void)state;
	fake_load(fake, FAKE_PLUGIN("friend"));
	assert_int_equal(fake_create(fake), ACT_E_NOSUPP);
	assert_true(fake_logged(fake, "gives no service act.sql/1"));
	fake_free(fake);
}

static void check_known(struct fixture *fixture, const char *user, uint32_t status)
{
	char payload[64];
	snprintf(payload, sizeof payload, "{'user':'%s'}", user);
	const struct fake_answer *answer = people_call(&fixture->sound, "alice", "remove", payload);
	assert_int_equal(answer->status, status);
}

/* Many logins before the worker comes to them: one piece of work, one transaction. */
static void logins_are_written_down_together(void **state)
{
	struct fixture *fixture = *state;
	struct fake_host *host = fixture->faulty.host;
	assert_int_equal(fake_run(host), ACT_OK);
	fake_conn_open(host, 1, "dave", "/serv/");
	fake_conn_open(host, 2, "", "/serv/"); /* nobody is bound yet */
	fake_user_bound(host, 2, "frank");
	fake_conn_open(host, 3, "dave", "/serv/");
	fake_conn_open(host, 4, "alice", "/serv/");
	check_known(fixture, "dave", 1001);
	assert_int_equal(fake_work_run(host), 1);
	assert_int_equal(faulty.begins, 1);
	check_known(fixture, "dave", 0);
	check_known(fixture, "frank", 0);
	fake_conn_open(host, 5, "dave", "/serv/");
	assert_int_equal(fake_work_run(host), 1);
	assert_int_equal(faulty.begins, 1); /* all were known: no transaction */
}

static act_rc no_room(const act_host *h, uint64_t tag, void *arg)
{
	(void)h;
	(void)tag;
	(void)arg;
	return ACT_E_BUSY;
}

static void logins_wait_while_the_workers_have_no_room(void **state)
{
	struct fixture *fixture = *state;
	struct fake_host *host = fixture->faulty.host;
	assert_int_equal(fake_run(host), ACT_OK);
	act_host *table = (act_host *)(uintptr_t)fake_table(host);
	act_rc (*room)(const act_host *, uint64_t, void *) = table->work;
	table->work = no_room;
	fake_conn_open(host, 1, "dave", "/serv/");
	fake_conn_open(host, 2, "frank", "/serv/");
	assert_int_equal(fake_timers(host), 1);
	assert_int_equal(fake_time_pass(host, 1000), 1); /* still none: it waits on */
	assert_int_equal(fake_timers(host), 1);
	table->work = room;
	assert_int_equal(fake_time_pass(host, 1000), 1);
	assert_int_equal(fake_timers(host), 0);
	assert_int_equal(fake_work_run(host), 1);
	check_known(fixture, "dave", 0);
	check_known(fixture, "frank", 0);
}

static void logins_that_wait_are_written_down_at_the_end(void **state)
{
	struct fixture *fixture = *state;
	assert_int_equal(fake_run(fixture->faulty.host), ACT_OK);
	fake_conn_open(fixture->faulty.host, 1, "dave", "/serv/");
	fake_end(fixture->faulty.host);
	check_known(fixture, "dave", 0);
}

static void a_login_that_cannot_be_written_down_is_logged(void **state)
{
	struct fixture *fixture = *state;
	struct fake_host *host = fixture->faulty.host;
	assert_int_equal(fake_run(host), ACT_OK);
	faulty.begins_busy = 1000;
	fake_conn_open(host, 1, "dave", "/serv/");
	assert_int_equal(fake_work_run(host), 1);
	assert_true(fake_logged(host, "logins could not be written down"));
	check_known(fixture, "dave", 1001);
	faulty.begins_busy = 0;
	cJSON_Delete(people_reply(&fixture->faulty, "dave", "list", "{}"));
	check_known(fixture, "dave", 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_lock_in_the_way_is_waited_out),
		TEST(a_lock_that_stays_ends_in_busy),
		TEST(a_commit_that_fails_is_heard_by_nobody),
		TEST(a_provider_that_is_gone_is_told_so),
		TEST(start_says_what_is_missing),
		TEST(create_says_that_the_server_is_too_old),
		TEST(logins_are_written_down_together),
		TEST(logins_wait_while_the_workers_have_no_room),
		TEST(logins_that_wait_are_written_down_at_the_end),
		TEST(a_login_that_cannot_be_written_down_is_logged),
	};
	return cmocka_run_group_tests_name("friend faults", tests, NULL, NULL);
}
