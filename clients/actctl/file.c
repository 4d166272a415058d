#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum outcome read_fd(int fd, const char *name, struct buffer *to)
{
	uint8_t chunk[65536];
	ssize_t got;
	while ((got = read(fd, chunk, sizeof chunk)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return say_failure(USAGE, "name a file that can be read", "%s: %s", name,
			                   strerror(errno));
		if (buffer_put(to, chunk, (size_t)got) != 0)
			return say_failure(USAGE, "send less",
			                   "%s: expected at most %zu bytes, found more", name,
			                   BUFFER_MAX);
	}
	return DONE;
}

enum outcome file_read(const char *path, struct buffer *to)
{
	if (strcmp(path, "-") == 0)
		return read_fd(STDIN_FILENO, "the standard input", to);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return say_failure(USAGE, "name a file that can be read", "%s: %s", path,
		                   strerror(errno));
	enum outcome outcome = read_fd(fd, path, to);
	close(fd);
	return outcome;
}

static bool copy_all(int in, int out)
{
	uint8_t chunk[65536];
	ssize_t got;
	while ((got = read(in, chunk, sizeof chunk)) != 0)
		if ((got < 0 && errno != EINTR) ||
		    (got > 0 && write(out, chunk, (size_t)got) != got))
			return false;
	return true;
}

bool file_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	bool good = out >= 0 && copy_all(in, out);
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) != 0)
		good = false;
	if (out >= 0 && !good)
		unlink(to);
	return good;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
	(void)about;
	(void)type;
	(void)where;
	return remove(path);
}

void file_remove_tree(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
