#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *file, int line, const char *function, const char *condition)
{
	fprintf(stderr, "actd: a fault of the program: %s:%d: %s: %s does not hold\n", file, line,
	        function, condition);
	abort();
}
