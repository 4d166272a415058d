/* need: one consumer's use of one service: who provides it at the moment.
 *
 * The reload points it at another provider; a call that runs keeps the provider it began with.
 * Threads: any. */
#ifndef ACT_NEED_H
#define ACT_NEED_H

#include <pthread.h>
#include <stdbool.h>

struct generation;

struct need {
	pthread_mutex_t lock;
	const char *id; /* "act.sql/1"; lives as long as the need */
	struct generation *provider;
};

void need_init(struct need *need, const char *id);
void need_free(struct need *need);
/* Points it at another provider, or at none (NULL). The provider is not pinned by this: whoever
 * retires it points every need elsewhere first. */
void need_set(struct need *need, struct generation *provider);
/* Does it lead to this provider? */
bool need_leads_to(struct need *need, const struct generation *provider);
/* The provider, pinned as PIN_SERVICE; NULL: there is none. */
struct generation *need_take(struct need *need);

#endif
