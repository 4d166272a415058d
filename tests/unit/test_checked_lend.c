/* What handle() borrows lies on pages of its own, and is gone when handle() has returned. */
#include "fixtures/cmocka_all.h"

#include "act/checked_lend.h"
#include "act/fatal_text.h"
#include "act/generation.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const act_action actions[] = { { .name = "raw" }, { .name = "fly" } };
static const act_plugin table = { .size = sizeof table,
	                          .actions = actions,
	                          .action_count = 2,
	                          .action_size = sizeof actions[0] };
static const struct generation echo = { .number = 3,
	                                .manifest = { .name = "echo", .version = "1.0" },
	                                .table = &table };

static struct checked_loan *lend(const char *payload, size_t len)
{
	const act_call view = { .size = sizeof view,
		                .action = 1,
		                .code = 7,
		                .conn = 77,
		                .token = 777,
		                .user = act_str("anna"),
		                .trace = act_str("4bf9"),
		                .payload = { payload, len } };
	struct checked_loan *loan = checked_lend(&echo, &view);
	assert_non_null(loan);
	return loan;
}

/* The kernel looks whether the address may be used, and a test that is wrong does not crash. A
 * sanitizer's own write() would look at it itself. */
static bool can_use(long call, const void *address)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	long done = syscall(call, call == SYS_read ? ends[0] : ends[1], address, 1);
	bool refused = done < 0 && errno == EFAULT;
	assert_true(done == 1 || refused);
	close(ends[0]);
	close(ends[1]);
	return !refused;
}

static bool can_read(const void *address)
{
	return can_use(SYS_write, address);
}

static bool can_write(const void *address)
{
	return can_use(SYS_read, address);
}

static void said_of(const void *address, const char *expected)
{
	struct fatal_text text = { .len = 0 };
	checked_put_borrowed(&text, address);
	text.bytes[text.len] = '\0';
	assert_string_equal(text.bytes, expected);
}

/* ---- while handle() runs ---- */

static void the_copy_is_like_the_call(void **state)
{
	(void)state;
	struct checked_loan *loan = lend("hello", 5);
	const act_call *view = checked_loan_view(loan);
	assert_int_equal(view->size, sizeof *view);
	assert_int_equal(view->action, 1);
	assert_int_equal(view->code, 7);
	assert_int_equal(view->conn, 77);
	assert_int_equal(view->token, 777);
	assert_int_equal(view->user.len, 4);
	assert_memory_equal(view->user.ptr, "anna", 4);
	assert_int_equal(view->trace.len, 4);
	assert_memory_equal(view->trace.ptr, "4bf9", 4);
	assert_int_equal(view->payload.len, 5);
	assert_memory_equal(view->payload.ptr, "hello", 5);
	checked_take_back(loan);
}

static void nothing_of_it_can_be_written(void **state)
{
	(void)state;
	struct checked_loan *loan = lend("hello", 5);
	const act_call *view = checked_loan_view(loan);
	assert_false(can_write(view));
	assert_false(can_write(view->user.ptr));
	assert_false(can_write(view->trace.ptr));
	assert_false(can_write(view->payload.ptr));
	checked_take_back(loan);
}

static void ends_at_a_wall(const char *payload, size_t len)
{
	struct checked_loan *loan = lend(payload, len);
	const char *at = checked_loan_view(loan)->payload.ptr;
	if (len != 0) {
		assert_true(can_read(at));
		assert_true(can_read(at + len - 1));
	}
	assert_false(can_read(at + len));
	checked_take_back(loan);
}

static void the_payload_ends_at_a_wall(void **state)
{
	static char long_one[3 * 65536];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	(void)state;
	ends_at_a_wall("hello", 5);
	ends_at_a_wall(NULL, 0);
	ends_at_a_wall(long_one, page - 1);
	ends_at_a_wall(long_one, page);
	ends_at_a_wall(long_one, page + 1);
	ends_at_a_wall(long_one, sizeof long_one);
}

/* ---- afterwards ---- */

static void all_of_it_is_gone_afterwards(void **state)
{
	(void)state;
	struct checked_loan *loan = lend("hello", 5);
	const act_call *view = checked_loan_view(loan);
	const act_call was = *view;
	checked_take_back(loan);
	assert_false(can_read(view));
	assert_false(can_read(was.user.ptr));
	assert_false(can_read(was.trace.ptr));
	assert_false(can_read(was.payload.ptr));
}

static void it_stays_gone_for_a_while(void **state)
{
	(void)state;
	struct checked_loan *loan = lend("first", 5);
	const void *first = checked_loan_view(loan)->payload.ptr;
	checked_take_back(loan);
	for (int i = 1; i < CHECKED_LOANS_KEPT; i++)
		checked_take_back(lend("more", 4));
	assert_false(can_read(first));
	said_of(first, "; check: plugin echo (generation 3) used borrowed memory after handle() "
	               "returned, of fly, code 7, connection 77: rule 3");
	/* One more, which lies elsewhere, and it is forgotten. */
	struct checked_loan *next = lend("more", 4);
	checked_take_back(next);
	said_of(first, "");
}

/* There are as many as threads can be inside, and those that are kept. */
static void with_none_left_nothing_is_lent(void **state)
{
	static struct checked_loan *out[4096];
	static const act_call view = { .size = sizeof view, .action = 1 };
	size_t count = 0;
	(void)state;
	while (count < 4096 && (out[count] = checked_lend(&echo, &view)) != NULL)
		count++;
	assert_in_range(count, 1, 4095);
	for (size_t i = 0; i < count; i++)
		checked_take_back(out[i]);
	struct checked_loan *again = checked_lend(&echo, &view);
	assert_non_null(again);
	checked_take_back(again);
}

/* ---- words ---- */

static void the_rule_that_was_broken_is_named(void **state)
{
	(void)state;
	struct checked_loan *loan = lend("hello", 5);
	const act_call *view = checked_loan_view(loan);
	const char *payload = view->payload.ptr;
	said_of(view,
	        "; check: plugin echo (generation 3) wrote to borrowed memory, of fly, code 7, "
	        "connection 77: rule 3");
	said_of(payload + 4,
	        "; check: plugin echo (generation 3) wrote to borrowed memory, of fly, "
	        "code 7, connection 77: rule 3");
	said_of(payload + 5,
	        "; check: plugin echo (generation 3) went past the end of the borrowed "
	        "payload, of fly, code 7, connection 77: rule 3");
	checked_take_back(loan);
	said_of(payload, "; check: plugin echo (generation 3) used borrowed memory after handle() "
	                 "returned, of fly, code 7, connection 77: rule 3");
}

static void of_what_was_not_lent_nothing_is_said(void **state)
{
	int own = 0;
	(void)state;
	said_of(&own, "");
	said_of(NULL, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_copy_is_like_the_call),
		cmocka_unit_test(nothing_of_it_can_be_written),
		cmocka_unit_test(the_payload_ends_at_a_wall),
		cmocka_unit_test(all_of_it_is_gone_afterwards),
		cmocka_unit_test(it_stays_gone_for_a_while),
		cmocka_unit_test(with_none_left_nothing_is_lent),
		cmocka_unit_test(the_rule_that_was_broken_is_named),
		cmocka_unit_test(of_what_was_not_lent_nothing_is_said),
	};
	return cmocka_run_group_tests_name("checked_lend", tests, NULL, NULL);
}
