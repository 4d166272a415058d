#include "net/decode.h"

#include "net/mask.h"

#include <act/easy.h>
#include <string.h>

static bool is_control(uint8_t opcode)
{
	return (opcode & 0x8) != 0;
}

static enum decoded_kind fault(struct decoded *out, uint16_t code, const char *reason)
{
	*out = (struct decoded){ .code = code, .reason = reason };
	return DECODED_FAULT;
}

/* ---- headers ---- */

/* By its first two bytes. Every frame of a client has a mask. */
static size_t head_length(const uint8_t *head)
{
	uint8_t len = head[1] & 0x7F;
	return 2 + (len == 127 ? 8 : len == 126 ? 2 : 0) + 4;
}

/* What is wrong with the first two bytes? NULL: nothing. */
static const char *head_fault(const struct decoder *decoder, const struct decode_terms *terms,
                              const uint8_t *head)
{
	uint8_t opcode = head[0] & FRAME_OPCODE;
	bool continues = opcode == FRAME_CONTINUATION;
	if ((head[0] & (FRAME_RSV2 | FRAME_RSV3)) != 0)
		return "a reserved bit is set";
	if ((head[0] & FRAME_RSV1) != 0 && terms->packed_bytes == 0)
		return "RSV1 without permessage-deflate";
	if ((head[0] & FRAME_RSV1) != 0 && (continues || is_control(opcode)))
		return continues ? "RSV1 on a frame that continues a message"
		                 : "RSV1 on a control frame";
	if (opcode > FRAME_BINARY && (opcode < FRAME_CLOSE || opcode > FRAME_PONG))
		return "an opcode that is reserved";
	if ((head[1] & FRAME_MASKED) == 0)
		return "a frame without a mask";
	if (is_control(opcode) && (head[0] & FRAME_FINAL) == 0)
		return "a control frame in fragments";
	if (is_control(opcode) && (head[1] & 0x7F) > DECODE_CONTROL_MAX)
		return "a control frame of more than 125 bytes";
	if (continues && decoder->message == 0)
		return "a continuation without a message";
	if (!continues && !is_control(opcode) && decoder->message != 0)
		return "a message within a message";
	return NULL;
}

/* The length in a whole header. Shorter forms have to be used where they do (section 5.2). */
static const char *read_length(const uint8_t *head, uint64_t *len)
{
	*len = head[1] & 0x7F;
	if (*len == 126)
		*len = act_get_u16(head + 2);
	else if (*len == 127)
		*len = act_get_u64(head + 2);
	else
		return NULL;
	if (*len >> 63 != 0)
		return "a length with its first bit set";
	return *len < 126 || ((head[1] & 0x7F) == 127 && *len <= UINT16_MAX)
	               ? "a length that is not in its shortest form"
	               : NULL;
}

/* A header is complete: the frame begins. */
static enum decoded_kind begin_frame(struct decoder *decoder, const struct decode_terms *terms,
                                     const uint8_t *head, struct decoded *out)
{
	uint8_t opcode = head[0] & FRAME_OPCODE;
	const char *wrong = read_length(head, &decoder->rest);
	if (wrong != NULL)
		return fault(out, CLOSE_PROTOCOL, wrong);
	memcpy(&decoder->mask, head + head_length(head) - 4, sizeof decoder->mask);
	decoder->final = (head[0] & FRAME_FINAL) != 0;
	decoder->opcode = opcode;
	decoder->in_frame = true;
	if (is_control(opcode)) {
		decoder->control_len = 0;
		return DECODED_MORE;
	}
	if (opcode != FRAME_CONTINUATION) {
		decoder->message = opcode;
		decoder->packed = (head[0] & FRAME_RSV1) != 0;
		decoder->begun = false;
		decoder->got = 0;
		decoder->text = (struct utf8){ 0 };
	}
	size_t most = decoder->packed ? terms->packed_bytes : terms->message_bytes;
	if (decoder->got > most || decoder->rest > most - decoder->got)
		return fault(out, CLOSE_TOO_BIG, "the message is too long");
	return DECODED_MORE;
}

/* Nearly always a header lies whole in what was read, and is looked at there. Otherwise its bytes
 * are gathered. */
