/* actv1: the frames of the subprotocol act.v1, taken apart and put together (docs/protocol.md).
 *
 *      off size field
 *      0   4    code
 *      4   1    version:4 | type:4
 *      5   1    flags
 *      6   2    status
 *      8   4    seq
 *      12  12   stream u32, offset u64    with ACTV1_STREAM
 *      ..  2+n  ext: u16 length, then values (u8 type, u8 length, bytes)    with ACTV1_EXT
 *      ..       payload
 *
 * Big-endian. Needs no connection: the server, actctl and the tests use it alike. Threads: any. */
#ifndef NET_ACTV1_H
#define NET_ACTV1_H

#include <act/plugin.h>
#include <stdbool.h>

#define ACTV1_NAME "act.v1"

enum { ACTV1_VERSION = 1, ACTV1_HEAD = 12 };

enum actv1_type { ACTV1_REQ, ACTV1_RES, ACTV1_PUSH, ACTV1_NOTIFY, ACTV1_CTRL };

enum actv1_flag {
	ACTV1_ERR = 0x01,
	ACTV1_RETRY = 0x02,
	ACTV1_DEFLATE = 0x04,
	ACTV1_STREAM = 0x08,
	ACTV1_MORE = 0x10,
	ACTV1_ACKREQ = 0x20,
	ACTV1_EXT = 0x40,
};

/* Types of the values in ext; their longest values in bytes. Unknown ones are passed over. */
enum actv1_value {
	ACTV1_TRACE = 1,       /* an id in UTF-8, to follow a request through logs */
	ACTV1_DEADLINE = 2,    /* u32, ms                                 */
	ACTV1_IDEMPOTENCY = 3, /* kept for later                          */
	ACTV1_BY = 4,          /* "plugin@generation"; empty in a request: say who answered */
	ACTV1_RETRY_AFTER = 5, /* u32, ms                                 */
};
enum { ACTV1_TRACE_MAX = 64, ACTV1_BY_MAX = 63 };

/* Codes of ACTV1_CTRL frames. From ACTV1_RESERVED on no code is an action's. */
#define ACTV1_RESERVED 0xFFFFFF00u
#define ACTV1_HELLO 0xFFFFFF00u
#define ACTV1_PING 0xFFFFFF01u
#define ACTV1_AUTH 0xFFFFFF02u
#define ACTV1_ERROR 0xFFFFFF06u

/* One frame. Bytes are borrowed: from what was read, or by what is written. */
struct actv1_frame {
	uint32_t code;
	uint8_t version; /* for reading; ACTV1_VERSION is written */
	enum actv1_type type;
	uint8_t flags;
	uint16_t status;
	uint32_t seq;
	uint32_t stream; /* with ACTV1_STREAM */
	uint64_t offset;
	act_bytes trace;      /* empty: none */
	uint32_t deadline_ms; /* 0: none */
	bool ask_by;          /* the request asks who answers */
	act_bytes by;
	uint32_t retry_after_ms; /* 0: none */
	act_bytes payload;
};

/* Takes a frame apart. NULL; or a sentence that says what is wrong with it: then `frame` has what
 * was read up to there, so code, type and seq wherever there are ACTV1_HEAD bytes. */
const char *actv1_read(const void *bytes, size_t len, struct actv1_frame *frame);

/* Writes everything of a frame but its payload, which belongs behind it; returns the length, at
 * most ACTV1_HEAD_MAX. ACTV1_EXT is set where there are values to write. `trace` and `by` are cut
 * to their longest. */
enum { ACTV1_HEAD_MAX = ACTV1_HEAD + 12 + 2 + 4 * 2 + ACTV1_TRACE_MAX + 4 + ACTV1_BY_MAX + 4 };
size_t actv1_head(uint8_t *to, const struct actv1_frame *frame);

/* "REQ", "PUSH", …; for people. */
const char *actv1_type_name(enum actv1_type type);

#endif
