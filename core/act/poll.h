/* poll: the watched descriptors of one generation (act/ext/poll.h).
 *
 * What is watched is a duplicate, so that nothing a plugin does with its descriptor reaches the
 * loop. Watches live on the home loop and die with the generation: they do not pin it. */
#ifndef ACT_POLL_H
#define ACT_POLL_H

#include <act/ext/poll.h>

struct generation;
struct generation_polls;

enum { POLLS_MAX = 1024 }; /* of one generation, act/ext/poll.h says so */

struct generation_polls *polls_new(struct generation *generation);
void polls_free(struct generation_polls *polls);
/* [main] Ends all of them, and waits until on_fd() is not entered any more. */
void polls_stop(struct generation_polls *polls);
/* [main] No on_fd() from when this returns until polls_thaw(). What becomes ready meanwhile is told
 * afterwards, as far as it still holds; the functions below may be called all the same. */
void polls_freeze(struct generation_polls *polls);
void polls_thaw(struct generation_polls *polls);

/* [any] How many there are. */
uint32_t polls_count(struct generation_polls *polls);

/* [any] The functions of act/ext/poll.h. */
act_rc polls_watch(struct generation_polls *polls, int32_t fd, uint32_t events, uint64_t tag,
                   act_watch *out);
act_rc polls_modify(struct generation_polls *polls, act_watch number, uint32_t events);
act_rc polls_unwatch(struct generation_polls *polls, act_watch number);

#endif
