/* The probe's table: what it serves, under which codes, and its life. */
#include "probe.h"

ACT_MANIFEST("probe", "1.0", "", "");

#define ANON ACT_A_ANONYMOUS

static const act_action actions[PROBE_ACTIONS] = {
	[PROBE_ME] = { .name = "me", .summary = "the call", .code = 2100, .flags = ANON },
	[PROBE_HOLD] = { .name = "hold", .summary = "NAME", .code = 2101, .flags = ANON },
	[PROBE_RELEASE] = { .name = "release",
	                    .summary = "NAME TEXT",
	                    .code = 2102,
	                    .flags = ANON },
	[PROBE_BLOCK] = { .name = "block",
	                  .summary = "FILE",
	                  .code = 2103,
	                  .flags = ANON | ACT_A_BLOCKING,
	                  .deadline_ms = 60000 },
	[PROBE_TWICE] = { .name = "twice", .summary = "two answers", .code = 2104, .flags = ANON },
	[PROBE_FAIL] = { .name = "fail", .summary = "STATUS MS TEXT", .code = 2105, .flags = ANON },
	[PROBE_RC] = { .name = "rc", .summary = "RC", .code = 2106, .flags = ANON },
	[PROBE_NOTE] = { .name = "note",
	                 .summary = "owes no answer",
	                 .code = 2107,
	                 .flags = ANON | ACT_A_NOREPLY },
	[PROBE_EVENTS] = { .name = "events", .summary = "so far", .code = 2108, .flags = ANON },
	[PROBE_BIND] = { .name = "bind",
	                 .summary = "USER DEVICE",
	                 .code = 2109,
	                 .flags = ANON | ACT_A_BLOCKING },
	[PROBE_JOIN] = { .name = "join", .summary = "GROUP CONN", .code = 2110, .flags = ANON },
	[PROBE_LEAVE] = { .name = "leave", .summary = "GROUP CONN", .code = 2111, .flags = ANON },
	[PROBE_PUSH] = { .name = "push",
	                 .summary = "PUSH TO ID DEVICE CONN EXCEPT TEXT",
	                 .code = 2112,
	                 .flags = ANON },
	[PROBE_CLOSE] = { .name = "close",
	                  .summary = "CONN CODE REASON",
	                  .code = 2113,
	                  .flags = ANON },
	[PROBE_TIMER] = { .name = "timer",
	                  .summary = "TAG MS REPEAT",
	                  .code = 2114,
	                  .flags = ANON },
	[PROBE_DROP] = { .name = "drop", .summary = "TIMER", .code = 2115, .flags = ANON },
	[PROBE_WORK] = { .name = "work", .summary = "TEXT", .code = 2116, .flags = ANON },
	[PROBE_LATE] = { .name = "late",
	                 .summary = "NAME: as hold",
	                 .code = 2117,
	                 .flags = ANON,
	                 .deadline_ms = 200 },
	[PROBE_BIG] = { .name = "big", .summary = "BYTES", .code = 2118, .flags = ANON },
	[PROBE_PLACE] = { .name = "place",
	                  .summary = "settings and folder",
	                  .code = 2119,
	                  .flags = ANON },
	[PROBE_PRIVATE] = { .name = "private", .summary = "for users", .code = 2120 },
	[PROBE_OVERRUN] = { .name = "overrun",
	                    .summary = "FILE: as block",
	                    .code = 2121,
	                    .flags = ANON | ACT_A_BLOCKING,
	                    .deadline_ms = 200 },
	[PROBE_SMALL] = { .name = "small",
	                  .summary = "the payload",
	                  .code = 2122,
	                  .flags = ANON,
	                  .payload_max = 16 },
	[PROBE_RAW] = { .name = "raw", .summary = "how it came", .flags = ANON | ACT_A_RAW },
	[PROBE_RENAME] = { .name = "rename", .summary = "USER", .code = 2124, .flags = ANON },
};

static const act_pushing pushes[PROBE_PUSHES] = {
	[PROBE_PUSH_NOTE] = { .name = "note", .summary = "a text", .code = 3100 },
	[PROBE_PUSH_TICK] = { .name = "tick", .summary = "a timer's tag", .code = 3101 },
	[PROBE_PUSH_MUTE] = { .name = "mute", .summary = "without a code" },
};

static probe_verb *const verbs[PROBE_ACTIONS] = {
	[PROBE_ME] = probe_me,           [PROBE_HOLD] = probe_hold,
	[PROBE_RELEASE] = probe_release, [PROBE_BLOCK] = probe_block,
	[PROBE_TWICE] = probe_twice,     [PROBE_FAIL] = probe_fail,
	[PROBE_RC] = probe_rc,           [PROBE_NOTE] = probe_note,
	[PROBE_EVENTS] = probe_events,   [PROBE_BIND] = probe_bind,
	[PROBE_JOIN] = probe_join,       [PROBE_LEAVE] = probe_leave,
	[PROBE_PUSH] = probe_push,       [PROBE_CLOSE] = probe_close,
	[PROBE_TIMER] = probe_timer,     [PROBE_DROP] = probe_drop,
	[PROBE_WORK] = probe_work,       [PROBE_LATE] = probe_hold,
	[PROBE_BIG] = probe_big,         [PROBE_PLACE] = probe_place,
	[PROBE_PRIVATE] = probe_private, [PROBE_OVERRUN] = probe_overrun,
	[PROBE_SMALL] = probe_echo,      [PROBE_RAW] = probe_me,
	[PROBE_RENAME] = probe_rename,
};

static act_rc create(const act_host *h, void **self)
{
	struct probe *probe = calloc(1, sizeof *probe);
	if (probe == NULL)
		return ACT_E_NOMEM;
	probe->host = h;
	pthread_mutex_init(&probe->lock, NULL);
	*self = probe;
	return ACT_OK;
}

static void destroy(void *self)
{
	struct probe *probe = (struct probe *)self;
	pthread_mutex_destroy(&probe->lock);
	free(probe);
}

static act_rc handle(void *self, const act_call *call)
{
	return verbs[call->action]((struct probe *)self, call);
}

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "probe",
	.version = "1.0",
	.actions = actions,
	.pushes = pushes,
	.action_count = PROBE_ACTIONS,
	.action_size = sizeof(act_action),
	.push_count = PROBE_PUSHES,
	.push_size = sizeof(act_pushing),
	.create = create,
	.destroy = destroy,
	.handle = handle,
	.cancel = probe_cancel,
	.conn_open = probe_conn_open,
	.conn_close = probe_conn_close,
	.user_bound = probe_user_bound,
	.user_unbound = probe_user_unbound,
	.on_timer = probe_on_timer,
	.work = probe_work_run,
	.work_done = probe_work_done,
};
