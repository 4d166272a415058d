#include "bench_upgrade.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The key of the example in RFC 6455, section 1.3, and what a server makes of it. It is to show
 * that the server means WebSocket, and does so as well when it is always the same. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

struct text {
	uint8_t *at;
	size_t len, room;
};

static void put(struct text *text, const char *from, size_t len)
{
	if (text->len + len <= text->room)
		memcpy(text->at + text->len, from, len);
	text->len += len; /* beyond the room: seen at the end */
}

/* With the connection's number for "{n}". */
static void put_numbered(struct text *text, const char *from, uint32_t number)
{
	char digits[16];
	int len = snprintf(digits, sizeof digits, "%u", number);
	for (const char *mark; (mark = strstr(from, "{n}")) != NULL; from = mark + 3) {
		put(text, from, (size_t)(mark - from));
		put(text, digits, (size_t)len);
	}
	put(text, from, strlen(from));
}

static void put_line(struct text *text, const char *line)
{
	put(text, line, strlen(line));
	put(text, "\r\n", 2);
}

size_t bench_upgrade_put(const struct bench_plan *plan, uint32_t number, uint8_t *at, size_t room)
{
	struct text text = { at, 0, room < BENCH_UPGRADE_MAX ? room : BENCH_UPGRADE_MAX };
	put(&text, "GET ", 4);
	put_numbered(&text, plan->path, number);
	put_line(&text, " HTTP/1.1");
	put(&text, "Host: ", 6);
	put_line(&text, plan->authority);
	put_line(&text, "Upgrade: websocket\r\nConnection: Upgrade");
	put_line(&text, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY);
	for (size_t i = 0; i < plan->header_count; i++) {
		put_numbered(&text, plan->headers[i], number);
		put_line(&text, "");
	}
	put_line(&text, "");
	return text.len <= text.room ? text.len : 0;
}

/* The value of a header in the head, or NULL; `*len` without blanks around it. */
static const char *find(const char *head, size_t head_len, const char *name, size_t *len)
{
	const char *end = head + head_len, *line = head;
	size_t name_len = strlen(name);
	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		line++;
		if ((size_t)(end - line) <= name_len || line[name_len] != ':' ||
		    strncasecmp(line, name, name_len) != 0)
			continue;
		const char *value = line + name_len + 1;
		while (value < end && (*value == ' ' || *value == '\t'))
			value++;
		const char *stop = memchr(value, '\r', (size_t)(end - value));
		*len = stop != NULL ? (size_t)(stop - value) : 0;
		while (*len > 0 && isspace((unsigned char)value[*len - 1]))
			(*len)--;
		return value;
	}
	return NULL;
}

int bench_upgrade_read(const uint8_t *at, size_t len, size_t *head, struct err *why)
{
	const char *text = (const char *)at, *accept;
	const char *end = memmem(at, len, "\r\n\r\n", 4);
	size_t accept_len = 0;
	*head = 0;
	if (end == NULL)
		return len <= BENCH_UPGRADE_MAX
		               ? 0
		               : err_set(why,
		                         "expected the end of the answer to the upgrade "
		                         "within %d bytes",
		                         BENCH_UPGRADE_MAX);
	*head = (size_t)(end - text) + 4;
	size_t line = strcspn(text, "\r");
	if (strncmp(text, "HTTP/1.1 101", 12) != 0)
		return err_set(why, "the upgrade: expected HTTP/1.1 101, found %.*s",
		               line < 100 ? (int)line : 100, text);
	accept = find(text, *head, "Sec-WebSocket-Accept", &accept_len);
	if (accept == NULL)
		return err_set(why, "the upgrade: expected Sec-WebSocket-Accept, found no such "
		                    "header");
	if (accept_len != strlen(ACCEPT) || memcmp(accept, ACCEPT, accept_len) != 0)
		return err_set(why,
		               "the upgrade: expected Sec-WebSocket-Accept: " ACCEPT ", found %.*s",
		               accept_len < 100 ? (int)accept_len : 100, accept);
	return 0;
}
