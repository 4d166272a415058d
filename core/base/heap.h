/* heap: deadlines that come, each at its own time: a binary heap.
 *
 * For those that base/wheel is too coarse for, and of which there are few. Setting and dropping
 * take as many steps as the number has binary digits. Owner: one thread. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Part of the object that waits. Zeroed: not set. */
struct heap_entry {
	uint64_t due_ns;
	size_t place; /* in the heap, from 1; 0: not set */
};

/* Zeroed: empty. */
struct heap {
	struct heap_entry **entries;
	size_t count;
	size_t room;
};

/* Sets, or sets anew, for `due_ns` (clock_ns()). */
void heap_set(struct heap *heap, struct heap_entry *entry, uint64_t due_ns);
/* Takes it out, where it is in. */
void heap_drop(struct heap *heap, struct heap_entry *entry);
/* The one that is due first; NULL: none is set. */
static inline struct heap_entry *heap_first(const struct heap *heap)
{
	return heap->count != 0 ? heap->entries[0] : NULL;
}
/* All are dropped already. */
void heap_free(struct heap *heap);

#endif
