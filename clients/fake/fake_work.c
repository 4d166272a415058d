/* fake_work: what the plugin hands to act_host.work() waits here until the test lets it run. */
#include "fake_inner.h"

#include <stdlib.h>

act_rc fake_work(const act_host *h, uint64_t tag, void *arg)
{
	struct fake_host *fake = fake_of(h);
	if (FAKE_GET(fake->plugin, work) == NULL)
		return ACT_E_NOSUPP;
	struct fake_work *work = fake_alloc(sizeof *work);
	work->tag = tag;
	work->arg = arg;
	pthread_mutex_lock(&fake->lock);
	if (fake->work_last != NULL)
		fake->work_last->next = work;
	else
		fake->work_first = work;
	fake->work_last = work;
	pthread_mutex_unlock(&fake->lock);
	return ACT_OK;
}

static struct fake_work *take_work(struct fake_host *fake)
{
	pthread_mutex_lock(&fake->lock);
	struct fake_work *work = fake->work_first;
	if (work != NULL) {
		fake->work_first = work->next;
		if (fake->work_first == NULL)
			fake->work_last = NULL;
	}
	pthread_mutex_unlock(&fake->lock);
	return work;
}

size_t fake_work_run(struct fake_host *fake)
{
	size_t count = 0;
	for (struct fake_work *work; (work = take_work(fake)) != NULL; count++) {
		fake->plugin->work(fake->self, work->tag, work->arg);
		if (FAKE_GET(fake->plugin, work_done) != NULL)
			fake->plugin->work_done(fake->self, work->tag, work->arg);
		free(work);
	}
	return count;
}
