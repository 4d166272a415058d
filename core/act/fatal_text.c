#include "act/fatal_text.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void fatal_put(struct fatal_text *text, const char *words)
{
	for (; *words != '\0' && text->len < sizeof text->bytes; words++)
		text->bytes[text->len++] = *words;
}

static void put_digits(struct fatal_text *text, uint64_t number, unsigned base, unsigned width)
{
	char digits[24];
	size_t at = sizeof digits;
	digits[--at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number != 0);
	while (sizeof digits - 1 - at < width)
		digits[--at] = '0';
	fatal_put(text, digits + at);
}

void fatal_put_number(struct fatal_text *text, uint64_t number)
{
	put_digits(text, number, 10, 1);
}

void fatal_put_hex(struct fatal_text *text, uintptr_t number)
{
	fatal_put(text, "0x");
	put_digits(text, number, 16, 1);
}

/* gmtime_r(3) takes a lock. The days are counted in years that begin with March, so that the day
 * that some years have more is a year's last. */
static void put_date(struct fatal_text *text, uint64_t days)
{
	uint64_t since = days + 719468; /* since the first of March of the year 0 */
	uint64_t era = since / 146097, day = since % 146097;
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	uint64_t month = (5 * day + 2) / 153; /* 0: March */
	day -= (153 * month + 2) / 5;
	put_digits(text, era * 400 + year + (month >= 10 ? 1 : 0), 10, 4);
	fatal_put(text, "-");
	put_digits(text, month < 10 ? month + 3 : month - 9, 10, 2);
	fatal_put(text, "-");
	put_digits(text, day + 1, 10, 2);
}

void fatal_put_head(struct fatal_text *text)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t seconds = (uint64_t)now.tv_sec;
	put_date(text, seconds / 86400);
	fatal_put(text, "T");
	put_digits(text, seconds / 3600 % 24, 10, 2);
	fatal_put(text, ":");
	put_digits(text, seconds / 60 % 60, 10, 2);
	fatal_put(text, ":");
	put_digits(text, seconds % 60, 10, 2);
	fatal_put(text, ".");
	put_digits(text, (uint64_t)now.tv_nsec / 1000000, 10, 3);
	fatal_put(text, "Z error fatal: ");
}

/* ---- which file ---- */

static bool is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static const char *take_hex(const char *from, uintptr_t *out)
{
	for (*out = 0; is_digit(*from); from++)
		*out = *out * 16 + (uintptr_t)(*from <= '9' ? *from - '0' : *from - 'a' + 10);
	return from;
}

/* A line of proc(5)'s maps: "START-END rights OFFSET device inode   PATH". True: it has `address`.
 */
static bool take_line(struct fatal_text *text, const char *line, uintptr_t address)
{
	uintptr_t start, end, offset;
	line = take_hex(line, &start);
	if (*line != '-')
		return false;
	line = take_hex(line + 1, &end);
	if (address < start || address >= end)
		return false;
	const char *path = strchr(line, '/');
	if (path == NULL || strlen(line) < 6)
		return true;
	take_hex(line + 6, &offset);
	fatal_put(text, "; in the code of ");
	fatal_put(text, path);
	fatal_put(text, " + ");
	fatal_put_hex(text, address - start + offset);
	return true;
}

void fatal_put_code(struct fatal_text *text, uintptr_t address)
{
	char chunk[1024], line[512];
	size_t len = 0;
	bool done = false;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	ssize_t got;
	while (fd >= 0 && !done && (got = read(fd, chunk, sizeof chunk)) > 0) {
		for (ssize_t i = 0; i < got && !done; i++) {
			if (chunk[i] != '\n') {
				if (len < sizeof line - 1)
					line[len++] = chunk[i];
				continue;
			}
			line[len] = '\0';
			len = 0;
			done = take_line(text, line, address);
		}
	}
	if (fd >= 0)
		close(fd);
}
