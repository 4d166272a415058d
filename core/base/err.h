/* err: one sentence about what went wrong, in the memory of whoever asks.
 *
 * Operating errors are returned and described in words; programming errors assert. A sentence says
 * what was expected, what was found and, where it helps, what to do. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

struct err {
	char text[512];
};

/* Writes the sentence (printf-style, cut where it is too long) and returns -1, so that a function
 * can end with `return err_set(why, …)`. `err` may be NULL. */
__attribute__((format(printf, 2, 3))) int err_set(struct err *err, const char *format, ...);

#endif
