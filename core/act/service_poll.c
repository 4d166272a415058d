/* service_poll: the facade of act.poll/1: a generation's functions on its watches. */
#include "act/service.h"

#include "act/generation.h"
#include "act/poll.h"

static act_rc facade_watch(const act_host *h, int32_t fd, uint32_t events, uint64_t tag,
                           act_watch *out)
{
	return polls_watch(generation_of(h)->polls, fd, events, tag, out);
}

static act_rc facade_modify(const act_host *h, act_watch watch, uint32_t events)
{
	return polls_modify(generation_of(h)->polls, watch, events);
}

static act_rc facade_unwatch(const act_host *h, act_watch watch)
{
	return polls_unwatch(generation_of(h)->polls, watch);
}

const struct act_poll service_poll = {
	.size = sizeof service_poll,
	.watch = facade_watch,
	.modify = facade_modify,
	.unwatch = facade_unwatch,
};
