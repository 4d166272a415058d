/* act/ext/poll.h: the extension act.poll/1: descriptors watched on the home loop, for a plugin that
 * talks to another server without blocking. Since 0.10.
 *
 * What is ready comes to act_plugin.on_fd, on the home loop. It is level-triggered: on_fd comes
 * again for as long as the descriptor is ready for what it is watched for.
 *
 * The descriptor stays the plugin's, to read, write and close. The server watches a duplicate of
 * its own, so it may be closed at any time, and its number may be used again; what the descriptor
 * leads to is held open until unwatch(). One descriptor may be watched several times.
 *
 * The server has it itself: act_host.extension gives it to each plugin that asks, whether or not
 * its manifest lists it. All functions [any]. */
#ifndef ACT_EXT_POLL_H
#define ACT_EXT_POLL_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ACT_EXT_POLL "act.poll/1"

typedef uint64_t act_watch; /* one watch; never 0, never given twice */

/* To watch for, and to be told of in on_fd. */
#define ACT_POLL_READ 0x1u   /* read(2) or accept(2) would not wait; so at the end, too */
#define ACT_POLL_WRITE 0x2u  /* write(2) would not wait; a connect(2) is done */
#define ACT_POLL_HANGUP 0x4u /* the other side has ended, or has shut down its sending */
/* Told without being asked for, alone: the descriptor is in error (SO_ERROR in socket(7) says
 * which), and nothing more comes until modify(). */
#define ACT_POLL_ERROR 0x8u

typedef struct act_poll {
	uint32_t size;
	uint32_t reserved;
	/* Watches `fd` for `events` (0: for nothing, until modify()), from activate() on; on_fd
	 * gets `tag`. The descriptor is made non-blocking (O_NONBLOCK in open(2)). Watches die with
	 * the generation, before stop() is called. ACT_E_INVAL: before activate() or after stop(),
	 * no descriptor, unknown events, or one that cannot be watched (a regular file, a folder:
	 * epoll_ctl(2), EPERM); the log then says which. ACT_E_BUSY: over the limit of 1,024
	 * watches a plugin, or no descriptor is free in the process; ACT_E_NOSUPP: the plugin has
	 * no on_fd(). */
	act_rc (*watch)(const act_host *h, int32_t fd, uint32_t events, uint64_t tag,
	                act_watch *out);
	/* Watches for other events. On the home loop it takes effect at once; from elsewhere an
	 * on_fd() with the events before may still arrive. ACT_E_GONE; ACT_E_INVAL. */
	act_rc (*modify)(const act_host *h, act_watch watch, uint32_t events);
	/* on_fd() is not called for this watch after unwatch() has returned on the home loop; from
	 * elsewhere one that is under way may still arrive. ACT_E_GONE. */
	act_rc (*unwatch)(const act_host *h, act_watch watch);
} act_poll;

#ifdef __cplusplus
}
#endif
#endif
