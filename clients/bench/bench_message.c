#include "bench_message.h"

#include "base/check.h"
#include "base/mem.h"
#include "bench.h"

#include <act/easy.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FINAL = 0x80, BINARY = 2, MASKED = 0x80, RESERVED = 0x70, HEAD_MAX = 14, ID_LEN = 12 };
enum { CODE_LEN = 4, MASK_LEN = 4, CONTROL_MAX = 125 };

/* The head without a mask; returns its length. */
static size_t put_head(uint8_t *at, size_t len, uint8_t masked)
{
	at[0] = FINAL | BINARY;
	if (len <= CONTROL_MAX) {
		at[1] = (uint8_t)(masked | len);
		return 2;
	}
	if (len <= UINT16_MAX) {
		at[1] = masked | 126;
		act_put_u16(at + 2, (uint16_t)len);
		return 4;
	}
	at[1] = masked | 127;
	act_put_u64(at + 2, len);
	return 10;
}

/* The code and the pattern. No two bytes that lie near one another are alike, so that nothing can
 * be shifted unseen. */
static void put_body(uint8_t *at, uint32_t code, uint32_t payload)
{
	act_put_u32(at, code);
	memset(at + CODE_LEN, 0, payload < ID_LEN ? payload : ID_LEN);
	for (uint32_t i = ID_LEN; i < payload; i++)
		at[CODE_LEN + i] = (uint8_t)(i * 131 + (i >> 8));
}

void bench_message_init(struct bench_message *message, uint32_t code, uint32_t reply_code,
                        uint32_t payload)
{
	CHECK(payload <= BENCH_PAYLOAD_MAX);
	size_t len = CODE_LEN + (size_t)payload;
	*message = (struct bench_message){ .payload = payload, .reply_code = reply_code };
	message->id_len = payload < ID_LEN ? payload : ID_LEN;
	/* Without entropy it is a mask all the same: what it was stays behind. */
	if (getrandom(message->mask, sizeof message->mask, GRND_NONBLOCK) < 0)
		memcpy(message->mask, "\x5a\xc3\x17\x8e", sizeof message->mask);
	message->ask = mem_new(1, HEAD_MAX + len);
	message->ask_head = put_head(message->ask, len, MASKED);
	memcpy(message->ask + message->ask_head, message->mask, MASK_LEN);
	message->ask_head += MASK_LEN;
	put_body(message->ask + message->ask_head, code, payload);
	for (size_t i = 0; i < len; i++)
		message->ask[message->ask_head + i] ^= message->mask[i % MASK_LEN];
	message->ask_len = message->ask_head + len;
	message->reply = mem_new(1, HEAD_MAX + len);
	message->reply_head = put_head(message->reply, len, 0);
	put_body(message->reply + message->reply_head, reply_code, payload);
	message->reply_len = message->reply_head + len;
}

void bench_message_free(struct bench_message *message)
{
	free(message->ask);
	free(message->reply);
	*message = (struct bench_message){ 0 };
}

/* The 12 bytes, the mask upon them; it begins with them, since the code is as long as it is. */
static void make_id(uint8_t id[ID_LEN], uint32_t connection, uint64_t number, uint32_t mask)
{
	uint64_t first = htole64(number) ^ ((uint64_t)mask << 32 | mask);
	uint32_t second = htole32(connection) ^ mask;
	memcpy(id, &first, sizeof first);
	memcpy(id + sizeof first, &second, sizeof second);
}

void bench_message_put(const struct bench_message *message, uint32_t connection, uint64_t number,
                       uint8_t *at)
{
	uint8_t id[ID_LEN];
	uint32_t mask;
	memcpy(&mask, message->mask, sizeof mask);
	make_id(id, connection, number, mask);
	memcpy(at, message->ask, message->ask_len);
	memcpy(at + message->ask_head + CODE_LEN, id, message->id_len);
}

bool bench_message_is(const struct bench_message *message, uint32_t connection, uint64_t number,
                      const uint8_t *at)
{
	uint8_t id[ID_LEN];
	size_t before = message->reply_head + CODE_LEN, behind = before + message->id_len;
	make_id(id, connection, number, 0);
	return memcmp(at, message->reply, before) == 0 &&
	       memcmp(at + before, id, message->id_len) == 0 &&
	       memcmp(at + behind, message->reply + behind, message->reply_len - behind) == 0;
}

bool bench_frame_read(const uint8_t *at, size_t len, struct bench_frame *frame)
{
	if (len < 2)
		return false;
	*frame = (struct bench_frame){
		.opcode = at[0] & 0x0f,
		.final = (at[0] & FINAL) != 0,
		.odd = (at[0] & RESERVED) != 0 || (at[1] & MASKED) != 0,
		.head = 2,
		.len = at[1] & 0x7f,
	};
	if (frame->len == 126) {
		frame->head = 4;
		frame->len = len < 4 ? 0 : (uint64_t)at[2] << 8 | at[3];
	} else if (frame->len == 127) {
		frame->head = 10;
		frame->len = len < 10 ? 0 : act_get_u64(at + 2);
	}
	return len >= frame->head;
}

size_t bench_frame_control(const struct bench_message *message, uint8_t opcode,
                           const uint8_t *payload, size_t len, uint8_t *at)
{
	CHECK(len <= CONTROL_MAX);
	at[0] = FINAL | opcode;
	at[1] = (uint8_t)(MASKED | len);
	memcpy(at + 2, message->mask, MASK_LEN);
	for (size_t i = 0; i < len; i++)
		at[2 + MASK_LEN + i] = payload[i] ^ message->mask[i % MASK_LEN];
	return 2 + MASK_LEN + len;
}
