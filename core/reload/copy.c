#include "reload/copy.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A source that changes while it is read is read again, this often, with a pause between. */
enum { TRIES = 5, PAUSE_MS = 25 };

enum { BLOCK = 64 * 1024 };

/* From the functions below: the source changed while it was read. */
enum { CHANGED = 1 };

/* Names must never come back in the life of the process: the loader knows old ones. */
static atomic_uint_fast64_t copies_made;

static int open_source(const char *path, struct stat *st, struct err *why)
{
	/* Without O_NONBLOCK a pipe in the plugin folder would hold the reload up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_set(why, "the file cannot be opened: %s", strerror(errno));
	if (fstat(fd, st) != 0)
		err_set(why, "the file cannot be looked at: %s", strerror(errno));
	else if (!S_ISREG(st->st_mode))
		err_set(why, "expected a file, found a folder, device, pipe or socket");
	else if (st->st_size > (off_t)PLUGIN_FILE_MAX)
		err_set(why, "the file has %jd bytes, expected at most %u", (intmax_t)st->st_size,
		        PLUGIN_FILE_MAX);
	else
		return fd;
	close(fd);
	return -1;
}

static bool is_unchanged(int fd, const struct stat *before)
{
	struct stat now;
	return fstat(fd, &now) == 0 && now.st_size == before->st_size &&
	       now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

static int write_all(int fd, const char *at, size_t size, struct err *why)
{
	while (size > 0) {
		ssize_t done = write(fd, at, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_set(why,
			               "its private copy cannot be written: %s (the key "
			               "state_dir of the config says where copies go)",
			               strerror(errno));
		at += done;
		size -= (size_t)done;
	}
	return 0;
}

/* Reads `source` from its start to its end into `hash` and, unless it is -1, into `target`. A file
 * that does not have the `size` of before is one that changed. */
static int read_through(int source, int target, uint64_t size, EVP_MD_CTX *hash, struct err *why)
{
	char block[BLOCK];
	uint64_t at = 0;
	for (;;) {
		ssize_t got = pread(source, block, sizeof block, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(why, "the file cannot be read: %s", strerror(errno));
		if (got == 0)
			return at == size ? 0 : CHANGED;
		at += (uint64_t)got;
		if (at > size)
			return CHANGED;
		if (target >= 0 && write_all(target, block, (size_t)got, why) != 0)
			return -1;
		if (EVP_DigestUpdate(hash, block, (size_t)got) != 1)
			return err_set(why, "SHA-256 failed in libcrypto");
	}
}

/* The hash of one reading. 0, CHANGED or -1. */
static int read_once(int source, int target, const struct stat *before,
                     uint8_t sha[PLUGIN_HASH_SIZE], struct err *why)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	unsigned int size = 0;
	int rc;
	if (hash == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1) {
		rc = err_set(why, "SHA-256 is not to be had from libcrypto");
		goto out;
	}
	rc = read_through(source, target, (uint64_t)before->st_size, hash, why);
	if (rc != 0)
		goto out;
	if (EVP_DigestFinal_ex(hash, sha, &size) != 1 || size != PLUGIN_HASH_SIZE)
		rc = err_set(why, "SHA-256 failed in libcrypto");
	else if (!is_unchanged(source, before))
		rc = CHANGED;
out:
	EVP_MD_CTX_free(hash);
	return rc;
}

static int keeps_changing(struct err *why)
{
	return err_set(why,
	               "the file changed each of the %d times that it was read: write the new "
	               "one beside it and rename it into its place",
	               TRIES);
}

static void pause_between_tries(void)
{
	struct timespec pause = { 0, PAUSE_MS * 1000000L };
	nanosleep(&pause, NULL);
}

static int hash_once(const char *path, uint8_t sha[PLUGIN_HASH_SIZE], struct err *why)
{
	struct stat before;
	int rc, source = open_source(path, &before, why);
	if (source < 0)
		return -1;
	rc = read_once(source, -1, &before, sha, why);
	close(source);
	return rc;
}

int plugin_hash(const char *path, uint8_t sha[PLUGIN_HASH_SIZE], struct err *why)
{
	int attempt, rc = CHANGED;
	for (attempt = 0; rc == CHANGED && attempt < TRIES; attempt++) {
		if (attempt > 0)
			pause_between_tries();
		rc = hash_once(path, sha, why);
	}
	return rc == CHANGED ? keeps_changing(why) : rc;
}

static int name_copy(const char *directory, const char *stem, struct plugin_copy *out,
                     struct err *why)
{
	char hex[17];
	int i, len;
	for (i = 0; i < 8; i++)
		snprintf(hex + i * 2, 3, "%02x", out->sha[i]);
	len = snprintf(out->path, sizeof out->path, "%s/%s.%" PRIuFAST64 ".%s.so", directory, stem,
	               atomic_fetch_add(&copies_made, 1) + 1, hex);
	/* A name that was cut would not be unique. */
	if (len < 0 || (size_t)len >= sizeof out->path)
		return err_set(why,
		               "the name of its private copy would have %d bytes, expected at most "
		               "%zu: set the key state_dir of the config to a shorter path",
		               len, sizeof out->path - 1);
	return 0;
}

/* Makes the file. A name that exists was left by an earlier process: the next one is free. */
static int open_target(const char *directory, const char *stem, struct plugin_copy *out,
                       struct err *why)
{
	int fd;
	do {
		if (name_copy(directory, stem, out, why) != 0)
			return -1;
		fd = open(out->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0500);
	} while (fd < 0 && errno == EEXIST);
	if (fd < 0)
		return err_set(why,
		               "its private copy cannot be made in %s: %s (the key state_dir "
		               "of the config says where copies go)",
		               directory, strerror(errno));
	return fd;
}

/* On a file system mounted noexec, and where a security module says so, loading would fail with
 * words that help nobody. Asking for an executable page of the copy finds out. */
static int check_may_run(int target, const char *directory, struct err *why)
{
	void *page = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, target, 0);
	if (page == MAP_FAILED && (errno == EPERM || errno == EACCES))
		return err_set(
			why,
			"the folder %s does not allow code to be run from it (mounted "
			"noexec?): set the key state_dir of the config to a folder that does",
			directory);
	if (page == MAP_FAILED)
		return err_set(why, "its private copy cannot be mapped: %s", strerror(errno));
	munmap(page, 1);
	return 0;
}

