/* checked_host: the host table that leads through the checks. */
#include "act/checked.h"

#include "act/act.h"
#include "act/host.h"
#include "act/inside.h"
#include "net/conn.h"
#include "net/loop.h"

/* The functions behind: the same for every generation. */
static act_host plain;

/* A thread that is none of the server's, and in no call of the plugin: one that the plugin has
 * started. */
static void check_thread(const act_host *h, const char *function)
{
	const struct generation *generation = generation_of(h);
	bool servers = loop_self() != NULL || pool_self() >= 0;
	bool inside = inside_own != NULL && inside_own->self != NULL;
	if (!servers && !inside && (generation->table->flags & ACT_F_THREADS) == 0)
		checked_found(generation, CHECKED_THREADS, function,
		              "called from a thread of the plugin's own, and the plugin does not "
		              "say ACT_F_THREADS: the thread may run when its code is gone");
}

static void check_conn(const act_host *h, const char *function, act_conn conn)
{
	check_thread(h, function);
	if (slots_kind(conn) != CONN_KIND)
		checked_found(generation_of(h), CHECKED_STALE, function,
		              "%lu is no connection's number, and never was one: rule 4", conn);
}

static act_rc reply(const act_host *h, act_token call, uint32_t flags, act_bytes body)
{
	check_thread(h, "reply()");
	checked_answering(h, "reply()", call);
	act_rc rc = plain.reply(h, call, flags, body);
	checked_answered(h, call, rc);
	return rc;
}

static act_rc fail(const act_host *h, act_token call, const act_failure *why)
{
	check_thread(h, "fail()");
	checked_answering(h, "fail()", call);
	act_rc rc = plain.fail(h, call, why);
	checked_answered(h, call, rc);
	return rc;
}

static act_rc push(const act_host *h, const act_push *what)
{
	check_thread(h, "push()");
	if (what != NULL && what->size >= sizeof *what && what->to == ACT_TO_CONN)
		check_conn(h, "push()", what->conn);
	return plain.push(h, what);
}

static act_rc bind_user(const act_host *h, act_conn conn, act_bytes user, act_bytes device)
{
	check_conn(h, "bind_user()", conn);
	return plain.bind_user(h, conn, user, device);
}

static act_rc group_join(const act_host *h, act_conn conn, act_bytes group)
{
	check_conn(h, "group_join()", conn);
	return plain.group_join(h, conn, group);
}

static act_rc group_leave(const act_host *h, act_conn conn, act_bytes group)
{
	check_conn(h, "group_leave()", conn);
	return plain.group_leave(h, conn, group);
}

static act_rc close_conn(const act_host *h, act_conn conn, uint16_t code, act_bytes reason)
{
	check_conn(h, "close_conn()", conn);
	return plain.close_conn(h, conn, code, reason);
}

static act_rc timer_set(const act_host *h, uint64_t tag, uint32_t ms, int32_t repeat,
                        act_timer *out)
{
	check_thread(h, "timer_set()");
	return plain.timer_set(h, tag, ms, repeat, out);
}

static act_rc timer_drop(const act_host *h, act_timer timer)
{
	check_thread(h, "timer_drop()");
	if (slots_kind(timer) != TIMER_KIND)
		checked_found(generation_of(h), CHECKED_STALE, "timer_drop()",
		              "%lu is no timer's number, and never was one: rule 4", timer);
	return plain.timer_drop(h, timer);
}

static act_rc work(const act_host *h, uint64_t tag, void *arg)
{
	check_thread(h, "work()");
	return plain.work(h, tag, arg);
}

static const void *extension(const act_host *h, const char *id, uint32_t size_min)
{
	check_thread(h, "extension()");
	return plain.extension(h, id, size_min);
}

void checked_fill(act_host *host)
{
	/* Once: who calls reads it without a lock. */
	if (plain.reply == NULL)
		plain = *host;
	host->reply = reply;
	host->fail = fail;
	host->push = push;
	host->bind_user = bind_user;
	host->group_join = group_join;
	host->group_leave = group_leave;
	host->close_conn = close_conn;
	host->timer_set = timer_set;
	host->timer_drop = timer_drop;
	host->work = work;
	host->extension = extension;
}
