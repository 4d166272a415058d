/* plugin: a plugin that is part of the fuzzer, with an action for each way a call can end.
 *
 * It takes the place of core/act/module.c, so no shared object is loaded. There is one. Thread: the
 * fuzzer's. */
#ifndef FUZZ_PLUGIN_H
#define FUZZ_PLUGIN_H

#include <act/plugin.h>

#include <stdbool.h>

struct module;

/* Its actions; the code of each is its index + 1. All but PLUGIN_PRIVATE are served without login,
 * all but PLUGIN_BYTES take and give JSON. */
enum plugin_action {
	PLUGIN_ECHO,    /* answers with the payload */
	PLUGIN_HOLD,    /* leaves the call open; see plugin_answer() */
	PLUGIN_NOTE,    /* owes no answer */
	PLUGIN_FAIL,    /* fails with the number that the payload is, and a sentence */
	PLUGIN_PRIVATE, /* as PLUGIN_ECHO, for users alone */
	PLUGIN_BYTES,   /* as PLUGIN_ECHO, for any bytes */
	PLUGIN_WRONG,   /* answers with what is no JSON */
	PLUGIN_SHORT,   /* as PLUGIN_ECHO, with a payload of at most PLUGIN_SHORT_MAX bytes */
	PLUGIN_PUSH,    /* pushes the payload to the connection, then answers as PLUGIN_ECHO */
	PLUGIN_RATED,   /* as PLUGIN_ECHO; for the server to bound its rate */
	PLUGIN_ONE,     /* as PLUGIN_HOLD; for the server to bound how many are open */
	PLUGIN_BIND,    /* binds the user that the payload names, then answers as PLUGIN_ECHO */
	PLUGIN_SILENT,  /* says that it answered, and did not */
	PLUGIN_RAW,     /* as PLUGIN_ECHO, for raw endpoints; without a code */
	PLUGIN_ACTIONS,
};

enum { PLUGIN_SHORT_MAX = 8, PLUGIN_PUSH_CODE = 1001, PLUGIN_BYTES_PUSH_CODE = 1002 };

/* What "loads" it, for generation_new(). */
struct module *plugin_module(void);

/* Answers the `index`th of the calls that are held, counted round, with its payload; or fails it.
 */
void plugin_answer(size_t index, bool fail);
/* How many are held. */
size_t plugin_held(void);

/* Pushes `len` bytes to a connection: JSON, or as a push that is not. */
void plugin_push(act_conn conn, size_t len, bool json);

#endif
