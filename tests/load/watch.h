/* watch.h: while a reload is tried by some connections only (canary_percent), is each connection
 * answered by one build of a plugin? What was asked before the watch, or is answered behind it, is
 * not looked at. */
#ifndef LOAD_WATCH_H
#define LOAD_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { WATCH_PLUGINS = 16 };

/* What was seen of one plugin. The codes of a plugin differ in their last decimal digit alone. */
struct watch_plugin {
	uint32_t decade;   /* its codes without that digit */
	uint32_t builds;   /* that answered; bit 0 for "a", … */
	uint64_t answers;  /* how many */
	uint64_t compared; /* of those that were held against an earlier one of the connection */
};

struct watch {
	uint32_t number; /* of this watch; 0: there is none */
	uint32_t last;   /* number that was given */
	struct watch_plugin plugins[WATCH_PLUGINS];
	size_t plugin_count;
};

/* What one connection was answered by. */
struct watch_memory {
	uint32_t number; /* of the watch it belongs to */
	char builds[WATCH_PLUGINS];
};

/* Counts a code's plugin in, once; before the first watch, and for WATCH_PLUGINS plugins at most.
 */
void watch_add(struct watch *watch, uint32_t code);

void watch_begin(struct watch *watch);
void watch_end(struct watch *watch);

/* Takes note of an answer to what was asked in the watch `number`. False where another build than
 * before has answered; `build` is 'a' to 'z', `code` one that was added. */
bool watch_sees(struct watch *watch, struct watch_memory *memory, uint32_t number, uint32_t code,
                char build);

/* A line of JSON: {"DECADE":{"answers":N,"compared":N,"builds":"ab"},…} of the last watch. */
void watch_write(const struct watch *watch, FILE *out);

#endif
