/* The next world's plugins: made beside those that serve, in their order, and undone. */
#include "fixtures/puppet_sql.h"
#include "fixtures/puppet_state.h"

#include "act/park.h"
#include "act/service.h"
#include "base/mem.h"
#include "reload/stage.h"

#include <act/ext/auth.h>
#include <act/ext/kv.h>
#include <act/ext/poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENTRIES_MAX = 8 };

struct scene {
	struct house *house;
	struct folder folder;
	struct plan plan;
	struct plan_entry entries[ENTRIES_MAX];
	struct plugin installed[ENTRIES_MAX]; /* what was loaded before */
	struct stage stage;
	struct err why;
};

static int open_scene(void **state)
{
	static struct scene scene;
	scene = (struct scene){ .house = house_new("{\"load_ms\": 50000}") };
	scene.plan.entries = scene.entries;
	assert_int_equal(folder_open(&scene.folder, house_path(scene.house, "state"), &scene.why),
	                 0);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;
	for (size_t i = 0; i < scene->plan.count; i++) {
		plugin_clear(&scene->entries[i].plugin);
		plugin_clear(&scene->installed[i]);
	}
	stage_free(&scene->stage);
	folder_close(&scene->folder);
	house_free(scene->house);
	return 0;
}

/* ---- what the plan says ---- */

static struct plan_entry *add_entry(struct scene *scene, enum plan_kind kind, struct puppet *puppet)
{
	size_t at = scene->plan.count++;
	struct plan_entry *entry = &scene->entries[at];
	assert_true(at < ENTRIES_MAX);
	*entry = (struct plan_entry){ .kind = kind };
	if (puppet == NULL)
		return entry;
	entry->manifest = puppet->manifest;
	entry->plugin.source = mem_format("plugins/%s.so", puppet->manifest.name);
	snprintf(entry->plugin.name, sizeof entry->plugin.name, "%s", puppet->manifest.name);
	return entry;
}

/* A new file; with another generation of it that serves by now, or NULL. */
static struct plan_entry *add_new(struct scene *scene, struct puppet *puppet, struct puppet *old)
{
	size_t at = scene->plan.count;
	struct plan_entry *entry = add_entry(scene, PLAN_NEW, puppet);
	entry->module = puppet_module(puppet);
	entry->plugin.settings = mem_format("{\"at\":%zu}", at);
	entry->plugin.copy =
		mem_format("%s/%s.%zu.so", scene->folder.run_dir, puppet->manifest.name, at);
	FILE *copy = fopen(entry->plugin.copy, "w");
	assert_non_null(copy);
	fclose(copy);
	if (old != NULL) {
		scene->installed[at].generation = puppet_enter(old);
		entry->old = &scene->installed[at];
	}
	return entry;
}

/* One that goes on: kept, or refused with its old generation. */
static struct plan_entry *add_old(struct scene *scene, enum plan_kind kind, struct puppet *old)
{
	size_t at = scene->plan.count;
	struct plan_entry *entry = add_entry(scene, kind, NULL);
	scene->installed[at].generation = puppet_enter(old);
	entry->old = &scene->installed[at];
	puppet_forget(old);
	return entry;
}

static struct puppet *parallel(struct scene *scene, const char *name)
{
	return puppet_new(scene->house, name, ACT_F_PARALLEL, 0);
}

static void make(struct scene *scene)
{
	struct config_errors errors = { 0 };
	if (stage_make(&scene->stage, &scene->house->act, scene->house->config, &scene->folder,
	               &scene->plan, &errors) != 0)
		fail_msg("refused: %s", errors.text);
}

/* The whole is refused, with these words, and nothing was made. */
static void refuse(struct scene *scene, const char *words)
{
	struct config_errors errors = { 0 };
	if (stage_make(&scene->stage, &scene->house->act, scene->house->config, &scene->folder,
	               &scene->plan, &errors) == 0)
		fail_msg("taken, expected: %s", words);
	if (strstr(errors.text, words) == NULL)
		fail_msg("expected \"%s\", found \"%s\"", words, errors.text);
	config_errors_free(&errors);
	for (size_t i = 0; i < scene->plan.count; i++)
		assert_null(scene->entries[i].plugin.generation);
	stage_undo(&scene->stage); /* which has nothing to undo */
}

