#include "friend.h"

/* The pieces that several schemas have in common. */
#define OBJECT(properties, required)                                                               \
	"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" properties          \
	"},\"required\":[" required "]}"
#define ID "{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}"
#define USER "\"user\":" ID
#define NOTE "\"note\":{\"type\":\"string\",\"maxLength\":300}"
#define TIME "{\"type\":\"string\",\"format\":\"date-time\"}"
#define PAGE                                                                                       \
	"\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":200,\"default\":100},"          \
	"\"after\":" ID
#define ACCEPT "\"accept\":{\"type\":\"boolean\"}"
#define STATE(words) OBJECT("\"state\":{\"enum\":[" words "]}", "\"state\"")
#define ENTRIES(item) "{\"type\":\"array\",\"maxItems\":200,\"items\":" item "}"
#define PERSON                                                                                     \
	OBJECT(USER ",\"name\":{\"type\":\"string\"},\"since\":" TIME,                             \
	       "\"user\",\"name\",\"since\"")
#define ASKER                                                                                      \
	OBJECT(USER ",\"name\":{\"type\":\"string\"},\"since\":" TIME "," NOTE,                    \
	       "\"user\",\"name\",\"since\",\"note\"")

#define JSON "application/json"
#define FLAGS (ACT_A_BLOCKING | ACT_A_IDEMPOTENT)

/* Bytes: a user id and a note with every character escaped fit well within. */
#define PAYLOAD_MAX 8192

const act_action FRIEND_ACTIONS[FRIEND_ACTION_COUNT] = {
	{
		.name = "add",
		.summary = "Ask a user to become friends, or take up that user's own request",
		.takes = JSON,
		.gives = JSON,
		.takes_schema = OBJECT(USER "," NOTE, "\"user\""),
		.gives_schema = STATE("\"requested\",\"friends\""),
		.code = 110,
		.flags = FLAGS,
		.payload_max = PAYLOAD_MAX,
	},
	{
		.name = "answer",
		.summary = "Accept or decline a user's request",
		.takes = JSON,
		.gives = JSON,
		.takes_schema = OBJECT(USER "," ACCEPT, "\"user\",\"accept\""),
		.gives_schema = STATE("\"friends\",\"declined\""),
		.code = 112,
		.flags = FLAGS,
		.payload_max = PAYLOAD_MAX,
	},
	{
		.name = "remove",
		.summary = "End a friendship, or withdraw one's own request",
		.takes = JSON,
		.gives = JSON,
		.takes_schema = OBJECT(USER, "\"user\""),
		.gives_schema = STATE("\"removed\""),
		.code = 113,
		.flags = FLAGS,
		.payload_max = PAYLOAD_MAX,
	},
	{
		.name = "list",
		.summary = "One's friends, or the users one blocks, page by page",
		.takes = JSON,
		.gives = JSON,
		.takes_schema = OBJECT("\"list\":{\"enum\":[\"friends\",\"blocked\"],\"default\":"
	                               "\"friends\"}," PAGE,
	                               ""),
		.gives_schema = OBJECT("\"friends\":" ENTRIES(PERSON) ",\"blocked\":" ENTRIES(
					       PERSON) ",\"next\":" ID,
	                               ""),
		.code = 114,
		.flags = FLAGS,
		.payload_max = PAYLOAD_MAX,
	},
	{
		.name = "requests",
		.summary = "The open requests that one received, or sent, page by page",
		.takes = JSON,
		.gives = JSON,
		.takes_schema = OBJECT("\"list\":{\"enum\":[\"received\",\"sent\"],\"default\":"
	                               "\"received\"}," PAGE,
	                               ""),
		.gives_schema = OBJECT(
			"\"received\":" ENTRIES(ASKER) ",\"sent\":" ENTRIES(ASKER) ",\"next\":" ID,
			""),
		.code = 115,
		.flags = FLAGS,
		.payload_max = PAYLOAD_MAX,
	},
	{
		.name = "block",
		.summary = "End what there is with a user, and hear no more of that user",
		.takes = JSON,
		.gives = JSON,
		.takes_schema = OBJECT(USER, "\"user\""),
		.gives_schema = STATE("\"blocked\""),
		.code = 116,
		.flags = FLAGS,
		.payload_max = PAYLOAD_MAX,
	},
	{
		.name = "unblock",
		.summary = "Take a block back",
		.takes = JSON,
		.gives = JSON,
		.takes_schema = OBJECT(USER, "\"user\""),
		.gives_schema = STATE("\"unblocked\""),
		.code = 117,
		.flags = FLAGS,
		.payload_max = PAYLOAD_MAX,
	},
};

friend_verb *const FRIEND_VERBS[FRIEND_ACTION_COUNT] = {
	friend_add,      friend_answer, friend_remove,  friend_list,
	friend_requests, friend_block,  friend_unblock,
};

const act_pushing FRIEND_PUSHES[FRIEND_PUSH_COUNT] = {
	[FRIEND_REQUESTED] = {
	        .name = "requested",
	        .summary = "A user asks to become friends",
	        .gives = JSON,
	        .gives_schema = OBJECT(USER "," NOTE, "\"user\",\"note\""),
	        .code = 1110,
	},
	[FRIEND_ANSWERED] = {
	        .name = "answered",
	        .summary = "A user accepted or declined one's request",
	        .gives = JSON,
	        .gives_schema = OBJECT(USER "," ACCEPT, "\"user\",\"accept\""),
	        .code = 1112,
	},
	[FRIEND_REMOVED] = {
	        .name = "removed",
	        .summary = "A user ended the friendship, or withdrew the request",
	        .gives = JSON,
	        .gives_schema = OBJECT(USER, "\"user\""),
	        .code = 1113,
	},
};
