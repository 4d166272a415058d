#include "admin/board.h"

#include "act/world.h"
#include "admin/view.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/signals.h"
#include "reload/reload.h"

#include <stdlib.h>

void board_init(struct board *board, const struct act *act, const struct config *config)
{
	*board = (struct board){ .act = act,
		                 .config_path = config->path,
		                 .started_ms = clock_ms(),
		                 .load_ms = config->load_ms };
	clock_gettime(CLOCK_REALTIME, &board->started);
	pthread_mutex_init(&board->lock, NULL);
}

void board_free(struct board *board)
{
	CHECK(board->asks == NULL);
	cJSON_Delete(board->reload);
	cJSON_Delete(board->routes);
	pthread_mutex_destroy(&board->lock);
}

/* ---- main ---- */

void board_set_phase(struct board *board, enum board_phase phase)
{
	pthread_mutex_lock(&board->lock);
	board->phase = phase;
	pthread_mutex_unlock(&board->lock);
}

void board_set_certificate(struct board *board, int64_t expires_s)
{
	pthread_mutex_lock(&board->lock);
	board->certificate_expires_s = expires_s;
	pthread_mutex_unlock(&board->lock);
}

void board_pin(struct board *board, const struct reload_report *report, uint32_t load_ms,
               uint64_t ticket)
{
	cJSON *reload = view_report(report), *routes = view_routes(world_now(board->act));
	char *text = view_text(reload);
	pthread_mutex_lock(&board->lock);
	cJSON_Delete(board->reload);
	cJSON_Delete(board->routes);
	board->reload = reload;
	board->routes = routes;
	board->load_ms = load_ms;
	board->reload_at = report->at;
	board->reload_verdict = report->verdict;
	if (report->number > 0)
		board->reloads[report->verdict]++;
	for (struct board_ask *ask = board->asks; ask != NULL; ask = ask->next)
		if (ask->ticket <= ticket && ask->report == NULL)
			ask->report = mem_text(text);
	pthread_mutex_unlock(&board->lock);
	free(text);
}

/* ---- the admin thread ---- */

enum board_phase board_phase(struct board *board)
{
	pthread_mutex_lock(&board->lock);
	enum board_phase phase = board->phase;
	pthread_mutex_unlock(&board->lock);
	return phase;
}

uint32_t board_patience_ms(struct board *board)
{
	pthread_mutex_lock(&board->lock);
	uint32_t load_ms = board->load_ms;
	pthread_mutex_unlock(&board->lock);
	/* Where a plugin hangs it is one; where several do, who asked learns no more by waiting on.
	 */
	return RELOAD_STEPS_MAX * load_ms;
}

void board_ask(struct board *board, struct board_ask *ask, enum signals_word word)
{
	pthread_mutex_lock(&board->lock);
	/* Under the lock: main may be done with it before this returns. */
	ask->ticket = signals_ask(word);
	ask->report = NULL;
	ask->next = board->asks;
	board->asks = ask;
	pthread_mutex_unlock(&board->lock);
}

void board_withdraw(struct board *board, struct board_ask *ask)
{
	pthread_mutex_lock(&board->lock);
	struct board_ask **at = &board->asks;
	while (*at != ask)
		at = &(*at)->next;
	*at = ask->next;
	pthread_mutex_unlock(&board->lock);
	free(ask->report);
	ask->report = NULL;
}

char *board_take_report(struct board *board, struct board_ask *ask)
{
	pthread_mutex_lock(&board->lock);
	char *report = ask->report;
	ask->report = NULL;
	pthread_mutex_unlock(&board->lock);
	return report;
}