static void is_refused(const struct plan_entry *entry, const char *words)
{
	assert_int_equal(entry->kind, PLAN_REFUSED);
	assert_null(entry->module);
	assert_null(entry->plugin.generation);
	assert_int_equal(access(entry->plugin.copy, F_OK), -1);
	if (strstr(entry->why.text, words) == NULL)
		fail_msg("expected \"%s\", found \"%s\"", words, entry->why.text);
}

static bool is_live(const struct scene *scene, const struct puppet *puppet)
{
	int count = 0;
	for (size_t i = 0; i < scene->stage.live_count; i++)
		count += scene->stage.live[i] == puppet->generation;
	assert_true(count <= 1);
	return puppet->generation != NULL && count == 1;
}

/* ---- who is in it ---- */

static void what_is_new_is_created_and_started(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = parallel(scene, "friend"), *game = parallel(scene, "game");
	const struct plan_entry *entry = add_new(scene, friend, NULL);
	add_new(scene, game, NULL);
	make(scene);
	puppet_told(friend, "create start");
	puppet_told(game, "create start");
	assert_true(is_live(scene, friend));
	assert_true(is_live(scene, game));
	assert_int_equal(scene->stage.live_count, 2);
	assert_ptr_equal(entry->plugin.generation, friend->generation);
	assert_null(entry->module);
	assert_int_equal(access(entry->plugin.copy, F_OK), 0);
	assert_false(atomic_load(&friend->generation->active));
}

static void has_its_settings_and_its_folder(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = parallel(scene, "friend");
	add_new(scene, friend, NULL);
	make(scene);
	const act_host *h = friend->host;
	assert_true(act_same(h->config(h), act_str("{\"at\":0}")));
	assert_true(
		act_same(h->data_dir(h), act_str(house_path(scene->house, "state/data/friend"))));
	assert_int_equal(access(house_path(scene->house, "state/data/friend"), W_OK), 0);
}

static void what_goes_on_is_left_alone(void **state)
{
	struct scene *scene = *state;
	struct puppet *kept = parallel(scene, "kept"), *bad = parallel(scene, "bad");
	struct puppet *off = parallel(scene, "off");
	add_old(scene, PLAN_KEEP, kept);
	add_old(scene, PLAN_REFUSED, bad);
	add_old(scene, PLAN_OFF, off);
	add_entry(scene, PLAN_REFUSED, NULL);
	make(scene);
	assert_int_equal(scene->stage.live_count, 2);
	assert_true(is_live(scene, kept));
	assert_true(is_live(scene, bad));
	puppet_told(kept, "");
	puppet_told(bad, "");
	puppet_told(off, "");
}

static void the_new_one_takes_the_place_of_the_old(void **state)
{
	struct scene *scene = *state;
	struct puppet *old = parallel(scene, "friend"), *new = parallel(scene, "friend");
	add_new(scene, new, old);
	make(scene);
	assert_true(is_live(scene, new));
	assert_false(is_live(scene, old));
	assert_int_equal(scene->stage.live_count, 1);
}

/* ---- failing ---- */

static void one_that_cannot_be_created_leaves_the_old(void **state)
{
	struct scene *scene = *state;
	struct puppet *old = parallel(scene, "friend"), *new = parallel(scene, "friend");
	struct puppet *other = parallel(scene, "other");
	const struct plan_entry *entry = add_new(scene, new, old);
	add_new(scene, other, NULL);
	new->create_rc = ACT_E_NOMEM;
	make(scene);
	is_refused(entry, "create failed (-5)");
	puppet_told(new, "create unload");
	assert_true(is_live(scene, old));
	assert_true(is_live(scene, other));
	assert_int_equal(scene->stage.live_count, 2);
}

static void one_that_cannot_start_is_destroyed(void **state)
{
	struct scene *scene = *state;
	struct puppet *old = parallel(scene, "friend"), *new = parallel(scene, "friend");
	const struct plan_entry *entry = add_new(scene, new, old);
	new->start_rc = ACT_E_LATE; /* of its own, which is no step that hangs */
	make(scene);
	is_refused(entry, "start failed (-9)");
	puppet_told(new, "create start destroy unload");
	assert_true(is_live(scene, old));
}

