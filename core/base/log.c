#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

static const char *const level_names[] = { "debug", "info", "warn", "error" };

static _Atomic int log_threshold = LOG_INFO;
static _Atomic int log_descriptor = STDERR_FILENO;
/* Held while a line is written and while the descriptor is replaced, so that no line goes to a
 * closed one. */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

int log_open(const char *file, enum log_level level)
{
	int fd = STDERR_FILENO;
	if (file != NULL) {
		fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
		if (fd < 0)
			return -errno;
	}
	pthread_mutex_lock(&log_lock);
	int old = atomic_exchange(&log_descriptor, fd);
	atomic_store(&log_threshold, (int)level);
	pthread_mutex_unlock(&log_lock);
	if (old != STDERR_FILENO)
		close(old);
	return 0;
}

bool log_wants(enum log_level level)
{
	return (int)level >= atomic_load_explicit(&log_threshold, memory_order_relaxed);
}

/* Copies with control characters made visible: a client's text must not be able to forge a line. */
static size_t put_visible(char *to, size_t room, const char *from)
{
	size_t n = 0;
	for (; *from != '\0' && n + 5 < room; from++) {
		unsigned char c = (unsigned char)*from;
		if (c < 0x20 || c == 0x7F)
			n += (size_t)snprintf(to + n, room - n, "\\x%02X", c);
		else
			to[n++] = (char)c;
	}
	return n;
}

static size_t put_time(char *to, size_t room)
{
	struct timespec now;
	struct tm parts;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	size_t n = strftime(to, room, "%Y-%m-%dT%H:%M:%S", &parts);
	return n + (size_t)snprintf(to + n, room - n, ".%03ldZ ", now.tv_nsec / 1000000);
}

void log_line(enum log_level level, const char *room, const char *format, ...)
{
	if (!log_wants(level))
		return;
	char text[LINE_MAX_BYTES / 2], line[LINE_MAX_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);

	size_t n = put_time(line, sizeof line);
	n += (size_t)snprintf(line + n, sizeof line - n, "%-5s %s: ", level_names[level], room);
	n += put_visible(line + n, sizeof line - n - 1, text);
	line[n++] = '\n';
	pthread_mutex_lock(&log_lock);
	/* Where even the log cannot be written there is nobody left to tell. */
	ssize_t ignored = write(atomic_load(&log_descriptor), line, n);
	(void)ignored;
	pthread_mutex_unlock(&log_lock);
}

void log_write(const char *line, size_t len)
{
	ssize_t ignored = write(atomic_load(&log_descriptor), line, len);
	(void)ignored;
}
