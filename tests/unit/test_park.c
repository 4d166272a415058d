/* What is on its way into a generation that is parked: it waits, and is taken up once, in its
 * order, by whoever serves then. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/park.h"
#include "base/status.h"
#include "net/protocol.h"

#include <act/easy.h>

enum { CODE = 100, OTHER = 500 };

struct scene {
	struct house *house;
	struct puppet *puppet; /* is parked */
	struct puppet *next;   /* of the same name, not in the house yet */
	struct puppet *other;  /* is not */
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{\"endpoints\": {\"/serv/\": {}, \"/raw\": {\"mode\": "
	                                "\"raw\", \"action\": \"friend.raw\"}}}");
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE),
		                .next = puppet_new(house, "friend", ACT_F_PARALLEL, CODE),
		                .other = puppet_new(house, "other", ACT_F_PARALLEL, OTHER) };
	puppet_enter(scene.puppet);
	puppet_enter(scene.other);
	puppet_serve(house);
	puppet_forget(scene.puppet);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

static struct client *come(struct scene *scene, uint32_t loop)
{
	struct client *client = client_new(scene->house, loop, "/serv/", NULL, NULL);
	puppet_forget(scene->puppet);
	return client;
}

/* The next one serves, and what waits is its own. */
static void replace(struct scene *scene)
{
	puppet_enter(scene->next);
	puppet_leave(scene->puppet);
	puppet_serve(scene->house);
	park_end(scene->puppet->generation, true);
	house_settle(scene->house);
}

static size_t waiting_bytes(const struct scene *scene)
{
	size_t bytes = 0;
	for (uint32_t i = 0; i < HOUSE_LOOPS; i++)
		bytes += scene->house->act.loops[i].parked_bytes;
	return bytes;
}

/* ---- messages ---- */

static void nothing_enters_it(void **state)
{
	struct scene *scene = *state;
	struct client *clients[] = { come(scene, 0), come(scene, 1) };
	park_begin(scene->puppet->generation);
	for (int i = 0; i < 2; i++) {
		client_send(clients[i], CODE + PUPPET_ECHO, "waits");
		client_send(clients[i], CODE + PUPPET_NOTE, "");
	}
	house_settle(scene->house);
	for (int i = 0; i < 2; i++)
		client_expect_nothing(clients[i]);
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_ECHO]), 0);
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_NOTE]), 0);
	assert_int_equal(atomic_load(&scene->puppet->generation->pins), 0);
	assert_true(waiting_bytes(scene) > 0);
	park_end(scene->puppet->generation, false);
	for (int i = 0; i < 2; i++)
		client_expect(clients[i], CODE + PUPPET_ECHO, "waits");
	eventually(atomic_load(&scene->puppet->calls[PUPPET_NOTE]) == 2);
	assert_int_equal(waiting_bytes(scene), 0);
}

static void others_are_served_meanwhile(void **state)
{
	struct scene *scene = *state;
	struct client *waits = come(scene, 0), *client = come(scene, 0);
	park_begin(scene->puppet->generation);
	client_send(waits, CODE + PUPPET_ECHO, "waits");
	client_send(client, OTHER + PUPPET_ECHO, "goes on");
	client_expect(client, OTHER + PUPPET_ECHO, "goes on");
	client_expect_nothing(waits);
	park_end(scene->puppet->generation, false);
	client_expect(waits, CODE + PUPPET_ECHO, "waits");
}

static void the_next_one_serves_what_waits(void **state)
{
	struct scene *scene = *state;
	struct client *client = come(scene, 0);
	park_begin(scene->puppet->generation);
	client_send(client, CODE + PUPPET_ECHO, "x");
	house_settle(scene->house);
	replace(scene);
	client_expect(client, CODE + PUPPET_ECHO, "x");
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_ECHO]), 0);
	assert_int_equal(atomic_load(&scene->next->calls[PUPPET_ECHO]), 1);
	assert_true(park_is_on(scene->puppet->generation)); /* until it is stopped */
	client_expect_nothing(client);
}

/* A later message of a connection that is for another plugin waits behind it, by the base
 * protocol. */
static void the_order_of_a_connection_is_kept(void **state)
{
	struct scene *scene = *state;
	struct client *client = come(scene, 1);
	const char *const numbers[] = { "1", "2", "3", "4", "5", "6" };
	park_begin(scene->puppet->generation);
	client_send_many(client, CODE + PUPPET_ECHO, numbers, 3);
	client_send(client, OTHER + PUPPET_ECHO, "other");
	client_send_many(client, CODE + PUPPET_BLOCK, numbers + 3, 3);
	house_settle(scene->house);
	client_expect_nothing(client);
	replace(scene);
	for (int i = 0; i < 3; i++)
		client_expect(client, CODE + PUPPET_ECHO, numbers[i]);
	client_expect(client, OTHER + PUPPET_ECHO, "other");
	for (int i = 3; i < 6; i++)
		client_expect(client, CODE + PUPPET_BLOCK, numbers[i]);
}

