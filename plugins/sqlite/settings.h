/* settings: the plugin's object in the config, checked. */
#ifndef SQLITE_SETTINGS_H
#define SQLITE_SETTINGS_H

#include <act/plugin.h>

#include <stdbool.h>

struct settings {
	char *path;           /* of the database file, absolute */
	uint32_t connections; /* open at once */
	uint32_t busy_ms;     /* waiting for another writer */
	uint32_t wait_ms;     /* waiting for a free connection, or for a handle in use elsewhere */
	uint32_t tx_ms;       /* a transaction's or cursor's whole life */
	uint32_t query_ms;    /* one statement's, or one next()'s */
	bool full_sync;       /* PRAGMA synchronous = FULL instead of NORMAL */
};

/* Reads host->config(). ACT_OK and `*out`, which settings_free() gives back; ACT_E_INVAL or
 * ACT_E_NOMEM, and the log has a sentence that names the setting. */
act_rc settings_read(const act_host *host, struct settings *out);
void settings_free(struct settings *settings);

#endif
