/* actjson: the messages of the subprotocol act.json.v1, read and written (docs/protocol.md).
 *
 * The value of "data" is handed on exactly as it was written, so a plugin gets the same bytes as by
 * any other protocol. Needs no connection. Threads: any. */
#ifndef NET_ACTJSON_H
#define NET_ACTJSON_H

#include "base/json_members.h"

#include <act/plugin.h>
#include <stdbool.h>

#define ACTJSON_NAME "act.json.v1"

enum actjson_kind { ACTJSON_REQUEST, ACTJSON_PING, ACTJSON_AUTH };

enum { ACTJSON_TRACE_MAX = 64 };

/* What a client sent; runs are borrowed from its text. */
struct actjson_message {
	enum actjson_kind kind;
	uint32_t action;
	uint32_t seq;         /* 0: none, so no answer is owed */
	uint32_t deadline_ms; /* 0: none */
	bool ask_by;
	char trace[ACTJSON_TRACE_MAX + 1]; /* decoded; or empty */
	struct json_run data;              /* at NULL: there is none */
	struct json_run token;             /* with ACTJSON_AUTH; not decoded */
};

/* What is wrong with a message, for people. */
struct actjson_fault {
	char text[256];
};

/* 0; or -1 and `fault`: then `message` has action and seq wherever they could be read, otherwise
 * 0. */
int actjson_read(const void *text, size_t len, struct actjson_message *message,
                 struct actjson_fault *fault);

/* What stands in front of a reply's data; "}" belongs behind it. `by`: "plugin@generation", or
 * NULL. Returns the length, at most ACTJSON_HEAD_MAX. */
enum { ACTJSON_HEAD_MAX = 160 };
size_t actjson_reply_head(char *to, uint32_t action, uint32_t seq, const char *by);
/* The same of a push. */
size_t actjson_push_head(char *to, uint32_t code);

/* {"code":…,"name":…,"message":…,"retry":…}, with "retry_after_ms" where that is not 0: a whole
 * error object for a status. Returns its length, at most STATUS_JSON_MAX + 32 (base/status.h). */
size_t actjson_error(char *to, size_t room, uint32_t status, bool retry, uint32_t retry_after_ms,
                     act_bytes sentence);

#endif
