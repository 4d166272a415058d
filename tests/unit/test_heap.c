/* A heap of deadlines: the first is always the earliest, whatever was set and dropped before. */
#include "fixtures/cmocka_all.h"

#include "base/heap.h"

#include <stdlib.h>

enum { COUNT = 200 };

static struct heap heap;
static struct heap_entry entries[COUNT];

static void first_is_the_earliest(size_t *set)
{
	uint64_t earliest = UINT64_MAX;
	*set = 0;
	for (size_t i = 0; i < COUNT; i++) {
		if (entries[i].place == 0)
			continue;
		*set += 1;
		if (entries[i].due_ns < earliest)
			earliest = entries[i].due_ns;
	}
	assert_int_equal(heap.count, *set);
	if (*set == 0)
		assert_null(heap_first(&heap));
	else
		assert_int_equal(heap_first(&heap)->due_ns, earliest);
}

static void in_any_order(void **state)
{
	size_t set;
	(void)state;
	srand(11);
	for (int round = 0; round < 20000; round++) {
		struct heap_entry *entry = &entries[rand() % COUNT];
		switch (rand() % 4) {
		case 0:
			heap_drop(&heap, entry);
			assert_int_equal(entry->place, 0);
			break;
		case 1:
			if (heap.count != 0)
				heap_drop(&heap, heap_first(&heap));
			break;
		default:
			heap_set(&heap, entry, (uint64_t)(rand() % 50));
			break;
		}
		first_is_the_earliest(&set);
	}
	for (uint64_t last = 0; heap.count != 0;) {
		struct heap_entry *first = heap_first(&heap);
		assert_true(first->due_ns >= last);
		last = first->due_ns;
		heap_drop(&heap, first);
	}
	heap_free(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(in_any_order) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
