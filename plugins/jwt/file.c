#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads to the end of `fd`, one byte beyond FILE_MAX at most. -1 and errno. */
static int read_all(int fd, struct file *out)
{
	while (out->len <= FILE_MAX) {
		ssize_t got = read(fd, out->bytes + out->len, FILE_MAX + 1 - out->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		out->len += (size_t)got;
	}
	return 0;
}

/* Like file_read(), from what was opened. */
static int read_open(int fd, const char *path, struct file *out, struct why *why)
{
	struct stat info;
	if (fstat(fd, &info) != 0)
		return why_say(why, "%s: %s", path, strerror(errno));
	if (!S_ISREG(info.st_mode))
		return why_say(why, "%s: expected a file, found %s", path,
		               S_ISDIR(info.st_mode) ? "a folder" : "something else");
	out->mode = info.st_mode;
	out->bytes = calloc(1, FILE_MAX + 2);
	if (out->bytes == NULL)
		return why_say(why, "%s: no memory to read it", path);
	if (read_all(fd, out) != 0)
		return why_say(why, "%s: %s", path, strerror(errno));
	if (out->len > FILE_MAX)
		return why_say(why, "%s: expected at most %zu bytes, found more", path, FILE_MAX);
	return 0;
}

int file_read(const char *path, struct file *out, struct why *why)
{
	int rc;
	/* O_NONBLOCK: a FIFO under that name is refused above and does not hold up its opener. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*out = (struct file){ 0 };
	if (fd < 0)
		return why_say(why, "%s: %s", path, strerror(errno));
	rc = read_open(fd, path, out, why);
	close(fd);
	if (rc != 0)
		file_forget(out);
	return rc;
}

void file_forget(struct file *file)
{
	if (file->bytes != NULL)
		explicit_bzero(file->bytes, file->len);
	free(file->bytes);
	*file = (struct file){ 0 };
}

struct file_stamp file_stamp(const char *path)
{
	struct file_stamp stamp = { 0 };
	stamp.there = path != NULL && stat(path, &stamp.info) == 0;
	return stamp;
}

bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
	const struct stat *x = &a->info, *y = &b->info;
	if (!a->there || !b->there)
		return a->there == b->there;
	return x->st_dev == y->st_dev && x->st_ino == y->st_ino && x->st_size == y->st_size &&
	       x->st_mtim.tv_sec == y->st_mtim.tv_sec && x->st_mtim.tv_nsec == y->st_mtim.tv_nsec &&
	       x->st_ctim.tv_sec == y->st_ctim.tv_sec && x->st_ctim.tv_nsec == y->st_ctim.tv_nsec;
}
