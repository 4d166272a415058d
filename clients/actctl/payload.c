#include "payload.h"

#include "base/json_scan.h"
#include "base/mem.h"

#include <act/easy.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DUMP_COLUMNS = 16 };

/* C1: control characters that stand behind ASCII, as two bytes of UTF-8. */
static bool is_c1(const uint8_t *at, size_t left)
{
	return left >= 2 && at[0] == 0xC2 && at[1] >= 0x80 && at[1] <= 0x9F;
}

bool payload_is_text(act_bytes payload)
{
	const uint8_t *at = payload.ptr;
	if (payload.len == 0)
		return true;
	if (act_utf8_span(at, payload.len) != payload.len)
		return false;
	for (size_t i = 0; i < payload.len; i++)
		if ((at[i] < ' ' && strchr("\t\n\r", at[i]) == NULL) || at[i] == '\0' ||
		    at[i] == 0x7F || is_c1(at + i, payload.len - i))
			return false;
	return true;
}

void payload_print(FILE *to, act_bytes payload)
{
	const char *at = payload.ptr;
	if (payload.len == 0)
		return;
	if (!payload_is_text(payload)) {
		payload_dump(to, "", payload, SIZE_MAX);
		return;
	}
	fwrite(at, 1, payload.len, to);
	if (at[payload.len - 1] != '\n')
		fputc('\n', to);
}

void payload_print_line(FILE *to, act_bytes payload)
{
	const uint8_t *at = payload.ptr;
	bool text = payload_is_text(payload);
	if (!text)
		fputs("hex ", to);
	for (size_t i = 0; i < payload.len; i++) {
		if (!text)
			fprintf(to, "%02x", at[i]);
		else if (at[i] == '\n' || at[i] == '\r')
			fputs(at[i] == '\n' ? "\\n" : "\\r", to);
		else
			fputc(at[i], to);
	}
}

static void dump_line(FILE *to, const char *before, const uint8_t *at, size_t offset, size_t len)
{
	fprintf(to, "%s%08zx ", before, offset);
	for (size_t i = 0; i < DUMP_COLUMNS; i++) {
		if (i % 8 == 0)
			fputc(' ', to);
		if (i < len)
			fprintf(to, "%02x ", at[offset + i]);
		else
			fputs("   ", to);
	}
	fputs(" |", to);
	for (size_t i = 0; i < len; i++)
		fputc(isascii(at[offset + i]) && isprint(at[offset + i]) ? at[offset + i] : '.',
		      to);
	fputs("|\n", to);
}

void payload_dump(FILE *to, const char *before, act_bytes payload, size_t most)
{
	size_t shown = payload.len < most ? payload.len : most;
	for (size_t offset = 0; offset < shown; offset += DUMP_COLUMNS)
		dump_line(to, before, payload.ptr, offset,
		          shown - offset < DUMP_COLUMNS ? shown - offset : DUMP_COLUMNS);
	if (shown < payload.len)
		fprintf(to, "%s… and %zu bytes more\n", before, payload.len - shown);
}

char *payload_json(act_bytes payload)
{
	struct json_fault fault;
	if (payload.len == 0 || json_scan(payload.ptr, payload.len, NULL, &fault) != 0)
		return NULL;
	char *text = mem_text_n(payload.ptr, payload.len);
	cJSON_Minify(text);
	return text;
}

void payload_add(cJSON *object, act_bytes payload)
{
	char *text = payload_json(payload);
	if (text != NULL) {
		cJSON_AddRawToObject(object, "data", text);
	} else if (payload_is_text(payload)) {
		text = mem_text_n(payload.ptr, payload.len);
		cJSON_AddStringToObject(object, "text", text);
	} else {
		const uint8_t *at = payload.ptr;
		text = mem_new(2 * payload.len + 1, 1);
		for (size_t i = 0; i < payload.len; i++)
			snprintf(text + 2 * i, 3, "%02x", at[i]);
		cJSON_AddStringToObject(object, "hex", text);
	}
	free(text);
}
