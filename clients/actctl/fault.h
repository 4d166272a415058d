/* fault: an error as the server tells it, whatever protocol it came by. */
#ifndef ACTCTL_FAULT_H
#define ACTCTL_FAULT_H

#include "say.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

struct fault {
	uint32_t code; /* as in HTTP, or a plugin's own */
	char name[64];
	char message[1024];
	bool retry;
	uint32_t retry_after_ms; /* 0: not told */
};

/* From {"code":…,"name":…,"message":…,"retry":…}. False: it is not that. */
bool fault_of_json(const cJSON *error, struct fault *fault);
/* From a whole text {"error":{…}} that has no other member; it may be NULL with length 0. */
bool fault_of_body(const char *text, size_t len, struct fault *fault);
/* From a status of act.v1, and its sentence. */
void fault_of_status(uint32_t status, bool retry, uint32_t retry_after_ms, const void *sentence,
                     size_t len, struct fault *fault);

/* Says it, with what to do. `what` begins the sentence: "the server answered". Returns REFUSED. */
enum outcome fault_say(const struct fault *fault, const char *what);
/* What to do about it. */
const char *fault_hint(const struct fault *fault);
/* The object that it came as. */
cJSON *fault_json(const struct fault *fault);

#endif
