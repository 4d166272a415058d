/* fold: a text as it is compared in a search, where Anna finds anna.
 *
 * The large letters of Latin (to U+017F), Greek and Cyrillic become small ones; all else stays. A
 * table of our own and not the C library's, because the result is stored: it must be the same on
 * every machine that opens the database.
 *
 * Threads: any. */
#ifndef COMMON_FOLD_H
#define COMMON_FOLD_H

#include <act/plugin.h>
#include <stddef.h>

/* Writes the folded form of `text` (UTF-8) to `out`, which holds `text.len` bytes: folding keeps
 * the length. */
void fold_text(act_bytes text, char *out);

/* The end of the range of keys that begin with `key`: those from `key` on and below what this
 * makes of it, compared as bytes. `key` is UTF-8 of one byte or more; it is changed in place. */
void fold_range_end(char *key, size_t len);

#endif
