/* bench_say: what came of a load, in a table or as an object. */
#ifndef ACTCTL_BENCH_SAY_H
#define ACTCTL_BENCH_SAY_H

#include "bench.h"
#include "options.h"

/* Prints the result. Returns DONE. */
enum outcome bench_say(const struct options *options, const struct bench_plan *plan,
                       const struct bench_result *result);

/* Says why there is none. */
enum outcome bench_say_end(enum bench_end end, const struct err *why);

#endif
