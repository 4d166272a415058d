#include "tally.h"

#include <stdlib.h>
#include <string.h>

static void reserve(struct tally *tally, size_t more)
{
	if (tally->room - tally->count >= more)
		return;
	size_t room = tally->room * 2 + more + 1024;
	uint32_t *times = realloc(tally->times, room * sizeof *times);
	if (times == NULL) {
		fprintf(stderr, "load: no memory for %zu times\n", room);
		exit(1);
	}
	tally->times = times;
	tally->room = room;
}

void tally_add(struct tally *tally, char build, uint64_t ns)
{
	uint64_t us = ns / 1000;
	reserve(tally, 1);
	tally->times[tally->count++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
	tally->builds |= 1u << (build - 'a');
	tally->answered++;
}

void tally_sum(struct tally *sum, const struct tally *tallies, size_t count)
{
	memset(sum, 0, sizeof *sum);
	for (size_t i = 0; i < count; i++) {
		const struct tally *one = &tallies[i];
		reserve(sum, one->count);
		if (one->count != 0)
			memcpy(sum->times + sum->count, one->times,
			       one->count * sizeof *one->times);
		sum->count += one->count;
		sum->sent += one->sent;
		sum->answered += one->answered;
		sum->builds |= one->builds;
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* The time that so many of a thousand did not exceed. */
static uint32_t rank(const struct tally *tally, size_t of_1000)
{
	if (tally->count == 0)
		return 0;
	size_t at = (tally->count * of_1000 + 999) / 1000;
	return tally->times[at - 1];
}

void tally_write(struct tally *tally, FILE *out)
{
	if (tally->count != 0)
		qsort(tally->times, tally->count, sizeof *tally->times, compare);
	fprintf(out, "{\"code\":%u,\"sent\":%llu,\"answered\":%llu,\"builds\":\"", tally->code,
	        (unsigned long long)tally->sent, (unsigned long long)tally->answered);
	for (int i = 0; i < 26; i++)
		if (tally->builds >> i & 1)
			fputc('a' + i, out);
	fprintf(out, "\",\"p50\":%u,\"p99\":%u,\"p999\":%u,\"max\":%u}", rank(tally, 500),
	        rank(tally, 990), rank(tally, 999), rank(tally, 1000));
}

void tally_free(struct tally *tally)
{
	free(tally->times);
	tally->times = NULL;
}
