/* Any text as a configuration: the whole way of config_load(), to numbers or to sentences.
 *
 * Lines at the end that begin with "-o " are settings of the command line, one each, as in
 * "-o limits.connections=5"; what stands before them is the file. */
#include "base/config.h"
#include "base/config_doc.h"
#include "base/json_scan.h"
#include "base/mem.h"
#include "memory_file.h"
#include "sentence.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { OVERRIDES_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* ---- what was taken ------------------------------------------------------------------------ */

static void check_listen(const struct config *config)
{
	CHECK(config->listen_count + config->tls.listen_count >= 1);
	for (size_t i = 0; i < config->listen_count; i++) {
		const struct config_listen *listen = &config->listen[i];
		CHECK(listen->text != NULL &&
		      (listen->host == NULL) != (listen->unix_path == NULL));
		CHECK(listen->unix_path == NULL || listen->unix_path[0] == '/');
	}
}

static void check_maps(const struct config *config)
{
	for (size_t i = 0; i < config->action_count; i++) {
		const struct config_action *action = &config->actions[i];
		CHECK(action->code_first >= 1 && action->code_first <= action->code_last);
		CHECK(i == 0 || config->actions[i - 1].code_last < action->code_first);
		CHECK((action->plugin == NULL) == (action->action == NULL));
		CHECK(action->rate_per_s <= 0 || action->rate_burst >= 1);
	}
	for (size_t i = 0; i < config->push_count; i++) {
		CHECK(config->pushes[i].plugin != NULL && config->pushes[i].push != NULL);
		CHECK(i == 0 || config->pushes[i - 1].code < config->pushes[i].code);
	}
	for (size_t i = 0; i < config->endpoint_count; i++) {
		const struct config_endpoint *endpoint = &config->endpoints[i];
		CHECK(endpoint->path[0] == '/');
		CHECK((endpoint->mode == CONFIG_MODE_RAW) == (endpoint->action != NULL));
	}
	for (size_t i = 0; i < config->service_count; i++)
		CHECK(config->services[i].id != NULL && config->services[i].plugin != NULL);
}

/* What is passed on to the plugins must be JSON. */
static void check_settings(const struct config *config)
{
	for (size_t i = 0; i < config->plugin_count; i++) {
		const struct config_plugin *plugin = &config->plugins[i];
		struct json_fault fault;
		CHECK(plugin->name != NULL && plugin->settings[0] == '{');
		CHECK(json_scan(plugin->settings, strlen(plugin->settings), NULL, &fault) == 0);
	}
}

static void check_taken(const struct config *config)
{
	const struct config_limits *limits = &config->limits;
	CHECK(config->threads >= 1 && config->threads <= CONFIG_THREADS_MAX);
	CHECK(config->workers >= 1 && config->load_ms >= 1 && config->deadline_ms >= 1);
	CHECK(config->plugin_dir[0] == '/' && config->state_dir[0] == '/');
	CHECK(config->log.file == NULL || config->log.file[0] == '/');
	CHECK(limits->outbox_bytes > limits->reply_bytes);
	CHECK(limits->pending_bytes >= limits->message_bytes);
	CHECK(limits->pending_messages >= 1 && limits->connections >= 1);
	check_listen(config);
	check_maps(config);
	check_settings(config);
}

/* ---- what was refused ---------------------------------------------------------------------- */

/* A line for each finding, which says where: in the file, or in which setting. */
static void check_refused(const char *path, const struct config_errors *errors)
{
	size_t lines = 0;
	CHECK(errors->count > 0 && errors->text != NULL);
	for (const char *line = errors->text; *line != '\0'; lines++) {
		const char *end = strchr(line, '\n');
		CHECK(end != NULL);
		sentence_check(line, (size_t)(end - line));
		CHECK(strncmp(line, path, strlen(path)) == 0 || strncmp(line, "-o ", 3) == 0 ||
		      lines == CONFIG_FINDINGS_MAX - 1);
		line = end + 1;
	}
	CHECK(lines == (errors->count < CONFIG_FINDINGS_MAX ? errors->count : CONFIG_FINDINGS_MAX));
}

/* ---- one run ------------------------------------------------------------------------------- */

/* The settings behind the file; returns the length of the file. `text` is terminated, and is cut
 * into its lines there. */
static size_t split(char *text, size_t len, const char **overrides, size_t *count)
{
	static const char mark[] = "\n-o ";
	char *at = memmem(text, len, mark, sizeof mark - 1);
	size_t file_len = at != NULL ? (size_t)(at - text) : len;
	*count = 0;
	while (at != NULL && *count < OVERRIDES_MAX) {
		*at = '\0';
		at += sizeof mark - 1;
		overrides[(*count)++] = at;
		at = memmem(at, (size_t)(text + len - at), mark, sizeof mark - 1);
	}
	return file_len;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *overrides[OVERRIDES_MAX];
	char *text = mem_text_n((const char *)bytes, len);
	size_t count, file_len = split(text, len, overrides, &count);
	const char *path = memory_file_path(text, file_len);
	struct config *config;
	struct config_errors errors;
	if (config_load(path, overrides, count, &config, &errors) == 0) {
		CHECK(errors.count == 0 && errors.text == NULL);
		check_taken(config);
		config_free(config);
	} else {
		CHECK(config == NULL);
		check_refused(path, &errors);
		config_errors_free(&errors);
	}
	free(text);
	return 0;
}
