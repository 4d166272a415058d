#include "secret_file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANDOM_BYTES = 32 };

static const char as_server[] = "run this as the user that the server runs as; --config says which "
				"server";

/* ---- making ---- */

/* 0, or -1 and errno. */
static int write_random(int fd)
{
	uint8_t bytes[RANDOM_BYTES];
	char text[2 * RANDOM_BYTES + 2];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return -1;
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(text + 2 * i, 4, "%02x\n", bytes[i]);
	ssize_t put = write(fd, text, sizeof text - 1);
	explicit_bzero(bytes, sizeof bytes);
	explicit_bzero(text, sizeof text);
	if (put != (ssize_t)sizeof text - 1)
		return -1;
	return fsync(fd);
}

/* Written under another name and linked: link(2) never replaces a file. */
static int make_file(const char *path)
{
	char *fresh = mem_format("%s.XXXXXX", path);
	int fd = mkstemp(fresh), rc = -1, why = errno;
	if (fd >= 0) {
		rc = write_random(fd);
		if (rc == 0 && link(fresh, path) != 0 && errno != EEXIST)
			rc = -1;
		why = errno;
		unlink(fresh);
		close(fd);
	}
	free(fresh);
	errno = why;
	return rc;
}

enum outcome secret_file_make(const char *path)
{
	struct stat info;
	if (stat(path, &info) == 0 || errno != ENOENT)
		return DONE; /* reading tells what is wrong with it */
	if (make_file(path) != 0)
		return say_failure(USAGE, as_server, "cannot make the secret %s: %s", path,
		                   strerror(errno));
	return DONE;
}

/* ---- reading ---- */

static enum outcome read_all(int fd, const char *path, struct buffer *key)
{
	struct stat info;
	uint8_t bytes[SECRET_FILE_MAX + 2];
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
		return say_failure(USAGE, "name a file with \"key_file\"",
		                   "%s: expected a file, found something else", path);
	ssize_t len = read(fd, bytes, sizeof bytes);
	if (len < 0)
		return say_failure(USAGE, as_server, "%s: %s", path, strerror(errno));
	if (len > 0 && bytes[len - 1] == '\n')
		len--;
	if (buffer_put(key, bytes, (size_t)len) != 0)
		len = 0;
	explicit_bzero(bytes, sizeof bytes);
	if (len >= SECRET_FILE_MIN && len <= SECRET_FILE_MAX)
		return DONE;
	return say_failure(USAGE, "openssl rand -hex 32 makes one",
	                   "%s: expected a secret of %d to %d bytes, found %s%zd", path,
	                   SECRET_FILE_MIN, SECRET_FILE_MAX, len > SECRET_FILE_MAX ? "more, " : "",
	                   len);
}

enum outcome secret_file_read(const char *path, struct buffer *key)
{
	/* O_NONBLOCK: a FIFO of that name is refused and not waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return say_failure(USAGE, as_server, "cannot read the secret %s: %s", path,
		                   strerror(errno));
	enum outcome outcome = read_all(fd, path, key);
	close(fd);
	if (outcome == DONE &&
	    memmem(key->at, key->len, "-----BEGIN ", strlen("-----BEGIN ")) != NULL)
		outcome = say_failure(USAGE,
		                      "take a token from whoever has the private key, and give it "
		                      "with --token",
		                      "%s is a key in PEM and no secret", path);
	return outcome;
}
