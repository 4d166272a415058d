/* prove_wire: what the two sides of a proof say to each other.
 *
 * The child writes lines "<cookie> <word>[ <sentence>]\n" to one descriptor, each with one
 * write(2) that is shorter than PIPE_BUF. The last line counts. */
#ifndef RELOAD_PROVE_WIRE_H
#define RELOAD_PROVE_WIRE_H

enum {
	PROVE_FD = 3,           /* where the child writes */
	PROVE_COOKIE_SIZE = 17, /* 16 hex digits and a zero */
	PROVE_LINE_MAX = 640 /* the longest line: a cookie, a word and the text of a struct err */
};

#define PROVE_LOADING "loading"     /* constructors run now */
#define PROVE_UNLOADING "unloading" /* it was loaded and checked; destructors run now */
#define PROVE_OK "ok"               /* all done */
#define PROVE_REFUSED "refused"     /* a sentence follows */

#endif
