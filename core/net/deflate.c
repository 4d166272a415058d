#include "net/deflate.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/frame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* zlib's own default: 128 KiB of hash tables and pending symbols. */
enum { MEMORY_LEVEL = 8 };

/* The first room for a message that is opened, before it grows. */
enum { FIRST_BYTES = 1024 };

/* An empty block without its three bits of header: what every flush ends with. */
static const uint8_t tail[DEFLATE_TAIL] = { 0x00, 0x00, 0xFF, 0xFF };

/* ---- zlib's streams: raw, without a header (negative bits) ---- */

static void *take(void *opaque, uInt count, uInt size)
{
	(void)opaque;
	return mem_new(count, size);
}

static void give(void *opaque, void *memory)
{
	(void)opaque;
	free(memory);
}

static z_stream *stream_new(void)
{
	z_stream *stream = mem_new(1, sizeof *stream);
	stream->zalloc = take;
	stream->zfree = give;
	return stream;
}

static z_stream *packer_of(struct deflate *deflate, struct deflate_way way)
{
	CHECK(way.bits >= DEFLATE_BITS_MIN && way.bits <= DEFLATE_BITS_MAX);
	CHECK(way.level >= 1 && way.level <= 9);
	z_stream **packer = &deflate->packers[way.bits - DEFLATE_BITS_MIN];
	if (*packer == NULL) {
		*packer = stream_new();
		CHECK(deflateInit2(*packer, way.level, Z_DEFLATED, -way.bits, MEMORY_LEVEL,
		                   Z_DEFAULT_STRATEGY) == Z_OK);
		return *packer;
	}
	/* Before the first byte a change of the level has nothing to flush, and cannot fail. */
	CHECK(deflateReset(*packer) == Z_OK);
	CHECK(deflateParams(*packer, way.level, Z_DEFAULT_STRATEGY) == Z_OK);
	return *packer;
}

static z_stream *unpacker_of(struct deflate *deflate)
{
	if (deflate->unpacker == NULL) {
		deflate->unpacker = stream_new();
		CHECK(inflateInit2(deflate->unpacker, -DEFLATE_BITS_MAX) == Z_OK);
	} else {
		CHECK(inflateReset(deflate->unpacker) == Z_OK);
	}
	return deflate->unpacker;
}

void deflate_free(struct deflate *deflate)
{
	for (size_t i = 0; i < DEFLATE_SIZES; i++) {
		if (deflate->packers[i] != NULL)
			deflateEnd(deflate->packers[i]);
		free(deflate->packers[i]);
	}
	if (deflate->unpacker != NULL)
		inflateEnd(deflate->unpacker);
	free(deflate->unpacker);
	*deflate = (struct deflate){ 0 };
}

static void put_input(z_stream *stream, const void *bytes, size_t len)
{
	static const uint8_t nothing;
	CHECK(len <= UINT32_MAX);
	/* zlib promises not to write there, but not in its types. */
	stream->next_in = (Bytef *)(uintptr_t)(len != 0 ? bytes : &nothing);
	stream->avail_in = (uInt)len;
}

static void put_output(z_stream *stream, uint8_t *to, size_t room)
{
	CHECK(room <= UINT32_MAX);
	stream->next_out = to;
	stream->avail_out = (uInt)room;
}

/* ---- compressing ---- */

static int flush_into(z_stream *packer, act_bytes message, uint8_t *to, size_t room, size_t *len)
{
	put_input(packer, message.ptr, message.len);
	put_output(packer, to, room);
	CHECK(deflate(packer, Z_SYNC_FLUSH) == Z_OK);
	/* A flush is known to be complete when it leaves some room unused. */
	if (packer->avail_out == 0)
		return -1;
	*len = room - packer->avail_out - DEFLATE_TAIL;
	return 0;
}

int deflate_pack(struct deflate *deflate, struct deflate_way way, act_bytes message, uint8_t *to,
                 size_t room, size_t *len)
{
	/* zlib wants some room to begin with. */
	if (room == 0)
		return -1;
	return flush_into(packer_of(deflate, way), message, to, room, len);
}

