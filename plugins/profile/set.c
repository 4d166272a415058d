#include "profile.h"
#include "reply.h"
#include "store.h"

#include <common/payload.h>
#include <common/users.h>
#include <stdlib.h>
#include <string.h>

enum { NAME, BIO, AVATAR, FIELD_COUNT };
static const struct payload_field FIELDS[FIELD_COUNT] = {
	[NAME] = { .key = "name",
	           .kind = PAYLOAD_TEXT,
	           .rules = PAYLOAD_NULL,
	           .min = 1,
	           .max = PROFILE_NAME_MAX },
	[BIO] = { .key = "bio",
	          .kind = PAYLOAD_TEXT,
	          .rules = PAYLOAD_NULL | PAYLOAD_LINES,
	          .max = PROFILE_BIO_MAX },
	[AVATAR] = { .key = "avatar",
	             .kind = PAYLOAD_TEXT,
	             .rules = PAYLOAD_NULL,
	             .min = 1,
	             .max = PROFILE_AVATAR_MAX },
};

/* What the transaction does and gives. */
struct update {
	const act_call *call;
	const struct payload *payload;
	struct profile *profile; /* as it is afterwards */
};

/* An address that a browser may load: http or https, with a host, and only the characters that
 * RFC 3986 lets stand in a URI. (What it means is for whoever loads it.) */
static bool is_web_address(const char *text)
{
	static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._~:/?#[]@!$&'()*+,;=%";
	const char *host = NULL;
	if (strncmp(text, "http://", 7) == 0)
		host = text + 7;
	else if (strncmp(text, "https://", 8) == 0)
		host = text + 8;
	return host != NULL && *host != '\0' && strchr("/?#", *host) == NULL &&
	       strspn(text, ALLOWED) == strlen(text);
}

typedef act_rc store_setter(struct db *db, act_bytes user, const act_bytes *value);

static act_rc apply(struct db *db, void *arg)
{
	static store_setter *const SETTERS[FIELD_COUNT] = { store_set_name, store_set_bio,
		                                            store_set_avatar };
	struct update *update = arg;
	const act_bytes me = update->call->user;
	free(update->profile);
	update->profile = NULL;
	act_rc rc = users_ensure(db, me);
	for (int i = 0; i < FIELD_COUNT && rc == ACT_OK; i++) {
		const struct payload_value *value = &update->payload->values[i];
		if (value->given)
			rc = SETTERS[i](db, me, value->null ? NULL : &value->text);
	}
	if (rc == ACT_OK)
		rc = store_profile(db, me, &update->profile);
	return rc;
}

static act_rc serve(struct profile_plugin *self, const act_call *call,
                    const struct payload *payload)
{
	const struct payload_value *avatar = &payload->values[AVATAR];
	if (avatar->given && !avatar->null && !is_web_address(avatar->text.ptr))
		return payload_refuse(self->host, call, "avatar",
		                      "an address that begins with http:// or https:// and a host",
		                      "another text");
	struct update update = { .call = call, .payload = payload };
	struct db db = db_of(self->host, self->sql, call->deadline_ns);
	act_rc rc = db_write(&db, apply, &update);
	if (rc == ACT_OK)
		rc = reply_json(self->host, call, update.profile);
	free(update.profile);
	return rc;
}

act_rc profile_set(struct profile_plugin *self, const act_call *call)
{
	struct payload payload;
	if (payload_read(self->host, call, FIELDS, FIELD_COUNT, &payload) != 0)
		return ACT_OK;
	act_rc rc = serve(self, call, &payload);
	payload_free(&payload);
	return rc;
}
