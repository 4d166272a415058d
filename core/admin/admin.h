/* admin: the server asked about itself, over HTTP: is it alive, is it ready, its numbers, its
 * state; and asked to reload.
 *
 * A thread of its own answers, on the unix socket <state_dir>/admin.sock and, where the config
 * says, over TCP: also while the main thread is in the middle of a reload, and while a loop is
 * stuck. docs/operating.md tells it for people. Owner: the main program; there is one. Thread:
 * main, for all of this. */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "act/act.h"
#include "base/config.h"
#include "base/err.h"
#include "reload/report.h"

struct admin;

/* Listens; nobody is answered yet. After the state folder was locked, and before the loops run
 * (libwebsockets sets variables of the whole process). `act` and the config's path outlive it. NULL
 * with `why`. */
struct admin *admin_new(const struct config *config, const struct act *act, struct err *why);
/* Answers from now on; once the loops run. */
void admin_run(struct admin *admin);
/* Ends the thread, before the loops are freed; removes the socket. NULL: there is none. */
void admin_free(struct admin *admin);

/* A reload, or the start, is over; `ticket` as signals_wait() has told it, and `config` in force.
 */
void admin_reloaded(struct admin *admin, const struct reload_report *report,
                    const struct config *config, uint64_t ticket);
/* Connections are accepted from now on; none is accepted any more. */
void admin_ready(struct admin *admin);
void admin_ending(struct admin *admin);

#endif