static void raw_messages_wait_too(void **state)
{
	struct scene *scene = *state;
	struct client *client = client_new(scene->house, 0, "/raw", NULL, NULL);
	park_begin(scene->puppet->generation);
	client_say(client, "raw");
	house_settle(scene->house);
	client_expect_nothing(client);
	park_end(scene->puppet->generation, false);
	client_expect_text(client, "raw");
}

static void who_has_gone_meanwhile_is_not_served(void **state)
{
	struct scene *scene = *state;
	struct client *client = come(scene, 0);
	park_begin(scene->puppet->generation);
	client_send(client, CODE + PUPPET_ECHO, "x");
	house_settle(scene->house);
	client_drop(client);
	park_end(scene->puppet->generation, false);
	house_settle(scene->house);
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_ECHO]), 0);
	assert_int_equal(waiting_bytes(scene), 0);
}

static void twice_parked_it_waits_twice(void **state)
{
	struct scene *scene = *state;
	struct client *client = come(scene, 0);
	park_begin(scene->puppet->generation);
	park_begin(scene->other->generation);
	client_send(client, CODE + PUPPET_ECHO, "x");
	house_settle(scene->house);
	park_end(scene->other->generation, false);
	house_settle(scene->house);
	client_expect_nothing(client);
	park_end(scene->puppet->generation, false);
	client_expect(client, CODE + PUPPET_ECHO, "x");
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_ECHO]), 1);
}

/* Where the plugin is gone altogether, the client hears that. */
static void nobody_serves_it_any_more(void **state)
{
	struct scene *scene = *state;
	struct client *client = come(scene, 0);
	park_begin(scene->puppet->generation);
	client_send(client, CODE + PUPPET_ECHO, "x");
	house_settle(scene->house);
	puppet_leave(scene->puppet);
	park_end(scene->puppet->generation, true);
	client_expect_error(client, CODE + PUPPET_ECHO, "unknown_action", "");
}

/* ---- bounds ---- */

struct filling {
	struct scene *scene;
	size_t bytes;
};

static void set_bytes(struct loop *loop, void *context)
{
	struct filling *filling = context;
	filling->scene->house->act.loops[loop->index].parked_bytes = filling->bytes;
}

/* A loop on which as much waits as may: more is refused, and does not enter the parked one. */
static void too_much_is_answered_overloaded(void **state)
{
	struct scene *scene = *state;
	struct client *client = come(scene, 0);
	struct filling full = { scene, PARK_BYTES_MAX }, empty = { scene, 0 };
	park_begin(scene->puppet->generation);
	house_on_loop(scene->house, 0, set_bytes, &full);
	client_send(client, CODE + PUPPET_NOTE, ""); /* is owed no answer, and gets none */
	client_send(client, CODE + PUPPET_ECHO, "x");
	client_expect_error(client, CODE + PUPPET_ECHO, "overloaded", "being replaced");
	house_on_loop(scene->house, 0, set_bytes, &empty);
	client_send(client, CODE + PUPPET_ECHO, "y");
	house_settle(scene->house);
	client_expect_nothing(client);
	park_end(scene->puppet->generation, false);
	client_expect(client, CODE + PUPPET_ECHO, "y");
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_ECHO]), 1);
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_NOTE]), 0);
}

static struct actv1_frame request(uint32_t seq, uint32_t deadline_ms)
{
	return (struct actv1_frame){ .code = CODE + PUPPET_ECHO,
		                     .type = ACTV1_REQ,
		                     .seq = seq,
		                     .deadline_ms = deadline_ms,
		                     .payload = act_str("x") };
}

/* The client's own time goes on while it waits; what is left is what the call has. */
static void a_deadline_that_passes_meanwhile(void **state)
{
	struct scene *scene = *state;
	struct client *client = client_speaking(scene->house, 0, "/serv/", &protocol_v1, NULL);
	struct actv1_frame brief = request(1, 1), patient = request(2, 600000),
			   endless = request(3, 0);
	puppet_forget(scene->puppet);
	park_begin(scene->puppet->generation);
	client_request(client, &brief);
	client_request(client, &patient);
	client_request(client, &endless);
	house_settle(scene->house);
	uint64_t parked_ms = clock_ms();
	eventually(clock_ms() > parked_ms + 2);
	client_expect_nothing(client);
	replace(scene);
	client_expect_refusal(client, 1, STATUS_DEADLINE, "being replaced");
	client_expect_answer(client, 2, "x");
	client_expect_answer(client, 3, "x");
	assert_int_equal(atomic_load(&scene->next->calls[PUPPET_ECHO]), 2);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(nothing_enters_it),
		IN_SCENE(others_are_served_meanwhile),
		IN_SCENE(the_next_one_serves_what_waits),
		IN_SCENE(the_order_of_a_connection_is_kept),
		IN_SCENE(raw_messages_wait_too),
		IN_SCENE(who_has_gone_meanwhile_is_not_served),
		IN_SCENE(twice_parked_it_waits_twice),
		IN_SCENE(nobody_serves_it_any_more),
		IN_SCENE(too_much_is_answered_overloaded),
		IN_SCENE(a_deadline_that_passes_meanwhile),
	};
	return cmocka_run_group_tests_name("park", tests, NULL, NULL);
}
