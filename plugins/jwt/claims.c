#include "claims.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

/* Times later than this (the year 9999) are typed wrong, or are milliseconds. */
#define TIME_MAX 253402300799.0

static void refuse(act_auth_verdict *out, uint32_t verdict, const char *why)
{
	out->verdict = verdict;
	strncpy(out->why, why, sizeof out->why - 1);
}

static void refuse_expired(act_auth_verdict *out, double exp)
{
	time_t seconds = (time_t)exp;
	struct tm when;
	out->verdict = ACT_AUTH_EXPIRED;
	gmtime_r(&seconds, &when);
	strftime(out->why, sizeof out->why, "the token was good until %Y-%m-%dT%H:%M:%SZ", &when);
}

/* A NumericDate, which may have a fraction. -1: it is none. Left out: `*out` stays. */
static int read_time(const json_t *claims, const char *name, double *out)
{
	const json_t *value = json_object_get(claims, name);
	if (value == NULL)
		return 0;
	if (!json_is_number(value))
		return -1;
	*out = json_number_value(value);
	return *out >= 0 && *out <= TIME_MAX ? 0 : -1;
}

/* Copies an id of 1 to 255 bytes; Jansson has seen to it that it is UTF-8 without a zero byte. */
static int copy_id(const json_t *value, char (*out)[256])
{
	size_t len = json_string_length(value);
	if (!json_is_string(value) || len == 0 || len >= sizeof *out)
		return -1;
	memcpy(*out, json_string_value(value), len + 1);
	return 0;
}

/* Is `audience` the claim, or one of an array of them? (RFC 7519 section 4.1.3) */
static bool is_meant(const json_t *aud, const char *audience)
{
	size_t i;
	const json_t *one;
	if (json_is_string(aud))
		return strcmp(json_string_value(aud), audience) == 0;
	json_array_foreach(aud, i, one)
	{
		if (json_is_string(one) && strcmp(json_string_value(one), audience) == 0)
			return true;
	}
	return false;
}

/* Who it is. false: `out` says why not. */
static bool check_ids(const json_t *claims, const struct settings *settings, act_auth_verdict *out)
{
	const json_t *device = json_object_get(claims, settings->device_claim);
	if (copy_id(json_object_get(claims, "sub"), &out->user) != 0) {
		refuse(out, ACT_AUTH_DENY, "the token names no user (sub) of 1 to 255 bytes");
		return false;
	}
	if (device != NULL && copy_id(device, &out->device) != 0) {
		refuse(out, ACT_AUTH_DENY, "the token's device is not a string of 1 to 255 bytes");
		return false;
	}
	return true;
}

/* For whom, and by whom, it was made. */
static bool check_place(const json_t *claims, const struct settings *settings,
                        act_auth_verdict *out)
{
	const char *iss = json_string_value(json_object_get(claims, "iss"));
	if (settings->issuer != NULL && (iss == NULL || strcmp(iss, settings->issuer) != 0)) {
		refuse(out, ACT_AUTH_FORBID, "the token is from an issuer (iss) not taken here");
		return false;
	}
	if (settings->audience != NULL &&
	    !is_meant(json_object_get(claims, "aud"), settings->audience)) {
		refuse(out, ACT_AUTH_FORBID, "the token is for another audience (aud)");
		return false;
	}
	return true;
}

static void check_time(const json_t *claims, const struct settings *settings, int64_t now,
                       act_auth_verdict *out)
{
	double exp = -1, nbf = 0, leeway = (double)settings->leeway_s;
	if (read_time(claims, "exp", &exp) != 0 || read_time(claims, "nbf", &nbf) != 0) {
		refuse(out, ACT_AUTH_DENY,
		       "the token's time (exp or nbf) is not a number of seconds since 1970");
		return;
	}
	if (nbf > (double)now + leeway) {
		refuse(out, ACT_AUTH_DENY, "the token is not good yet (nbf)");
		return;
	}
	if (exp >= 0 && (double)now >= exp + leeway) {
		refuse_expired(out, exp);
		return;
	}
	out->verdict = ACT_AUTH_ALLOW;
	/* The leeway is for clocks that differ: it lets a token in late, but gives none a longer
	 * life. */
	if (exp >= 0)
		out->expires_at = (int64_t)((double)now < exp ? exp : exp + leeway);
}

void claims_check(const json_t *claims, const struct settings *settings, int64_t now,
                  act_auth_verdict *out)
{
	out->verdict = ACT_AUTH_DENY; /* until all is found good */
	if (check_ids(claims, settings, out) && check_place(claims, settings, out))
		check_time(claims, settings, now, out);
	if (out->verdict == ACT_AUTH_ALLOW)
		return;
	/* Nobody shall find a name where there is no user. */
	memset(out->user, 0, sizeof out->user);
	memset(out->device, 0, sizeof out->device);
}