static void without_an_old_one_it_is_not_there(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = parallel(scene, "friend");
	add_new(scene, friend, NULL);
	friend->start_rc = ACT_E_FAIL;
	make(scene);
	assert_int_equal(scene->stage.live_count, 0);
}

static void ask_for_work(struct puppet *puppet)
{
	puppet->host->work(puppet->host, 1, puppet);
}

static void open_gate_later(struct puppet *puppet)
{
	(void)puppet;
	gate_nap();
}

/* What start() has set off is over before it is destroyed. */
static void work_of_a_failed_start_is_waited_for(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = parallel(scene, "friend");
	add_new(scene, friend, NULL);
	friend->on_start = ask_for_work;
	friend->on_work = open_gate_later;
	friend->start_rc = ACT_E_FAIL;
	make(scene);
	puppet_told(friend, "create start work:1 done:1 destroy unload");
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = parallel(scene, "friend");
	FILE *file = fopen(house_path(scene->house, "state/data"), "w");
	assert_non_null(file);
	fclose(file);
	struct plan_entry *entry = add_new(scene, friend, NULL);
	make(scene);
	assert_int_equal(entry->kind, PLAN_REFUSED);
	assert_non_null(strstr(entry->why.text, "data/friend cannot be made"));
	puppet_told(friend, "unload");
}

/* ---- services ---- */

static act_rc begun;

static void begin_on_worker(const act_host *h, void *context)
{
	const act_sql *sql = h->extension(h, ACT_EXT_SQL, sizeof(act_sql));
	act_sql_tx tx = 0;
	(void)context;
	begun = sql != NULL ? sql->begin(h, 0, &tx, NULL) : ACT_E_NOSUPP;
}

/* Leaves a transaction open. */
static void begin_in_start(struct puppet *puppet)
{
	begin_on_worker(puppet->host, NULL);
	puppet_note(puppet, "begin:%d", begun);
}

static struct puppet *consumer(struct scene *scene, const char *name)
{
	struct puppet *puppet = parallel(scene, name);
	puppet_needs(puppet, ACT_EXT_SQL);
	return puppet;
}

/* The names of the files say another order. */
static void providers_are_made_before_those_that_need_them(void **state)
{
	struct scene *scene = *state;
	struct puppet *first = consumer(scene, "a_friend"), *last = consumer(scene, "z_friend");
	first->on_start = begin_in_start;
	last->on_start = begin_in_start;
	add_new(scene, first, NULL);
	struct puppet_sql *sql = puppet_sql_new(scene->house, "m_sqlite", 1000);
	add_new(scene, sql->puppet, NULL);
	add_new(scene, last, NULL);
	make(scene);
	puppet_told(first, "create start begin:0");
	puppet_told(last, "create start begin:0");
	assert_ptr_equal(stage_provider(&scene->stage, ACT_EXT_SQL), sql->puppet->generation);
	assert_null(stage_provider(&scene->stage, ACT_EXT_AUTH));
	sql_handles_sweep(scene->house->act.sql, first->generation);
	sql_handles_sweep(scene->house->act.sql, last->generation);
}

static void what_a_failed_start_left_open_is_given_up(void **state)
{
	struct scene *scene = *state;
	struct puppet_sql *sql = puppet_sql_new(scene->house, "sqlite", 1000);
	struct puppet *friend = consumer(scene, "friend");
	friend->on_start = begin_in_start;
	friend->start_rc = ACT_E_FAIL;
	add_old(scene, PLAN_KEEP, sql->puppet);
	add_new(scene, friend, NULL);
	make(scene);
	puppet_told(friend, "create start begin:0 destroy unload");
	assert_int_equal(atomic_load(&sql->rolled_back), 1);
	assert_int_equal(atomic_load(&sql->puppet->generation->pins), 0);
}

static void a_missing_provider_refuses_who_needs_it(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = consumer(scene, "friend"), *other = parallel(scene, "other");
	const struct plan_entry *entry = add_new(scene, friend, NULL);
	add_new(scene, other, NULL);
	make(scene);
	is_refused(entry, "it needs act.sql/1, which no loaded plugin provides");
	puppet_told(friend, "unload");
	assert_true(is_live(scene, other));
}

