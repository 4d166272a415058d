/* slots: generation-tagged numbers for objects that others may outlive.
 *
 * A number is kind (3 bits), generation (29), owner (8) and index (24). It is never given twice
 * while 2^29 generations of a slot have not passed, so a stale one finds nothing. Slots never move
 * and are never given back to the system: any thread may ask whether a number is alive, without a
 * lock. Owner: one thread makes, finds and frees; [any] may ask and claim. */
#ifndef BASE_SLOTS_H
#define BASE_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { SLOTS_CHUNK = 512, SLOTS_CHUNKS = 32768 }; /* 16 Mi objects an owner */

struct slot {
	_Atomic uint64_t number; /* 0: free, or claimed */
	void *object;
	uint32_t generation;
	uint32_t next_free; /* index + 1 */
};

struct slots {
	_Atomic(struct slot *) *chunks; /* SLOTS_CHUNKS of them */
	uint32_t owner;
	uint32_t used;       /* slots that were ever handed out                           */
	uint32_t free_first; /* oldest free slot, index + 1: a number rests as long as possible */
	uint32_t free_last;
	uint32_t live;
};

static inline uint32_t slots_owner(uint64_t number)
{
	return (uint32_t)(number >> 24) & 0xFF;
}

static inline uint32_t slots_kind(uint64_t number)
{
	return (uint32_t)(number >> 61);
}

void slots_init(struct slots *slots, uint32_t owner);
void slots_free(struct slots *slots);

/* [owner] A number of `kind` (1 to 7) for `object`; 0: all slots are taken. */
uint64_t slots_put(struct slots *slots, uint32_t kind, void *object);
/* [owner] The object; NULL: stale, or claimed. */
void *slots_get(const struct slots *slots, uint64_t number);
/* [owner] The object of a number that was claimed and is not dropped yet. */
void *slots_get_claimed(const struct slots *slots, uint64_t number);
/* [owner] The number is no more, claimed or not. */
void slots_drop(struct slots *slots, uint64_t number);

/* [owner] Calls each() for every number that is neither free nor claimed; each() may drop it. */
void slots_each(struct slots *slots, void (*each)(uint64_t number, void *object, void *context),
                void *context);

/* [owner] The living object at *index or the first behind it, and moves *index on; NULL: there is
 * none. Begins with 0. Meanwhile any may be dropped. */
void *slots_next(const struct slots *slots, uint32_t *index);

/* [any] Is it alive at this moment? */
bool slots_alive(const struct slots *slots, uint64_t number);
/* [any] Take the number out of the world: true for exactly one caller. The owner drops it later. */
bool slots_claim(struct slots *slots, uint64_t number);

#endif
