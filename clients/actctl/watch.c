#include "watch.h"

#include "payload.h"
#include "say.h"

#include <stdlib.h>

enum { SHOWN_BYTES = 512 };

void watch_message(char way, const struct dialect *dialect, bool text, act_bytes message)
{
	char line[512], before[] = "<   ";
	act_bytes payload = { 0 };
	if (!say_verbose())
		return;
	dialect->describe(message, line, sizeof line, &payload);
	say_clean(line);
	fprintf(stderr, "%c %s%s\n", way, text ? "text, " : "", line);
	before[0] = way;
	if (!text)
		payload_dump(stderr, before, message, SHOWN_BYTES);
	char *json = payload_is_text(payload) ? payload_json(payload) : NULL;
	if (json != NULL)
		fprintf(stderr, "%s%.*s\n", before, SHOWN_BYTES, json);
	else if (text)
		payload_dump(stderr, before, payload, SHOWN_BYTES);
	free(json);
}
