#include "payload.h"

#include "json_scan.h"

#include <act/plugin.h>
#include <cjson/cJSON.h>
/* After cJSON: easy.h has its JSON part only then. */
#include <act/easy.h>
#include <assert.h>
#include <math.h>

enum {
	SHOWN_MAX = 40, /* bytes of the client's own text in a sentence */
	PHRASE_MAX = 160,
};

/* What every step of a reading needs. */
struct reading {
	const act_host *host;
	const act_call *call;
	const struct payload_field *fields;
	size_t field_count;
	const char *text; /* the payload */
	size_t len;
	struct json_scan scan;
};

/* A piece of the payload for a sentence: whole characters, at most SHOWN_MAX bytes. The scanner has
 * passed it, so there are no control characters in it, or it is shown as a number. */
static void show(const char *text, struct json_span span, char *out, size_t room)
{
	size_t len = 0;
	while (len < span.len) {
		size_t n = json_scan_char(text, span.at + span.len, span.at + len);
		if (len + n > SHOWN_MAX)
			break;
		len += n;
	}
	snprintf(out, room, "%.*s%s", (int)len, text + span.at, len < span.len ? "…" : "");
}

static int refuse_fault(const struct reading *r, const struct json_fault *fault)
{
	char found[PHRASE_MAX], piece[SHOWN_MAX + 8];
	const uint8_t first = fault->found.len != 0 ? (uint8_t)r->text[fault->found.at] : 0;
	if (fault->found.len == 0) {
		snprintf(found, sizeof found, "the end");
	} else if (first < 0x20 || first == 0x7F) {
		snprintf(found, sizeof found, "U+%04X", first);
	} else {
		show(r->text, fault->found, piece, sizeof piece);
		snprintf(found, sizeof found, "'%s'", piece);
	}
	act_failf(r->host, r->call, ACT_S_PAYLOAD_REFUSED,
	          "the payload cannot be read as a JSON object: expected %s, found %s at byte %zu "
	          "of %zu",
	          fault->expected, found, fault->found.at, r->len);
	return -1;
}

/* "a string of 1 to 64 characters or null": what the field takes, for a sentence. */
static void describe(const struct payload_field *field, char *out, size_t room)
{
	size_t used = 0;
	switch (field->kind) {
	case PAYLOAD_ID:
		snprintf(out, room, "a string of %lld to %lld bytes", (long long)field->min,
		         (long long)field->max);
		break;
	case PAYLOAD_TEXT:
		snprintf(out, room, "a string of %lld to %lld characters", (long long)field->min,
		         (long long)field->max);
		break;
	case PAYLOAD_FLAG:
		snprintf(out, room, "true or false");
		break;
	case PAYLOAD_COUNT:
		snprintf(out, room, "a whole number from %lld to %lld", (long long)field->min,
		         (long long)field->max);
		break;
	case PAYLOAD_WORD:
		for (size_t i = 0; field->words[i] != NULL && used < room; i++)
			used += (size_t)snprintf(out + used, room - used, "%s\"%s\"",
			                         i == 0 ? "" : " or ", field->words[i]);
		break;
	}
	if ((field->rules & PAYLOAD_NULL) != 0) {
		used = strlen(out);
		snprintf(out + used, room - used, " or null");
	}
}

static int refuse_missing(const struct reading *r, const struct payload_field *field)
{
	char expected[PHRASE_MAX];
	describe(field, expected, sizeof expected);
	act_failf(r->host, r->call, ACT_S_PAYLOAD_REFUSED,
	          "\"%s\": expected %s, found nothing: the key is missing", field->key, expected);
	return -1;
}

/* `member`: the index of the value in the payload's object. */
static int refuse_value(const struct reading *r, const struct payload_field *field, size_t member,
                        const char *found)
{
	char expected[PHRASE_MAX];
	describe(field, expected, sizeof expected);
	act_failf(r->host, r->call, ACT_S_PAYLOAD_REFUSED,
	          "\"%s\": expected %s, found %s at byte %zu", field->key, expected, found,
	          r->scan.values[member].at);
	return -1;
}

