#include "act/watch.h"

#include "act/fatal.h"
#include "act/stats.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How often it looks: LOOKS times within stuck_ms. */
enum { LOOKS = 4, LOOK_MS_MIN = 5, LOOK_MS_MAX = 250 };

/* What the watch knows of one thread. */
struct seen {
	uint64_t stays;
	uint64_t since_ms; /* when this stay was first seen */
	uint64_t told_ms;  /* when it was last told of; 0: not yet */
	struct watch_stay stay;
};

struct watcher {
	struct act *act;
	pthread_t thread;
	pthread_mutex_t lock; /* for all below */
	pthread_cond_t end;
	bool ending;
	struct seen seen[INSIDE_THREADS];
};

void watch_say(const struct watch_stay *stay, char *out, size_t size)
{
	const struct inside_view *view = &stay->view;
	int len = snprintf(out, size, "plugin %s %s (generation %lu): %s", stay->plugin,
	                   stay->version, view->generation, inside_word(view->what));
	if (view->conn != 0 && len >= 0 && (size_t)len < size)
		snprintf(out + len, size - (size_t)len, "%s%s, code %u, connection %lu",
		         view->what == INSIDE_HANDLE ? " of " : " for ", stay->action, view->code,
		         view->conn);
}

static void take_names(const struct stats_generation *generation, void *context)
{
	struct watch_stay *stay = context;
	snprintf(stay->plugin, sizeof stay->plugin, "%s", generation->name);
	snprintf(stay->version, sizeof stay->version, "%s", generation->version);
	if (stay->view.conn != 0 && stay->view.action < generation->action_count)
		snprintf(stay->action, sizeof stay->action, "%s",
		         generation->actions[stay->view.action]);
}

static void tell(struct watcher *watch, uint32_t thread, struct seen *seen, uint64_t now_ms)
{
	char name[16], words[256];
	seen->stay.ms = now_ms - seen->since_ms;
	stats_look(watch->act->stats, seen->stay.view.generation, take_names, &seen->stay);
	inside_thread_name(thread, name, sizeof name);
	watch_say(&seen->stay, words, sizeof words);
	log_warn("watch", "%s has been inside %s for %lu ms%s", name, words, seen->stay.ms,
	         thread >= CONFIG_THREADS_MAX ? ""
	                                      : "; until it returns, the loop's connections wait");
	seen->told_ms = now_ms;
}

static void tell_back(uint32_t thread, const struct seen *seen, uint64_t now_ms)
{
	char name[16], words[256];
	inside_thread_name(thread, name, sizeof name);
	watch_say(&seen->stay, words, sizeof words);
	log_warn("watch", "%s came back from %s, after %lu ms", name, words,
	         now_ms - seen->since_ms);
}

static void look_at(struct watcher *watch, uint32_t thread, uint32_t stuck_ms, uint64_t now_ms)
{
	struct seen *seen = &watch->seen[thread];
	struct inside_view view;
	uint64_t stays = inside_look(thread, &view);
	if (view.generation == 0 || stays != seen->stays) {
		if (seen->told_ms != 0)
			tell_back(thread, seen, now_ms);
		*seen = (struct seen){ .stays = stays, .since_ms = now_ms };
		return;
	}
	/* The number that was seen with the first look may have been that of the stay before it,
	 * read while the thread came in; what is told of has stood still. */
	bool due = seen->told_ms == 0 ? now_ms - seen->since_ms >= stuck_ms
	                              : now_ms - seen->told_ms >= WATCH_AGAIN_MS;
	seen->stay.view = view;
	seen->stay.ms = now_ms - seen->since_ms;
	if (due)
		tell(watch, thread, seen, now_ms);
}

static uint32_t look_ms(uint32_t stuck_ms)
{
	uint32_t ms = stuck_ms / LOOKS;
	return ms < LOOK_MS_MIN ? LOOK_MS_MIN : ms > LOOK_MS_MAX ? LOOK_MS_MAX : ms;
}

static void wait_ms(struct watcher *watch, uint32_t ms)
{
	const struct timespec until = clock_moment(ms);
	pthread_cond_clockwait(&watch->end, &watch->lock, CLOCK_MONOTONIC, &until);
}

static void *watch_main(void *arg)
{
	struct watcher *watch = arg;
	pthread_setname_np(pthread_self(), "watch");
	pthread_mutex_lock(&watch->lock);
	while (!watch->ending) {
		uint32_t stuck_ms = atomic_load(&watch->act->stuck_ms);
		uint64_t now_ms = clock_ms();
		for (uint32_t i = 0; i < INSIDE_THREADS; i++)
			look_at(watch, i, stuck_ms, now_ms);
		fatal_restore("a plugin");
		wait_ms(watch, look_ms(stuck_ms));
	}
	pthread_mutex_unlock(&watch->lock);
	return NULL;
}

struct watcher *watch_new(struct act *act)
{
	struct watcher *watch = mem_new(1, sizeof *watch);
	sigset_t all, before;
	watch->act = act;
	pthread_mutex_init(&watch->lock, NULL);
	pthread_cond_init(&watch->end, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	CHECK(pthread_create(&watch->thread, NULL, watch_main, watch) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return watch;
}

void watch_free(struct watcher *watch)
{
	if (watch == NULL)
		return;
	pthread_mutex_lock(&watch->lock);
	watch->ending = true;
	pthread_cond_signal(&watch->end);
	pthread_mutex_unlock(&watch->lock);
	pthread_join(watch->thread, NULL);
	pthread_cond_destroy(&watch->end);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}

uint64_t watch_age(struct watcher *watch, uint32_t thread, uint64_t stays)
{
	pthread_mutex_lock(&watch->lock);
	const struct seen *seen = &watch->seen[thread];
	uint64_t ms = seen->stays == stays ? clock_ms() - seen->since_ms : 0;
	pthread_mutex_unlock(&watch->lock);
	return ms;
}

bool watch_find(struct watcher *watch, uint32_t thread, struct watch_stay *out)
{
	pthread_mutex_lock(&watch->lock);
	bool told = watch->seen[thread].told_ms != 0;
	*out = watch->seen[thread].stay;
	pthread_mutex_unlock(&watch->lock);
	return told;
}