size_t deflate_frame(struct deflate *deflate, struct deflate_way way, uint8_t *frame, size_t len)
{
	size_t head = frame_header_len(frame), packed_len;
	uint8_t *packed = frame + len;
	enum frame_kind kind = frame[0] & 0x0F;
	CHECK(kind == FRAME_TEXT || kind == FRAME_BINARY);
	/* In this room it either ends up shorter or does not fit. */
	if (deflate_pack(deflate, way, (act_bytes){ frame + head, len - head }, packed,
	                 len - head + DEFLATE_TAIL, &packed_len) != 0)
		return len;
	head = frame_header(frame, kind, packed_len);
	frame[0] |= FRAME_RSV1;
	memmove(frame + head, packed, packed_len);
	return head + packed_len;
}

/* ---- opening ---- */

/* Literal bytes in zlib's fixed code take nine bits at the most, which is an eighth more; what each
 * block adds to that is less than the rest. */
size_t deflate_bound(size_t len)
{
	return len + len / 8 + 64;
}

/* A message that grows while it is opened: to one byte more than it may have, which tells that
 * there is more. */
struct opened {
	uint8_t *bytes;
	size_t len;
	size_t room;
	size_t max;
};

static bool grow(struct opened *opened)
{
	size_t room = opened->room != 0 ? opened->room * 2 : FIRST_BYTES;
	if (room > opened->max + 1)
		room = opened->max + 1;
	uint8_t *bytes = realloc(opened->bytes, room);
	if (bytes == NULL)
		return false;
	opened->bytes = bytes;
	opened->room = room;
	return true;
}

/* Takes all of the input. `ended`: the last byte was the last of a final block as well. Behind a
 * final block new data begins, on a whole byte (RFC 7692, section 7.2.3.4). */
static act_rc inflate_all(z_stream *unpacker, struct opened *opened, bool *ended)
{
	for (*ended = false; !*ended;) {
		if (opened->len == opened->room && !grow(opened))
			return ACT_E_NOMEM;
		put_output(unpacker, opened->bytes + opened->len, opened->room - opened->len);
		int rc = inflate(unpacker, Z_SYNC_FLUSH);
		opened->len = opened->room - unpacker->avail_out;
		if (opened->len > opened->max)
			return ACT_E_TOOBIG;
		if (rc == Z_STREAM_END) {
			*ended = unpacker->avail_in == 0;
			CHECK(inflateReset(unpacker) == Z_OK);
		} else if (rc != Z_OK && rc != Z_BUF_ERROR) {
			return ACT_E_INVAL;
		} else if (unpacker->avail_out != 0) {
			return ACT_OK; /* there was room, so it wanted more input */
		}
	}
	return ACT_OK;
}

/* The tail that did not travel completes the last block, and only that: data that breaks off
 * earlier would take it for content, or stay in the middle of a block. */
static act_rc inflate_tail(z_stream *unpacker, struct opened *opened)
{
	enum { BETWEEN_BLOCKS = 128 }; /* in data_type, see zlib.h at inflate() */
	bool ended;
	size_t len = opened->len;
	put_input(unpacker, tail, sizeof tail);
	act_rc rc = inflate_all(unpacker, opened, &ended);
	if (rc != ACT_OK)
		return rc;
	if (opened->len != len || (!ended && (unpacker->data_type & BETWEEN_BLOCKS) == 0))
		return ACT_E_INVAL;
	return ACT_OK;
}

act_rc deflate_unpack(struct deflate *deflate, act_bytes packed, size_t max, uint8_t **to,
                      size_t *len)
{
	struct opened opened = { .max = max };
	z_stream *unpacker = unpacker_of(deflate);
	bool ended = packed.len == 0;
	act_rc rc = ACT_OK;
	CHECK(max < UINT32_MAX);
	if (!grow(&opened))
		return ACT_E_NOMEM;
	put_input(unpacker, packed.ptr, packed.len);
	if (!ended)
		rc = inflate_all(unpacker, &opened, &ended);
	if (rc == ACT_OK && !ended)
		rc = inflate_tail(unpacker, &opened);
	if (rc != ACT_OK) {
		free(opened.bytes);
		return rc;
	}
	*to = opened.bytes;
	*len = opened.len;
	return ACT_OK;
}
