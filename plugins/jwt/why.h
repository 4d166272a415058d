/* why: one sentence about what went wrong, on its way to the log. */
#ifndef JWT_WHY_H
#define JWT_WHY_H

struct why {
	char text[512]; /* terminated; cut where it is longer */
};

/* Sets the sentence, printf-style. Returns -1, so that a function can end with it. */
__attribute__((format(printf, 2, 3))) int why_say(struct why *why, const char *format, ...);

#endif
