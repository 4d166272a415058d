#include "base/config_parts.h"

#include "base/keypair.h"

static void expect_beside(struct config_doc *doc, const cJSON *item, const char *other)
{
	config_doc_finding(doc, item, "expected \"%s\" beside it, found none", other);
}

void config_read_tls(struct config_doc *doc, struct config *config)
{
	const cJSON *tls = cJSON_GetObjectItemCaseSensitive(doc->root, "tls");
	const cJSON *listen = cJSON_GetObjectItemCaseSensitive(tls, "listen");
	const cJSON *cert = config_text_item(tls, "cert"), *key = config_text_item(tls, "key");
	enum keypair_file blame;
	struct err why;
	if (config->tls.listen_count > 0 && cert == NULL)
		expect_beside(doc, listen, "cert");
	if (config->tls.listen_count > 0 && key == NULL)
		expect_beside(doc, listen, "key");
	if (cert != NULL)
		config->tls.cert = config_absolute(doc, cert, cert->valuestring);
	if (key != NULL)
		config->tls.key = config_absolute(doc, key, key->valuestring);
	if (config->tls.listen_count == 0 && cert != NULL && key == NULL)
		expect_beside(doc, cert, "key");
	if (config->tls.listen_count == 0 && cert == NULL && key != NULL)
		expect_beside(doc, key, "cert");
	if (cert != NULL && key != NULL &&
	    keypair_load(config->tls.cert, config->tls.key, &config->tls.pair, &blame, &why) != 0)
		config_doc_finding(doc, blame == KEYPAIR_CERT ? cert : key, "%s", why.text);
}
