/* peer.h: one connection of the load: what it has asked, what is still owed to it, and whether what
 * comes is what it asked for. Speaks the base protocol or act.v1 (docs/protocol.md). */
#ifndef LOAD_PEER_H
#define LOAD_PEER_H

#include "tally.h"
#include "watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PEER_SLOTS = 32, PEER_IN = 4096, PEER_OUT = 4096 };

/* What all connections have in common. */
struct load {
	struct tally *tallies; /* one an action code; asked in turn */
	size_t tally_count;
	uint64_t start_ns;  /* when the first request was due, CLOCK_MONOTONIC */
	uint64_t stop_ns;   /* none that is due later is asked */
	double interval_ns; /* between two requests of all connections together */
	uint32_t peers;
	uint64_t open_calls; /* asked and not answered */
	uint64_t faults;     /* what should not have come; the first few are told on stderr */
	struct watch watch;
};

struct slot {
	bool open;
	uint64_t due_ns;
	uint32_t number;
	uint32_t watch; /* the watch in which it was asked */
};

struct peer {
	struct load *load;
	int fd;
	uint32_t index; /* of the connection */
	bool v1;
	bool ended;                    /* a fault: nothing more is read */
	bool ponged;                   /* our ping was answered */
	uint32_t asked;                /* requests so far; their numbers are 0 and up */
	uint32_t oldest;               /* base: the number that has to be answered next */
	struct slot slots[PEER_SLOTS]; /* by number */
	struct watch_memory memory;
	uint8_t in[PEER_IN];
	size_t in_len;
	uint8_t out[PEER_OUT];
	size_t out_len;
};

/* Connects to 127.0.0.1 and upgrades, waiting for it; the socket does not wait from then on.
 * 0, or -1 with a line on stderr. */
int peer_open(struct peer *peer, struct load *load, uint32_t index, bool v1, uint16_t port,
              const char *path);

/* Asks all that is due at `now_ns`, as far as there is room. What found none is asked later, and
 * still counts from when it was due. */
void peer_ask(struct peer *peer, uint64_t now_ns);

/* Reads what has come, checks it, and asks what had no room. */
void peer_hear(struct peer *peer);

/* Has it asked all that was due until the stop? */
bool peer_is_through(const struct peer *peer);

/* Sends a ping: what comes before its pong was sent by the server before. */
void peer_ping(struct peer *peer);

/* Sends what found no room in the socket. */
void peer_flush(struct peer *peer);

void peer_close(struct peer *peer);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t load_now(void);

#endif
