/* checked_lend: what handle() borrows, on pages of its own.
 *
 * With "check": true the struct act_call and the user, payload and trace that it leads to are
 * copied to pages that cannot be written, the payload up against the end of its last page, with one
 * behind it that cannot be read. When handle() has returned, all of them are made unreadable and
 * stay so for a while. A use that rule 3 of act/plugin.h forbids is then a SIGSEGV at the very
 * instruction, and the line about it (act/fatal.h) names the plugin, the call and the rule.
 * Threads: any. */
#ifndef ACT_CHECKED_LEND_H
#define ACT_CHECKED_LEND_H

#include <act/plugin.h>

struct checked_loan;
struct fatal_text;
struct generation;

/* How many that are over are kept unreadable; the oldest goes when one more comes. */
enum { CHECKED_LOANS_KEPT = 1024 };

/* Copies what `view` leads to. NULL: no pages; then it is lent as it is. */
struct checked_loan *checked_lend(const struct generation *generation, const act_call *view);
const act_call *checked_loan_view(const struct checked_loan *loan);
/* handle() has returned. */
void checked_take_back(struct checked_loan *loan);

/* [a handler of signals] Says whose memory an address is, and which rule was broken; nothing where
 * it was not lent. */
void checked_put_borrowed(struct fatal_text *text, const void *address);

#endif
