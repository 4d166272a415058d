/* act/ext/sql.h: the service act.sql/1: one SQL database, shared by the plugins that need it.
 *
 * For workers only: every function blocks (ACT_E_THREAD on a loop). Parameters are written $1, $2,
 * …, which SQLite and PostgreSQL both take. Every wait has a deadline of the provider's (settings
 * of its plugin); a transaction or cursor that is open past it is rolled back or closed, and its
 * handle is answered ACT_E_GONE. */
#ifndef ACT_EXT_SQL_H
#define ACT_EXT_SQL_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ACT_EXT_SQL "act.sql/1"

typedef uint64_t act_sql_tx;   /* one open transaction; never 0 */
typedef uint64_t act_sql_rows; /* one open cursor; never 0      */

#define ACT_SQL_NULL 0u
#define ACT_SQL_INT 1u   /* `i` */
#define ACT_SQL_REAL 2u  /* `r` */
#define ACT_SQL_TEXT 3u  /* `b`, UTF-8 */
#define ACT_SQL_BYTES 4u /* `b` */

/* A parameter (borrowed for the call) or a column (borrowed until the cursor's next call). */
typedef struct act_sql_value {
	uint32_t type; /* ACT_SQL_* */
	uint32_t reserved;
	int64_t i;
	double r;
	act_bytes b;
} act_sql_value;

/* What went wrong, in the asker's memory; any function takes NULL for it. */
typedef struct act_sql_error {
	uint32_t size;  /* set by the asker: sizeof(act_sql_error) */
	uint32_t kind;  /* ACT_SQL_E_* */
	char text[240]; /* terminated; the database's own words */
} act_sql_error;
#define ACT_SQL_E_OTHER 0u
#define ACT_SQL_E_UNIQUE 1u     /* a unique or primary key is there already        */
#define ACT_SQL_E_CONSTRAINT 2u /* another constraint: foreign key, not null, check */
#define ACT_SQL_E_BUSY 3u       /* locked, or would deadlock: try the transaction again */
#define ACT_SQL_E_SYNTAX 4u     /* the SQL, or its number of parameters             */

/* One step of a plugin's schema. Steps are applied in order, each once and in a transaction of its
 * own, recorded under the plugin's name and the step's number. A step must suit the generation
 * before too. */
typedef struct act_sql_step {
	uint32_t number; /* 1 and up, ascending */
	uint32_t reserved;
	const char *sql; /* statements, separated by semicolons */
} act_sql_step;

#define ACT_SQL_READ 0x1u /* begin(): a transaction that only reads; runs beside a writer */

/* The provider's table (act_plugin.extension returns it). `self` is the provider's. The provider is
 * ACT_F_PARALLEL. All functions [worker]. Errors: ACT_E_FAIL with `why` filled; ACT_E_BUSY: locked
 * for longer than the busy timeout; ACT_E_GONE: no such handle (any more); ACT_E_INVAL. */
typedef struct act_sql_provider {
	uint32_t size;
	uint32_t reserved;
	/* Bring the schema of `owner` (a plugin's name) to the last of the steps. Two at once are
	 * safe. Steps beyond the list, of a later version, are left alone. */
	act_rc (*migrate)(void *self, act_bytes owner, const act_sql_step *steps, uint32_t count,
	                  uint32_t stride, act_sql_error *why);
	/* Begin a transaction; it ends by commit(), by rollback(), or by its deadline. */
	act_rc (*begin)(void *self, uint32_t flags, act_sql_tx *tx, act_sql_error *why);
	/* On failure of commit() the transaction is rolled back; the handle is gone in any case. */
	act_rc (*commit)(void *self, act_sql_tx tx, act_sql_error *why);
	act_rc (*rollback)(void *self, act_sql_tx tx);
	/* One statement without rows; `tx` 0: by itself. `*changed` gets the number of rows (NULL:
	 * not asked). */
	act_rc (*exec)(void *self, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
	               uint32_t arg_count, int64_t *changed, act_sql_error *why);
	/* One statement with rows (SELECT, or with RETURNING); `tx` 0: by itself. End it with
	 * close(). */
	act_rc (*query)(void *self, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
	                uint32_t arg_count, act_sql_rows *rows, act_sql_error *why);
	/* The next row: ACT_OK, and the first `max` columns in `cols`, their number in `*count`;
	 * ACT_END: no more (close() is still owed). */
	act_rc (*next)(void *self, act_sql_rows rows, act_sql_value *cols, uint32_t max,
	               uint32_t *count, act_sql_error *why);
	act_rc (*close)(void *self, act_sql_rows rows);
} act_sql_provider;

/* The facade that a consumer gets from act_host.extension: the same functions with the host in
 * front. It pins the provider for each call, and a transaction or cursor pins it until its end: a
 * provider that is replaced meanwhile finishes what it began. ACT_E_GONE also: there is no
 * provider; ACT_E_THREAD. */
typedef struct act_sql {
	uint32_t size;
	uint32_t reserved;
	act_rc (*migrate)(const act_host *h, const act_sql_step *steps, uint32_t count,
	                  uint32_t stride, act_sql_error *why);
	act_rc (*begin)(const act_host *h, uint32_t flags, act_sql_tx *tx, act_sql_error *why);
	act_rc (*commit)(const act_host *h, act_sql_tx tx, act_sql_error *why);
	act_rc (*rollback)(const act_host *h, act_sql_tx tx);
	act_rc (*exec)(const act_host *h, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
	               uint32_t arg_count, int64_t *changed, act_sql_error *why);
	act_rc (*query)(const act_host *h, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
	                uint32_t arg_count, act_sql_rows *rows, act_sql_error *why);
	act_rc (*next)(const act_host *h, act_sql_rows rows, act_sql_value *cols, uint32_t max,
	               uint32_t *count, act_sql_error *why);
	act_rc (*close)(const act_host *h, act_sql_rows rows);
} act_sql;

#ifdef __cplusplus
}
#endif
#endif
