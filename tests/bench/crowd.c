/* crowd: the other half of the work that the servers are compared by: what one connection sends
 * under code 2 is pushed to every connection under 1002, the sender's own too.
 *
 * One setting: "groups", a number. Each connection is then put into one of so many groups as it
 * opens, so that what a connection with a user and a group costs can be seen. */
#include <cjson/cJSON.h>

#include <act/easy.h>
#include <stdio.h>

ACT_MANIFEST("crowd", "1.0", "", "");

struct crowd {
	const act_host *host;
	uint32_t groups; /* 0: none */
};

static int crowd_configure(struct crowd *crowd)
{
	act_bytes config = crowd->host->config(crowd->host);
	cJSON *settings = cJSON_ParseWithLength(config.ptr, config.len);
	const cJSON *groups = cJSON_GetObjectItemCaseSensitive(settings, "groups");
	int rc = 0;
	if (cJSON_IsNumber(groups) && groups->valuedouble >= 1 && groups->valuedouble <= 1e6) {
		crowd->groups = (uint32_t)groups->valuedouble;
	} else if (groups != NULL) {
		act_logf(crowd->host, ACT_LOG_ERROR,
		         "\"groups\": expected a number from 1 to 1000000");
		rc = -1;
	}
	cJSON_Delete(settings);
	return rc;
}

static act_rc crowd_create(const act_host *host, void **self)
{
	struct crowd *crowd = calloc(1, sizeof *crowd);
	if (crowd == NULL)
		return ACT_E_NOMEM;
	crowd->host = host;
	if (crowd_configure(crowd) != 0) {
		free(crowd);
		return ACT_E_INVAL;
	}
	*self = crowd;
	return ACT_OK;
}

static void crowd_destroy(void *self)
{
	free(self);
}

static void crowd_conn_open(void *self, const act_peer *peer)
{
	const struct crowd *crowd = self;
	char group[16];
	if (crowd->groups == 0)
		return;
	snprintf(group, sizeof group, "g%u", (unsigned)(peer->conn % crowd->groups));
	(void)crowd->host->group_join(crowd->host, peer->conn, act_str(group));
}

static act_rc crowd_handle(void *self, const act_call *call)
{
	const struct crowd *crowd = self;
	act_push push = { .size = sizeof push, .to = ACT_TO_ALL, .body = call->payload };
	return crowd->host->push(crowd->host, &push);
}

static const act_action crowd_actions[] = {
	{ .name = "tell",
	  .summary = "Pushes the payload to every connection",
	  .code = 2,
	  .flags = ACT_A_ANONYMOUS | ACT_A_NOREPLY },
};

static const act_pushing crowd_pushes[] = {
	{ .name = "told", .summary = "What somebody told all", .code = 1002 },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL, /* nothing changes after create() */
	.name = "crowd",
	.version = "1.0",
	.actions = crowd_actions,
	.pushes = crowd_pushes,
	.action_count = sizeof crowd_actions / sizeof crowd_actions[0],
	.action_size = sizeof(act_action),
	.push_count = sizeof crowd_pushes / sizeof crowd_pushes[0],
	.push_size = sizeof(act_pushing),
	.create = crowd_create,
	.destroy = crowd_destroy,
	.handle = crowd_handle,
	.conn_open = crowd_conn_open,
};
