/* What is kept for a socket during its handshake: what it counts for, and that it counts once. */
#include "fixtures/one_loop.h"

#include "net/front_private.h"
#include "net/gate.h"
#include "net/session.h"

#include "base/mem.h"

static struct front front;

static int begin(void **state)
{
	if (one_loop_begin(state) != 0)
		return -1;
	config.limits.connections = 2;
	front = (struct front){ .loop = &loop };
	return 0;
}

static int end(void **state)
{
	assert_int_equal(loop.handshakes, 0);
	assert_int_equal(atomic_load(&net.places), 0);
	return one_loop_end(state);
}

static void counts_as_a_handshake_until_it_is_over(void **state)
{
	(void)state;
	struct session *first = session_new(&front, "192.0.2.7");
	struct session *second = session_new(&front, "unix");
	assert_int_equal(loop.handshakes, 2);
	assert_string_equal(first->address, "192.0.2.7");
	session_upgraded(first, NULL);
	assert_int_equal(loop.handshakes, 1);
	session_free(first);
	assert_int_equal(loop.handshakes, 1);
	session_free(second);
}

/* Of a place there is one, however often a client asks on its socket. */
static void a_place_is_taken_once_and_given_back_once(void **state)
{
	(void)state;
	struct session *session = session_new(&front, "unix");
	for (int i = 0; i < 3; i++) {
		assert_true(session_reserve(session));
		assert_int_equal(atomic_load(&net.places), 1);
	}
	session_release(session);
	session_release(session);
	assert_int_equal(atomic_load(&net.places), 0);
	assert_true(session_reserve(session));
	session_free(session);
}

static void there_are_so_many_places_and_no_more(void **state)
{
	struct session *sessions[3];
	(void)state;
	for (int i = 0; i < 3; i++)
		sessions[i] = session_new(&front, "unix");
	assert_true(session_reserve(sessions[0]));
	assert_true(session_reserve(sessions[1]));
	assert_false(session_reserve(sessions[2]));
	assert_int_equal(atomic_load(&net.places), 2);
	session_free(sessions[0]);
	assert_true(session_reserve(sessions[2]));
	session_free(sessions[1]);
	session_free(sessions[2]);
}

/* Who has it on his stack hears of it; what it waited for does not come. */
static void its_end_is_told_and_its_deadline_dropped(void **state)
{
	bool gone = false;
	(void)state;
	struct session *session = session_new(&front, "unix");
	session->gone = &gone;
	session->pieces.bytes = mem_new(1, 10);
	session->verdict = mem_new(1, sizeof *session->verdict);
	wheel_set(&loop.wheel, &session->patience, loop.now_ms + 100, NULL);
	session_free(session);
	assert_true(gone);
	pass_ms(1000); /* would call nobody's function */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_as_a_handshake_until_it_is_over),
		TEST(a_place_is_taken_once_and_given_back_once),
		TEST(there_are_so_many_places_and_no_more),
		TEST(its_end_is_told_and_its_deadline_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
