#include "base/inbox.h"

bool inbox_put(struct inbox *inbox, struct post *post)
{
	struct post *top = atomic_load_explicit(&inbox->top, memory_order_relaxed);
	do
		post->next = top;
	while (!atomic_compare_exchange_weak_explicit(&inbox->top, &top, post, memory_order_release,
	                                              memory_order_relaxed));
	return top == NULL;
}

static struct post *turn_over(struct post *top)
{
	struct post *oldest = NULL;
	while (top != NULL) {
		struct post *next = top->next;
		top->next = oldest;
		oldest = top;
		top = next;
	}
	return oldest;
}

size_t inbox_run(struct inbox *inbox)
{
	struct post *post =
		turn_over(atomic_exchange_explicit(&inbox->top, NULL, memory_order_acquire));
	size_t count = 0;
	while (post != NULL) {
		struct post *next = post->next; /* run() frees the post */
		post->run(post);
		post = next;
		count++;
	}
	return count;
}
