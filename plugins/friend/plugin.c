/* The plugin friend: who asks whom, who is friends with whom, who blocks whom. docs/actions.md says
 * what each action does; this file says when the server calls what. */
#include "friend.h"

#include "store.h"

#include <act/easy.h>
#include <assert.h>
#include <common/db.h>
#include <common/settings.h>
#include <common/users.h>

ACT_MANIFEST("friend", "1.0", ACT_EXT_SQL, "");

static act_rc read_settings(const act_host *host, struct friend_settings *out)
{
	*out = (struct friend_settings){ .friends_max = 5000,
		                         .requests_max = 1000,
		                         .blocks_max = 5000 };
	const struct setting list[] = {
		{ "friends_max", &out->friends_max, 1, 1000000 },
		{ "requests_max", &out->requests_max, 1, 1000000 },
		{ "blocks_max", &out->blocks_max, 1, 1000000 },
	};
	return settings_read(host, "friend", list, sizeof list / sizeof list[0]);
}

static act_rc create(const act_host *host, void **out)
{
	struct friend_settings settings;
	act_rc rc = read_settings(host, &settings);
	if (rc != ACT_OK)
		return rc;
	const act_sql *sql = db_service(host);
	if (sql == NULL)
		return ACT_E_NOSUPP;
	struct friend_plugin *self = calloc(1, sizeof *self);
	if (self == NULL)
		return ACT_E_NOMEM;
	self->host = host;
	self->sql = sql;
	self->settings = settings;
	roll_init(&self->roll, host, sql);
	*out = self;
	return ACT_OK;
}

static act_rc start(void *arg)
{
	struct friend_plugin *self = arg;
	return db_migrate(self->host, self->sql, FRIEND_STEPS, FRIEND_STEP_COUNT);
}

static void stop(void *arg)
{
	struct friend_plugin *self = arg;
	roll_work(&self->roll);
}

static void destroy(void *arg)
{
	struct friend_plugin *self = arg;
	roll_free(&self->roll);
	free(self);
}

/* [worker]: all actions block. */
static act_rc handle(void *arg, const act_call *call)
{
	struct friend_plugin *self = arg;
	assert(call->action < FRIEND_ACTION_COUNT);
	if (users_refuse_nobody(self->host, call))
		return ACT_OK;
	return FRIEND_VERBS[call->action](self, call);
}

static void conn_open(void *arg, const act_peer *peer)
{
	struct friend_plugin *self = arg;
	roll_login(&self->roll, peer->user);
}

static void user_bound(void *arg, act_conn conn, act_bytes user)
{
	struct friend_plugin *self = arg;
	(void)conn;
	roll_login(&self->roll, user);
}

static void on_timer(void *arg, uint64_t tag)
{
	struct friend_plugin *self = arg;
	(void)tag;
	roll_timer(&self->roll);
}

static void work(void *arg, uint64_t tag, void *nothing)
{
	struct friend_plugin *self = arg;
	(void)tag;
	(void)nothing;
	roll_work(&self->roll);
}

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "friend",
	.version = "1.0",
	.actions = FRIEND_ACTIONS,
	.pushes = FRIEND_PUSHES,
	.action_count = FRIEND_ACTION_COUNT,
	.action_size = sizeof(act_action),
	.push_count = FRIEND_PUSH_COUNT,
	.push_size = sizeof(act_pushing),
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
