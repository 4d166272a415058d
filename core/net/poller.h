/* poller: waits until some of many descriptors are ready (epoll(7)).
 *
 * Level-triggered: what is not dealt with is told again. All that a loop knows of epoll is in here,
 * so that another way of waiting can take its place. Owner: a loop; thread: its own. */
#ifndef NET_POLLER_H
#define NET_POLLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/* What is ready, or waited for. POLLER_FAILED and POLLER_HUNG_UP are told unasked. */
enum {
	POLLER_READ = EPOLLIN,
	POLLER_WRITE = EPOLLOUT,
	POLLER_HALF_CLOSED = EPOLLRDHUP, /* the other side sends no more */
	POLLER_ONCE = EPOLLONESHOT, /* with others: they are told once, until the next change */
	POLLER_FAILED = EPOLLERR,
	POLLER_HUNG_UP = EPOLLHUP, /* neither side sends any more */
};

/* Whoever waits for a descriptor. Part of the object that does. */
struct poller_watch {
	void (*ready)(struct poller_watch *watch, uint32_t events);
};

enum { POLLER_BATCH = 512 };

struct poller {
	int fd;
	/* Those that are ready. */
	int count;
	int next;
	struct epoll_event events[POLLER_BATCH];
};

/* 0; -1: errno says why. */
int poller_init(struct poller *poller);
void poller_free(struct poller *poller);

/* Waits for a descriptor, with one watch for each. 0; -1: errno says why (EPERM: it is always
 * ready, as files are; EEXIST: somebody waits for it already). */
int poller_add(struct poller *poller, struct poller_watch *watch, int fd, uint32_t events);
/* Waits for other events from now on; with 0 for none but those that are told unasked. */
void poller_change(struct poller *poller, struct poller_watch *watch, int fd, uint32_t events);
/* No longer waits. Before the descriptor is closed: the kernel goes on waiting while a copy of it
 * is open. ready() is not called any more, also where it was about to be. */
void poller_drop(struct poller *poller, struct poller_watch *watch, int fd);

/* Waits for at most `ms`, then tells nobody yet. */
void poller_wait(struct poller *poller, int ms);
/* Tells those who are ready. They may add, change and drop any watch. */
void poller_tell(struct poller *poller);

#endif
