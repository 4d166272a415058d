/* config_listen: the addresses that are listened on, without TLS ("listen") and with it
 * ("tls.listen"), and what must hold of all of them. */
#include "base/config_parts.h"

#include "base/check.h"
#include "base/config_keys.h"
#include "base/mem.h"

#include <string.h>

/* Of each of the two, at most. */
enum { LISTEN_MAX = 64 };

/* Each address beside the text that it was read from; the item is NULL with a default. */
struct listed {
	const cJSON *item;
	const struct config_listen *listen;
};

struct listing {
	struct listed all[2 * LISTEN_MAX];
	size_t count;
};

static void find_same(struct config_doc *doc, const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		const struct listed *one = &listing->all[i];
		for (size_t j = 0; j < i; j++) {
			const struct listed *before = &listing->all[j];
			char where[400];
			if (one->item == NULL || before->item == NULL ||
			    !config_is_same_address(one->listen, before->listen))
				continue;
			config_doc_where(doc, before->item, where, sizeof where);
			config_doc_finding(doc, one->item,
			                   "expected each address once, found \"%s\" again; it "
			                   "stands at %s already",
			                   one->listen->text, where);
			break;
		}
	}
}

static bool is_loopback(const struct config_listen *listen)
{
	if (listen->host == NULL) /* a unix socket, or refused already */
		return true;
	return strncmp(listen->host, "127.", 4) == 0 || strcmp(listen->host, "::1") == 0 ||
	       strncmp(listen->host, "::ffff:127.", 11) == 0;
}

static void check_auth(struct config_doc *doc, const struct listing *listing,
                       const struct config *config)
{
	if (config->auth != CONFIG_AUTH_NONE || config->auth_anywhere)
		return;
	for (size_t i = 0; i < listing->count; i++) {
		const struct listed *one = &listing->all[i];
		if (one->item != NULL && !is_loopback(one->listen))
			config_doc_finding(doc, one->item,
			                   "expected a loopback address with \"auth\": \"none\", "
			                   "found \"%s\"; use \"auth\": \"token\", or insist with "
			                   "\"auth_anywhere\": true",
			                   one->listen->text);
	}
}

/* Reads one address, or an array of them; none with null or "". */
static size_t read_list(struct config_doc *doc, const cJSON *item, struct config_listen **out,
                        struct listing *listing)
{
	bool is_list = cJSON_IsArray(item);
	size_t count = is_list ? (size_t)cJSON_GetArraySize(item) : 1;
	*out = NULL;
	if (count > LISTEN_MAX) {
		config_doc_finding(doc, item, "expected at most %d addresses, found %zu",
		                   LISTEN_MAX, count);
		return 0;
	}
	*out = mem_new(count, sizeof **out);
	const cJSON *one = is_list ? item->child : item;
	for (size_t i = 0; i < count; i++, one = one->next) {
		/* one that is not a string was refused already, and leaves an empty place */
		if (cJSON_IsString(one))
			config_read_address(doc, one, &(*out)[i]);
		listing->all[listing->count++] = (struct listed){ one, &(*out)[i] };
	}
	return count;
}

/* What the table of keys says where the config is silent. */
static size_t read_default(struct config_listen **out)
{
	cJSON *text = cJSON_Parse(config_key_find("", "listen")->fallback);
	*out = mem_new(1, sizeof **out);
	CHECK(cJSON_IsString(text) && config_parse_address(text->valuestring, *out));
	(*out)->text = mem_text(text->valuestring);
	cJSON_Delete(text);
	return 1;
}

void config_read_listen(struct config_doc *doc, struct config *config)
{
	const cJSON *plain = cJSON_GetObjectItemCaseSensitive(doc->root, "listen");
	const cJSON *tls = cJSON_GetObjectItemCaseSensitive(doc->root, "tls");
	const cJSON *secure = cJSON_GetObjectItemCaseSensitive(tls, "listen");
	struct listing listing = { .count = 0 };
	if (plain == NULL)
		config->listen_count = read_default(&config->listen);
	else if (!cJSON_IsNull(plain))
		config->listen_count = read_list(doc, plain, &config->listen, &listing);
	if (secure != NULL && (cJSON_IsArray(secure) || config_text_item(tls, "listen") != NULL))
		config->tls.listen_count = read_list(doc, secure, &config->tls.listen, &listing);
	for (size_t i = 0; i < config->tls.listen_count; i++)
		config->tls.listen[i].tls = true;
	find_same(doc, &listing);
	check_auth(doc, &listing, config);
	if (cJSON_IsNull(plain) && config->tls.listen_count == 0)
		config_doc_finding(doc, plain,
		                   "expected an address here or in \"tls.listen\", found none");
}
