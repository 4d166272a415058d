#include "admin/admin.h"

#include "admin/board.h"
#include "admin/http.h"
#include "base/check.h"
#include "base/keypair.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

struct admin {
	struct board board;
	struct http *http;
	pthread_t thread;
	bool running;
	_Atomic bool ending;
};

static void *admin_main(void *arg)
{
	struct admin *admin = arg;
	pthread_setname_np(pthread_self(), "admin");
	while (!atomic_load(&admin->ending))
		http_serve(admin->http);
	return NULL;
}

struct admin *admin_new(const struct config *config, const struct act *act, struct err *why)
{
	struct admin *admin = mem_new(1, sizeof *admin);
	board_init(&admin->board, act, config);
	admin->http = http_new(config, &admin->board, why);
	if (admin->http != NULL)
		return admin;
	board_free(&admin->board);
	free(admin);
	return NULL;
}

void admin_run(struct admin *admin)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	CHECK(pthread_create(&admin->thread, NULL, admin_main, admin) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	admin->running = true;
}

void admin_free(struct admin *admin)
{
	if (admin == NULL)
		return;
	if (admin->running) {
		atomic_store(&admin->ending, true);
		http_wake(admin->http);
		pthread_join(admin->thread, NULL);
	}
	http_free(admin->http);
	board_free(&admin->board);
	free(admin);
}

void admin_reloaded(struct admin *admin, const struct reload_report *report,
                    const struct config *config, uint64_t ticket)
{
	if (config->tls.pair != NULL)
		board_set_certificate(&admin->board, keypair_expires(config->tls.pair));
	board_pin(&admin->board, report, config->load_ms, ticket);
	http_wake(admin->http);
}

void admin_ready(struct admin *admin)
{
	board_set_phase(&admin->board, BOARD_READY);
}

void admin_ending(struct admin *admin)
{
	board_set_phase(&admin->board, BOARD_ENDING);
	http_wake(admin->http);
}
