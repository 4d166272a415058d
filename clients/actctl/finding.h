/* finding: what a check of a plugin found, one sentence each, in the order of the finding.
 * Owner: whoever has the struct. Thread: one. */
#ifndef ACTCTL_FINDING_H
#define ACTCTL_FINDING_H

#include <stdbool.h>
#include <stddef.h>

/* How bad it is; the letters are those on the pipe of plugin_trial.h. */
enum finding_kind {
	FINDING_GOOD = 'g', /* as it should be, or a fact */
	FINDING_CALL = 'c', /* a call and its answer */
	FINDING_NOTE = 'n', /* the server takes it; mend it all the same */
	FINDING_BAD = 'b',  /* it makes the plugin unfit */
};

/* More is not kept: a file with so much to say has said enough. */
enum { FINDINGS_MAX = 512 };

struct findings {
	struct {
		enum finding_kind kind;
		char *text;
	} list[FINDINGS_MAX];
	size_t count;
};

/* Adds one (printf-style, without a full stop). */
__attribute__((format(printf, 3, 4))) void
finding_add(struct findings *findings, enum finding_kind kind, const char *format, ...);
/* How many there are of a kind. */
size_t finding_count(const struct findings *findings, enum finding_kind kind);
/* Gives the memory back. */
void finding_free(struct findings *findings);

#endif
