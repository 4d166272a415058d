#include "keyring.h"

#include <act/easy.h>

/* Notes the files as they are before they are read: one that changes in between is seen to differ
 * the next time, and is read again. true: they are not as noted before. */
static bool note_files(struct keyring *ring)
{
	struct file_stamp key_file = file_stamp(ring->settings->key_file);
	struct file_stamp jwks_file = file_stamp(ring->settings->jwks_file);
	bool changed = !file_stamp_same(&key_file, &ring->key_file) ||
	               !file_stamp_same(&jwks_file, &ring->jwks_file);
	ring->key_file = key_file;
	ring->jwks_file = jwks_file;
	return changed;
}

int keyring_open(struct keyring *ring, const act_host *host, const struct settings *settings,
                 struct why *why)
{
	*ring = (struct keyring){ .host = host, .settings = settings };
	note_files(ring);
	if (keyset_load(host, settings, &ring->current, why) != 0)
		return -1;
	pthread_mutex_init(&ring->lock, NULL); /* cannot fail without attributes (glibc) */
	return 0;
}

struct keyset *keyring_take(struct keyring *ring)
{
	struct keyset *set;
	pthread_mutex_lock(&ring->lock);
	set = keyset_hold(ring->current);
	pthread_mutex_unlock(&ring->lock);
	return set;
}

void keyring_refresh(struct keyring *ring)
{
	struct keyset *fresh, *old;
	struct why why;
	if (!note_files(ring))
		return;
	if (keyset_load(ring->host, ring->settings, &fresh, &why) != 0) {
		act_logf(ring->host, ACT_LOG_ERROR, "the keys read before stay in use: %s",
		         why.text);
		return;
	}
	pthread_mutex_lock(&ring->lock);
	old = ring->current;
	ring->current = fresh;
	pthread_mutex_unlock(&ring->lock);
	keyset_drop(old);
}

void keyring_close(struct keyring *ring)
{
	keyset_drop(ring->current);
	pthread_mutex_destroy(&ring->lock);
}
