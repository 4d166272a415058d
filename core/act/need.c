#include "act/need.h"

#include "act/generation.h"

void need_init(struct need *need, const char *id)
{
	pthread_mutex_init(&need->lock, NULL);
	need->id = id;
	need->provider = NULL;
}

void need_free(struct need *need)
{
	pthread_mutex_destroy(&need->lock);
}

void need_set(struct need *need, struct generation *provider)
{
	pthread_mutex_lock(&need->lock);
	need->provider = provider;
	pthread_mutex_unlock(&need->lock);
}

/* The pin is taken under the lock: once need_set() has returned, nobody is about to pin the old
 * provider. */
struct generation *need_take(struct need *need)
{
	pthread_mutex_lock(&need->lock);
	struct generation *provider = need->provider;
	if (provider != NULL)
		generation_pin_as(provider, PIN_SERVICE);
	pthread_mutex_unlock(&need->lock);
	return provider;
}

bool need_leads_to(struct need *need, const struct generation *provider)
{
	pthread_mutex_lock(&need->lock);
	bool leads = need->provider == provider;
	pthread_mutex_unlock(&need->lock);
	return leads;
}
