/* failure: SQLite's result codes in the words of act.sql/1. */
#ifndef SQLITE_FAILURE_H
#define SQLITE_FAILURE_H

#include <act/ext/sql.h>

#include <sqlite3.h>
#include <stdbool.h>

/* Writes kind and sentence (printf-style; cut between two characters where it is too long) to
 * `why`, which may be NULL, and returns `rc`, so that a function can end with
 * `return failure_set(…)`. */
__attribute__((format(printf, 4, 5))) act_rc failure_set(act_sql_error *why, act_rc rc,
                                                         uint32_t kind, const char *format, ...);

/* Puts "PREFIX: " before the sentence that is in `why` already; keeps its kind. */
__attribute__((format(printf, 2, 3))) void failure_prefix(act_sql_error *why, const char *format,
                                                          ...);

/* The code and sentence for SQLite's extended result `rc` of a statement on `db`
 * (https://www.sqlite.org/rescode.html). */
act_rc failure_step(sqlite3 *db, int rc, act_sql_error *why);

/* Is this result about the file rather than the statement? It goes to the log, and the connection
 * is opened anew. */
bool failure_breaks(int rc);

#endif
