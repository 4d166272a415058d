/* bench_load: the state of one run, which its parts share, and the turns of its loop.
 *
 * Functions that return int return 0, or -1 when the run is over: load->end and load->why tell why.
 * Thread: one. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "bench.h"
#include "bench_message.h"

/* Bytes that wait: of a message that is not whole yet, or for room in the socket. An empty one
 * holds no memory, so that an idle connection costs little. */
struct bench_rest {
	uint8_t *at;
	size_t len;
};

enum bench_state {
	PEER_NONE, /* there is no socket */
	PEER_CONNECTING,
	PEER_UPGRADING,
	PEER_OPEN,
	PEER_CLOSING, /* our close frame is out */
	PEER_CLOSED,  /* the server's is here too: the end of the stream is all that may come */
};

/* One connection. */
struct bench_peer {
	int fd; /* -1: none */
	enum bench_state state;
	uint32_t number;
	bool wants_room; /* epoll tells when the socket takes more */
	uint64_t sent, answered;
	uint64_t left_ns; /* when the batch under way left, or the connection was begun */
	struct bench_rest in, out;
};

struct bench_load;

/* What differs between the kinds of load. */
struct bench_game {
	/* The whole run, from the first connection to the end of the last one. */
	int (*play)(struct bench_load *load);
	/* Says what is due by now, and sets when something is again. NULL: all is said in heard().
	 */
	int (*due)(struct bench_load *load, uint64_t *next_ns);
	/* The upgrade of a connection is done. */
	int (*opened)(struct bench_load *load, struct bench_peer *peer);
	/* So many answers came, the last one at load->now_ns; peer->answered has them already. */
	int (*heard)(struct bench_load *load, struct bench_peer *peer, uint32_t count);
	/* Both sides have closed, and the socket is gone. */
	int (*closed)(struct bench_load *load, struct bench_peer *peer);
};

extern const struct bench_game bench_game_echo, bench_game_rate, bench_game_fan_out,
	bench_game_connect;

struct bench_load {
	const struct bench_plan *plan;
	struct bench_result *result;
	struct err *why;
	enum bench_end end;
	const struct bench_game *game;
	struct bench_message message;
	struct bench_peer *peers;
	uint32_t peer_count;
	/* Whose messages everybody hears; NULL: each connection hears its own. */
	struct bench_peer *author;
	int epoll;
	uint64_t now_ns;      /* clock_ns(), read once for each event */
	uint64_t progress_ns; /* when a connection last heard something */
	uint32_t next_open;   /* the connection that is opened next */
	uint32_t from_next;   /* the local address that is taken next */
	uint32_t open_count;  /* connections that are upgraded and not closed */
	uint32_t pong_count;  /* of bench_peer_ping() */
	bool running;         /* more may be asked */
	bool counting;        /* what is answered now counts */
	/* With a rate: when the first message is due; what counts is due from the second on, and
	 * before the third. */
	uint64_t start_ns, count_ns, stop_ns;
	uint64_t unheard;  /* BENCH_FAN_OUT: what connections have yet to hear of the batch */
	uint8_t *in, *out; /* for one event; nothing stays in them */
	size_t in_room;    /* what one recv() may bring */
	size_t out_room;
};

/* Opens all connections, a few at a time. */
int bench_load_open(struct bench_load *load);
/* Pings them all, and waits until each has answered. */
int bench_load_ping(struct bench_load *load);
/* Closes them, and waits for the end of each. */
int bench_load_close(struct bench_load *load);

/* Waits for events until `until_ns` (clock_ns()) at the latest, and handles them. `owed`: it is a
 * fault where nothing comes within the patience. */
int bench_load_turn(struct bench_load *load, uint64_t until_ns, bool owed);

/* Waits until all that was sent is answered. */
int bench_load_settle(struct bench_load *load);

/* Lets the warm-up and the time that counts pass, with turns; afterwards load->running is false. */
int bench_load_pass(struct bench_load *load, bool owed);

/* The run is over: the first reason stays. Returns -1. */
__attribute__((format(printf, 3, 4))) int
bench_load_fail(struct bench_load *load, enum bench_end end, const char *format, ...);

/* As bench_game.opened of the games that open all connections first. */
int bench_load_opened(struct bench_load *load, struct bench_peer *peer);
/* As bench_game.closed of those. */
int bench_load_closed(struct bench_load *load, struct bench_peer *peer);

#endif
