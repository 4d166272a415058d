/* status: why a request was not served as asked: the one table behind every protocol and the HTTP
 * refusals.
 *
 * docs/protocol.md has it for people. The numbers are part of the wire protocols and never change.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum status {
	STATUS_OK = 0,
	STATUS_UNKNOWN_ACTION = 1,
	STATUS_BAD_FRAME = 2,
	STATUS_NOT_LOGGED_IN = 3,
	STATUS_FORBIDDEN = 4,
	STATUS_RATE_LIMITED = 5,
	STATUS_DEADLINE = 6,
	STATUS_OVERLOADED = 7,
	STATUS_UNAVAILABLE = 8,
	STATUS_TOO_LARGE = 9,
	STATUS_TOKEN_EXPIRED = 10,
	STATUS_DRAINING = 11,
	STATUS_DUPLICATE = 12,
	STATUS_GAP = 13,
	STATUS_PAYLOAD_REFUSED = 14,
	STATUS_PLUGIN_FAILED = 15,
	STATUS_OWN = 1000, /* and above: the plugin's own numbers */
};

struct status_info {
	uint32_t code; /* as in HTTP */
	const char *name;
	bool retry; /* asking again may help */
};

/* Of a status of the server's own; NULL: there is none of that number. */
const struct status_info *status_info(uint32_t status);

/* The status for what a plugin's handle() returned (a negative ACT_E_*). */
enum status status_of_rc(int32_t rc);

/* Writes {"error":{"code":…,"name":"…","message":"…","retry":…}} with the message escaped, and cut
 * (between characters) where it does not fit. Returns the length, without the terminating zero that
 * is written too. `room` is at least STATUS_JSON_MIN. */
enum { STATUS_JSON_MIN = 160, STATUS_JSON_MAX = 6400, STATUS_TEXT_MAX = 1000 };
size_t status_json(char *to, size_t room, uint32_t status, bool retry, const char *message,
                   size_t message_len);
/* The same with a code and name of the caller's. */
size_t status_json_named(char *to, size_t room, uint32_t code, const char *name, bool retry,
                         const char *message, size_t message_len);

#endif
