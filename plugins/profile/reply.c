#include "reply.h"

#include "profile.pb-c.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
/* After cJSON: easy.h has its JSON part only then. */
#include <act/easy.h>

static bool put(cJSON *json, const char *key, const char *text)
{
	const cJSON *added = text != NULL ? cJSON_AddStringToObject(json, key, text)
	                                  : cJSON_AddNullToObject(json, key);
	return added != NULL;
}

act_rc reply_json(const act_host *host, const act_call *call, const struct profile *profile)
{
	cJSON *json = cJSON_CreateObject();
	if (put(json, "user", profile->user) && put(json, "name", profile->name) &&
	    put(json, "bio", profile->bio) && put(json, "avatar", profile->avatar) &&
	    put(json, "since", profile->since))
		return act_reply_json(host, call, json);
	cJSON_Delete(json);
	return ACT_E_NOMEM;
}

act_rc reply_pb(const act_host *host, const act_call *call, const struct profile *profile)
{
	Actd__Profile__Profile message = ACTD__PROFILE__PROFILE__INIT;
	message.user = profile->user;
	message.name = profile->name;
	message.bio = profile->bio; /* NULL: the field is not there */
	message.avatar = profile->avatar;
	message.since = profile->since;
	const size_t len = actd__profile__profile__get_packed_size(&message);
	uint8_t *bytes = malloc(len);
	if (bytes == NULL)
		return ACT_E_NOMEM;
	actd__profile__profile__pack(&message, bytes);
	act_rc rc = act_reply_bytes(host, call, bytes, len);
	free(bytes);
	return rc;
}
