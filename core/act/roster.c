#include "act/roster.h"

#include "act/generation.h"
#include "base/check.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct roster {
	pthread_mutex_t lock; /* for all below, and all entries */
	struct roster_entry *first;
	uint64_t forgotten;
};

struct roster *roster_new(void)
{
	struct roster *roster = mem_new(1, sizeof *roster);
	pthread_mutex_init(&roster->lock, NULL);
	return roster;
}

static void entry_free(struct roster_entry *entry)
{
	free(entry->file);
	free(entry->why);
	free(entry);
}

void roster_free(struct roster *roster)
{
	while (roster->first != NULL) {
		struct roster_entry *next = roster->first->next;
		entry_free(roster->first);
		roster->first = next;
	}
	pthread_mutex_destroy(&roster->lock);
	free(roster);
}

/* ---- writing ---- */

struct roster_entry *roster_enter(struct roster *roster, const struct generation *generation,
                                  const char *file)
{
	struct roster_entry *made = mem_new(1, sizeof *made);
	made->roster = roster;
	made->generation = generation;
	made->number = generation->number;
	snprintf(made->name, sizeof made->name, "%s", generation->manifest.name);
	snprintf(made->version, sizeof made->version, "%s", generation->manifest.version);
	made->file = mem_text(file != NULL ? file : "");
	made->since = time(NULL);
	pthread_mutex_lock(&roster->lock);
	struct roster_entry **at = &roster->first;
	while (*at != NULL)
		at = &(*at)->next;
	*at = made;
	pthread_mutex_unlock(&roster->lock);
	return made;
}

/* Under the lock. */
static void turn(struct roster_entry *entry, enum roster_state state)
{
	entry->step = NEXT_NOTHING;
	entry->at_ms = entry->hurry_ms = entry->fail_ms = 0;
	if (entry->state == state)
		return;
	entry->state = state;
	entry->since = time(NULL);
}

void roster_turn(struct roster_entry *entry, enum roster_state state)
{
	pthread_mutex_lock(&entry->roster->lock);
	turn(entry, state);
	pthread_mutex_unlock(&entry->roster->lock);
}

void roster_next(struct roster_entry *entry, enum roster_next step, uint64_t at_ms)
{
	pthread_mutex_lock(&entry->roster->lock);
	entry->step = step;
	entry->at_ms = at_ms;
	pthread_mutex_unlock(&entry->roster->lock);
}

void roster_drain(struct roster_entry *entry, uint64_t hurry_ms, uint64_t fail_ms)
{
	pthread_mutex_lock(&entry->roster->lock);
	turn(entry, ROSTER_DRAINING);
	entry->step = NEXT_STOP;
	entry->hurry_ms = hurry_ms;
	entry->fail_ms = fail_ms;
	pthread_mutex_unlock(&entry->roster->lock);
}

void roster_stay(struct roster_entry *entry, const char *format, ...)
{
	va_list args;
	char *why = NULL;
	va_start(args, format);
	CHECK(vasprintf(&why, format, args) >= 0);
	va_end(args);
	pthread_mutex_lock(&entry->roster->lock);
	turn(entry, ROSTER_RESIDENT);
	free(entry->why);
	entry->why = why;
	pthread_mutex_unlock(&entry->roster->lock);
}

void roster_leave(struct roster_entry *entry)
{
	pthread_mutex_lock(&entry->roster->lock);
	entry->generation = NULL;
	pthread_mutex_unlock(&entry->roster->lock);
}

/* Under the lock. */
static void forget_one(struct roster_entry **at)
{
	struct roster_entry *entry = *at;
	entry->roster->forgotten += entry->state == ROSTER_RESIDENT ? 1 : 0;
	*at = entry->next;
	entry_free(entry);
}

static bool has_ended(const struct roster_entry *entry)
{
	return entry->generation == NULL && entry->state >= ROSTER_RESIDENT;
}

/* The oldest that ended in this state; NULL: there is none. Under the lock. */
static struct roster_entry **oldest(struct roster *roster, enum roster_state state)
{
	for (struct roster_entry **at = &roster->first; *at != NULL; at = &(*at)->next)
		if (has_ended(*at) && (*at)->state == state)
			return at;
	return NULL;
}

/* Under the lock. */
static void forget_above_bound(struct roster *roster)
{
	size_t ended = 0;
	for (const struct roster_entry *one = roster->first; one != NULL; one = one->next)
		ended += has_ended(one) ? 1 : 0;
	for (; ended > ROSTER_ENDED_MAX; ended--) {
		struct roster_entry **at = oldest(roster, ROSTER_UNLOADED);
		forget_one(at != NULL ? at : oldest(roster, ROSTER_RESIDENT));
	}
}

void roster_end(struct roster_entry *entry, const char *resident_why)
{
	struct roster *roster = entry->roster;
	pthread_mutex_lock(&roster->lock);
	CHECK(entry->generation == NULL);
	bool served = entry->state != ROSTER_MADE;
	turn(entry, resident_why != NULL ? ROSTER_RESIDENT : ROSTER_UNLOADED);
	free(entry->why);
	entry->why = mem_text(resident_why);
	if (!served && resident_why == NULL) {
		struct roster_entry **at = &roster->first;
		while (*at != entry)
			at = &(*at)->next;
		forget_one(at);
	}
	forget_above_bound(roster);
	pthread_mutex_unlock(&roster->lock);
}

/* ---- reading ---- */

const struct roster_entry *roster_lock(struct roster *roster)
{
	pthread_mutex_lock(&roster->lock);
	return roster->first;
}

void roster_unlock(struct roster *roster)
{
	pthread_mutex_unlock(&roster->lock);
}

uint64_t roster_forgotten(const struct roster *roster)
{
	return roster->forgotten;
}

const char *roster_state_name(enum roster_state state)
{
	static const char *const names[] = {
		[ROSTER_MADE] = "made",         [ROSTER_SERVING] = "serving",
		[ROSTER_CANARY] = "canary",     [ROSTER_HELD] = "held",
		[ROSTER_DRAINING] = "draining", [ROSTER_RESIDENT] = "resident",
		[ROSTER_UNLOADED] = "unloaded",
	};
	CHECK((size_t)state < sizeof names / sizeof names[0]);
	return names[state];
}

const char *roster_next_name(enum roster_next step)
{
	static const char *const names[] = {
		[NEXT_NOTHING] = NULL,      [NEXT_DECISION] = "decision",
		[NEXT_RELEASE] = "release", [NEXT_STOP] = "stop",
		[NEXT_HURRY] = "hurry",     [NEXT_FAIL] = "fail",
		[NEXT_RETURN] = "return",   [NEXT_USERS] = "users",
		[NEXT_LEAVE] = "leave",     [NEXT_DESTROY] = "destroy",
	};
	CHECK((size_t)step < sizeof names / sizeof names[0]);
	return names[step];
}
