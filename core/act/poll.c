#include "act/poll.h"

#include "act/generation.h"
#include "act/inside.h"
#include "base/check.h"
#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/loop_poll.h"
#include "net/net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BUCKETS = 64 };

#define ASKED_FOR (ACT_POLL_READ | ACT_POLL_WRITE | ACT_POLL_HANGUP)

_Static_assert(LOOP_POLL_READ == ACT_POLL_READ && LOOP_POLL_WRITE == ACT_POLL_WRITE &&
                       LOOP_POLL_HANGUP == ACT_POLL_HANGUP,
               "events go to the loop and back as they are");

/* What any thread wants of a watch stands here under the lock; the home loop sees to it in
 * settle(). Freed by the last of its owners: the table, a post under way, the loop's handle. */
struct watch {
	struct loop_poll polling;
	struct post post;
	_Atomic uint32_t owners;
	struct watch *next; /* in its bucket */
	struct generation_polls *polls;
	act_watch number;
	uint64_t tag;
	int fd;          /* the duplicate */
	uint32_t events; /* from here on: under the lock */
	bool failed;     /* told as ACT_POLL_ERROR; rests until it is modified */
	bool ended;
	bool posted;
	bool started; /* these two: of the loop's handle */
	bool stopped;
};

struct generation_polls {
	pthread_mutex_t lock;
	struct generation *generation;
	struct watch *buckets[BUCKETS];
	uint32_t count;
	uint64_t last;
	bool frozen;
};

struct generation_polls *polls_new(struct generation *generation)
{
	struct generation_polls *polls = mem_new(1, sizeof *polls);
	pthread_mutex_init(&polls->lock, NULL);
	polls->generation = generation;
	return polls;
}

void polls_free(struct generation_polls *polls)
{
	CHECK(polls->count == 0);
	pthread_mutex_destroy(&polls->lock);
	free(polls);
}

static void release(struct watch *watch)
{
	if (atomic_fetch_sub(&watch->owners, 1) != 1)
		return;
	close(watch->fd);
	free(watch);
}

/* ---- on the home loop ---- */

static void on_gone(struct loop_poll *polling)
{
	release(container_of(polling, struct watch, polling));
}

/* Which of these may the plugin be told now? 0: none. */
static uint32_t to_tell(struct watch *watch, uint32_t events, bool failed)
{
	struct generation_polls *polls = watch->polls;
	bool active = atomic_load(&polls->generation->active);
	pthread_mutex_lock(&polls->lock);
	if (!active || watch->ended || polls->frozen)
		events = 0;
	else if (failed)
		events = ACT_POLL_ERROR;
	else
		events &= watch->events;
	watch->failed = watch->failed || events == ACT_POLL_ERROR;
	pthread_mutex_unlock(&polls->lock);
	return events;
}

static void on_ready(struct loop_poll *polling, uint32_t events, bool failed)
{
	struct watch *watch = container_of(polling, struct watch, polling);
	struct generation *generation = watch->polls->generation;
	events = to_tell(watch, events, failed);
	if (events == 0)
		return;
	struct inside_before before = inside_enter(generation, INSIDE_ON_FD);
	generation->table->on_fd(generation->self, watch->tag, events);
	inside_leave(&before);
}

/* Makes the handle as it is wanted. False: the loop cannot. Under the lock. */
static bool settle(struct watch *watch)
{
	if (watch->ended) {
		if (watch->started && !watch->stopped) {
			watch->stopped = true;
			loop_poll_stop(&watch->polling, on_gone);
		}
		return true;
	}
	if (!watch->started) {
		struct loop *home = watch->polls->generation->home;
		if (loop_poll_start(home, &watch->polling, watch->fd, on_ready) != 0)
			return false;
		watch->started = true;
		atomic_fetch_add(&watch->owners, 1);
	}
	bool rests = watch->failed || watch->polls->frozen;
	loop_poll_wait(&watch->polling, rests ? 0 : watch->events);
	return true;
}

static void on_post(struct post *post)
{
	struct watch *watch = container_of(post, struct watch, post);
	struct generation_polls *polls = watch->polls;
	pthread_mutex_lock(&polls->lock);
	watch->posted = false;
	bool settled = settle(watch);
	pthread_mutex_unlock(&polls->lock);
	if (!settled)
		on_ready(&watch->polling, 0, true);
	release(watch);
}

/* ---- any thread ---- */

/* Under the lock. At once where that is possible; a watch begins by post, so that on_fd() never
 * comes from inside the call that watches. */
static void settle_soon(struct watch *watch)
{
	struct loop *home = watch->polls->generation->home;
	if (loop_self() == home && (watch->started || watch->ended)) {
		settle(watch);
		return;
	}
	if (watch->posted)
		return;
	watch->posted = true;
	watch->post.run = on_post;
	atomic_fetch_add(&watch->owners, 1);
	loop_post(home, &watch->post);
}

