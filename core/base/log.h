/* log: one line a call, to stderr or a file, with time and level.
 *
 * Threads: any; a line is one write(2), so lines of several threads do not mix. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Sends lines of `level` and above to `file` (appended; NULL: stderr). Called again it opens the
 * file anew, for log rotation. 0, or a negative errno with the log as it was before. */
int log_open(const char *file, enum log_level level);

/* A cheap question before a costly line. */
bool log_wants(enum log_level level);

/* `room` names who speaks: "reload", "net", "plugin friend". Control characters in the line are
 * written as \xNN. */
__attribute__((format(printf, 3, 4))) void log_line(enum log_level level, const char *room,
                                                    const char *format, ...);

/* [any, also a handler of signals] Writes a whole line, put together elsewhere, without asking for
 * the level and without the lock: for what may come while another thread holds it. */
void log_write(const char *line, size_t len);

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

#endif
