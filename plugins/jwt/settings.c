#include "settings.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS "algorithms, key_file, jwks_file, leeway_s, issuer, audience, device_claim"

static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	case JSON_NULL:
		break;
	}
	return "null";
}

static int read_algorithms(const json_t *value, struct settings *out, struct why *why)
{
	size_t i;
	const json_t *name;
	if (!json_is_array(value) || json_array_size(value) == 0)
		return why_say(why,
		               "\"algorithms\": expected an array with at least one of \"HS256\", "
		               "\"RS256\", \"EdDSA\", found %s",
		               json_is_array(value) ? "an empty one" : type_name(value));
	json_array_foreach(value, i, name)
	{
		enum alg alg;
		if (!json_is_string(name))
			return why_say(why, "\"algorithms\": expected strings, found %s",
			               type_name(name));
		if (strcmp(json_string_value(name), "none") == 0)
			return why_say(why, "\"algorithms\": \"none\" is refused: anybody could "
			                    "write such a token");
		if (alg_find(json_string_value(name), &alg) != 0)
			return why_say(why,
			               "\"algorithms\": expected \"HS256\", \"RS256\" or "
			               "\"EdDSA\", found \"%.64s\"",
			               json_string_value(name));
		out->algorithms |= ALG_BIT(alg);
	}
	return 0;
}

static int read_leeway(const json_t *value, struct settings *out, struct why *why)
{
	json_int_t seconds = json_integer_value(value);
	if (!json_is_integer(value))
		return why_say(why, "\"leeway_s\": expected a whole number from 0 to %d, found %s",
		               SETTINGS_LEEWAY_MAX_S,
		               json_is_real(value) ? "a fraction" : type_name(value));
	if (seconds < 0 || seconds > SETTINGS_LEEWAY_MAX_S)
		return why_say(why,
		               "\"leeway_s\": expected a whole number from 0 to %d, found %lld",
		               SETTINGS_LEEWAY_MAX_S, (long long)seconds);
	out->leeway_s = seconds;
	return 0;
}

static int read_text(const char *key, const json_t *value, char **out, struct why *why)
{
	if (!json_is_string(value))
		return why_say(why, "\"%s\": expected a string, found %s", key, type_name(value));
	if (json_string_length(value) == 0)
		return why_say(why, "\"%s\": expected a string that is not empty", key);
	*out = strdup(json_string_value(value));
	return *out != NULL ? 0 : why_say(why, "no memory for the settings");
}

static int read_member(const char *key, const json_t *value, struct settings *out, struct why *why)
{
	const struct {
		const char *key;
		char **out;
	} texts[] = {
		{ "key_file", &out->key_file },
		{ "jwks_file", &out->jwks_file },
		{ "issuer", &out->issuer },
		{ "audience", &out->audience },
		{ "device_claim", &out->device_claim },
	};
	if (strcmp(key, "algorithms") == 0)
		return read_algorithms(value, out, why);
	if (strcmp(key, "leeway_s") == 0)
		return read_leeway(value, out, why);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(key, texts[i].key) == 0)
			return read_text(key, value, texts[i].out, why);
	return why_say(why, "\"%.64s\": there is no such setting; expected one of %s", key, KEYS);
}

/* Puts `folder` before a path that is not absolute. */
static int make_absolute(char **path, act_bytes folder, struct why *why)
{
	char *absolute = NULL;
	if (*path == NULL || (*path)[0] == '/')
		return 0;
	if (asprintf(&absolute, "%.*s/%s", (int)folder.len, (const char *)folder.ptr, *path) < 0)
		return why_say(why, "no memory for the settings");
	free(*path);
	*path = absolute;
	return 0;
}

/* What the keys must be together, and the defaults of those left out. */
static int complete(act_bytes folder, struct settings *out, struct why *why)
{
	if (out->algorithms == 0)
		return why_say(why, "\"algorithms\": expected the algorithms that tokens may be "
		                    "signed with, for instance [\"HS256\"], found nothing");
	if (out->key_file == NULL && out->jwks_file == NULL)
		return why_say(why, "expected \"key_file\" or \"jwks_file\", found neither");
	if (out->device_claim == NULL && (out->device_claim = strdup("device")) == NULL)
		return why_say(why, "no memory for the settings");
	if (make_absolute(&out->key_file, folder, why) != 0)
		return -1;
	return make_absolute(&out->jwks_file, folder, why);
}

int settings_read(act_bytes text, act_bytes folder, struct settings *out, struct why *why)
{
	json_error_t error;
	json_t *object = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
	const char *key;
	const json_t *value;
	int rc = -1;

	*out = (struct settings){ .leeway_s = 30 };
	if (!json_is_object(object)) {
		why_say(why, "the settings: expected a JSON object, found %s",
		        object != NULL ? type_name(object) : error.text);
		goto out;
	}
	/* The macro takes the object as one that may change. */
	json_object_foreach(object, key, *(json_t **)&value)
	{
		if (read_member(key, value, out, why) != 0)
			goto out;
	}
	rc = complete(folder, out, why);
out:
	json_decref(object);
	return rc;
}

void settings_free(struct settings *settings)
{
	free(settings->key_file);
	free(settings->jwks_file);
	free(settings->issuer);
	free(settings->audience);
	free(settings->device_claim);
	*settings = (struct settings){ 0 };
}
