/* supervisor: whoever started the server and wants to hear how it gets on, in the way of
 * sd_notify(3): a datagram of lines to the socket that $NOTIFY_SOCKET names. systemd listens there;
 * so may anything else.
 *
 * Nobody has to listen: without the variable all of this does nothing, and what cannot be sent
 * costs one line in the log. Owner: the main program; there is one. Threads: main, but for
 * supervisor_alive(). */
#ifndef BASE_SUPERVISOR_H
#define BASE_SUPERVISOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct supervisor {
	int socket; /* -1: nobody listens */
	struct sockaddr_un address;
	socklen_t address_len;
	uint64_t watchdog_us; /* it wants a sign of life within this time; 0: it wants none */
	_Atomic bool warned;  /* a datagram could not be sent, and the log has said so */
};

/* [main, before other threads are made] Reads NOTIFY_SOCKET (a path, or "@name" for an abstract
 * one), WATCHDOG_USEC and WATCHDOG_PID, and takes the three out of the environment: no child and no
 * plugin is to speak for the server. What is wrong with them is said in the log. */
void supervisor_open(struct supervisor *supervisor);
void supervisor_close(struct supervisor *supervisor);

/* The server serves: at the start, and each time that a reload is over. `status` is one line of
 * UTF-8. */
void supervisor_ready(struct supervisor *supervisor, const char *status);
/* A reload begins; supervisor_ready() tells of its end. */
void supervisor_reloading(struct supervisor *supervisor);
/* The server ends, and may take `within_ms` for it, whatever the supervisor thought before. */
void supervisor_stopping(struct supervisor *supervisor, uint32_t within_ms);

/* [any] A sign of life. */
void supervisor_alive(struct supervisor *supervisor);

#endif
