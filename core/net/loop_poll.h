/* loop_poll: a descriptor of somebody else's that a loop waits on.
 *
 * Its fields are the loop's, as those of a loop_timer. Thread: the loop's. */
#ifndef NET_LOOP_POLL_H
#define NET_LOOP_POLL_H

#include "net/loop.h"

enum { LOOP_POLL_READ = 1, LOOP_POLL_WRITE = 2, LOOP_POLL_HANGUP = 4 };

struct loop_poll {
	struct poller_watch watch;
	struct loop *loop;
	int fd;
	uint32_t events; /* that it waits for */
	/* `failed`: the descriptor is in error, and the loop has stopped waiting on it. */
	void (*ready)(struct loop_poll *poll, uint32_t events, bool failed);
	void (*gone)(struct loop_poll *poll);
	struct post post;
};

/* [the loop] Makes it, waiting for nothing yet. `fd` is one that epoll_ctl(2) takes, that nobody
 * else waits on, and that stays open until gone(). 0; or negative, and there is nothing to stop. */
int loop_poll_start(struct loop *loop, struct loop_poll *poll, int fd,
                    void (*ready)(struct loop_poll *poll, uint32_t events, bool failed));
/* [the loop] ready() comes for these events (LOOP_POLL_*), again for as long as they last; 0: it
 * does not come. */
void loop_poll_wait(struct loop_poll *poll, uint32_t events);
/* [the loop] ready() comes no more; gone() comes later, and may free it. */
void loop_poll_stop(struct loop_poll *poll, void (*gone)(struct loop_poll *poll));

#endif
