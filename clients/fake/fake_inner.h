/* fake_inner: what the files of the fake host share; a test includes act/fake.h only. */
#ifndef FAKE_INNER_H
#define FAKE_INNER_H

#include <act/fake.h>

#include "fake_store.h"

#include <pthread.h>
#include <time.h>

#define FAKE_REPLY_MAX (1024u * 1024u) /* longer replies and pushes are ACT_E_TOOBIG */
#define FAKE_TIMERS 10000u             /* as many as the server lets a plugin have */
#define FAKE_SERVICES 4u
#define FAKE_WATCHES 1024u /* as many as the server lets a plugin have */

/* A call, open or answered; they stay in the list until the host is freed. */
struct fake_open {
	struct fake_answer answer;
	act_conn conn;
	bool owes;  /* false: ACT_A_NOREPLY */
	bool stale; /* its connection closed, or its deadline passed: no answer is taken */
	struct fake_open *next;
};

struct fake_timer {
	act_timer id;
	uint64_t tag;
	uint64_t due_ms;
	uint32_t every_ms; /* 0: once */
	struct fake_timer *next;
};

struct fake_work {
	uint64_t tag;
	void *arg;
	struct fake_work *next;
};

/* A watched descriptor, by way of a duplicate: the plugin may close its own at any time. */
struct fake_watch {
	act_watch id;
	uint64_t tag;
	uint32_t events; /* 0: it rests */
	bool failed;     /* told as ACT_POLL_ERROR; rests until it is modified */
	int fd;
	struct fake_watch *next;
};

struct fake_service {
	const char *id;
	const void *facade;
	struct fake_host *provider; /* NULL: the facade is the test's own */
};

struct fake_host {
	act_host table;          /* table.impl points back to here */
	struct fake_host *first; /* whose folder, clock and store it has; itself, or another */
	char *config;
	char *data_dir;
	void *object; /* of dlopen(), or NULL */
	const act_plugin *plugin;
	void *self;
	bool created, activated;
	struct fake_service services[FAKE_SERVICES];
	size_t service_count;
	struct fake_saved saved;
	pthread_mutex_t loop; /* held in on_fd(), which is never entered twice at once */

	pthread_mutex_t lock; /* guards all that follows */
	pthread_cond_t answered;
	struct fake_event **events;
	size_t event_count, event_room;
	struct fake_open *calls;
	struct fake_timer *timers;
	size_t timer_count;
	struct fake_work *work_first, *work_last;
	struct fake_watch *watches;
	size_t watch_count;
	uint64_t last_id;
	/* Of the first host; the others look there, and hold no other lock meanwhile. */
	uint64_t now_ms;
	struct fake_store store;
};

/* A member that a table from an older act/plugin.h does not reach; then NULL, as where it is left
 * out. */
#define FAKE_GET(plugin, member) (ACT_HAS(plugin, member) ? (plugin)->member : NULL)

/* The action at an index: a newer act/plugin.h may have made the descriptions longer. */
static inline const act_action *fake_action(const act_plugin *plugin, uint32_t index)
{
	return (const act_action *)(const void *)((const char *)plugin->actions +
	                                          (size_t)plugin->action_size * index);
}

/* Fills in the functions of the host table. */
void fake_table_fill(act_host *table);
/* Those of them that have a file of their own. */
act_rc fake_timer_set(const act_host *h, uint64_t tag, uint32_t ms, int32_t repeat, act_timer *out);
act_rc fake_timer_drop(const act_host *h, act_timer id);
act_rc fake_work(const act_host *h, uint64_t tag, void *arg);
const void *fake_extension(const act_host *h, const char *id, uint32_t size_min);
/* What the server has itself. */
extern const act_kv fake_kv;
extern const act_poll fake_poll;

/* End what waits, as the end of a generation does. */
void fake_timers_end(struct fake_host *fake);
void fake_watches_end(struct fake_host *fake);
/* CLOCK_MONOTONIC. */
struct timespec fake_real_time(uint32_t from_now_ms);
/* Does it wait for an answer, so that the server would tell cancel() of it? Under the lock. */
bool fake_call_is_open(const struct fake_open *call);
/* Tells the plugin of an open call. */
void fake_cancel_call(struct fake_host *fake, struct fake_open *call, act_rc why);
/* The facade of a service that the fake host can forward, or NULL. */
const void *fake_facade(const char *id);
/* The provider behind a consumer's facade, or NULL. */
struct fake_host *fake_provider(const act_host *consumer, const char *id);

/* The fake host behind a table. */
static inline struct fake_host *fake_of(const act_host *h)
{
	return (struct fake_host *)h->impl;
}

/* Ends the program with a sentence about a mistake of the test, or of the plugin against the
 * interface. */
__attribute__((noreturn, format(printf, 1, 2))) void fake_die(const char *format, ...);
/* Memory, zeroed; never NULL. */
void *fake_alloc(size_t size);
/* A copy with a zero byte behind it; never NULL. */
char *fake_copy(act_bytes bytes);
/* Adds an event; takes the strings in `event`, which come from fake_copy() (NULL: empty). */
void fake_note(struct fake_host *fake, struct fake_event event);

#endif
