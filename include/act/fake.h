/* act/fake.h: a server for one plugin inside a unit test. Link with libactd-fake (in CMake:
 * actd::fake). Not part of the binary interface: a plugin never includes it.
 *
 * It gives the plugin a complete act_host table, takes down everything the plugin does through it,
 * and calls the plugin as the server would. There is no loop and no clock: work(), timers and
 * descriptors wait until the test runs them, so that no test depends on time.
 *
 *     struct fake_host *fake = fake_new("{\"prefix\": \"> \"}");
 *     fake_load(fake, FAKE_PLUGIN("echo"));
 *     assert_int_equal(fake_run(fake), ACT_OK);
 *     const struct fake_answer *answer = fake_call(fake, "echo", 1, "alice", "hello");
 *     assert_string_equal(answer->body, "> hello");
 *     fake_free(fake);
 *
 * The names begin with fake_. A mistake of the test itself (no such file, no such action) ends the
 * program with a sentence. Threads: the functions of the host table and of its extensions,
 * fake_call(), fake_count(), fake_at() and fake_logged() may be used from any thread at once; the
 * others from the test's own thread. What is returned belongs to the fake host and lives until
 * fake_free(). */
#ifndef ACT_FAKE_H
#define ACT_FAKE_H

#include "easy.h"
#include "ext/auth.h"
#include "ext/kv.h"
#include "ext/poll.h"
#include "ext/sql.h"
#include "ext/state.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The path of a plugin's shared object; the build sets FAKE_PLUGIN_DIR (in CMake
 * actd_add_plugin_test() does). */
#define FAKE_PLUGIN(name) FAKE_PLUGIN_DIR "/" name ".so"

struct fake_host;

/* ---- life -------------------------------------------------------------------------------------
 * Units of time are milliseconds throughout. */

/* A host whose config() is `config` (JSON text; NULL: "{}"), with an empty data_dir() of its own.
 */
struct fake_host *fake_new(const char *config);
/* The same with the data_dir() of `first`, its clock, and what it keeps in act.kv/1: a second
 * generation beside it. `first` is freed last. */
struct fake_host *fake_new_beside(struct fake_host *first, const char *config);
/* Ends the plugin as far as it got (stop, worker_leave, destroy), unloads it, and removes the
 * data_dir() with all that is in it, unless it is another host's. NULL does nothing. */
void fake_free(struct fake_host *fake);

/* The plugin: from a shared object, or linked into the test. */
void fake_load(struct fake_host *fake, const char *path);
void fake_adopt(struct fake_host *fake, const act_plugin *plugin);

/* The steps of a plugin's life, and the first three in one. A step that the plugin leaves out
 * (NULL) is ACT_OK. fake_run() returns the first failure. */
act_rc fake_create(struct fake_host *fake);
act_rc fake_start(struct fake_host *fake);
void fake_activate(struct fake_host *fake);
act_rc fake_run(struct fake_host *fake);
/* stop(), worker_leave(), destroy(): the plugin may then be created again with the same host, as
 * after a restart of the server. */
void fake_end(struct fake_host *fake);

/* What is behind the fake. */
const act_host *fake_table(struct fake_host *fake);
const act_plugin *fake_plugin(struct fake_host *fake);
void *fake_self(struct fake_host *fake);
const char *fake_data_dir(struct fake_host *fake);

/* ---- services --------------------------------------------------------------------------------
 */

/* Lets the plugin of `consumer` find the service `id` (ACT_EXT_SQL, ACT_EXT_AUTH), provided by the
 * plugin of `provider`, which must have been created. Before fake_create(consumer). `provider` is
 * freed last. act.kv/1 and act.poll/1 every plugin finds without that. */
void fake_provide(struct fake_host *consumer, const char *id, struct fake_host *provider);
/* The same with a facade that the test wrote itself, also in place of one that the host has. */
void fake_offer(struct fake_host *consumer, const char *id, const void *facade);

/* ---- calls -----------------------------------------------------------------------------------
 */

/* How a call ended. */
struct fake_answer {
	act_rc rc;               /* what handle() returned */
	bool answered;           /* reply() or fail() came (or none is owed); false: it never did */
	uint32_t status;         /* 0: a reply; else the status given to fail() */
	uint32_t retry_after_ms; /* as given to fail() */
	char *body;              /* the reply, or the sentence of fail(); a zero byte follows */
	size_t len;              /* of `body`, without that zero byte */
	act_token token;
};

/* Calls an action by its name with a payload that is text. `user` NULL: nobody is bound. If the
 * plugin defers, waits for the answer as fake_call_await() does. */
const struct fake_answer *fake_call(struct fake_host *fake, const char *action, act_conn conn,
                                    const char *user, const char *payload);
/* The same with any bytes, and with the message's kind (ACT_HOW_*). */
const struct fake_answer *fake_call_bytes(struct fake_host *fake, const char *action, act_conn conn,
                                          const char *user, uint32_t how, act_bytes payload);

/* The same, but returns as soon as handle() has: a call that was deferred is open then, until
 * fake_work_run(), fake_time_pass(), fake_poll_run() or another thread brings its answer. */
const struct fake_answer *fake_call_begin(struct fake_host *fake, const char *action, act_conn conn,
                                          const char *user, uint32_t how, act_bytes payload);
/* Runs what waits from work(), and what is ready of the watched descriptors, until the answer is
 * there, for at most 10 s. Timers stand still meanwhile. Returns `answer`. */
