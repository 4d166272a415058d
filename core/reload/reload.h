/* reload: the transaction behind the start and behind every SIGHUP.
 *
 * Read and check the config; find out about every plugin file; make the next world beside the old
 * one; swap one pointer; let the old generations end. Whatever is wrong before the swap changes
 * nothing. docs/reload.md tells it for people. Thread: main. */
#ifndef RELOAD_RELOAD_H
#define RELOAD_RELOAD_H

#include "act/act.h"
#include "base/config.h"
#include "base/err.h"
#include "reload/prove_wire.h"
#include "reload/report.h"

#include <stddef.h>

struct reload;
struct site;

/* The most steps, each of load_ms, that one changed plugin can take of a reload: until its trial
 * begins, and those of the trial; create, the rest of the one before, the end of its watches, save,
 * load, start; and where the last of these fails, its rest, worker_leave and destroy. */
enum { RELOAD_STEPS_MAX = 1 + PROVE_STEPS + 6 + 3 };

/* Where the config comes from, each time anew. */
struct reload_source {
	const char *path;
	const char *const *overrides;
	size_t override_count;
};

/* Takes the config over that the server was started with, and the site made of it, which `act->net`
 * holds already. Opens the state folder. NULL with `why`. */
struct reload *reload_new(struct act *act, const struct reload_source *source,
                          struct config *config, struct site *site, struct err *why);

/* Loads the plugins for the first time. The loops run, and nobody is connected. With "strict" a
 * refused plugin makes it RELOAD_REFUSED. */
enum reload_verdict reload_first(struct reload *reload);
/* SIGHUP, or asked for otherwise. Logs a line for each plugin, and one for the whole. */
enum reload_verdict reload_again(struct reload *reload);

/* What the last reload replaced serves again, where it is kept (hold_s, canary_percent). */
enum reload_verdict reload_roll_back(struct reload *reload);
/* The end of a canary: what came new serves all connections. */
enum reload_verdict reload_promote(struct reload *reload);
/* While something is tried: how long main may wait for its next word before reload_look(), in
 * milliseconds; or SIGNALS_FOR_EVER. */
int reload_patience_ms(const struct reload *reload);
/* Looks whether what is tried fails, or its time is over. True: it was rolled back; there is a
 * report. */
bool reload_look(struct reload *reload);

/* What became of the last one, or of the start. Valid until the next. */
const struct reload_report *reload_report(const struct reload *reload);

/* Ends all plugins; the connections are closed. False: one hangs, and the process must end without
 * freeing what it uses. */
bool reload_end(struct reload *reload);
/* After reload_end(): leaves the state folder. Frees the rest, where all plugins have ended. */
void reload_free(struct reload *reload);

#endif
