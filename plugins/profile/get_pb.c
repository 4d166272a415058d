/* The same action as in get.c, for clients that speak Protocol Buffers. */
#include "find.h"
#include "pb_scan.h"
#include "profile.h"
#include "profile.pb-c.h"

#include <act/easy.h>
#include <common/payload.h>
#include <common/users.h>

/* What the client asks; the caller frees it. NULL: the call was answered with an error. */
static Actd__Profile__GetProfile *read_request(const act_host *host, const act_call *call)
{
	char why[PB_SCAN_WHY_SIZE];
	if (pb_scan(&actd__profile__get_profile__descriptor, call->payload, why) != 0) {
		act_failf(host, call, ACT_S_PAYLOAD_REFUSED, "%s", why);
		return NULL;
	}
	Actd__Profile__GetProfile *request =
		actd__profile__get_profile__unpack(NULL, call->payload.len, call->payload.ptr);
	if (request == NULL)
		/* The scanner passes nothing that protobuf-c does not take. */
		act_failf(host, call, ACT_S_OVERLOADED, "there is no memory for the payload");
	return request;
}

static act_rc refuse_user(const act_host *host, const act_call *call, size_t len)
{
	char expected[64], found[32];
	snprintf(expected, sizeof expected, "a string of 1 to %d bytes", USERS_ID_MAX);
	snprintf(found, sizeof found, "one of %zu", len);
	return payload_refuse(host, call, "user", expected, found);
}

act_rc profile_get_pb(struct profile_plugin *self, const act_call *call)
{
	Actd__Profile__GetProfile *request = read_request(self->host, call);
	if (request == NULL)
		return ACT_OK;
	const act_bytes user = request->user != NULL ? act_str(request->user) : call->user;
	act_rc rc = user.len == 0 || user.len > USERS_ID_MAX
	                    ? refuse_user(self->host, call, user.len)
	                    : find_profile(self, call, user, reply_pb);
	actd__profile__get_profile__free_unpacked(request, NULL);
	return rc;
}
