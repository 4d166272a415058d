/* bench_peer: one connection of a run: its socket, its upgrade, what it says and hears, its close.
 *
 * Functions return 0, or -1 when the run is over (bench_load.h). Thread: one. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "bench_load.h"

/* Begins to connect; the upgrade follows by itself, then game->opened(). */
int bench_peer_open(struct bench_load *load, struct bench_peer *peer);

/* Sends, or keeps what the socket does not take now. */
int bench_peer_send(struct bench_load *load, struct bench_peer *peer, const uint8_t *bytes,
                    size_t len);

/* Sends that many requests in one write; load->out has room for plan->depth of them. */
int bench_peer_ask(struct bench_load *load, struct bench_peer *peer, uint32_t count);

/* Sends a ping; load->pong_count goes up when it is answered. Once in a run. */
int bench_peer_ping(struct bench_load *load, struct bench_peer *peer);

/* What such a ping says. */
enum { BENCH_PING_LEN = 4 };
extern const uint8_t bench_ping[BENCH_PING_LEN];

/* Sends a close frame with 1000; game->closed() follows when the server has closed too. */
int bench_peer_close(struct bench_load *load, struct bench_peer *peer);

/* The socket is ready: `events` as epoll_wait(2) tells them. */
int bench_peer_event(struct bench_load *load, struct bench_peer *peer, uint32_t events);

/* Handles the bytes that came behind the upgrade; what is not whole stays in peer->in. */
int bench_peer_hear(struct bench_load *load, struct bench_peer *peer, const uint8_t *at,
                    size_t len);

/* Gives back the socket and the memory, without a word to the server. */
void bench_peer_drop(struct bench_peer *peer);

/* Keeps a copy of the bytes in `rest`, in place of what was there; they may lie in it. */
void bench_rest_set(struct bench_rest *rest, const uint8_t *at, size_t len);

#endif
