#include "admin/token.h"

#include "base/check.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static void hash(const char *text, size_t len, unsigned char to[32])
{
	CHECK(EVP_Digest(text, len, to, NULL, EVP_sha256(), NULL) == 1);
}

/* What is in the file, at most `room` bytes; -1: errno says why. */
static ssize_t read_file(const char *path, char *to, size_t room)
{
	struct stat about;
	size_t len = 0;
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is not waited for */
	if (fd < 0)
		return -1;
	if (fstat(fd, &about) == 0 && (about.st_mode & (S_IROTH | S_IWOTH)) != 0)
		log_warn("admin", "admin.token_file: others may %s %s: chmod 600 it",
		         (about.st_mode & S_IROTH) != 0 ? "read" : "change", path);
	while (len < room && (n = read(fd, to + len, room - len)) > 0)
		len += (size_t)n;
	int saved = errno;
	close(fd);
	errno = saved;
	return n < 0 ? -1 : (ssize_t)len;
}

int token_load(struct token *token, const char *path, struct err *why)
{
	char text[TOKEN_BYTES_MAX + 3]; /* the end of the line, and one byte too many */
	ssize_t got = read_file(path, text, sizeof text);
	if (got < 0)
		return err_set(why, "admin.token_file: %s: %s", path, strerror(errno));
	size_t len = (size_t)got;
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	int rc = 0;
	if (len < TOKEN_BYTES_MIN || len > TOKEN_BYTES_MAX)
		rc = err_set(why, "admin.token_file: %s: expected %d to %d bytes, found %s%zu",
		             path, TOKEN_BYTES_MIN, TOKEN_BYTES_MAX,
		             len > TOKEN_BYTES_MAX ? "at least " : "", len);
	for (size_t i = 0; i < len && rc == 0; i++)
		if (text[i] < 0x21 || text[i] > 0x7E)
			rc = err_set(why,
			             "admin.token_file: %s: expected printable ASCII without "
			             "blanks, found the byte 0x%02x at %zu",
			             path, (unsigned char)text[i], i);
	if (rc == 0)
		hash(text, len, token->hash);
	OPENSSL_cleanse(text, sizeof text);
	return rc;
}

bool token_admits(const struct token *token, const char *authorization)
{
	static const char scheme[] = "Bearer ";
	unsigned char given[32];
	if (authorization == NULL || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
		return false;
	authorization += sizeof scheme - 1;
	authorization += strspn(authorization, " ");
	hash(authorization, strlen(authorization), given);
	return CRYPTO_memcmp(given, token->hash, sizeof given) == 0;
}
