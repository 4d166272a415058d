/* Allocation that does not return without memory. */
#include "base/mem.h"

#include "fixtures/dies.h"

#include <stdio.h>

/* Under a sanitizer too, what cannot be had is answered as it is without one. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* More than an address space has; volatile, so that no compiler warns of what is meant. */
static volatile size_t too_many = SIZE_MAX / 4;

static void is_zeroed(void **state)
{
	const char zeros[100] = { 0 };
	(void)state;
	char *made = mem_new(25, 4);
	assert_memory_equal(made, zeros, sizeof zeros);
	free(made);
}

static void none_is_some(void **state)
{
	(void)state;
	char *made = mem_new(0, 8);
	assert_non_null(made);
	made = mem_grow(made, 0, 8);
	assert_non_null(made);
	free(made);
}

static void lines_are_whole_and_zeroed(void **state)
{
	const char zeros[3 * MEM_LINE] = { 0 };
	(void)state;
	for (size_t size = 0; size <= sizeof zeros; size += MEM_LINE / 4) {
		char *made = mem_lines(1, size);
		assert_int_equal((uintptr_t)made % MEM_LINE, 0);
		assert_memory_equal(made, zeros, size);
		free(made);
	}
}

static void growing_keeps(void **state)
{
	(void)state;
	uint32_t *numbers = NULL;
	for (uint32_t i = 0; i < 1000; i++) {
		numbers = mem_grow(numbers, i + 1, sizeof *numbers);
		numbers[i] = i * i;
	}
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(numbers[i], i * i);
	free(numbers);
}

static void copies_text(void **state)
{
	(void)state;
	char original[] = "hello";
	char *copy = mem_text(original), *part = mem_text_n(original, 4), *none = mem_text_n("", 0);
	original[0] = 'j';
	assert_string_equal(copy, "hello");
	assert_string_equal(part, "hell");
	assert_string_equal(none, "");
	free(copy);
	free(part);
	free(none);
}

static void no_text_stays_none(void **state)
{
	(void)state;
	assert_null(mem_text(NULL));
	char *empty = mem_text_n(NULL, 0);
	assert_string_equal(empty, "");
	free(empty);
}

/* A zero in the middle is a byte as any other. */
static void copies_zeros(void **state)
{
	(void)state;
	char *copy = mem_text_n("a\0b", 3);
	assert_memory_equal(copy, "a\0b", 4);
	free(copy);
}

static void formats(void **state)
{
	char *made = mem_format("%s-%03d-%200s", "a", 7, "");
	(void)state;
	assert_int_equal(strlen(made), 206);
	assert_memory_equal(made, "a-007-   ", 9);
	free(made);
}

static void ask_for_too_much(void)
{
	printf("%p\n", mem_new(too_many, 16));
}

static void ask_for_too_many_lines(void)
{
	printf("%p\n", mem_lines(too_many, 16));
}

static void ask_for_a_line_too_many(void)
{
	printf("%p\n", mem_lines(1, 4 * too_many + 3)); /* all there is */
}

static void grow_too_much(void)
{
	printf("%p\n", mem_grow(NULL, too_many, 16));
}

static void says_when_there_is_none(void **state)
{
	(void)state;
	assert_dies(ask_for_too_much, "actd: out of memory\n");
	assert_dies(ask_for_too_many_lines, "actd: out of memory\n");
	assert_dies(ask_for_a_line_too_many, "actd: out of memory\n");
	assert_dies(grow_too_much, "actd: out of memory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_zeroed),
		cmocka_unit_test(none_is_some),
		cmocka_unit_test(lines_are_whole_and_zeroed),
		cmocka_unit_test(growing_keeps),
		cmocka_unit_test(copies_text),
		cmocka_unit_test(no_text_stays_none),
		cmocka_unit_test(copies_zeros),
		cmocka_unit_test(formats),
		cmocka_unit_test(says_when_there_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