/* Needs that the server meets itself take no provider; and it lets nobody else meet them. */
static void what_the_server_has_needs_no_provider(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = parallel(scene, "friend"), *other = parallel(scene, "other");
	puppet_needs(friend, ACT_EXT_KV);
	puppet_needs(friend, ACT_EXT_POLL);
	puppet_provides(other, ACT_EXT_KV);
	add_new(scene, friend, NULL);
	const struct plan_entry *entry = add_new(scene, other, NULL);
	make(scene);
	assert_true(is_live(scene, friend));
	is_refused(entry, "it says that it provides act.kv/1, which the server has itself");
}

static void an_unknown_service_is_named(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = parallel(scene, "friend");
	puppet_needs(friend, "act.bus/1");
	const struct plan_entry *entry = add_new(scene, friend, NULL);
	make(scene);
	is_refused(entry, "it needs act.bus/1, which this server does not know");
}

static void a_failed_provider_refuses_who_needs_it(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = consumer(scene, "friend");
	struct puppet_sql *sql = puppet_sql_new(scene->house, "sqlite", 1000);
	sql->puppet->start_rc = ACT_E_FAIL;
	const struct plan_entry *entry = add_new(scene, friend, NULL);
	add_new(scene, sql->puppet, NULL);
	make(scene);
	is_refused(entry, "which no loaded plugin provides");
	assert_int_equal(scene->stage.live_count, 0);
}

static void a_failed_provider_leaves_the_old_one_to_them(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = consumer(scene, "friend");
	struct puppet_sql *old = puppet_sql_new(scene->house, "sqlite", 1000);
	struct puppet_sql *new = puppet_sql_new(scene->house, "sqlite", 2000);
	new->puppet->create_rc = ACT_E_FAIL;
	friend->on_start = begin_in_start;
	add_new(scene, friend, NULL);
	add_new(scene, new->puppet, old->puppet);
	make(scene);
	puppet_told(friend, "create start begin:0");
	assert_int_equal(atomic_load(&old->begun), 1);
	assert_ptr_equal(stage_provider(&scene->stage, ACT_EXT_SQL), old->puppet->generation);
	sql_handles_sweep(scene->house->act.sql, friend->generation);
}

static void of_two_providers_the_config_has_to_choose(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = consumer(scene, "friend");
	struct puppet_sql *one = puppet_sql_new(scene->house, "sqlite", 1000);
	struct puppet_sql *two = puppet_sql_new(scene->house, "postgres", 2000);
	add_old(scene, PLAN_KEEP, one->puppet);
	add_old(scene, PLAN_KEEP, two->puppet);
	const struct plan_entry *entry = add_new(scene, friend, NULL);
	make(scene);
	is_refused(entry, "say who does under \"services\"");
	assert_null(stage_provider(&scene->stage, ACT_EXT_SQL));
}

static void the_config_chooses(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = consumer(scene, "friend");
	struct puppet_sql *one = puppet_sql_new(scene->house, "sqlite", 1000);
	struct puppet_sql *two = puppet_sql_new(scene->house, "postgres", 2000);
	house_configure(scene->house, "{\"services\": {\"act.sql/1\": \"postgres\"}}");
	friend->on_start = begin_in_start;
	add_old(scene, PLAN_KEEP, one->puppet);
	add_old(scene, PLAN_KEEP, two->puppet);
	add_new(scene, friend, NULL);
	make(scene);
	assert_int_equal(atomic_load(&two->begun), 1);
	assert_int_equal(atomic_load(&one->begun), 0);
	sql_handles_sweep(scene->house->act.sql, friend->generation);
}

static void a_chosen_one_that_is_not_there_is_not_replaced(void **state)
{
	struct scene *scene = *state;
	struct puppet_sql *one = puppet_sql_new(scene->house, "sqlite", 1000);
	house_configure(scene->house, "{\"services\": {\"act.sql/1\": \"postgres\"}}");
	add_old(scene, PLAN_KEEP, one->puppet);
	make(scene);
	assert_null(stage_provider(&scene->stage, ACT_EXT_SQL));
}

