/* prove_host: the host that a plugin meets in its trial: it answers as a server without connections
 * and calls would, and touches nothing real.
 *
 *   config, log                 the real settings; lines go to the asker, the first few of them
 *   data_dir                    an empty folder of the trial
 *   push                        accepted (ACT_E_GONE to one connection)
 *   reply, fail, bind_user,     ACT_E_GONE: there is no such call, connection or timer
 *   groups, close_conn,
 *   timer_drop
 *   timer_set                   ACT_E_INVAL, as always before activate()
 *   work                        ACT_E_BUSY: the queue is full
 *   act.sql/1                   each statement succeeds; there are no rows
 *   act.auth/1                  denies
 *   act.kv/1                    takes everything, and keeps nothing
 *   act.poll/1                  ACT_E_INVAL, as always before activate()
 *   any other extension         NULL
 *
 * There is no way for a plugin to ask whether it is on trial: one that knows would be tried as
 * something else than it is. Each answer above is one that the interface allows a server to give at
 * any time. Where a step fails, prove_host_pretended() tells whether it had been given one that
 * differs from what the real server would have said: the failure is no verdict then.
 * Owner: the child's main(). Threads: any. */
#ifndef RELOAD_PROVE_HOST_H
#define RELOAD_PROVE_HOST_H

#include "act/manifest.h"
#include "reload/prove_wire.h"

#include <act/plugin.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct prove_host {
	act_host table;
	const struct prove_voice *voice;
	const struct manifest *manifest;
	const char *settings;
	const char *data_dir;
	_Atomic bool pretended;
	_Atomic uint64_t handles; /* numbers of transactions and cursors */
	pthread_mutex_t lock;     /* of the two below */
	unsigned lines;
	char last_line[PROVE_LINE_MAX]; /* of the log; "" */
};

/* All that is pointed at outlives it. */
void prove_host_init(struct prove_host *host, const struct prove_voice *voice,
                     const struct manifest *manifest, const char *settings, const char *data_dir);

/* Was the plugin told anything that may be otherwise when it is made for real? */
bool prove_host_pretended(const struct prove_host *host);

/* The facades of services (prove_service.c), and the server's own extensions, which a manifest need
 * not list (prove_extension.c); NULL: none for this id, or a shorter one. */
const void *prove_facade(const char *id, uint32_t size_min);
const void *prove_extension(const char *id, uint32_t size_min);

static inline struct prove_host *prove_host_of(const act_host *h)
{
	return h->impl;
}

#endif
