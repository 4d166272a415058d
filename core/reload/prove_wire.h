/* prove_wire: what the two sides of a trial say to each other.
 *
 * The child writes lines "<cookie> <word>[ <text>]\n" to one descriptor, each with one write(2)
 * that is shorter than PIPE_BUF, so that lines of several threads do not mix. */
#ifndef RELOAD_PROVE_WIRE_H
#define RELOAD_PROVE_WIRE_H

enum {
	PROVE_FD = 3,           /* where the child writes */
	PROVE_SETTINGS_FD = 4,  /* where it reads the plugin's settings: a file in memory */
	PROVE_COOKIE_SIZE = 17, /* 16 hex digits and a zero */
	PROVE_LINE_MAX = 640, /* the longest line: a cookie, a word and the text of a struct err */
	PROVE_LINES_MAX = 32, /* the most lines of the plugin's log that are passed on */
	PROVE_ARGS = 6,       /* "actd", "--prove", path, cookie, deadline_ms, data_dir */
	/* How the child ends where the descriptor that it reports by is not its own any more. */
	PROVE_EXIT_CLOSED = 121,
};

/* The steps of a trial, each announced before it begins, by "step <number>". */
enum prove_step {
	PROVE_LOAD, /* constructors run */
	PROVE_CREATE,
	PROVE_EXTENSION,
	PROVE_START,
	PROVE_STOP,
	PROVE_LEAVE,
	PROVE_DESTROY,
	PROVE_UNLOAD, /* destructors run, and what atexit(3) was given */
	PROVE_END,    /* the thread ends that ran it */
	PROVE_STEPS,
};

#define PROVE_STEP "step"       /* <number> */
#define PROVE_LOG "log"         /* <level> <line>: the plugin's own words */
#define PROVE_NOTE "note"       /* <sentence>: no reason to refuse it */
#define PROVE_REFUSED "refused" /* <sentence>; the last word */
#define PROVE_OK "ok"           /* all done; the last word */

/* The child's side of it. */
struct prove_voice {
	char cookie[PROVE_COOKIE_SIZE];
	unsigned long long pipe; /* the inode behind PROVE_FD */
};

/* [any] Says a line; where that is not possible the process ends, with PROVE_EXIT_CLOSED if the
 * descriptor was closed or leads elsewhere. */
void prove_say(const struct prove_voice *voice, const char *word, const char *text);

#endif