static void a_chosen_one_that_does_not_provide_it_refuses_all(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = parallel(scene, "friend");
	house_configure(scene->house, "{\"services\":\n {\"act.sql/1\": \"friend\"}}");
	add_new(scene, friend, NULL);
	refuse(scene, "t.json:2:3: services.act.sql/1: expected a plugin that provides it, found "
	              "\"friend\", which provides nothing");
	puppet_told(friend, "");
}

static void circle_of(struct scene *scene, struct puppet *one, struct puppet *two)
{
	puppet_provides(one, ACT_EXT_SQL);
	puppet_needs(one, ACT_EXT_AUTH);
	puppet_provides(two, ACT_EXT_AUTH);
	puppet_needs(two, ACT_EXT_SQL);
	add_new(scene, one, NULL);
	if (two != one)
		add_new(scene, two, NULL);
}

static void a_circle_of_services_refuses_all(void **state)
{
	struct scene *scene = *state;
	struct puppet *other = parallel(scene, "other"), *one = parallel(scene, "one");
	add_new(scene, other, NULL);
	circle_of(scene, one, parallel(scene, "two"));
	refuse(scene, "services: a circle: plugin one needs, through others, what it provides "
	              "itself; change who provides what under \"services\"");
	puppet_told(other, "");
	puppet_told(one, "");
}

static void one_alone_may_be_a_circle(void **state)
{
	struct scene *scene = *state;
	struct puppet *one = parallel(scene, "one");
	circle_of(scene, one, one);
	refuse(scene, "a circle: plugin one");
}

static void the_config_may_open_a_circle(void **state)
{
	struct scene *scene = *state;
	struct puppet_sql *sql = puppet_sql_new(scene->house, "sqlite", 1000);
	struct puppet *one = parallel(scene, "one"), *two = parallel(scene, "two");
	house_configure(scene->house, "{\"services\": {\"act.sql/1\": \"sqlite\"}}");
	add_old(scene, PLAN_KEEP, sql->puppet);
	circle_of(scene, one, two);
	/* Neither gives a table for what it says; the order is what is looked at. */
	make(scene);
	assert_non_null(strstr(scene->entries[2].why.text, "gives no table"));
	assert_non_null(strstr(scene->entries[1].why.text, "no loaded plugin provides"));
}

static const void *short_table(void *self, const char *id)
{
	static const act_auth_provider table = { .size = 4 };
	(void)self;
	return strcmp(id, ACT_EXT_AUTH) == 0 ? &table : NULL;
}

static void a_provider_gives_a_table_that_is_long_enough(void **state)
{
	struct scene *scene = *state;
	struct puppet *none = parallel(scene, "none"), *brief = parallel(scene, "brief");
	puppet_provides(none, ACT_EXT_SQL);
	puppet_provides(brief, ACT_EXT_AUTH);
	brief->table.extension = short_table;
	const struct plan_entry *first = add_new(scene, none, NULL);
	const struct plan_entry *second = add_new(scene, brief, NULL);
	make(scene);
	is_refused(first, "it says that it provides act.sql/1 and gives no table for it");
	is_refused(second, "its table for act.auth/1 is too short");
	puppet_told(none, "create destroy unload");
	puppet_told(brief, "create destroy unload");
}

/* ---- hanging ---- */

static void one_that_hangs_is_left_behind(void **state)
{
	struct scene *scene = *state;
	struct puppet *old = parallel(scene, "friend"), *new = parallel(scene, "friend");
	house_configure(scene->house, "{\"load_ms\": 500}");
	gate_shut(&new->create_gate);
	const struct plan_entry *entry = add_new(scene, new, old);
	make(scene);
	is_refused(entry, "create did not end within load_ms (500 ms); a worker is lost in it");
	assert_true(is_live(scene, old));
	puppet_told(new, "create");
}

static void one_that_is_not_destroyed_in_time_is_left_behind(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = parallel(scene, "friend");
	house_configure(scene->house, "{\"load_ms\": 500}");
	friend->start_rc = ACT_E_FAIL;
	gate_shut(&friend->destroy_gate);
	const struct plan_entry *entry = add_new(scene, friend, NULL);
	make(scene);
	is_refused(entry, "start failed (-9)");
	assert_true(house_logged(scene->house, "plugin friend: it did not end within load_ms"));
	puppet_told(friend, "create start destroy");
}