static enum decoded_kind take_head(struct decoder *decoder, const struct decode_terms *terms,
                                   uint8_t **at, const uint8_t *end, struct decoded *out)
{
	const uint8_t *head = *at;
	size_t have = (size_t)(end - *at);
	bool gather = decoder->head_len != 0 || have < 2;
	while (gather && decoder->head_len < 2 && *at < end)
		decoder->head[decoder->head_len++] = *(*at)++;
	if (gather && decoder->head_len < 2)
		return DECODED_MORE;
	if (gather)
		head = decoder->head;
	if (!gather || decoder->head_len == 2) {
		const char *wrong = head_fault(decoder, terms, head);
		if (wrong != NULL)
			return fault(out, CLOSE_PROTOCOL, wrong);
	}
	size_t need = head_length(head);
	if (!gather && have >= need) {
		*at += need;
		return begin_frame(decoder, terms, head, out);
	}
	while (decoder->head_len < need && *at < end)
		decoder->head[decoder->head_len++] = *(*at)++;
	if (decoder->head_len < need)
		return DECODED_MORE;
	decoder->head_len = 0;
	return begin_frame(decoder, terms, decoder->head, out);
}

/* ---- payload ---- */

/* As much of the frame's payload as is there, without its mask. */
static uint8_t *take_payload(struct decoder *decoder, uint8_t **at, const uint8_t *end, size_t *len)
{
	uint8_t *bytes = *at;
	*len = (size_t)(end - bytes);
	if (*len > decoder->rest)
		*len = (size_t)decoder->rest;
	decoder->mask = mask_take_off(bytes, *len, decoder->mask);
	decoder->rest -= *len;
	if (decoder->rest == 0)
		decoder->in_frame = false;
	*at += *len;
	return bytes;
}

static enum decoded_kind take_piece(struct decoder *decoder, uint8_t **at, const uint8_t *end,
                                    struct decoded *out)
{
	if (decoder->rest != 0 && *at == end)
		return DECODED_MORE;
	*out = (struct decoded){ .text = decoder->message == FRAME_TEXT,
		                 .packed = decoder->packed,
		                 .first = !decoder->begun };
	out->bytes = take_payload(decoder, at, end, &out->len);
	out->ahead = decoder->rest;
	out->last = decoder->rest == 0 && decoder->final;
	decoder->begun = true;
	decoder->got += out->len;
	if (out->last)
		decoder->message = 0;
	/* Of what is compressed, what comes out is the text. */
	if (out->text && !out->packed &&
	    (!utf8_goes_on(&decoder->text, out->bytes, out->len) ||
	     (out->last && !utf8_may_end(&decoder->text))))
		return fault(out, CLOSE_BAD_TEXT, "text is not UTF-8");
	return DECODED_PIECE;
}

/* Codes that may be on the wire (section 7.4, and the registry that it made). */
static bool is_close_code(uint16_t code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
	       (code >= 3000 && code <= 4999);
}

static enum decoded_kind read_close(struct decoded *out)
{
	struct utf8 text = { 0 };
	if (out->len == 1)
		return fault(out, CLOSE_PROTOCOL, "a close frame of one byte");
	out->code = CLOSE_NONE;
	if (out->len == 0)
		return DECODED_CLOSE;
	out->code = act_get_u16(out->bytes);
	out->bytes += 2;
	out->len -= 2;
	if (!is_close_code(out->code))
		return fault(out, CLOSE_PROTOCOL, "a close code that is not for the wire");
	if (!utf8_goes_on(&text, out->bytes, out->len) || !utf8_may_end(&text))
		return fault(out, CLOSE_BAD_TEXT, "the reason of the close is not UTF-8");
	return DECODED_CLOSE;
}

static enum decoded_kind take_control(struct decoder *decoder, uint8_t **at, const uint8_t *end,
                                      struct decoded *out)
{
	*out = (struct decoded){ 0 };
	out->bytes = take_payload(decoder, at, end, &out->len);
	if (decoder->in_frame || decoder->control_len != 0) {
		if (out->len != 0)
			memcpy(decoder->control + decoder->control_len, out->bytes, out->len);
		decoder->control_len = (uint8_t)(decoder->control_len + out->len);
		out->bytes = decoder->control;
		out->len = decoder->control_len;
	}
	if (decoder->in_frame)
		return DECODED_MORE;
	switch (decoder->opcode) {
	case FRAME_PING:
		return DECODED_PING;
	case FRAME_PONG:
		return DECODED_PONG;
	default:
		return read_close(out);
	}
}

enum decoded_kind decode(struct decoder *decoder, const struct decode_terms *terms, uint8_t **at,
                         uint8_t *end, struct decoded *out)
{
	if (!decoder->in_frame) {
		if (*at == end)
			return DECODED_MORE;
		enum decoded_kind kind = take_head(decoder, terms, at, end, out);
		if (kind != DECODED_MORE || !decoder->in_frame)
			return kind;
	}
	return is_control(decoder->opcode) ? take_control(decoder, at, end, out)
	                                   : take_piece(decoder, at, end, out);
}
