/* The plugin profile: what users say of themselves, and how they are found. docs/actions.md says
 * what each action does; this file says when the server calls what. */
#include "profile.h"

#include "store.h"

#include <act/easy.h>
#include <assert.h>
#include <common/db.h>
#include <common/settings.h>
#include <common/users.h>

ACT_MANIFEST("profile", "1.0", ACT_EXT_SQL, "");

static act_rc create(const act_host *host, void **out)
{
	act_rc rc = settings_read(host, "profile", NULL, 0);
	if (rc != ACT_OK)
		return rc;
	const act_sql *sql = db_service(host);
	if (sql == NULL)
		return ACT_E_NOSUPP;
	struct profile_plugin *self = calloc(1, sizeof *self);
	if (self == NULL)
		return ACT_E_NOMEM;
	self->host = host;
	self->sql = sql;
	roll_init(&self->roll, host, sql);
	*out = self;
	return ACT_OK;
}

static act_rc start(void *arg)
{
	struct profile_plugin *self = arg;
	return db_migrate(self->host, self->sql, PROFILE_STEPS, PROFILE_STEP_COUNT);
}

static void stop(void *arg)
{
	struct profile_plugin *self = arg;
	roll_work(&self->roll);
}

static void destroy(void *arg)
{
	struct profile_plugin *self = arg;
	roll_free(&self->roll);
	free(self);
}

/* [worker]: all actions block. */
static act_rc handle(void *arg, const act_call *call)
{
	struct profile_plugin *self = arg;
	assert(call->action < PROFILE_ACTION_COUNT);
	if (users_refuse_nobody(self->host, call))
		return ACT_OK;
	return PROFILE_VERBS[call->action](self, call);
}

static void conn_open(void *arg, const act_peer *peer)
{
	struct profile_plugin *self = arg;
	roll_login(&self->roll, peer->user);
}

static void user_bound(void *arg, act_conn conn, act_bytes user)
{
	struct profile_plugin *self = arg;
	(void)conn;
	roll_login(&self->roll, user);
}

static void on_timer(void *arg, uint64_t tag)
{
	struct profile_plugin *self = arg;
	(void)tag;
	roll_timer(&self->roll);
}

static void work(void *arg, uint64_t tag, void *nothing)
{
	struct profile_plugin *self = arg;
	(void)tag;
	(void)nothing;
	roll_work(&self->roll);
}

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "profile",
	.version = "1.0",
	.actions = PROFILE_ACTIONS,
	.action_count = PROFILE_ACTION_COUNT,
	.action_size = sizeof(act_action),
	.create = create,
	.start = start,
	.stop = stop,
	.destroy = destroy,
	.handle = handle,
	.conn_open = conn_open,
	.user_bound = user_bound,
	.on_timer = on_timer,
	.work = work,
};
