/* inbox: how other threads reach a loop: many post, one takes.
 *
 * A lock-free stack that the taker turns over, so what one thread posts arrives in the order in
 * which it was posted. It has no bound of its own: whoever posts counts what is
 * under way: one answer a call, limits.home_queue calls, limits.push_queue_bytes of pushes. What a
 * plugin binds, joins and closes is a small post each. */
#ifndef BASE_INBOX_H
#define BASE_INBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* One message to a loop; the first member of what is posted. run() owns it and frees it. */
struct post {
	struct post *next;
	void (*run)(struct post *post);
};

struct inbox {
	_Atomic(struct post *) top;
};

/* [any] Hands `post` over. True: the inbox was empty, so the taker has to be woken. */
bool inbox_put(struct inbox *inbox, struct post *post);

/* [taker] Runs all that is there, oldest first; returns how many that were. What they post comes
 * the next time. */
size_t inbox_run(struct inbox *inbox);

#endif