static void what_a_refused_one_leaves_in_memory_is_named(void **state)
{
	struct scene *scene = *state;
	struct puppet *friend = parallel(scene, "friend");
	friend->create_rc = ACT_E_FAIL;
	friend->stays = true;
	add_new(scene, friend, NULL);
	make(scene);
	assert_true(house_logged(scene->house, "plugin friend: the test wants it so"));
}

static void hang_and_begin(struct puppet *puppet)
{
	gate_pass(&puppet->gate);
	begin_in_start(puppet);
}

/* Its provider may be gone when it comes back. */
static void one_that_hangs_has_no_services_any_more(void **state)
{
	struct scene *scene = *state;
	struct puppet_sql *sql = puppet_sql_new(scene->house, "sqlite", 1000);
	struct puppet *friend = consumer(scene, "friend");
	house_configure(scene->house, "{\"load_ms\": 500}");
	friend->on_start = hang_and_begin;
	gate_shut(&friend->gate);
	add_old(scene, PLAN_KEEP, sql->puppet);
	const struct plan_entry *entry = add_new(scene, friend, NULL);
	make(scene);
	is_refused(entry, "start did not end within load_ms");
	gate_open(&friend->gate);
	eventually(puppet_heard(friend, "begin:-1"));
	assert_int_equal(atomic_load(&sql->begun), 0);
}

/* ---- undoing ---- */

static struct puppet *journal_of_all; /* one journal for several puppets */

static void note_end(struct puppet *puppet)
{
	puppet_note(journal_of_all, "%s", puppet->manifest.name);
	/* A plugin may use its services to the last. */
	if (puppet->manifest.need_count > 0) {
		begin_on_worker(puppet->host, NULL);
		puppet_note(journal_of_all, "begin:%d", begun);
		sql_handles_sweep(puppet->house->act.sql, puppet->generation);
	}
}

static void undoing_ends_providers_last(void **state)
{
	struct scene *scene = *state;
	struct puppet *kept = parallel(scene, "kept"), *friend = consumer(scene, "z_friend");
	struct puppet_sql *sql = puppet_sql_new(scene->house, "a_sqlite", 1000);
	struct puppet *early = consumer(scene, "early");
	journal_of_all = kept;
	early->on_destroy = friend->on_destroy = sql->puppet->on_destroy = note_end;
	add_new(scene, early, NULL);
	add_new(scene, sql->puppet, NULL);
	add_old(scene, PLAN_KEEP, kept);
	const struct plan_entry *entry = add_new(scene, friend, NULL);
	make(scene);
	puppet_told(kept, "");
	stage_undo(&scene->stage);
	puppet_told(kept, "z_friend begin:0 early begin:0 a_sqlite");
	puppet_told(friend, "create start destroy unload");
	puppet_told(sql->puppet, "create start destroy unload");
	is_refused(entry, "the whole reload was refused");
	assert_non_null(kept->generation);
}

/* ---- handing over ---- */

static struct puppet_state *keeper(struct scene *scene, uint32_t format)
{
	return puppet_state_new(scene->house, "a_keeper", ACT_F_PARALLEL, 0, format);
}

/* Its clients wait no longer than they must: it comes after those that do not. */
static void those_that_hand_over_come_last(void **state)
{
	struct scene *scene = *state;
	struct puppet_state *old = keeper(scene, 1), *new = keeper(scene, 2);
	struct puppet *other = parallel(scene, "z_other");
	const struct plan_entry *entry = add_new(scene, new->puppet, old->puppet);
	add_new(scene, other, NULL);
	old->saves = "kept";
	puppet_forget(old->puppet);
	make(scene);
	puppet_told(old->puppet, "save");
	puppet_told(new->puppet, "create load start");
	assert_string_equal(new->loaded, "kept");
	assert_true(entry->handed_over);
	assert_true(park_is_on(old->puppet->generation));
	/* Generations are numbered as they are made. */
	assert_true(other->generation->number < new->puppet->generation->number);
}

