/* The list of what is wrong with a config, as text, and its lines about places in the tree. */
#include "base/config_doc.h"

#include "base/check.h"
#include "base/mem.h"

#include <act/easy.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest line; what is longer is cut. */
#define LINE_BYTES_MAX 1200

/* Strings and keys come from the file: a line end in one must not make two findings of one. And
 * what was cut in the middle of a character, or stands in a path, may not be UTF-8. */
static size_t clean(char *out, const char *line)
{
	size_t n = 0, good = act_utf8_span(line, strlen(line));
	for (; *line != '\0'; line++) {
		unsigned char c = (unsigned char)*line;
		bool bad = good == 0;
		if (c < ' ' || c == 0x7F || bad)
			n += (size_t)sprintf(out + n, "\\x%02X", c);
		else
			out[n++] = (char)c;
		good = bad ? act_utf8_span(line + 1, strlen(line + 1)) : good - 1;
	}
	out[n++] = '\n';
	out[n] = '\0';
	return n;
}

void config_errors_add(struct config_errors *errors, const char *format, ...)
{
	char line[LINE_BYTES_MAX], cleaned[sizeof "\\xNN" * LINE_BYTES_MAX];
	size_t old = errors->text != NULL ? strlen(errors->text) : 0;
	size_t len;
	va_list args;
	errors->count++;
	if (errors->count > CONFIG_FINDINGS_MAX)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (errors->count == CONFIG_FINDINGS_MAX)
		snprintf(line, sizeof line, "more is wrong than can be listed: correct this first");
	len = clean(cleaned, line);
	errors->text = mem_grow(errors->text, old + len + 1, 1);
	memcpy(errors->text + old, cleaned, len + 1);
}

void config_place_text(const struct config *config, struct config_place place,
                       char out[CONFIG_PLACE_SIZE])
{
	if (place.line != 0)
		snprintf(out, CONFIG_PLACE_SIZE, "%s:%d:%d", config->path, place.line,
		         place.column);
	else
		snprintf(out, CONFIG_PLACE_SIZE, "-o, or the default");
}

void config_errors_free(struct config_errors *errors)
{
	free(errors->text);
	*errors = (struct config_errors){ 0 };
}

/* Writes the path of `item` below `at` behind the `len` bytes that `out` holds. False: it is not
 * there. */
static bool path_of(const cJSON *at, const cJSON *item, char *out, size_t len, size_t size)
{
	size_t index = 0;
	if (at == item)
		return true;
	for (const cJSON *child = at->child; child != NULL; child = child->next, index++) {
		int n = cJSON_IsArray(at) ? snprintf(out + len, size - len, "[%zu]", index)
		                          : snprintf(out + len, size - len, "%s%s",
		                                     len == 0 ? "" : ".", child->string);
		size_t used = (size_t)n < size - len ? len + (size_t)n : size - 1;
		if (path_of(child, item, out, used, size))
			return true;
	}
	out[len] = '\0';
	return false;
}

void config_doc_finding(struct config_doc *doc, const cJSON *item, const char *format, ...)
{
	char where[400], path[256] = "", text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	config_doc_where(doc, item, where, sizeof where);
	CHECK(path_of(doc->root, item, path, 0, sizeof path));
	config_errors_add(doc->errors, "%s: %s%s%s", where, path, path[0] != '\0' ? ": " : "",
	                  text);
}

void config_doc_override_finding(struct config_doc *doc, int index, const char *format, ...)
{
	const char *setting = doc->overrides[index];
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	config_errors_add(doc->errors, "-o %.*s: %s", config_cut(setting, 200), setting, text);
}

int config_cut(const char *text, int max)
{
	size_t len = strnlen(text, (size_t)max + 1);
	if (len <= (size_t)max)
		return (int)len;
	while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
		max--;
	return max;
}

void config_doc_found(const cJSON *item, char *out, size_t size)
{
	if (cJSON_IsString(item)) {
		const char *text = item->valuestring;
		int shown = config_cut(text, 64);
		snprintf(out, size, "the string \"%.*s%s\"", shown, text,
		         text[shown] != '\0' ? "…" : "");
	} else if (cJSON_IsNumber(item)) {
		snprintf(out, size, "the number %.15g", item->valuedouble);
	} else {
		snprintf(out, size, "%s",
		         cJSON_IsNull(item)     ? "null"
		         : cJSON_IsTrue(item)   ? "true"
		         : cJSON_IsFalse(item)  ? "false"
		         : cJSON_IsObject(item) ? "an object"
		         : item->child == NULL  ? "an empty array"
		                                : "an array");
	}
}
