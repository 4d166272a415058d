/* board: what the admin listener can tell: what it was given, and what the main thread has pinned
 * up since.
 *
 * Reloads are the main thread's: it pins up what became of each, as JSON, and so what the loops and
 * plugins are asked is answered also while it is in the middle of one. Owner: the admin listener.
 * Threads: main pins up, the admin thread reads; each function says. */
#ifndef ADMIN_BOARD_H
#define ADMIN_BOARD_H

#include "act/act.h"
#include "base/config.h"
#include "base/signals.h"
#include "reload/report.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum board_phase { BOARD_STARTING, BOARD_READY, BOARD_ENDING };

/* Somebody waits for a reload. */
struct board_ask {
	struct board_ask *next;
	uint64_t ticket;
	char *report; /* JSON; NULL: it is not over */
};

struct board {
	const struct act *act;
	const char *config_path;
	struct timespec started; /* CLOCK_REALTIME */
	uint64_t started_ms;     /* clock_ms() */

	pthread_mutex_t lock; /* for all below */
	enum board_phase phase;
	uint32_t load_ms;
	int64_t certificate_expires_s;     /* since 1970; 0: there is none */
	uint64_t reloads[RELOAD_VERDICTS]; /* since the start, by verdict */
	struct timespec reload_at;
	enum reload_verdict reload_verdict; /* of the last one, or of the start */
	cJSON *reload; /* the report of the last one, or of the start; NULL: none yet */
	cJSON *routes; /* by number of generation, as text: who serves what */
	struct board_ask *asks;
};

/* [main] `act` and `config->path` outlive it. */
void board_init(struct board *board, const struct act *act, const struct config *config);
void board_free(struct board *board);

/* [main] */
void board_set_phase(struct board *board, enum board_phase phase);
/* [main] Until when the certificate is valid that is shown from now on: seconds since 1970. */
void board_set_certificate(struct board *board, int64_t expires_s);
/* [main] A reload, or the start, is over, and its world in force: everyone who asked with a ticket
 * up to `ticket` has the report. `load_ms`: of the config in force. */
void board_pin(struct board *board, const struct reload_report *report, uint32_t load_ms,
               uint64_t ticket);

/* [any] */
enum board_phase board_phase(struct board *board);
/* [admin] How long a client waits for a reload, in milliseconds: as long as one plugin can take. */
uint32_t board_patience_ms(struct board *board);
/* [admin] Asks the main thread for a reload, or for what signals_ask() knows else. `ask` stays on
 * the board until board_withdraw(). */
void board_ask(struct board *board, struct board_ask *ask, enum signals_word word);
void board_withdraw(struct board *board, struct board_ask *ask);
/* [admin] The report, which is the caller's to free; NULL: it is not over yet. */
char *board_take_report(struct board *board, struct board_ask *ask);

#endif
