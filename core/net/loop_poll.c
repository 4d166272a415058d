#include "net/loop_poll.h"

#include "base/check.h"

static void on_ready(uv_poll_t *handle, int status, int events)
{
	struct loop_poll *poll = handle->data;
	poll->ready(poll, (uint32_t)events, status < 0);
}

int loop_poll_start(struct loop *loop, struct loop_poll *poll, int fd,
                    void (*ready)(struct loop_poll *poll, uint32_t events, bool failed))
{
	CHECK(loop_self() == loop);
	poll->ready = ready;
	int rc = uv_poll_init(&loop->uv, &poll->uv, fd);
	poll->uv.data = poll;
	return rc;
}

void loop_poll_wait(struct loop_poll *poll, uint32_t events)
{
	int rc = events != 0 ? uv_poll_start(&poll->uv, (int)events, on_ready)
	                     : uv_poll_stop(&poll->uv);
	CHECK(rc == 0);
}

static void on_closed(uv_handle_t *handle)
{
	struct loop_poll *poll = handle->data;
	poll->gone(poll);
}

void loop_poll_stop(struct loop_poll *poll, void (*gone)(struct loop_poll *poll))
{
	poll->gone = gone;
	uv_close((uv_handle_t *)&poll->uv, on_closed);
}
