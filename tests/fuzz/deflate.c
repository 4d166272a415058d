/* Any bytes as what permessage-deflate has to read: compressed messages, and offers of it.
 *
 *     'u' u16 bytes      a compressed message, which may have u16 bytes when it is opened
 *     'p' u8 u8 bytes    a message to compress, with that window and level
 *     'o' text           a client's Sec-WebSocket-Extensions */
#include "net/deflate.h"
#include "base/check.h"
#include "base/mem.h"
#include "net/frame.h"
#include "net/offer.h"
#include "script.h"
#include "sentence.h"

#include <act/easy.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct deflate deflate;

static struct deflate_way way_of(uint8_t bits, uint8_t level)
{
	return (struct deflate_way){ (uint8_t)(DEFLATE_BITS_MIN + bits % DEFLATE_SIZES),
		                     (uint8_t)(1 + level % 9) };
}

/* Compressed and opened again a message is the same, and no longer than was said. */
static void check_round(struct deflate_way way, act_bytes message)
{
	size_t room = deflate_bound(message.len) + DEFLATE_TAIL, packed_len, len;
	uint8_t *packed = mem_new(room, 1), *opened;
	CHECK(deflate_pack(&deflate, way, message, packed, room, &packed_len) == 0);
	CHECK(packed_len <= deflate_bound(message.len));
	CHECK(deflate_unpack(&deflate, act_mem(packed, packed_len), message.len, &opened, &len) ==
	      ACT_OK);
	CHECK(act_same(act_mem(opened, len), message));
	free(opened);
	if (message.len != 0)
		CHECK(deflate_unpack(&deflate, act_mem(packed, packed_len), message.len - 1,
		                     &opened, &len) == ACT_E_TOOBIG);
	free(packed);
}

static void unpack(struct script *script)
{
	size_t max = (size_t)script_byte(script) << 8, len;
	uint8_t *opened;
	max |= script_byte(script);
	act_rc rc = deflate_unpack(&deflate, act_mem(script->at, script->left), max, &opened, &len);
	CHECK(rc == ACT_OK || rc == ACT_E_TOOBIG || rc == ACT_E_INVAL);
	if (rc != ACT_OK)
		return;
	CHECK(len <= max);
	check_round(way_of(0, 0), act_mem(opened, len));
	free(opened);
}

/* The payload of a frame behind its header (RFC 6455, section 5.2). */
static act_bytes payload_of(const uint8_t *frame, size_t len)
{
	size_t head = frame[1] < 126 ? 2 : frame[1] == 126 ? 4 : 10;
	size_t size = head == 2   ? frame[1]
	              : head == 4 ? act_get_u16(frame + 2)
	                          : act_get_u64(frame + 2);
	CHECK(len == head + size);
	return act_mem(frame + head, size);
}

/* A frame gets shorter, and then says so in its first reserved bit; or stays as it is. */
static void check_frame(struct deflate_way way, act_bytes message)
{
	uint8_t head[FRAME_HEADER_MAX];
	size_t head_len = frame_header(head, FRAME_TEXT, message.len), len = head_len + message.len;
	uint8_t *frame = mem_new(2 * len + DEFLATE_TAIL, 1), *opened;
	memcpy(frame, head, head_len);
	if (message.len != 0)
		memcpy(frame + head_len, message.ptr, message.len);
	size_t now = deflate_frame(&deflate, way, frame, len);
	CHECK(now <= len && ((frame[0] & 0x40) != 0) == (now < len));
	act_bytes payload = payload_of(frame, now);
	if (now < len) {
		CHECK(deflate_unpack(&deflate, payload, message.len, &opened, &len) == ACT_OK);
		CHECK(act_same(act_mem(opened, len), message));
		free(opened);
	} else {
		CHECK(act_same(payload, message));
	}
	free(frame);
}

static void pack(struct script *script)
{
	uint8_t bits = script_byte(script), level = script_byte(script);
	act_bytes message = act_mem(script->at, script->left);
	check_round(way_of(bits, level), message);
	check_frame(way_of(bits, level), message);
}

static void choose(const struct script *script)
{
	char *header = mem_text_n((const char *)script->at, script->left);
	char answer[OFFER_ANSWER_MAX];
	struct offer offer;
	if (offer_choose(header, &offer) == 0 && offer.taken) {
		CHECK(offer.mentions > 0);
		CHECK(offer.bits >= DEFLATE_BITS_MIN && offer.bits <= DEFLATE_BITS_MAX);
		size_t len = offer_answer(&offer, answer);
		CHECK(len < sizeof answer && answer[len] == '\0');
		sentence_check(answer, len);
	}
	free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct script script = { bytes, len };
	switch (script_byte(&script)) {
	case 'u':
		unpack(&script);
		break;
	case 'p':
		pack(&script);
		break;
	case 'o':
		choose(&script);
		break;
	default:
		break;
	}
	return 0;
}
