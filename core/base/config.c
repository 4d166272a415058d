#include "base/config.h"

#include "base/config_keys.h"
#include "base/config_parts.h"
#include "base/keypair.h"
#include "base/mem.h"

#include <sched.h>
#include <stdlib.h>

/* An answer of reply_bytes must fit the outbox with its code and frame header. */
#define FRAME_BYTES_MAX 64

/* The cores that this process may use, at least 1. */
static uint32_t core_count(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	uint32_t count = (uint32_t)CPU_COUNT(&set);
	return count < CONFIG_THREADS_MAX ? count : CONFIG_THREADS_MAX;
}

/* A finding where limit `key` is below what limit `other` needs. */
static void check_limit(struct config_doc *doc, const char *key, uint32_t value, const char *other,
                        uint64_t needed)
{
	const cJSON *limits = cJSON_GetObjectItemCaseSensitive(doc->root, "limits");
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(limits, key);
	if (value >= needed)
		return;
	if (item == NULL) /* then it is the default, and the other one is too large for it */
		item = cJSON_GetObjectItemCaseSensitive(limits, other);
	config_doc_finding(doc, item,
	                   "expected \"%s\" of at least %llu, as \"%s\" needs it, found %u", key,
	                   (unsigned long long)needed, other, value);
}

/* A reload can only be taken back where what it replaced is kept. */
static void check_rollback(struct config_doc *doc, const struct config *config)
{
	const cJSON *rollback = cJSON_GetObjectItemCaseSensitive(doc->root, "rollback");
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(rollback, "errors_percent");
	if (config->rollback.errors_percent == 0 || config->hold_s != 0 ||
	    config->canary_percent != 0)
		return;
	config_doc_finding(doc, item,
	                   "expected \"hold_s\" or \"canary_percent\" above 0 beside "
	                   "\"rollback\", found neither: nothing would be kept to go back to");
}

static void read_parts(struct config_doc *doc, struct config *config)
{
	const struct config_limits *limits = &config->limits;
	config_check(doc);
	config_key_fill("", doc->root, config);
	if (config->threads == 0)
		config->threads = core_count();
	check_limit(doc, "outbox_bytes", limits->outbox_bytes, "reply_bytes",
	            (uint64_t)limits->reply_bytes + FRAME_BYTES_MAX);
	check_limit(doc, "pending_bytes", limits->pending_bytes, "message_bytes",
	            limits->message_bytes);
	check_rollback(doc, config);
	config_read_listen(doc, config);
	config_read_tls(doc, config);
	config_read_paths(doc, config);
	config_read_admin(doc, config);
	config_read_login(doc, config);
	config_read_endpoints(doc, config);
	config_read_actions(doc, config);
	config_read_pushes(doc, config);
	config_read_plugins(doc, config);
	config_read_services(doc, config);
}

int config_load(const char *path, const char *const *overrides, size_t override_count,
                struct config **out, struct config_errors *errors)
{
	struct config *config = mem_new(1, sizeof *config);
	struct config_doc doc;
	*errors = (struct config_errors){ 0 };
	*out = NULL;
	config->path = mem_text(path);
	if (config_doc_open(&doc, path, overrides, override_count, errors) == 0)
		read_parts(&doc, config);
	config->tree = doc.root;
	doc.root = NULL;
	config_doc_close(&doc);
	if (errors->count > 0) {
		config_free(config);
		return -1;
	}
	*out = config;
	return 0;
}

static void free_maps(struct config *config)
{
	for (size_t i = 0; i < config->endpoint_count; i++) {
		free(config->endpoints[i].path);
		free(config->endpoints[i].action);
	}
	for (size_t i = 0; i < config->action_count; i++) {
		free(config->actions[i].plugin);
		free(config->actions[i].action);
	}
	for (size_t i = 0; i < config->push_count; i++) {
		free(config->pushes[i].plugin);
		free(config->pushes[i].push);
	}
	for (size_t i = 0; i < config->plugin_count; i++) {
		free(config->plugins[i].name);
		free(config->plugins[i].settings);
	}
	for (size_t i = 0; i < config->service_count; i++) {
		free(config->services[i].id);
		free(config->services[i].plugin);
	}
	free(config->endpoints);
	free(config->actions);
	free(config->pushes);
	free(config->plugins);
	free(config->services);
}

static void free_listen(struct config_listen *listen)
{
	free(listen->text);
	free(listen->host);
	free(listen->unix_path);
}

static void free_tls(struct config_tls *tls)
{
	for (size_t i = 0; i < tls->listen_count; i++)
		free_listen(&tls->listen[i]);
	free(tls->listen);
	free(tls->cert);
	free(tls->key);
	keypair_free(tls->pair);
}

void config_free(struct config *config)
{
	if (config == NULL)
		return;
	cJSON_Delete(config->tree);
	for (size_t i = 0; i < config->listen_count; i++)
		free_listen(&config->listen[i]);
	free_tls(&config->tls);
	free_listen(&config->admin.listen);
	free(config->admin.token_file);
	for (size_t i = 0; i < config->origin_count; i++)
		free(config->origins[i]);
	free_maps(config);
	free(config->listen);
	free(config->origins);
	free(config->path);
	free(config->plugin_dir);
	free(config->state_dir);
	free(config->login_header);
	free(config->login_cookie);
	free(config->login_query);
	free(config->log.file);
	free(config);
}
