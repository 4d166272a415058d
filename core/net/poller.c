#include "net/poller.h"

#include "base/check.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

int poller_init(struct poller *poller)
{
	poller->count = poller->next = 0;
	poller->fd = epoll_create1(EPOLL_CLOEXEC);
	return poller->fd >= 0 ? 0 : -1;
}

void poller_free(struct poller *poller)
{
	if (poller->fd >= 0)
		close(poller->fd);
	poller->fd = -1;
}

static int control(struct poller *poller, int what, struct poller_watch *watch, int fd,
                   uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };
	return epoll_ctl(poller->fd, what, fd, &event);
}

int poller_add(struct poller *poller, struct poller_watch *watch, int fd, uint32_t events)
{
	return control(poller, EPOLL_CTL_ADD, watch, fd, events);
}

void poller_change(struct poller *poller, struct poller_watch *watch, int fd, uint32_t events)
{
	CHECK(control(poller, EPOLL_CTL_MOD, watch, fd, events) == 0);
}

void poller_drop(struct poller *poller, struct poller_watch *watch, int fd)
{
	CHECK(control(poller, EPOLL_CTL_DEL, watch, fd, 0) == 0);
	for (int i = poller->next; i < poller->count; i++)
		if (poller->events[i].data.ptr == watch)
			poller->events[i].data.ptr = NULL;
}

void poller_wait(struct poller *poller, int ms)
{
	poller->next = 0;
	poller->count = epoll_wait(poller->fd, poller->events, POLLER_BATCH, ms);
	if (poller->count < 0) {
		CHECK(errno == EINTR);
		poller->count = 0;
	}
}

void poller_tell(struct poller *poller)
{
	while (poller->next < poller->count) {
		const struct epoll_event *event = &poller->events[poller->next++];
		struct poller_watch *watch = event->data.ptr;
		if (watch != NULL)
			watch->ready(watch, event->events);
	}
}
