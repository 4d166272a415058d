/* tally.h: what became of the requests of one action code: how many were answered, by which builds,
 * and how long each took. */
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct tally {
	uint32_t code;
	uint32_t builds; /* bit 0 for "a", … */
	uint64_t sent;
	uint64_t answered;
	uint32_t *times; /* of each answer, in microseconds from when its request was due */
	size_t count, room;
};

/* Counts an answer. `build` is 'a' to 'z'. Ends the program where there is no memory. */
void tally_add(struct tally *tally, char build, uint64_t ns);

/* Puts the times of all into `sum`, which tally_free() gives back. */
void tally_sum(struct tally *sum, const struct tally *tallies, size_t count);

/* Writes a JSON object: code, sent, answered, builds, and the times in microseconds as p50, p99,
 * p999 and max (nearest rank; 0 without answers). Sorts the times. */
void tally_write(struct tally *tally, FILE *out);

void tally_free(struct tally *tally);

#endif
