/* check: programming errors stop the program, in every build. Operating errors never come here. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

/* Stops the program with the place and the words of a condition that does not hold. */
#define CHECK(condition)                                                                           \
	((condition) ? (void)0 : check_failed(__FILE__, __LINE__, __func__, #condition))

__attribute__((noreturn, cold)) void check_failed(const char *file, int line, const char *function,
                                                  const char *condition);

#endif