const struct fake_answer *fake_call_await(struct fake_host *fake, const struct fake_answer *answer);
/* Calls cancel() for a call that is open, as the server does; does nothing where it is not. With
 * ACT_E_GONE and ACT_E_LATE the token is stale from then on; with ACT_E_BUSY it is not. */
void fake_call_cancel(struct fake_host *fake, const struct fake_answer *answer, act_rc why);

/* A connection's first and last moment, and logins, as the loop tells them. The end of a connection
 * cancels its open calls (ACT_E_GONE). */
void fake_conn_open(struct fake_host *fake, act_conn conn, const char *user, const char *endpoint);
void fake_conn_close(struct fake_host *fake, act_conn conn);
void fake_user_bound(struct fake_host *fake, act_conn conn, const char *user);
void fake_user_unbound(struct fake_host *fake, act_conn conn, const char *user);

/* ---- work and timers -------------------------------------------------------------------------
 */

/* Runs everything that waits from work(), work_done() after each, until nothing waits. Returns how
 * many there were. */
size_t fake_work_run(struct fake_host *fake);
/* Lets `ms` pass for the timers and for what is kept in act.kv/1, and calls on_timer() for each
 * that is due, in the order in which they are due. Returns how many calls that made. A host beside
 * this one has the same clock: its timers are called by a fake_time_pass() of its own, be it with
 * 0. */
size_t fake_time_pass(struct fake_host *fake, uint32_t ms);
/* How many timers are set. */
size_t fake_timers(struct fake_host *fake);

/* ---- descriptors (act.poll/1) -----------------------------------------------------------------
 */

/* Waits until a descriptor that the plugin watches is ready for what it is watched for, up to
 * `wait_ms` of real time (0: not at all), and calls on_fd() once for each that is. Returns how many
 * calls that made; at once where nothing is watched. */
size_t fake_poll_run(struct fake_host *fake, uint32_t wait_ms);
/* How many watches there are. */
size_t fake_watches(struct fake_host *fake);

/* ---- what outlives a generation (act.kv/1) ----------------------------------------------------
 * A test reads and writes it as the plugin does: fake_table(fake)->extension(…, ACT_EXT_KV, …). It
 * is kept until the first host is freed, whatever becomes of the plugin. */

/* The bounds from now on, in place of 65,536 keys and 64 MiB of keys and values. */
void fake_kv_limit(struct fake_host *fake, size_t entries, size_t bytes);
/* How many keys there are whose time is not over. */
size_t fake_kv_entries(struct fake_host *fake);
/* Ends all of them, as the end of the server does. */
void fake_kv_clear(struct fake_host *fake);

/* ---- what is handed over (act.state/1) --------------------------------------------------------
 * To a plugin that was created and not started yet, in a host of its own:
 *
 *     struct fake_host *next = fake_new_beside(fake, NULL);
 *     fake_load(next, FAKE_PLUGIN("score"));
 *     assert_int_equal(fake_create(next), ACT_OK);
 *     assert_int_equal(fake_state_hand_over(fake, next), ACT_OK);
 *     assert_int_equal(fake_start(next), ACT_OK);
 *     fake_activate(next);
 *     fake_end(fake);
 */

/* What save() has written. */
struct fake_saved {
	uint32_t format;
	char *bytes; /* a zero byte follows */
	size_t len;  /* of `bytes`, without that zero byte */
};

/* Has the plugin a table for act.state/1? */
bool fake_state_has(struct fake_host *fake);
/* As the server does: the three functions below. Returns what failed of that, ACT_E_BUSY where
 * calls stay open; `from` goes on in any case. */
act_rc fake_state_hand_over(struct fake_host *from, struct fake_host *to);
/* What was queued runs, and open calls are told cancel(ACT_E_BUSY). False: some stay open. */
bool fake_state_rests(struct fake_host *fake);
/* save() and load(): for a state in an older format, or one that is damaged. What was saved lives
 * until the next fake_state_save() of this host. */
act_rc fake_state_save(struct fake_host *fake, const struct fake_saved **out);
act_rc fake_state_load(struct fake_host *fake, uint32_t format, act_bytes state);

/* ---- what the plugin did ---------------------------------------------------------------------
 */

enum fake_kind {
	FAKE_LOG,   /* number: the level; body: the line */
	FAKE_PUSH,  /* number: the index of the pushing; to, id, device, conn, except, body */
	FAKE_BIND,  /* conn, id: the user (empty: unbound), device */
	FAKE_JOIN,  /* conn, id: the group */
	FAKE_LEAVE, /* conn, id: the group */
	FAKE_CLOSE, /* conn, number: the close code, body: the reason */
};

/* One thing the plugin did. The texts are copies with a zero byte behind them, never NULL. */
struct fake_event {
	enum fake_kind kind;
	uint32_t number;
	uint32_t to; /* ACT_TO_*, for a push */
	act_conn conn;
	act_conn except;
	char *id;
	char *device;
	char *body;
	size_t len; /* of `body` */
};

/* How many events of a kind there are, and the one at an index (NULL beyond the end). */
size_t fake_count(struct fake_host *fake, enum fake_kind kind);
const struct fake_event *fake_at(struct fake_host *fake, enum fake_kind kind, size_t index);
/* Is there a log line with this text in it? Where not, fake_log_print() shows what there is. */
bool fake_logged(struct fake_host *fake, const char *text);
void fake_log_print(struct fake_host *fake);
/* Forgets the events so far (their pointers are dead then), not the calls. */
void fake_forget(struct fake_host *fake);

#ifdef __cplusplus
}
#endif

#endif
