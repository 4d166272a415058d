/* bench: load on an action server, from one thread, over plain sockets, with epoll(7) alone.
 *
 * Connections are opened and upgraded, the load runs, what is owed is waited for, and each
 * connection is closed with a handshake (RFC 6455, section 7.1.2). Each answer is held against what
 * it must be byte for byte; the first one that is wrong, missing or too many ends the run.
 *
 * Owner: the caller has the structs; what they point at must live until bench_run() returns. */
#ifndef BENCH_H
#define BENCH_H

#include "base/err.h"
#include "bench_latency.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum bench_kind {
	BENCH_ECHO,    /* each connection asks, and gets its payload back */
	BENCH_FAN_OUT, /* the first connection asks, and each gets the payload pushed */
	BENCH_CONNECT, /* connections are opened, upgraded, closed, and opened again */
};

/* Bounds of the plan. */
enum {
	BENCH_CONNECTIONS_MAX = 1000000,
	BENCH_DEPTH_MAX = 4096,
	BENCH_PAYLOAD_MAX = 1 << 20, /* bytes */
	BENCH_BATCH_MAX = 16 << 20,  /* bytes of the frames that one connection has under way */
};

struct bench_plan {
	enum bench_kind kind;
	const struct sockaddr *to; /* TCP or a unix socket */
	socklen_t to_len;
	/* Local addresses, taken in turn, each with ports of its own; 0: the kernel chooses. */
	const struct sockaddr_storage *from;
	size_t from_count;
	socklen_t from_len;
	/* For the upgrade. "{n}" in the path or a header stands for the connection's number. */
	const char *authority, *path;
	const char *const *headers; /* "Name: value" */
	size_t header_count;

	uint32_t connections; /* that are busy; with BENCH_CONNECT how many at once */
	uint32_t idle;        /* more of them that are open and say nothing; BENCH_ECHO only */
	/* Messages that leave a connection in one write; the next ones leave when all of them are
	 * answered. */
	uint32_t depth;
	uint32_t payload;          /* bytes behind the code */
	uint32_t code, reply_code; /* of what is asked, and of what comes back */
	/* Messages a second over all connections, each due at a moment of its own whatever became
	 * of those before; its time runs from that moment. 0: as fast as answers come. BENCH_ECHO
	 * only; the depth does not matter then. */
	uint32_t rate;
	uint32_t warm_ms, run_ms; /* what counts begins after the first and lasts the second */
	uint32_t patience_ms;     /* silence while something is owed: it hangs */
	/* Never sleep while the load runs: for a process that has a core of its own. Then no server
	 * pays for waking it, which would cost a quick one more often than a slow one. */
	bool spin;
	pid_t server; /* a process whose CPU time and memory are told; 0: none */
};

struct bench_result {
	uint64_t opened;         /* upgrades in the whole run */
	uint64_t sent, answered; /* messages and answers in the whole run, all of them verified */
	uint64_t counted; /* answers, or with BENCH_CONNECT connections, in the time that counts */
	uint64_t elapsed_ns;
	uint64_t open_ns; /* until all were open */
	/* Of what was counted: from the write of a batch to each of its answers; with a rate from
	 * when each was due; with BENCH_CONNECT from connect to the end of the upgrade. */
	struct bench_latency latency;
	struct bench_latency late; /* with a rate: from when each was due to its write */
	uint64_t load_cpu_ns;      /* of this process, in the time that counts */
	/* Of plan->server. */
	uint64_t server_cpu_ns;         /* in the time that counts */
	uint64_t server_resident_bytes; /* before the first connection */
	uint64_t server_open_bytes;     /* at the end of that time */
};

enum bench_end {
	BENCH_GOOD,
	BENCH_CANNOT,    /* the plan does not fit this process: descriptors, addresses */
	BENCH_UNREACHED, /* no connection, or refused at the upgrade */
	BENCH_WRONG,     /* an answer that is not the one that is owed */
	BENCH_SILENT,    /* nothing within the patience, or answers far behind the rate */
	BENCH_LOST,      /* a connection ended that should not */
};

/* Runs the plan. BENCH_GOOD and the result; or why not, and a sentence. */
enum bench_end bench_run(const struct bench_plan *plan, struct bench_result *result,
                         struct err *why);

#endif
