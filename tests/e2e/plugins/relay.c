/* relay: passes each call on to a back end, a line for a line, over one TCP connection that no
 * thread waits on (act.poll/1). "port" in its settings is the back end's.
 *
 * stop() is where a generation collects what the back end still owes: nobody watches for it any
 * more. A lock keeps stop(), on a worker, and the home loop apart. */
#include <cjson/cJSON.h>

#include <act/easy.h>
#include <act/ext/poll.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

ACT_MANIFEST("relay", "1.0", "", "");

enum { ASK, HOLD };
enum { WAITING_MAX = 256, BYTES = 65536, PATIENCE_MS = 5000 };

struct relay {
	const act_host *host;
	const act_poll *poll;
	pthread_mutex_t lock;
	int fd;
	bool lost;    /* the back end is gone */
	bool stopped; /* nothing is watched any more */
	act_watch watch;
	act_token waiting[WAITING_MAX]; /* whose answer comes next, a ring */
	unsigned first, count;
	char out[BYTES], in[BYTES];
	size_t out_len, in_len;
};

static int port_of(const act_host *h)
{
	act_bytes config = h->config(h);
	cJSON *json = cJSON_ParseWithLength(config.ptr, config.len);
	const cJSON *port = cJSON_GetObjectItemCaseSensitive(json, "port");
	int number = cJSON_IsNumber(port) ? port->valueint : 0;
	cJSON_Delete(json);
	return number;
}

static act_rc create(const act_host *h, void **self)
{
	struct relay *relay = calloc(1, sizeof *relay);
	if (relay == NULL)
		return ACT_E_NOMEM;
	pthread_mutex_init(&relay->lock, NULL);
	relay->host = h;
	relay->fd = -1;
	relay->poll = h->extension(h, ACT_EXT_POLL, sizeof(act_poll));
	*self = relay;
	return ACT_OK;
}

static act_rc start(void *self)
{
	struct relay *relay = self;
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)port_of(relay->host)),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	relay->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (relay->poll == NULL || relay->fd < 0 ||
	    connect(relay->fd, (const struct sockaddr *)&to, sizeof to) != 0) {
		act_logf(relay->host, ACT_LOG_ERROR, "the back end: %s", strerror(errno));
		return ACT_E_FAIL;
	}
	return ACT_OK;
}

static void destroy(void *self)
{
	struct relay *relay = self;
	if (relay->fd >= 0)
		close(relay->fd);
	pthread_mutex_destroy(&relay->lock);
	free(relay);
}

/* ---- under the lock ---- */

static void lose(struct relay *relay)
{
	const act_failure why = { .size = sizeof why,
		                  .status = ACT_S_UNAVAILABLE,
		                  .retry_after_ms = 100,
		                  .text = act_str("the back end is gone") };
	relay->lost = true;
	if (relay->watch != 0)
		relay->poll->unwatch(relay->host, relay->watch);
	for (; relay->count > 0; relay->count--)
		(relay->host->fail)(relay->host, relay->waiting[relay->first++ % WAITING_MAX],
		                    &why);
}

static void send_out(struct relay *relay)
{
	ssize_t n = send(relay->fd, relay->out, relay->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN) {
		lose(relay);
		return;
	}
	if (n > 0) {
		relay->out_len -= (size_t)n;
		memmove(relay->out, relay->out + n, relay->out_len);
	}
	if (relay->watch != 0)
		relay->poll->modify(relay->host, relay->watch,
		                    ACT_POLL_READ | (relay->out_len > 0 ? ACT_POLL_WRITE : 0));
}

static void answer_lines(struct relay *relay)
{
	char *line = relay->in, *end;
	while ((end = memchr(line, '\n', relay->in_len - (size_t)(line - relay->in))) != NULL) {
		if (relay->count > 0) {
			relay->count--;
			relay->host->reply(relay->host,
			                   relay->waiting[relay->first++ % WAITING_MAX], 0,
			                   act_mem(line, (size_t)(end - line)));
		}
		line = end + 1;
	}
	relay->in_len -= (size_t)(line - relay->in);
	memmove(relay->in, line, relay->in_len);
}

static void take_in(struct relay *relay)
{
	ssize_t n = recv(relay->fd, relay->in + relay->in_len, BYTES - relay->in_len, MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		lose(relay);
	} else if (n > 0) {
		relay->in_len += (size_t)n;
		answer_lines(relay);
	}
}

/* Waits for what is owed, where nothing tells that it is there. */
static void collect(struct relay *relay)
{
	while (relay->count > 0 && !relay->lost) {
		struct pollfd one = { .fd = relay->fd,
			              .events = (short)(POLLIN |
			                                (relay->out_len > 0 ? POLLOUT : 0)) };
		if (poll(&one, 1, PATIENCE_MS) <= 0) {
			lose(relay);
			return;
		}
		if (relay->out_len > 0)
			send_out(relay);
		if ((one.revents & ~POLLOUT) != 0)
			take_in(relay);
	}
}

/* ---- what it is told ---- */

static void activate(void *self)
{
	struct relay *relay = self;
	pthread_mutex_lock(&relay->lock);
	act_rc rc = relay->poll->watch(relay->host, relay->fd, ACT_POLL_READ | ACT_POLL_WRITE, 1,
	                               &relay->watch);
	if (rc != ACT_OK)
		act_logf(relay->host, ACT_LOG_ERROR, "watch: %d", rc);
	pthread_mutex_unlock(&relay->lock);
}

static void on_fd(void *self, uint64_t tag, uint32_t events)
{
	struct relay *relay = self;
	pthread_mutex_lock(&relay->lock);
	if (relay->stopped || relay->lost || tag != 1)
		act_logf(relay->host, ACT_LOG_ERROR, "a stale event: %u", events);
	else if ((events & ACT_POLL_ERROR) != 0)
		lose(relay);
	else
		send_out(relay);
	if (!relay->lost && (events & ACT_POLL_READ) != 0)
		take_in(relay);
	pthread_mutex_unlock(&relay->lock);
}

static void stop(void *self)
{
	struct relay *relay = self;
	pthread_mutex_lock(&relay->lock);
	relay->stopped = true;
	relay->watch = 0;
	collect(relay);
	pthread_mutex_unlock(&relay->lock);
}

static act_rc ask(struct relay *relay, const act_call *call)
{
	size_t len = call->payload.len;
	if (relay->lost || relay->count == WAITING_MAX || BYTES - relay->out_len <= len)
		return ACT_E_BUSY;
	memcpy(relay->out + relay->out_len, call->payload.ptr, len);
	relay->out[relay->out_len + len] = '\n';
	relay->out_len += len + 1;
	relay->waiting[(relay->first + relay->count++) % WAITING_MAX] = call->token;
	send_out(relay);
	if (relay->stopped)
		collect(relay);
	return ACT_DEFER;
}

static act_rc handle(void *self, const act_call *call)
{
	struct relay *relay = self;
	act_rc rc = ACT_DEFER; /* HOLD: for ever */
	pthread_mutex_lock(&relay->lock);
	if (call->action == ASK)
		rc = ask(relay, call);
	pthread_mutex_unlock(&relay->lock);
	return rc;
}

static const act_action actions[] = {
	[ASK] = { .name = "ask", .code = 2610, .flags = ACT_A_ANONYMOUS },
	[HOLD] = { .name = "hold", .code = 2611, .flags = ACT_A_ANONYMOUS },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.name = "relay",
	.version = "1.0",
	.actions = actions,
	.action_count = 2,
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = create,
	.start = start,
	.activate = activate,
	.stop = stop,
	.destroy = destroy,
	.handle = handle,
	.on_fd = on_fd,
};
