#include "base/supervisor.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* A supervisor that does not read must not hold up the server for longer. */
enum { SEND_S = 2 };

/* Of a datagram; a status has one line. */
enum { MESSAGE_MAX = 1024 };

/* ---- what the environment says ---- */

static const char *const variables[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" };

/* 0 and the address; -1: `name` is none. (unix(7): a name without a file begins with a zero byte,
 * and is as long as its length says.) */
static int read_address(struct supervisor *supervisor, const char *name)
{
	struct sockaddr_un *address = &supervisor->address;
	size_t len = strlen(name);
	if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof address->sun_path)
		return -1;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, name, len);
	supervisor->address_len =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	return 0;
}

static void open_socket(struct supervisor *supervisor, const char *name)
{
	const struct timeval patience = { .tv_sec = SEND_S };
	if (read_address(supervisor, name) != 0) {
		log_warn("supervisor",
		         "NOTIFY_SOCKET: expected an absolute path, or @ and a name, of at most "
		         "%zu bytes, found \"%.200s\": nobody is told how the server gets on",
		         sizeof supervisor->address.sun_path - 1, name);
		return;
	}
	supervisor->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (supervisor->socket < 0 || setsockopt(supervisor->socket, SOL_SOCKET, SO_SNDTIMEO,
	                                         &patience, sizeof patience) != 0)
		log_warn("supervisor", "NOTIFY_SOCKET: a socket cannot be had: %s",
		         strerror(errno));
}

/* 0 and the number, if `text` is one and nothing else. */
static int read_number(const char *text, uint64_t *out)
{
	char *end;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ? -1 : 0;
}

/* (sd_watchdog_enabled(3): a variable that names another process is meant for that one.) */
static uint64_t read_watchdog(const char *usec, const char *pid)
{
	uint64_t us, whose;
	if (usec == NULL)
		return 0;
	if (pid != NULL && read_number(pid, &whose) != 0) {
		log_warn("supervisor",
		         "WATCHDOG_PID: expected a process id, found \"%.200s\": "
		         "no signs of life are sent",
		         pid);
		return 0;
	}
	if (pid != NULL && whose != (uint64_t)getpid())
		return 0;
	if (read_number(usec, &us) != 0 || us == 0) {
		log_warn("supervisor",
		         "WATCHDOG_USEC: expected microseconds, at least 1, found \"%.200s\": no "
		         "signs of life are sent",
		         usec);
		return 0;
	}
	return us;
}

void supervisor_open(struct supervisor *supervisor)
{
	const char *name = getenv("NOTIFY_SOCKET");
	*supervisor = (struct supervisor){ .socket = -1 };
	if (name != NULL)
		open_socket(supervisor, name);
	if (supervisor->socket >= 0)
		supervisor->watchdog_us =
			read_watchdog(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
		unsetenv(variables[i]);
}

void supervisor_close(struct supervisor *supervisor)
{
	if (supervisor->socket >= 0)
		close(supervisor->socket);
	supervisor->socket = -1;
}

/* ---- what it is told ---- */

/* The line that may be long comes last: it is the one to be cut. */
__attribute__((format(printf, 2, 3))) static void tell(struct supervisor *supervisor,
                                                       const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;
	ssize_t sent;
	if (supervisor->socket < 0)
		return;
	va_start(args, format);
	int len = vsnprintf(message, sizeof message, format, args);
	va_end(args);
	CHECK(len > 0);
	size_t size = (size_t)len < sizeof message ? (size_t)len : sizeof message - 1;
	do
		sent = sendto(supervisor->socket, message, size, MSG_NOSIGNAL,
		              (const struct sockaddr *)&supervisor->address,
		              supervisor->address_len);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && !atomic_exchange(&supervisor->warned, true))
		log_warn("supervisor",
		         "NOTIFY_SOCKET: the supervisor cannot be told how the server gets on: %s; "
		         "this is said once",
		         strerror(errno));
}

void supervisor_ready(struct supervisor *supervisor, const char *status)
{
	CHECK(strchr(status, '\n') == NULL);
	tell(supervisor, "READY=1\nSTATUS=%s", status);
}

void supervisor_reloading(struct supervisor *supervisor)
{
	tell(supervisor, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=reloading",
	     clock_ns() / 1000);
}

void supervisor_stopping(struct supervisor *supervisor, uint32_t within_ms)
{
	tell(supervisor, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRIu64 "\nSTATUS=stopping",
	     (uint64_t)within_ms * 1000);
}

void supervisor_alive(struct supervisor *supervisor)
{
	tell(supervisor, "WATCHDOG=1");
}
