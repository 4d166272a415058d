#include "keyset.h"

#include <act/easy.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int keyset_add(struct keyset *set, struct key *key, struct why *why)
{
	int rc = 0;
	for (size_t i = 0; i < set->count && key->kid != NULL; i++) {
		const struct key *other = &set->keys[i];
		if (other->alg == key->alg && other->kid != NULL &&
		    strcmp(other->kid, key->kid) == 0)
			rc = why_say(why,
			             "expected ids (\"kid\") that differ, found two keys "
			             "for %s with one id",
			             alg_name(key->alg));
	}
	if (rc == 0 && set->count == KEYSET_MAX)
		rc = why_say(why, "expected at most %d keys, found more", KEYSET_MAX);
	if (rc == 0)
		set->keys[set->count++] = *key;
	else
		key_clear(key);
	return rc;
}

void keyset_warn_exposed(const act_host *host, const char *path, mode_t mode)
{
	if ((mode & (S_IROTH | S_IWOTH)) != 0)
		act_logf(host, ACT_LOG_WARN,
		         "%s holds a secret and every user of this machine can %s it: chmod 600",
		         path, (mode & S_IROTH) != 0 ? "read" : "change");
}

static alg_set served(const struct keyset *set)
{
	alg_set algorithms = 0;
	for (size_t i = 0; i < set->count; i++)
		algorithms |= ALG_BIT(set->keys[i].alg);
	return algorithms;
}

/* An algorithm that is allowed and has no key is no error: its key may come by rotation. */
static void report(const act_host *host, const struct settings *settings, const struct keyset *set)
{
	alg_set idle = settings->algorithms & ~served(set);
	for (int i = 0; i < ALG_COUNT; i++)
		if ((idle & ALG_BIT(i)) != 0)
			act_logf(host, ACT_LOG_WARN,
			         "\"algorithms\" has %s, but there is no key for it: its tokens "
			         "are refused",
			         alg_name((enum alg)i));
	act_logf(host, ACT_LOG_INFO, "%zu key%s read", set->count, set->count == 1 ? "" : "s");
}

int keyset_load(const act_host *host, const struct settings *settings, struct keyset **out,
                struct why *why)
{
	alg_set algorithms = settings->algorithms;
	struct keyset *set = calloc(1, sizeof *set);
	if (set == NULL)
		return why_say(why, "no memory for the keys");
	atomic_init(&set->references, 1);
	if (settings->key_file != NULL &&
	    key_file_load(host, settings->key_file, algorithms, set, why) != 0)
		goto out;
	if (settings->jwks_file != NULL &&
	    key_jwks_load(host, settings->jwks_file, algorithms, set, why) != 0)
		goto out;
	if (set->count == 0) {
		why_say(why, "%s: expected a key that \"algorithms\" can use, found none",
		        settings->jwks_file);
		goto out;
	}
	report(host, settings, set);
	*out = set;
	return 0;
out:
	keyset_drop(set);
	return -1;
}

struct keyset *keyset_hold(struct keyset *set)
{
	unsigned before = atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
	assert(before > 0);
	(void)before;
	return set;
}

void keyset_drop(struct keyset *set)
{
	unsigned before = atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel);
	assert(before > 0);
	if (before > 1)
		return;
	for (size_t i = 0; i < set->count; i++)
		key_clear(&set->keys[i]);
	free(set);
}
