#include "profile.h"

/* The pieces that several schemas have in common. */
#define OBJECT(properties, required)                                                               \
	"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" properties          \
	"},\"required\":[" required "]}"
#define ID "{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}"
#define USER "\"user\":" ID
#define NAME(type) "\"name\":{\"type\":" type ",\"minLength\":1,\"maxLength\":64}"
#define EXTRAS                                                                                     \
	"\"bio\":{\"type\":[\"string\",\"null\"],\"maxLength\":500},"                              \
	"\"avatar\":{\"type\":[\"string\",\"null\"],\"maxLength\":300,\"format\":\"uri\"}"

/* A name that nobody chose is the user's id, which may be longer than a chosen one. */
#define SHOWN_NAME "\"name\":{\"type\":\"string\"}"
#define SINCE "\"since\":{\"type\":\"string\",\"format\":\"date-time\"}"
#define PROFILE                                                                                    \
	OBJECT(USER "," SHOWN_NAME "," EXTRAS "," SINCE,                                           \
	       "\"user\",\"name\",\"bio\",\"avatar\",\"since\"")
#define FOUND OBJECT(USER "," SHOWN_NAME, "\"user\",\"name\"")

#define JSON "application/json"
#define PROTOBUF "application/x-protobuf"
#define PAGE                                                                                       \
	"\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":50,\"default\":20},"            \
	"\"after\":" ID

const act_action PROFILE_ACTIONS[PROFILE_ACTION_COUNT] = {
	{
		.name = "get",
		.summary = "The profile of a user, or one's own",
		.takes = JSON,
		.gives = JSON,
		.takes_schema = OBJECT(USER, ""),
		.gives_schema = PROFILE,
		.code = 111,
		.flags = ACT_A_BLOCKING | ACT_A_IDEMPOTENT,
		.payload_max = 8192,
	},
	{
		.name = "set",
		.summary = "Change some of one's own profile; null clears",
		.takes = JSON,
		.gives = JSON,
		.takes_schema = OBJECT(NAME("[\"string\",\"null\"]") "," EXTRAS, ""),
		.gives_schema = PROFILE,
		.code = 118,
		.flags = ACT_A_BLOCKING | ACT_A_IDEMPOTENT,
		/* All three at their longest, each character an escaped surrogate pair, fit. */
		.payload_max = 16384,
	},
	{
		.name = "search",
		.summary = "Users whose name or id begins with a text",
		.takes = JSON,
		.gives = JSON,
		.takes_schema = OBJECT(
			"\"prefix\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64}," PAGE,
			"\"prefix\""),
		.gives_schema =
			OBJECT("\"users\":{\"type\":\"array\",\"maxItems\":50,\"items\":" FOUND
	                       "},\"next\":" ID,
	                       "\"users\""),
		.code = 119,
		.flags = ACT_A_BLOCKING | ACT_A_IDEMPOTENT,
		.payload_max = 8192,
	},
	{
		.name = "get_pb",
		.summary = "As get, in Protocol Buffers",
		.takes = PROTOBUF,
		.gives = PROTOBUF,
		.takes_schema = "message actd.profile.GetProfile of profile.proto",
		.gives_schema = "message actd.profile.Profile of profile.proto",
		.code = 151,
		.flags = ACT_A_BLOCKING | ACT_A_IDEMPOTENT,
		/* The longest id takes 258; the rest is for fields that are yet to come. */
		.payload_max = 1024,
	},
};

profile_verb *const PROFILE_VERBS[PROFILE_ACTION_COUNT] = { profile_get, profile_set,
	                                                    profile_search, profile_get_pb };