static int refuse_unknown(const struct reading *r, size_t member)
{
	char key[SHOWN_MAX + 8], expected[PHRASE_MAX] = "no key at all";
	size_t used = 0;
	show(r->text, r->scan.keys[member], key, sizeof key);
	for (size_t i = 0; i < r->field_count && used < sizeof expected; i++)
		used += (size_t)snprintf(expected + used, sizeof expected - used, "%s\"%s\"",
		                         i == 0                   ? ""
		                         : i + 1 < r->field_count ? ", "
		                                                  : " or ",
		                         r->fields[i].key);
	act_failf(r->host, r->call, ACT_S_PAYLOAD_REFUSED,
	          "unknown key \"%s\" at byte %zu: expected %s", key, r->scan.keys[member].at,
	          expected);
	return -1;
}

static int refuse_twice(const struct reading *r, size_t first, size_t second)
{
	char key[SHOWN_MAX + 8];
	show(r->text, r->scan.keys[second], key, sizeof key);
	act_failf(r->host, r->call, ACT_S_PAYLOAD_REFUSED,
	          "the key \"%s\" is there twice: expected it once, found it at byte %zu and at "
	          "byte %zu",
	          key, r->scan.keys[first].at, r->scan.keys[second].at);
	return -1;
}

/* What stands there, for a sentence: scalars as they are written, the rest by type. */
static void found_value(const struct reading *r, size_t member, const cJSON *value, char *out,
                        size_t room)
{
	if (cJSON_IsString(value) || cJSON_IsArray(value) || cJSON_IsObject(value))
		snprintf(out, room, "%s", act_json_type(value));
	else
		show(r->text, r->scan.values[member], out, room);
}

/* The first control character that the field does not take, or 0. Those of Unicode are U+0000 to
 * U+001F and U+007F to U+009F; the latter are C2 80 to C2 9F in UTF-8. */
static unsigned control_char(const struct payload_field *field, const char *text)
{
	for (const uint8_t *s = (const uint8_t *)text; *s != 0; s++) {
		if ((*s == '\t' || *s == '\n') && (field->rules & PAYLOAD_LINES) != 0)
			continue;
		if (*s < 0x20 || *s == 0x7F)
			return *s;
		if (*s == 0xC2 && s[1] >= 0x80 && s[1] <= 0x9F)
			return s[1];
	}
	return 0;
}

static size_t count_chars(const char *text)
{
	size_t count = 0;
	for (; *text != '\0'; text++)
		count += ((uint8_t)*text & 0xC0) != 0x80;
	return count;
}

static int read_string(const struct reading *r, const struct payload_field *field, size_t member,
                       const cJSON *value, struct payload_value *out)
{
	char found[PHRASE_MAX];
	if (!cJSON_IsString(value)) {
		found_value(r, member, value, found, sizeof found);
		return refuse_value(r, field, member, found);
	}
	out->text = act_str(value->valuestring);
	const bool chars = field->kind == PAYLOAD_TEXT;
	const size_t length = chars ? count_chars(value->valuestring) : out->text.len;
	if (length < (size_t)field->min || length > (size_t)field->max) {
		snprintf(found, sizeof found, "one of %zu", length);
		return refuse_value(r, field, member, found);
	}
	const unsigned control = chars ? control_char(field, value->valuestring) : 0;
	if (control != 0) {
		snprintf(found, sizeof found, "one with the control character U+%04X", control);
		return refuse_value(r, field, member, found);
	}
	return 0;
}

static int read_word(const struct reading *r, const struct payload_field *field, size_t member,
                     const cJSON *value, struct payload_value *out)
{
	char found[PHRASE_MAX];
	for (size_t i = 0; cJSON_IsString(value) && field->words[i] != NULL; i++) {
		if (strcmp(field->words[i], value->valuestring) == 0) {
			out->number = (int64_t)i;
			return 0;
		}
	}
	show(r->text, r->scan.values[member], found, sizeof found);
	return refuse_value(r, field, member, found);
}

static int read_count(const struct reading *r, const struct payload_field *field, size_t member,
                      const cJSON *value, struct payload_value *out)
{
	char found[PHRASE_MAX];
	/* The range first: a number such as 1e400 is infinite here, and no int64_t. */
	const double number = cJSON_IsNumber(value) ? value->valuedouble : NAN;
	if (!(number >= (double)field->min && number <= (double)field->max) ||
	    number != floor(number)) {
		found_value(r, member, value, found, sizeof found);
		return refuse_value(r, field, member, found);
	}
	out->number = (int64_t)number;
	return 0;
}

