#include "base/config_parts.h"

#include "base/mem.h"

#include <ctype.h>
#include <string.h>

/* The characters of a token: the names of header fields and cookies (RFC 9110, section 5.6.2). */
static bool is_token(const char *text)
{
	static const char others[] = "!#$%&'*+-.^_`|~";
	if (text[0] == '\0')
		return false;
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c >= 0x80 || (!isalnum(c) && strchr(others, c) == NULL))
			return false;
	}
	return true;
}

/* The names of parameters that stand in a query as they are (RFC 3986: unreserved). */
static bool is_unreserved(const char *text)
{
	if (text[0] == '\0')
		return false;
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c >= 0x80 || (!isalnum(c) && strchr("-._~", c) == NULL))
			return false;
	}
	return true;
}

static void check_name(struct config_doc *doc, const char *key, bool (*is_good)(const char *),
                       const char *expected)
{
	const cJSON *login = cJSON_GetObjectItemCaseSensitive(doc->root, "login");
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(login, key);
	char found[128];
	if (!cJSON_IsString(item) || is_good(item->valuestring))
		return;
	config_doc_found(item, found, sizeof found);
	config_doc_finding(doc, item, "expected %s, found %s", expected, found);
}

/* An Origin as browsers write it (RFC 6454, section 7): scheme, host and port, nothing behind. */
static bool is_origin(const char *text)
{
	const char *host = strstr(text, "://");
	if (strcmp(text, "null") == 0)
		return true;
	return host != NULL && host > text && host[3] != '\0' &&
	       strpbrk(host + 3, "/?# \t\"") == NULL;
}

static void read_origins(struct config_doc *doc, struct config *config)
{
	size_t count;
	const cJSON *origins = config_part(doc, "origins", &count);
	if (!cJSON_IsArray(origins))
		return;
	config->origins = mem_new(count, sizeof *config->origins);
	for (const cJSON *item = origins->child; item != NULL; item = item->next) {
		char found[128];
		if (!cJSON_IsString(item))
			continue;
		config->origins[config->origin_count++] = mem_text(item->valuestring);
		if (is_origin(item->valuestring))
			continue;
		config_doc_found(item, found, sizeof found);
		config_doc_finding(doc, item,
		                   "expected an origin as \"https://example.org\", found %s",
		                   found);
	}
}

void config_read_login(struct config_doc *doc, struct config *config)
{
	check_name(doc, "header", is_token, "the name of a header field");
	check_name(doc, "cookie", is_token, "the name of a cookie");
	check_name(doc, "query", is_unreserved, "letters, digits and - . _ ~");
	for (char *c = config->login_header; c != NULL && *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c); /* field names have no case */
	read_origins(doc, config);
}
