#include "net/loop_poll.h"

#include "base/check.h"
#include "base/container.h"

/* Nothing is waited for, but the poller tells of failures unasked: once is enough. */
static uint32_t asked_for(uint32_t events)
{
	if (events == 0)
		return POLLER_ONCE;
	return ((events & LOOP_POLL_READ) != 0 ? POLLER_READ : 0) |
	       ((events & LOOP_POLL_WRITE) != 0 ? POLLER_WRITE : 0) |
	       ((events & LOOP_POLL_HANGUP) != 0 ? POLLER_HALF_CLOSED : 0);
}

/* A pipe or a socket that is no more is ready for everything: who waits finds out what is the
 * matter when he tries. */
static uint32_t told(uint32_t events)
{
	if ((events & POLLER_HUNG_UP) != 0)
		return LOOP_POLL_READ | LOOP_POLL_WRITE | LOOP_POLL_HANGUP;
	return ((events & POLLER_READ) != 0 ? LOOP_POLL_READ : 0) |
	       ((events & POLLER_WRITE) != 0 ? LOOP_POLL_WRITE : 0) |
	       ((events & POLLER_HALF_CLOSED) != 0 ? LOOP_POLL_HANGUP : 0);
}

static void on_ready(struct poller_watch *watch, uint32_t events)
{
	struct loop_poll *poll = container_of(watch, struct loop_poll, watch);
	bool failed = (events & POLLER_FAILED) != 0;
	uint32_t wanted = failed ? 0 : told(events) & poll->events;
	if (poll->events == 0)
		return;
	if (failed)
		loop_poll_wait(poll, 0);
	if (failed || wanted != 0)
		poll->ready(poll, wanted, failed);
}

int loop_poll_start(struct loop *loop, struct loop_poll *poll, int fd,
                    void (*ready)(struct loop_poll *poll, uint32_t events, bool failed))
{
	CHECK(loop_self() == loop);
	poll->watch.ready = on_ready;
	poll->loop = loop;
	poll->fd = fd;
	poll->events = 0;
	poll->ready = ready;
	return poller_add(&loop->poller, &poll->watch, fd, asked_for(0));
}

void loop_poll_wait(struct loop_poll *poll, uint32_t events)
{
	if (events == poll->events)
		return;
	poll->events = events;
	poller_change(&poll->loop->poller, &poll->watch, poll->fd, asked_for(events));
}

static void on_gone(struct post *post)
{
	struct loop_poll *poll = container_of(post, struct loop_poll, post);
	poll->gone(poll);
}

void loop_poll_stop(struct loop_poll *poll, void (*gone)(struct loop_poll *poll))
{
	poller_drop(&poll->loop->poller, &poll->watch, poll->fd);
	poll->gone = gone;
	poll->post.run = on_gone;
	loop_later(poll->loop, &poll->post);
}
