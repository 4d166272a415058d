/* conn_login: to whom a connection belongs, and until when: bound at the upgrade, by a plugin, or
 * by a token that the client sends in band. */
#include "net/conn.h"

#include "base/clock.h"
#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/status.h"
#include "net/net.h"

#include <act/easy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each costs the loop a look at a signature. */
enum { BAD_TOKENS_MAX = 8 };

/* ---- binding ---- */

struct last_name {
	struct post post;
	char *name;
};

static void on_last_name(struct post *post)
{
	struct last_name *last = (struct last_name *)post;
	free(last->name);
	free(last);
}

/* A handler that runs now may have been lent the name. */
static void free_later(struct loop *loop, char *name)
{
	if (name == NULL)
		return;
	struct last_name *last = mem_new(1, sizeof *last);
	*last = (struct last_name){ { .run = on_last_name }, name };
	loop_later(loop, &last->post);
}

bool conn_bind(struct conn *conn, act_bytes user, act_bytes device)
{
	struct hub *hub = &conn->loop->hub;
	bool same = act_same(act_str(conn->user), user);
	if (!same)
		conn_expire_at(conn, 0);
	free_later(conn->loop, conn->device);
	conn->device = device.len != 0 ? mem_text_n(device.ptr, device.len) : NULL;
	if (same)
		return false;
	if (conn->user != NULL)
		hub_leave(hub, conn, HUB_USER, act_str(conn->user));
	conn->user = NULL;
	if (user.len != 0) {
		hub_join(hub, conn, HUB_USER, user);
		conn->user = hub_name(hub, HUB_USER, user);
	}
	return true;
}

/* ---- the end of a login ---- */

uint32_t conn_expires_in_s(const struct conn *conn)
{
	uint64_t now_ms = conn->loop->now_ms;
	uint64_t at_ms = conn->expiry != NULL ? conn->expiry->at_ms : 0;
	return at_ms > now_ms ? (uint32_t)((at_ms - now_ms) / 1000) : 0;
}

static uint64_t notice_ms(const struct conn *conn)
{
	return (uint64_t)net_site(conn->loop->net)->config->expiry_notice_s * 1000;
}

static void on_expired(struct wheel_timer *timer)
{
	const struct expiry *expiry = container_of(timer, struct expiry, timer);
	conn_close(expiry->conn, CLOSE_EXPIRED, "the token has expired");
}

static void on_expiring(struct wheel_timer *timer)
{
	const struct expiry *expiry = container_of(timer, struct expiry, timer);
	struct conn *conn = expiry->conn;
	if (!conn->close_wanted && conn->protocol->expiring != NULL)
		conn->protocol->expiring(conn);
	wheel_set(&conn->loop->wheel, timer, expiry->at_ms, on_expired);
}

static void forget_expiry(struct conn *conn)
{
	if (conn->expiry != NULL)
		wheel_drop(&conn->loop->wheel, &conn->expiry->timer);
	free(conn->expiry);
	conn->expiry = NULL;
}

void conn_expire_at(struct conn *conn, int64_t expires_at)
{
	struct loop *loop = conn->loop;
	forget_expiry(conn);
	int64_t utc = clock_utc_ms(), utc_s = utc / 1000;
	if (expires_at == 0 || expires_at > utc_s + UINT32_MAX) /* in 136 years */
		return;
	uint64_t left_ms = expires_at > utc_s ? (uint64_t)(expires_at * 1000 - utc) : 0;
	uint64_t notice = notice_ms(conn);
	struct expiry *expiry = mem_new(1, sizeof *expiry);
	conn->expiry = expiry;
	expiry->conn = conn;
	expiry->at_ms = loop->now_ms + left_ms;
	/* A shorter time is known from the greeting. */
	if (notice != 0 && left_ms > notice)
		wheel_set(&loop->wheel, &expiry->timer, expiry->at_ms - notice, on_expiring);
	else
		wheel_set(&loop->wheel, &expiry->timer, expiry->at_ms, on_expired);
}

/* ---- a token in band ---- */

__attribute__((format(printf, 3, 4))) static void refuse(struct login *login, uint32_t status,
                                                         const char *format, ...)
{
	va_list args;
	va_start(args, format);
	login->status = status;
	vsnprintf(login->why, sizeof login->why, format, args);
	va_end(args);
}

static void judge(const struct gate_answer *answer, struct login *login)
{
	switch (answer->word) {
	case GATE_ALLOW:
		login->status = STATUS_OK;
		return;
	case GATE_DENY:
		refuse(login, STATUS_NOT_LOGGED_IN, "%s", answer->why);
		return;
	case GATE_EXPIRED:
		refuse(login, STATUS_TOKEN_EXPIRED, "%s", answer->why);
		return;
	case GATE_FORBID:
		refuse(login, STATUS_FORBIDDEN, "%s", answer->why);
		return;
	case GATE_UNAVAILABLE:
		refuse(login, STATUS_UNAVAILABLE, "the token could not be checked: %.200s",
		       answer->why);
		return;
	}
}

static void ask(struct conn *conn, act_bytes token, struct gate_answer *answer, struct login *login)
{
	char text[GATE_TOKEN_MAX];
	const struct site *site = net_site(conn->loop->net);
	const struct site_endpoint *endpoint = site_find(site, conn->endpoint->path);
	if (site->config->auth == CONFIG_AUTH_NONE) {
		refuse(login, STATUS_FORBIDDEN,
		       "\"auth\" is \"none\" here: no token is looked at, ?user=NAME names the "
		       "user");
	} else if (endpoint != NULL && endpoint->login == CONFIG_LOGIN_NONE) {
		refuse(login, STATUS_FORBIDDEN, "nobody logs in at this endpoint");
	} else if (token.len == 0 || token.len >= sizeof text ||
	           memchr(token.ptr, 0, token.len) != NULL) {
		refuse(login, STATUS_NOT_LOGGED_IN,
		       "expected a token of 1 to %d bytes, found %zu bytes", GATE_TOKEN_MAX - 1,
		       token.len);
	} else {
		memcpy(text, token.ptr, token.len);
		text[token.len] = '\0';
		const struct gate_question question = { text, conn->endpoint->path,
			                                conn_address(conn) };
		conn->loop->net->up.authenticate(&question, answer);
		judge(answer, login);
	}
}

void conn_login(struct conn *conn, act_bytes token, struct login *login)
{
	struct gate_answer answer = { .word = GATE_DENY };
	if (conn->bad_tokens == BAD_TOKENS_MAX) {
		refuse(login, STATUS_RATE_LIMITED, "too many tokens that are not good");
		conn_close(conn, CLOSE_POLICY, login->why);
		return;
	}
	ask(conn, token, &answer, login);
	if (login->status != STATUS_OK) {
		log_debug("net", "%s: a token in band was refused: %s", conn_address(conn),
		          login->why);
		/* That nobody can look at tokens is not the client's fault. */
		if (answer.word != GATE_UNAVAILABLE)
			conn->bad_tokens++;
		return;
	}
	conn->bad_tokens = 0;
	conn->loop->net->up.bind(conn, act_str(answer.user), act_str(answer.device));
	conn_expire_at(conn, answer.expires_at);
	/* Plugins hear of it before the connection's next message. */
	loop_run_later(conn->loop);
}