static int read_flag(const struct reading *r, const struct payload_field *field, size_t member,
                     const cJSON *value, struct payload_value *out)
{
	char found[PHRASE_MAX];
	if (!cJSON_IsBool(value)) {
		found_value(r, member, value, found, sizeof found);
		return refuse_value(r, field, member, found);
	}
	out->number = cJSON_IsTrue(value);
	return 0;
}

static int read_value(const struct reading *r, const struct payload_field *field, size_t member,
                      const cJSON *value, struct payload_value *out)
{
	out->given = true;
	if (cJSON_IsNull(value) && (field->rules & PAYLOAD_NULL) != 0) {
		out->null = true;
		return 0;
	}
	switch (field->kind) {
	case PAYLOAD_ID:
	case PAYLOAD_TEXT:
		return read_string(r, field, member, value, out);
	case PAYLOAD_FLAG:
		return read_flag(r, field, member, value, out);
	case PAYLOAD_COUNT:
		return read_count(r, field, member, value, out);
	case PAYLOAD_WORD:
		return read_word(r, field, member, value, out);
	}
	assert(false); /* the enum has no other kind */
	return -1;
}

/* Takes the members in their order: cJSON keeps it, so the scanner's spans have the same index. */
static int read_members(const struct reading *r, struct payload *out)
{
	size_t seen[PAYLOAD_FIELDS_MAX], member = 0, i;
	const cJSON *value;
	cJSON_ArrayForEach(value, out->json)
	{
		for (i = 0; i < r->field_count; i++)
			if (strcmp(value->string, r->fields[i].key) == 0)
				break;
		if (i == r->field_count)
			return refuse_unknown(r, member);
		if (out->values[i].given)
			return refuse_twice(r, seen[i], member);
		seen[i] = member;
		if (read_value(r, &r->fields[i], member, value, &out->values[i]) != 0)
			return -1;
		member++;
	}
	for (i = 0; i < r->field_count; i++)
		if ((r->fields[i].rules & PAYLOAD_REQUIRED) != 0 && !out->values[i].given)
			return refuse_missing(r, &r->fields[i]);
	return 0;
}

/* Checks the bytes, and has cJSON read them. */
static int parse(struct reading *r, struct payload *out)
{
	struct json_fault fault;
	const size_t good = act_utf8_span(r->text, r->len);
	if (good < r->len) {
		act_failf(r->host, r->call, ACT_S_PAYLOAD_REFUSED,
		          "the payload is not UTF-8: expected a whole character, found 0x%02X at "
		          "byte %zu of %zu",
		          (uint8_t)r->text[good], good, r->len);
		return -1;
	}
	if (json_scan(r->text, r->len, &r->scan, &fault) != 0)
		return refuse_fault(r, &fault);
	out->json = cJSON_ParseWithLength(r->text, r->len);
	if (out->json == NULL) {
		/* The scanner passes nothing that cJSON does not take. */
		act_failf(r->host, r->call, ACT_S_OVERLOADED, "there is no memory for the payload");
		return -1;
	}
	assert((size_t)cJSON_GetArraySize(out->json) == r->scan.count);
	return 0;
}

int payload_read(const act_host *host, const act_call *call, const struct payload_field *fields,
                 size_t count, struct payload *out)
{
	assert(count <= PAYLOAD_FIELDS_MAX);
	struct reading r = {
		.host = host,
		.call = call,
		.fields = fields,
		.field_count = count,
		.text = call->payload.len != 0 ? call->payload.ptr : "{}",
		.len = call->payload.len != 0 ? call->payload.len : 2,
	};
	memset(out, 0, sizeof *out);
	if (parse(&r, out) == 0 && read_members(&r, out) == 0)
		return 0;
	payload_free(out);
	return -1;
}

void payload_free(struct payload *payload)
{
	cJSON_Delete(payload->json);
	payload->json = NULL;
}

act_rc payload_refuse(const act_host *host, const act_call *call, const char *key,
                      const char *expected, const char *found)
{
	return act_failf(host, call, ACT_S_PAYLOAD_REFUSED, "\"%s\": expected %s, found %s", key,
	                 expected, found);
}
