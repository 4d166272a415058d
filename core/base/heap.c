#include "base/heap.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>

static void put(struct heap *heap, size_t place, struct heap_entry *entry)
{
	heap->entries[place - 1] = entry;
	entry->place = place;
}

static struct heap_entry *at(const struct heap *heap, size_t place)
{
	return heap->entries[place - 1];
}

/* `entry` belongs at `place`, or above it. */
static void rise(struct heap *heap, size_t place, struct heap_entry *entry)
{
	for (; place > 1 && at(heap, place / 2)->due_ns > entry->due_ns; place /= 2)
		put(heap, place, at(heap, place / 2));
	put(heap, place, entry);
}

/* `entry` belongs at `place`, or below it. */
static void sink(struct heap *heap, size_t place, struct heap_entry *entry)
{
	for (size_t child; (child = 2 * place) <= heap->count; place = child) {
		if (child < heap->count && at(heap, child + 1)->due_ns < at(heap, child)->due_ns)
			child++;
		if (at(heap, child)->due_ns >= entry->due_ns)
			break;
		put(heap, place, at(heap, child));
	}
	put(heap, place, entry);
}

void heap_set(struct heap *heap, struct heap_entry *entry, uint64_t due_ns)
{
	heap_drop(heap, entry);
	if (heap->count == heap->room) {
		heap->room = heap->room != 0 ? 2 * heap->room : 16;
		heap->entries = mem_grow(heap->entries, heap->room, sizeof(*heap->entries));
	}
	entry->due_ns = due_ns;
	heap->count++;
	rise(heap, heap->count, entry);
}

void heap_drop(struct heap *heap, struct heap_entry *entry)
{
	size_t place = entry->place;
	if (place == 0)
		return;
	CHECK(place <= heap->count && at(heap, place) == entry);
	struct heap_entry *last = at(heap, heap->count);
	heap->count--;
	entry->place = 0;
	if (last == entry)
		return;
	if (last->due_ns < entry->due_ns)
		rise(heap, place, last);
	else
		sink(heap, place, last);
}

void heap_free(struct heap *heap)
{
	CHECK(heap->count == 0);
	free(heap->entries);
	*heap = (struct heap){ 0 };
}
