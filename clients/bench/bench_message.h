/* bench_message: the messages of a run, as bytes on the wire (RFC 6455, section 5.2).
 *
 * A request is a masked binary frame with `u32 code`, then a payload that no other message of the
 * run has: the message's number (8 bytes, the low one first), the connection's (4 bytes), then a
 * pattern. A shorter payload keeps what fits. What comes back is the same under the code of the
 * answer, in one unmasked frame: one that is lost, doubled, swapped or bent is seen.
 *
 * All of it but those 12 bytes is made once. One mask serves the whole run: it is there to protect
 * proxies from scripts in browsers, and what a server has to do with it is the same for each.
 *
 * Owner: whoever has the struct. No I/O. Thread: one. */
#ifndef BENCH_MESSAGE_H
#define BENCH_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_message {
	uint8_t mask[4];
	uint8_t *ask, *reply; /* whole frames, the numbers being zero */
	size_t ask_len, reply_len;
	size_t ask_head, reply_head; /* where the code begins */
	size_t id_len;               /* how much of the 12 bytes fits into the payload */
	uint32_t reply_code;
	uint32_t payload; /* bytes behind the code */
};

/* Makes the frames of requests with `code`, and of answers with `reply_code`; `payload` is at most
 * BENCH_PAYLOAD_MAX. */
void bench_message_init(struct bench_message *message, uint32_t code, uint32_t reply_code,
                        uint32_t payload);
/* A struct of zeros is allowed. */
void bench_message_free(struct bench_message *message);

/* Writes request `number` of a connection: message->ask_len bytes. */
void bench_message_put(const struct bench_message *message, uint32_t connection, uint64_t number,
                       uint8_t *at);

/* Are the message->reply_len bytes at `at` the answer to it? */
bool bench_message_is(const struct bench_message *message, uint32_t connection, uint64_t number,
                      const uint8_t *at);

/* The head of any frame of a server. */
struct bench_frame {
	uint8_t opcode; /* of RFC 6455, section 5.2 */
	bool final;
	bool odd; /* reserved bits, or a mask, which a server must not set */
	size_t head;
	uint64_t len; /* of what is behind the head */
};

/* Reads it. False: the `len` bytes do not have all of it yet. */
bool bench_frame_read(const uint8_t *at, size_t len, struct bench_frame *frame);

/* Writes a masked control frame with at most 125 bytes; returns its length, at most 131. */
size_t bench_frame_control(const struct bench_message *message, uint8_t opcode,
                           const uint8_t *payload, size_t len, uint8_t *at);

#endif