static struct watch **find(struct generation_polls *polls, act_watch number)
{
	struct watch **at = &polls->buckets[number % BUCKETS];
	while (*at != NULL && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

/* Whether epoll_ctl(2) would take it, asked of one that nobody waits on. 0, or an errno. */
static int try_to_wait(int fd)
{
	struct epoll_event nothing = { 0 };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		return errno;
	int why = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &nothing) == 0 ? 0 : errno;
	close(epoll);
	return why;
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : errno;
}

/* The descriptor to watch in place of `fd`; its number is not used again before the loop has let
 * go of it. -1, and `*rc`. */
static int duplicate(const struct generation_polls *polls, int fd, act_rc *rc)
{
	char room[48];
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int why = copy < 0 ? errno : try_to_wait(copy);
	if (why == 0)
		why = set_nonblocking(copy);
	if (why == 0)
		return copy;
	if (copy >= 0)
		close(copy);
	*rc = why == EBADF || why == EPERM || why == EINVAL ? ACT_E_INVAL : ACT_E_BUSY;
	snprintf(room, sizeof room, "plugin %s", polls->generation->manifest.name);
	log_warn(room, "act.poll/1: descriptor %d is not watched: %s", fd,
	         why == EPERM ? "it is always ready, as a regular file is; expected a socket, a "
	                        "pipe or the like"
	                      : strerror(why));
	return -1;
}

/* Under the lock: polls_stop() either finds the watch, or has been here before. */
static act_rc put_in(struct generation_polls *polls, struct watch *watch)
{
	if (!atomic_load(&polls->generation->active))
		return ACT_E_INVAL;
	if (polls->count == POLLS_MAX)
		return ACT_E_BUSY;
	watch->number = (act_watch)WATCH_KIND << 61 | ++polls->last;
	watch->next = polls->buckets[watch->number % BUCKETS];
	polls->buckets[watch->number % BUCKETS] = watch;
	polls->count++;
	settle_soon(watch);
	return ACT_OK;
}

act_rc polls_watch(struct generation_polls *polls, int32_t fd, uint32_t events, uint64_t tag,
                   act_watch *out)
{
	act_rc rc = ACT_E_INVAL;
	if (TABLE_GET(polls->generation->table, on_fd) == NULL)
		return ACT_E_NOSUPP;
	if (out == NULL || (events & ~ASKED_FOR) != 0 || !atomic_load(&polls->generation->active))
		return ACT_E_INVAL;
	int copy = duplicate(polls, fd, &rc);
	if (copy < 0)
		return rc;
	struct watch *watch = mem_new(1, sizeof *watch);
	*watch = (struct watch){
		.owners = 1, .polls = polls, .tag = tag, .fd = copy, .events = events
	};
	pthread_mutex_lock(&polls->lock);
	rc = put_in(polls, watch);
	if (rc == ACT_OK)
		*out = watch->number;
	pthread_mutex_unlock(&polls->lock);
	if (rc != ACT_OK)
		release(watch);
	return rc;
}

act_rc polls_modify(struct generation_polls *polls, act_watch number, uint32_t events)
{
	if ((events & ~ASKED_FOR) != 0)
		return ACT_E_INVAL;
	pthread_mutex_lock(&polls->lock);
	struct watch *watch = *find(polls, number);
	if (watch != NULL) {
		watch->events = events;
		watch->failed = false;
		settle_soon(watch);
	}
	pthread_mutex_unlock(&polls->lock);
	return watch != NULL ? ACT_OK : ACT_E_GONE;
}

/* Under the lock. */
static void end(struct generation_polls *polls, struct watch **at)
{
	struct watch *watch = *at;
	*at = watch->next;
	polls->count--;
	watch->ended = true;
	settle_soon(watch);
	release(watch);
}

act_rc polls_unwatch(struct generation_polls *polls, act_watch number)
{
	pthread_mutex_lock(&polls->lock);
	struct watch **at = find(polls, number);
	bool found = *at != NULL;
	if (found)
		end(polls, at);
	pthread_mutex_unlock(&polls->lock);
	return found ? ACT_OK : ACT_E_GONE;
}

uint32_t polls_count(struct generation_polls *polls)
{
	pthread_mutex_lock(&polls->lock);
	uint32_t count = polls->count;
	pthread_mutex_unlock(&polls->lock);
	return count;
}

/* ---- all of them: behind a barrier, on the home loop ---- */

static void end_all(struct loop *loop, void *context)
{
	struct generation_polls *polls = context;
	if (loop != polls->generation->home)
		return;
	pthread_mutex_lock(&polls->lock);
	for (size_t i = 0; i < BUCKETS; i++)
		while (polls->buckets[i] != NULL)
			end(polls, &polls->buckets[i]);
	pthread_mutex_unlock(&polls->lock);
}

void polls_stop(struct generation_polls *polls)
{
	net_barrier(polls->generation->act->net, end_all, polls);
}

static void rest_all(struct generation_polls *polls, bool frozen)
{
	pthread_mutex_lock(&polls->lock);
	polls->frozen = frozen;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct watch *watch = polls->buckets[i]; watch != NULL; watch = watch->next)
			if (watch->started)
				settle(watch);
	pthread_mutex_unlock(&polls->lock);
}

static void freeze_all(struct loop *loop, void *context)
{
	struct generation_polls *polls = context;
	if (loop == polls->generation->home)
		rest_all(polls, true);
}

static void thaw_all(struct loop *loop, void *context)
{
	struct generation_polls *polls = context;
	if (loop == polls->generation->home)
		rest_all(polls, false);
}

void polls_freeze(struct generation_polls *polls)
{
	net_barrier(polls->generation->act->net, freeze_all, polls);
}

void polls_thaw(struct generation_polls *polls)
{
	net_barrier(polls->generation->act->net, thaw_all, polls);
}
