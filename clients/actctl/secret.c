#include "secret.h"

#include "base/mem.h"
#include "reload/folder.h"
#include "secret_file.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE "act.auth/1"
#define PLUGIN "jwt"

static const char elsewhere[] = "take a token from whoever issues them, and give it with --token";

/* ---- settings ---- */

/* The plugin's settings; NULL where the config has none. */
static cJSON *settings_of(const struct config *config)
{
	for (size_t i = 0; i < config->plugin_count; i++)
		if (strcmp(config->plugins[i].name, PLUGIN) == 0)
			return cJSON_Parse(config->plugins[i].settings);
	return NULL;
}

static const char *text_of(const cJSON *settings, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(settings, key));
}

static bool takes_hs256(const cJSON *settings)
{
	const cJSON *name;
	cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(settings, "algorithms"))
	{
		if (cJSON_IsString(name) && strcmp(name->valuestring, "HS256") == 0)
			return true;
	}
	return false;
}

/* Does the server check tokens with that plugin at all? */
static enum outcome check_provider(const struct config *config)
{
	const char *provider = NULL;
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].id, SERVICE) == 0)
			provider = config->services[i].plugin;
	if (provider == NULL)
		return say_failure(USAGE, "add \"services\": {\"" SERVICE "\": \"" PLUGIN "\"}",
		                   "%s: no plugin provides " SERVICE ": this server checks no "
		                   "tokens",
		                   config->path);
	if (strcmp(provider, PLUGIN) != 0)
		return say_failure(USAGE, elsewhere,
		                   "%s: the plugin %s checks tokens, and actctl makes those of the "
		                   "plugin " PLUGIN " alone",
		                   config->path, provider);
	return DONE;
}

static enum outcome check_settings(const struct config *config, const cJSON *settings)
{
	if (!takes_hs256(settings))
		return say_failure(USAGE, elsewhere,
		                   "%s: plugins." PLUGIN ".algorithms has no \"HS256\", and actctl "
		                   "has no private key to sign otherwise",
		                   config->path);
	if (text_of(settings, "key_file") == NULL)
		return say_failure(USAGE, elsewhere,
		                   "%s: plugins." PLUGIN " has no \"key_file\" to take a secret "
		                   "from",
		                   config->path);
	return DONE;
}

/* ---- the key ---- */

/* A path that does not begin with '/' lies in the plugin's own folder, where a secret may be made.
 */
static enum outcome read_key(const struct config *config, const char *file, struct buffer *key)
{
	struct folder state;
	struct err why;
	char folder[PATH_MAX];
	if (file[0] == '/')
		return secret_file_read(file, key);
	snprintf(state.state_dir, sizeof state.state_dir, "%s", config->state_dir);
	if (folder_data_dir(&state, PLUGIN, folder, &why) != 0)
		return say_failure(USAGE, "run this as the user that the server runs as", "%s",
		                   why.text);
	char *path = mem_format("%s/%s", folder, file);
	enum outcome outcome = secret_file_make(path);
	if (outcome == DONE)
		outcome = secret_file_read(path, key);
	free(path);
	return outcome;
}

enum outcome secret_read(const struct config *config, struct secret *secret)
{
	cJSON *settings = settings_of(config);
	*secret = (struct secret){ 0 };
	enum outcome outcome = check_provider(config);
	if (outcome == DONE)
		outcome = check_settings(config, settings);
	if (outcome == DONE)
		outcome = read_key(config, text_of(settings, "key_file"), &secret->key);
	if (outcome == DONE) {
		secret->issuer = mem_text(text_of(settings, "issuer"));
		secret->audience = mem_text(text_of(settings, "audience"));
	}
	cJSON_Delete(settings);
	return outcome;
}

void secret_forget(struct secret *secret)
{
	if (secret->key.at != NULL)
		explicit_bzero(secret->key.at, secret->key.room);
	buffer_free(&secret->key);
	free(secret->issuer);
	free(secret->audience);
	*secret = (struct secret){ 0 };
}
