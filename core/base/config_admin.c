#include "base/config_parts.h"

#include <string.h>

static void check_address(struct config_doc *doc, const cJSON *item, const cJSON *token_file)
{
	if (strncmp(item->valuestring, "unix:", 5) == 0)
		config_doc_finding(doc, item,
		                   "expected a numeric address and a port (\"127.0.0.1:9090\"), "
		                   "found a unix socket; there is one in state_dir already");
	if (token_file == NULL)
		config_doc_finding(doc, item,
		                   "expected \"token_file\" beside it, found none; whoever "
		                   "reaches the address could otherwise reload the server");
}

/* Clients and those who ask about the server cannot share an address. */
static void check_own(struct config_doc *doc, const cJSON *item, const struct config *config,
                      const struct config_listen *listen, size_t count)
{
	char where[CONFIG_PLACE_SIZE];
	for (size_t i = 0; i < count; i++) {
		if (!config_is_same_address(&listen[i], &config->admin.listen))
			continue;
		config_place_text(config, listen[i].place, where);
		config_doc_finding(doc, item,
		                   "expected an address of its own, found \"%s\", which clients "
		                   "connect to: \"%s\" has it at %s",
		                   config->admin.listen.text,
		                   listen[i].tls ? "tls.listen" : "listen", where);
	}
}

void config_read_admin(struct config_doc *doc, struct config *config)
{
	const cJSON *admin = cJSON_GetObjectItemCaseSensitive(doc->root, "admin");
	const cJSON *listen = config_text_item(admin, "listen");
	const cJSON *token_file = config_text_item(admin, "token_file");
	if (token_file != NULL)
		config->admin.token_file =
			config_absolute(doc, token_file, token_file->valuestring);
	if (listen == NULL)
		return;
	check_address(doc, listen, token_file);
	config_read_address(doc, listen, &config->admin.listen);
	check_own(doc, listen, config, config->listen, config->listen_count);
	check_own(doc, listen, config, config->tls.listen, config->tls.listen_count);
}
