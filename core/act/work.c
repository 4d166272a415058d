/* work: act_host.work: a plugin's own task on a worker, and its end on the home loop. */
#include "act/host.h"

#include "act/inside.h"
#include "base/mem.h"
#include "net/net.h"

#include <stdlib.h>

struct work {
	union {
		struct task task;
		struct post post;
	};
	struct generation *generation;
	uint64_t tag;
	void *arg;
};

static void work_end(struct work *work)
{
	struct generation *generation = work->generation;
	free(work);
	generation_unpin_as(generation, PIN_WORK);
}

static void on_done(struct post *post)
{
	struct work *work = (struct work *)(void *)post;
	struct generation *generation = work->generation;
	struct inside_before before = inside_enter(generation, INSIDE_WORK_DONE);
	generation->table->work_done(generation->self, work->tag, work->arg);
	inside_leave(&before);
	work_end(work);
}

static void on_work(struct task *task)
{
	struct work *work = (struct work *)(void *)task;
	struct generation *generation = work->generation;
	generation_seen(generation);
	struct inside_before before = inside_enter(generation, INSIDE_WORK);
	generation->table->work(generation->self, work->tag, work->arg);
	inside_leave(&before);
	if (TABLE_GET(generation->table, work_done) == NULL) {
		work_end(work);
		return;
	}
	work->post.run = on_done;
	loop_post(generation->home, &work->post);
}

act_rc host_work(const act_host *h, uint64_t tag, void *arg)
{
	struct generation *generation = generation_of(h);
	if (TABLE_GET(generation->table, work) == NULL)
		return ACT_E_NOSUPP;
	struct work *work = mem_new(1, sizeof *work);
	*work = (struct work){
		.task.run = on_work, .generation = generation, .tag = tag, .arg = arg
	};
	generation_pin_as(generation, PIN_WORK);
	if (pool_submit(generation->act->pool, &work->task))
		return ACT_OK;
	work_end(work);
	return ACT_E_BUSY;
}
