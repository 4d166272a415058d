/* prove_voice: how the child of a trial says what it does. */
#include "reload/prove_wire.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A plugin that closes what is not its own would cost the server its connections. Here it has one
 * descriptor to close, and it is looked at before each word. */
static void check_descriptor(const struct prove_voice *voice)
{
	struct stat now;
	if (fstat(PROVE_FD, &now) != 0 || now.st_ino != voice->pipe)
		_exit(PROVE_EXIT_CLOSED);
}

void prove_say(const struct prove_voice *voice, const char *word, const char *text)
{
	char line[PROVE_LINE_MAX];
	int len = snprintf(line, sizeof line, "%s %s%s%s", voice->cookie, word,
	                   text[0] != '\0' ? " " : "", text);
	size_t size = (size_t)len < sizeof line - 1 ? (size_t)len : sizeof line - 2;
	ssize_t done;
	check_descriptor(voice);
	/* One line is one record, whatever a loader's message has in it. */
	for (size_t i = 0; i < size; i++)
		if (line[i] == '\n' || line[i] == '\0')
			line[i] = ' ';
	line[size++] = '\n';
	do
		done = write(PROVE_FD, line, size);
	while (done < 0 && errno == EINTR);
	if (done != (ssize_t)size)
		_exit(1); /* the asker is gone */
}