static void a_start_that_fails_after_it_gives_back(void **state)
{
	struct scene *scene = *state;
	struct puppet_state *old = keeper(scene, 1), *new = keeper(scene, 2);
	const struct plan_entry *entry = add_new(scene, new->puppet, old->puppet);
	new->puppet->start_rc = ACT_E_FAIL;
	make(scene);
	is_refused(entry, "start failed");
	puppet_told(new->puppet, "create load start destroy unload");
	assert_false(entry->handed_over);
	assert_false(park_is_on(old->puppet->generation));
	assert_true(is_live(scene, old->puppet));
}

static void a_load_that_fails_refuses_it(void **state)
{
	struct scene *scene = *state;
	struct puppet_state *old = keeper(scene, 1), *new = keeper(scene, 2);
	const struct plan_entry *entry = add_new(scene, new->puppet, old->puppet);
	new->load_rc = ACT_E_NOSUPP;
	make(scene);
	is_refused(entry, "load() does not know format 1");
	puppet_told(new->puppet, "create load destroy unload");
	assert_false(park_is_on(old->puppet->generation));
	assert_true(is_live(scene, old->puppet));
}

static void undoing_gives_back_what_was_handed_over(void **state)
{
	struct scene *scene = *state;
	struct puppet_state *old = keeper(scene, 1), *new = keeper(scene, 2);
	const struct plan_entry *entry = add_new(scene, new->puppet, old->puppet);
	make(scene);
	assert_true(park_is_on(old->puppet->generation));
	stage_undo(&scene->stage);
	is_refused(entry, "the whole reload was refused");
	puppet_told(new->puppet, "create load start destroy unload");
	assert_false(park_is_on(old->puppet->generation));
	assert_false(entry->handed_over);
}

static void without_one_before_nothing_is_loaded(void **state)
{
	struct scene *scene = *state;
	struct puppet_state *first = keeper(scene, 1);
	add_new(scene, first->puppet, NULL);
	make(scene);
	puppet_told(first->puppet, "create start");
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(what_is_new_is_created_and_started),
		IN_SCENE(has_its_settings_and_its_folder),
		IN_SCENE(what_goes_on_is_left_alone),
		IN_SCENE(the_new_one_takes_the_place_of_the_old),
		IN_SCENE(one_that_cannot_be_created_leaves_the_old),
		IN_SCENE(one_that_cannot_start_is_destroyed),
		IN_SCENE(without_an_old_one_it_is_not_there),
		IN_SCENE(work_of_a_failed_start_is_waited_for),
		IN_SCENE(a_folder_that_cannot_be_made_is_named),
		IN_SCENE(providers_are_made_before_those_that_need_them),
		IN_SCENE(what_a_failed_start_left_open_is_given_up),
		IN_SCENE(a_missing_provider_refuses_who_needs_it),
		IN_SCENE(what_the_server_has_needs_no_provider),
		IN_SCENE(an_unknown_service_is_named),
		IN_SCENE(a_failed_provider_refuses_who_needs_it),
		IN_SCENE(a_failed_provider_leaves_the_old_one_to_them),
		IN_SCENE(of_two_providers_the_config_has_to_choose),
		IN_SCENE(the_config_chooses),
		IN_SCENE(a_chosen_one_that_is_not_there_is_not_replaced),
		IN_SCENE(a_chosen_one_that_does_not_provide_it_refuses_all),
		IN_SCENE(a_circle_of_services_refuses_all),
		IN_SCENE(one_alone_may_be_a_circle),
		IN_SCENE(the_config_may_open_a_circle),
		IN_SCENE(a_provider_gives_a_table_that_is_long_enough),
		IN_SCENE(one_that_hangs_is_left_behind),
		IN_SCENE(one_that_is_not_destroyed_in_time_is_left_behind),
		IN_SCENE(what_a_refused_one_leaves_in_memory_is_named),
		IN_SCENE(one_that_hangs_has_no_services_any_more),
		IN_SCENE(undoing_ends_providers_last),
		IN_SCENE(those_that_hand_over_come_last),
		IN_SCENE(a_start_that_fails_after_it_gives_back),
		IN_SCENE(a_load_that_fails_refuses_it),
		IN_SCENE(undoing_gives_back_what_was_handed_over),
		IN_SCENE(without_one_before_nothing_is_loaded),
	};
	return cmocka_run_group_tests_name("stage", tests, NULL, NULL);
}
