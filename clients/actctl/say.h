/* say: how a command ends, and what it says.
 *
 * Results go to the standard output; whatever tells about them goes to the standard error, so that
 * a pipe gets results alone. Whoever finds out that something went wrong says so on the spot, with
 * what to do next, and hands the outcome up. Thread: one. */
#ifndef ACTCTL_SAY_H
#define ACTCTL_SAY_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Exit codes; scripts go by them. */
enum outcome {
	DONE = 0,
	REFUSED = 1,   /* the server was reached and answered with an error */
	PARTIAL = 2,   /* of reload and dev: not all was taken */
	USAGE = 2,     /* the command line, or a file that it names, is wrong */
	UNREACHED = 3, /* no connection: nobody there, or refused at the upgrade */
	TIMED_OUT = 4, /* no answer in time */
	LOST = 5,      /* the connection ended before the answer */
};

/* `json`: results and failures are objects, one a line. `verbose`: tell what goes by. */
void say_open(bool json, bool verbose);
bool say_json(void);
bool say_verbose(void);

/* Says what went wrong (printf-style, a sentence without its full stop) and what to do `next`.
 * Returns `outcome`, so that a function can end with it. */
__attribute__((format(printf, 3, 4))) enum outcome
say_failure(enum outcome outcome, const char *next, const char *format, ...);

/* The two lines alone, without the object for programs. */
__attribute__((format(printf, 2, 3))) void say_trouble(const char *next, const char *format, ...);

/* Puts '?' in place of control characters: what others wrote does nothing to a terminal. */
void say_clean(char *text);

/* One line that begins with '*', where verbose. */
__attribute__((format(printf, 1, 2))) void say_note(const char *format, ...);

/* Prints an object on a line of the standard output, and frees it. */
void say_object(cJSON *object);

/* Has the standard output taken everything so far? Otherwise it says why not, and returns USAGE
 * unless `outcome` is worse than DONE already. */
enum outcome say_flush(enum outcome outcome);

#endif
