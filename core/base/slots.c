#include "base/slots.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>

enum { GENERATION_MASK = 0x1FFFFFFF, INDEX_MASK = 0xFFFFFF };

void slots_init(struct slots *slots, uint32_t owner)
{
	CHECK(owner <= 0xFF);
	*slots = (struct slots){ .owner = owner };
	slots->chunks = mem_new(SLOTS_CHUNKS, sizeof *slots->chunks);
}

void slots_free(struct slots *slots)
{
	for (uint32_t i = 0; i < SLOTS_CHUNKS && slots->chunks[i] != NULL; i++)
		free(slots->chunks[i]);
	free(slots->chunks);
	slots->chunks = NULL;
}

static struct slot *slot_at(const struct slots *slots, uint64_t number)
{
	uint32_t index = (uint32_t)number & INDEX_MASK;
	struct slot *chunk =
		atomic_load_explicit(&slots->chunks[index / SLOTS_CHUNK], memory_order_acquire);
	return chunk != NULL ? &chunk[index % SLOTS_CHUNK] : NULL;
}

static struct slot *slot_new(struct slots *slots, uint32_t *index)
{
	if (slots->used == (uint32_t)SLOTS_CHUNK * SLOTS_CHUNKS)
		return NULL;
	*index = slots->used++;
	if (*index % SLOTS_CHUNK == 0) {
		struct slot *chunk = mem_new(SLOTS_CHUNK, sizeof *chunk);
		atomic_store_explicit(&slots->chunks[*index / SLOTS_CHUNK], chunk,
		                      memory_order_release);
	}
	return slot_at(slots, *index);
}

static struct slot *slot_reuse(struct slots *slots, uint32_t *index)
{
	*index = slots->free_first - 1;
	struct slot *slot = slot_at(slots, *index);
	slots->free_first = slot->next_free;
	if (slots->free_first == 0)
		slots->free_last = 0;
	return slot;
}

uint64_t slots_put(struct slots *slots, uint32_t kind, void *object)
{
	CHECK(kind >= 1 && kind <= 7);
	CHECK(object != NULL);
	uint32_t index;
	struct slot *slot =
		slots->free_first != 0 ? slot_reuse(slots, &index) : slot_new(slots, &index);
	if (slot == NULL)
		return 0;
	slot->generation = (slot->generation + 1) & GENERATION_MASK;
	slot->object = object;
	slots->live++;
	uint64_t number = (uint64_t)kind << 61 | (uint64_t)slot->generation << 32 |
	                  (uint64_t)slots->owner << 24 | index;
	atomic_store_explicit(&slot->number, number, memory_order_release);
	return number;
}

void *slots_get(const struct slots *slots, uint64_t number)
{
	struct slot *slot = slots_owner(number) == slots->owner ? slot_at(slots, number) : NULL;
	if (slot == NULL || number == 0 ||
	    atomic_load_explicit(&slot->number, memory_order_relaxed) != number)
		return NULL;
	return slot->object;
}

void *slots_get_claimed(const struct slots *slots, uint64_t number)
{
	struct slot *slot = slot_at(slots, number);
	CHECK(slot != NULL && slots_owner(number) == slots->owner);
	CHECK(slot->generation == ((uint32_t)(number >> 32) & GENERATION_MASK));
	return slot->object;
}

void slots_drop(struct slots *slots, uint64_t number)
{
	struct slot *slot = slot_at(slots, number);
	CHECK(slot != NULL && slot->object != NULL);
	CHECK(slot->generation == ((uint32_t)(number >> 32) & GENERATION_MASK));
	atomic_store_explicit(&slot->number, 0, memory_order_relaxed);
	slot->object = NULL;
	slot->next_free = 0;
	uint32_t place = ((uint32_t)number & INDEX_MASK) + 1;
	if (slots->free_last != 0)
		slot_at(slots, slots->free_last - 1)->next_free = place;
	else
		slots->free_first = place;
	slots->free_last = place;
	CHECK(slots->live > 0);
	slots->live--;
}

void *slots_next(const struct slots *slots, uint32_t *index)
{
	while (*index < slots->used) {
		const struct slot *slot = slot_at(slots, (*index)++);
		if (atomic_load_explicit(&slot->number, memory_order_relaxed) != 0)
			return slot->object;
	}
	return NULL;
}

void slots_each(struct slots *slots, void (*each)(uint64_t number, void *object, void *context),
                void *context)
{
	for (uint32_t index = 0; index < slots->used; index++) {
		const struct slot *slot = slot_at(slots, index);
		uint64_t number = atomic_load_explicit(&slot->number, memory_order_relaxed);
		if (number != 0)
			each(number, slot->object, context);
	}
}

bool slots_alive(const struct slots *slots, uint64_t number)
{
	const struct slot *slot = slot_at(slots, number);
	return number != 0 && slot != NULL &&
	       atomic_load_explicit(&slot->number, memory_order_acquire) == number;
}

bool slots_claim(struct slots *slots, uint64_t number)
{
	struct slot *slot = slot_at(slots, number);
	uint64_t expected = number;
	return number != 0 && slot != NULL &&
	       atomic_compare_exchange_strong_explicit(&slot->number, &expected, 0,
	                                               memory_order_acq_rel, memory_order_relaxed);
}
