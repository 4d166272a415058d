/* act.state/1 itself: which table counts, what save() may write, and what load() is given. */
#include "fixtures/puppet_state.h"

#include "act/state.h"

#include <act/easy.h>
#include <stdlib.h>
#include <string.h>

struct scene {
	struct house *house;
	struct puppet_state *keeper;
	struct generation *generation;
	struct state_bag bag;
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{}");
	scene = (struct scene){ .house = house,
		                .keeper = puppet_state_new(house, "keeper", 0, 0, 7) };
	scene.generation = puppet_enter(scene.keeper->puppet);
	scene.generation->bag = &scene.bag;
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;
	scene->generation->bag = NULL;
	state_bag_free(&scene->bag);
	house_free(scene->house);
	return 0;
}

/* ---- the table ---- */

static void a_whole_table_counts(void **state)
{
	struct scene *scene = *state;
	assert_ptr_equal(state_table(scene->generation), &scene->keeper->table);
	scene->keeper->table.size += 8; /* of a later revision */
	assert_ptr_equal(state_table(scene->generation), &scene->keeper->table);
}

static void one_that_is_short_or_has_holes_does_not(void **state)
{
	struct scene *scene = *state;
	act_state whole = scene->keeper->table, *table = &scene->keeper->table;
	table->size = sizeof *table - 1;
	assert_null(state_table(scene->generation));
	*table = whole;
	table->save = NULL;
	assert_null(state_table(scene->generation));
	*table = whole;
	table->load = NULL;
	assert_null(state_table(scene->generation));
	*table = whole;
	scene->keeper->without = true;
	assert_null(state_table(scene->generation));
	scene->keeper->puppet->table.extension = NULL;
	assert_null(state_table(scene->generation));
}

static void without_a_table_nothing_is_done(void **state)
{
	struct scene *scene = *state;
	scene->keeper->without = true;
	assert_int_equal(state_save(scene->generation), ACT_OK);
	assert_int_equal(state_load(scene->generation), ACT_OK);
	assert_int_equal(scene->bag.len, 0);
	puppet_told(scene->keeper->puppet, "create start");
}

/* ---- what is written and read ---- */

static void what_is_saved_is_loaded(void **state)
{
	struct scene *scene = *state;
	scene->keeper->saves = "eleven bytes";
	assert_int_equal(state_save(scene->generation), ACT_OK);
	assert_int_equal(scene->bag.format, 7);
	assert_int_equal(scene->bag.len, strlen("eleven bytes"));
	scene->bag.format = 6; /* what the one before saved in is told, not its own */
	assert_int_equal(state_load(scene->generation), ACT_OK);
	assert_int_equal(scene->keeper->format, 6);
	assert_string_equal(scene->keeper->loaded, "eleven bytes");
}

static void nothing_is_a_state_too(void **state)
{
	struct scene *scene = *state;
	assert_int_equal(state_save(scene->generation), ACT_OK);
	assert_int_equal(scene->bag.len, 0);
	assert_int_equal(state_load(scene->generation), ACT_OK);
	puppet_told(scene->keeper->puppet, "create start save load");
}

static void errors_are_passed_on(void **state)
{
	struct scene *scene = *state;
	scene->keeper->save_rc = ACT_E_NOMEM;
	scene->keeper->load_rc = ACT_E_NOSUPP;
	assert_int_equal(state_save(scene->generation), ACT_E_NOMEM);
	assert_int_equal(state_load(scene->generation), ACT_E_NOSUPP);
}

enum { PIECES = 1000 };

static act_rc save_pieces(void *self, act_state_sink *sink, void *context)
{
	uint8_t piece[37];
	(void)self;
	for (int i = 0; i < PIECES; i++) {
		memset(piece, i, sizeof piece);
		act_rc rc = sink(context, act_mem(piece, sizeof piece));
		if (rc != ACT_OK)
			return rc;
	}
	return ACT_OK;
}

static void pieces_come_in_their_order(void **state)
{
	struct scene *scene = *state;
	scene->keeper->table.save = save_pieces;
	assert_int_equal(state_save(scene->generation), ACT_OK);
	assert_int_equal(scene->bag.len, PIECES * 37);
	for (size_t i = 0; i < scene->bag.len; i++)
		assert_int_equal(scene->bag.bytes[i], (i / 37) & 0xFF);
}

/* Up to the bound, and beyond it, without taking notice of what it is told. */
static act_rc save_too_much(void *self, act_state_sink *sink, void *context)
{
	struct puppet *puppet = self;
	uint8_t *block = calloc(1, ACT_STATE_BYTES_MAX);
	if (block == NULL)
		return ACT_E_NOMEM;
	puppet_note(puppet, "all:%d", sink(context, act_mem(block, ACT_STATE_BYTES_MAX)));
	puppet_note(puppet, "nothing:%d", sink(context, act_mem(NULL, 0)));
	puppet_note(puppet, "more:%d", sink(context, act_mem(block, 1)));
	puppet_note(puppet, "nothing:%d", sink(context, act_mem(NULL, 0)));
	free(block);
	return ACT_OK;
}

/* What has a hole in it is no state, whatever save() returns. */
static void there_is_a_bound(void **state)
{
	struct scene *scene = *state;
	char told[128];
	snprintf(told, sizeof told, "all:0 nothing:0 more:%d nothing:%d", ACT_E_TOOBIG,
	         ACT_E_TOOBIG);
	puppet_forget(scene->keeper->puppet);
	scene->keeper->table.save = save_too_much;
	assert_int_equal(state_save(scene->generation), ACT_E_TOOBIG);
	assert_int_equal(scene->bag.len, ACT_STATE_BYTES_MAX);
	puppet_told(scene->keeper->puppet, told);
}

static act_rc save_wrongly(void *self, act_state_sink *sink, void *context)
{
	struct puppet *puppet = self;
	puppet_note(puppet, "huge:%d", sink(context, act_mem(puppet, SIZE_MAX)));
	puppet_note(puppet, "more:%d", sink(context, act_mem(puppet, 1)));
	puppet_note(puppet, "nowhere:%d", sink(context, act_mem(NULL, 1)));
	return ACT_OK;
}

static void what_is_no_piece_is_refused(void **state)
{
	struct scene *scene = *state;
	char told[128];
	snprintf(told, sizeof told, "huge:%d more:%d nowhere:%d", ACT_E_TOOBIG, ACT_E_TOOBIG,
	         ACT_E_INVAL);
	puppet_forget(scene->keeper->puppet);
	scene->keeper->table.save = save_wrongly;
	assert_int_equal(state_save(scene->generation), ACT_E_INVAL);
	assert_int_equal(scene->bag.len, 0);
	puppet_told(scene->keeper->puppet, told);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(a_whole_table_counts),
		IN_SCENE(one_that_is_short_or_has_holes_does_not),
		IN_SCENE(without_a_table_nothing_is_done),
		IN_SCENE(what_is_saved_is_loaded),
		IN_SCENE(nothing_is_a_state_too),
		IN_SCENE(errors_are_passed_on),
		IN_SCENE(pieces_come_in_their_order),
		IN_SCENE(there_is_a_bound),
		IN_SCENE(what_is_no_piece_is_refused),
	};
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
