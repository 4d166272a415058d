/* fake_poll: act.poll/1 in the fake host: real descriptors, looked at by poll(2) when the test says
 * so. */
#include "fake_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define ASKED_FOR (ACT_POLL_READ | ACT_POLL_WRITE | ACT_POLL_HANGUP)

/* ---- watching ---- */

/* Would epoll_ctl(2), by which the server watches, take it? A regular file it would not. Where no
 * descriptor is left to ask with, poll(2) tells later. */
static bool can_be_watched(int fd)
{
	struct epoll_event nothing = { 0 };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		return true;
	bool can = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &nothing) == 0;
	close(epoll);
	return can;
}

/* ACT_OK and `*out`, the plugin's own number for it may be used again; or why not. */
static act_rc duplicate(int fd, int *out)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		return errno == EMFILE ? ACT_E_BUSY : ACT_E_INVAL;
	int flags = fcntl(copy, F_GETFL);
	if (can_be_watched(copy) && fcntl(copy, F_SETFL, flags | O_NONBLOCK) == 0) {
		*out = copy;
		return ACT_OK;
	}
	close(copy);
	return ACT_E_INVAL;
}

/* Under the lock. */
static struct fake_watch **find(struct fake_host *fake, act_watch id)
{
	struct fake_watch **at = &fake->watches;
	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static void take_out(struct fake_host *fake, struct fake_watch **at)
{
	struct fake_watch *watch = *at;
	*at = watch->next;
	fake->watch_count--;
	close(watch->fd);
	free(watch);
}

static act_rc poll_watch(const act_host *h, int32_t fd, uint32_t events, uint64_t tag,
                         act_watch *out)
{
	struct fake_host *fake = fake_of(h);
	int copy;
	if (FAKE_GET(fake->plugin, on_fd) == NULL)
		return ACT_E_NOSUPP;
	if (out == NULL || (events & ~ASKED_FOR) != 0 || !fake->activated)
		return ACT_E_INVAL;
	act_rc rc = duplicate(fd, &copy);
	if (rc != ACT_OK)
		return rc;
	rc = ACT_E_BUSY;
	pthread_mutex_lock(&fake->lock);
	if (fake->watch_count < FAKE_WATCHES) {
		struct fake_watch *watch = fake_alloc(sizeof *watch);
		*watch = (struct fake_watch){ .id = ++fake->last_id,
			                      .tag = tag,
			                      .events = events,
			                      .fd = copy,
			                      .next = fake->watches };
		fake->watches = watch;
		fake->watch_count++;
		*out = watch->id;
		rc = ACT_OK;
	}
	pthread_mutex_unlock(&fake->lock);
	if (rc != ACT_OK)
		close(copy);
	return rc;
}

static act_rc poll_modify(const act_host *h, act_watch id, uint32_t events)
{
	struct fake_host *fake = fake_of(h);
	if ((events & ~ASKED_FOR) != 0)
		return ACT_E_INVAL;
	pthread_mutex_lock(&fake->lock);
	struct fake_watch *watch = *find(fake, id);
	if (watch != NULL) {
		watch->events = events;
		watch->failed = false;
	}
	pthread_mutex_unlock(&fake->lock);
	return watch != NULL ? ACT_OK : ACT_E_GONE;
}

static act_rc poll_unwatch(const act_host *h, act_watch id)
{
	struct fake_host *fake = fake_of(h);
	pthread_mutex_lock(&fake->lock);
	struct fake_watch **at = find(fake, id);
	bool found = *at != NULL;
	if (found)
		take_out(fake, at);
	pthread_mutex_unlock(&fake->lock);
	return found ? ACT_OK : ACT_E_GONE;
}

const act_poll fake_poll = {
	.size = sizeof fake_poll,
	.watch = poll_watch,
	.modify = poll_modify,
	.unwatch = poll_unwatch,
};

void fake_watches_end(struct fake_host *fake)
{
	pthread_mutex_lock(&fake->lock);
	while (fake->watches != NULL)
		take_out(fake, &fake->watches);
	pthread_mutex_unlock(&fake->lock);
}

size_t fake_watches(struct fake_host *fake)
{
	pthread_mutex_lock(&fake->lock);
	size_t count = fake->watch_count;
	pthread_mutex_unlock(&fake->lock);
	return count;
}

/* ---- telling ---- */

/* What is waited for in one poll(2): the watches that do not rest. */
struct round {
	struct pollfd fds[FAKE_WATCHES];
	act_watch ids[FAKE_WATCHES];
	size_t count;
};

static short to_poll(uint32_t events)
{
	return (short)(((events & ACT_POLL_READ) != 0 ? POLLIN : 0) |
	               ((events & ACT_POLL_WRITE) != 0 ? POLLOUT : 0) |
	               ((events & ACT_POLL_HANGUP) != 0 ? POLLRDHUP : 0));
}

static void collect(struct fake_host *fake, struct round *round)
{
	round->count = 0;
	pthread_mutex_lock(&fake->lock);
	for (const struct fake_watch *watch = fake->watches; watch != NULL; watch = watch->next) {
		if (watch->failed || watch->events == 0)
			continue;
		round->ids[round->count] = watch->id;
		round->fds[round->count++] =
			(struct pollfd){ .fd = watch->fd, .events = to_poll(watch->events) };
	}
	pthread_mutex_unlock(&fake->lock);
}

/* What on_fd() is told of this, 0: nothing. Of an end alone it is told as of all that it watches
 * for. Under the lock. */
static uint32_t to_tell(struct fake_watch *watch, short found)
{
	uint32_t events = ((found & POLLIN) != 0 ? ACT_POLL_READ : 0) |
	                  ((found & POLLOUT) != 0 ? ACT_POLL_WRITE : 0) |
	                  ((found & POLLRDHUP) != 0 ? ACT_POLL_HANGUP : 0);
	if (watch->failed || watch->events == 0 || found == 0)
		return 0;
	watch->failed = (found & (POLLERR | POLLNVAL)) != 0;
	if (watch->failed)
		return ACT_POLL_ERROR;
	return (found == POLLHUP ? ASKED_FOR : events) & watch->events;
}

/* An on_fd() before may have ended or modified this watch. */
static bool tell(struct fake_host *fake, act_watch id, short found)
{
	uint32_t events = 0;
	uint64_t tag = 0;
	pthread_mutex_lock(&fake->lock);
	struct fake_watch *watch = *find(fake, id);
	if (watch != NULL) {
		tag = watch->tag;
		events = to_tell(watch, found);
	}
	pthread_mutex_unlock(&fake->lock);
	if (events != 0)
		fake->plugin->on_fd(fake->self, tag, events);
	return events != 0;
}

struct timespec fake_real_time(uint32_t from_now_ms)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += from_now_ms / 1000;
	time.tv_nsec += (long)(from_now_ms % 1000) * 1000000;
	time.tv_sec += time.tv_nsec / 1000000000;
	time.tv_nsec %= 1000000000;
	return time;
}

static int64_t ms_until(struct timespec until)
{
	struct timespec now = fake_real_time(0);
	return (int64_t)(until.tv_sec - now.tv_sec) * 1000 +
	       (until.tv_nsec - now.tv_nsec) / 1000000;
}

/* poll(2) that a signal does not cut short. */
static int wait_for(struct round *round, uint32_t wait_ms)
{
	struct timespec until = fake_real_time(wait_ms);
	int64_t left_ms = wait_ms;
	int ready;
	do {
		ready = poll(round->fds, round->count,
		             (int)(left_ms < INT32_MAX ? left_ms : INT32_MAX));
		left_ms = ms_until(until);
	} while (ready < 0 && errno == EINTR && left_ms > 0);
	return ready;
}

size_t fake_poll_run(struct fake_host *fake, uint32_t wait_ms)
{
	struct round *round = fake_alloc(sizeof *round);
	size_t told = 0;
	pthread_mutex_lock(&fake->loop);
	collect(fake, round);
	if (round->count != 0 && wait_for(round, wait_ms) > 0)
		for (size_t i = 0; i < round->count; i++)
			told += tell(fake, round->ids[i], round->fds[i].revents);
	pthread_mutex_unlock(&fake->loop);
	free(round);
	return told;
}