/* The source is read twice: once for the hash, which is in the copy's name, and once to copy it.
 * Two readings that differ show a writer at work even where the clock of the file system is too
 * coarse to. */
static int copy_once(const char *source_path, const char *directory, const char *stem,
                     struct plugin_copy *out, struct err *why)
{
	struct stat before;
	uint8_t sha[PLUGIN_HASH_SIZE];
	int rc, target = -1, source = open_source(source_path, &before, why);
	if (source < 0)
		return -1;
	rc = read_once(source, -1, &before, out->sha, why);
	if (rc != 0)
		goto out;
	target = open_target(directory, stem, out, why);
	if (target < 0) {
		rc = -1;
		goto out;
	}
	rc = read_once(source, target, &before, sha, why);
	if (rc == 0 && memcmp(sha, out->sha, sizeof sha) != 0)
		rc = CHANGED;
	if (rc == 0 && fchmod(target, 0500) != 0)
		rc = err_set(why, "its private copy cannot be made executable: %s",
		             strerror(errno));
	if (rc == 0)
		rc = check_may_run(target, directory, why);
	out->size = (uint64_t)before.st_size;
out:
	if (target >= 0) {
		close(target);
		if (rc != 0)
			unlink(out->path);
	}
	close(source);
	return rc;
}

int plugin_copy(const char *source, const char *directory, const char *stem,
                struct plugin_copy *out, struct err *why)
{
	int attempt, rc = CHANGED;
	CHECK(directory[0] == '/');
	CHECK(stem[0] != '\0' && strchr(stem, '/') == NULL);
	for (attempt = 0; rc == CHANGED && attempt < TRIES; attempt++) {
		if (attempt > 0)
			pause_between_tries();
		rc = copy_once(source, directory, stem, out, why);
	}
	return rc == CHANGED ? keeps_changing(why) : rc;
}
