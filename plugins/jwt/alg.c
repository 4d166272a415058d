#include "alg.h"

#include <assert.h>
#include <string.h>

static const char *const names[ALG_COUNT] = {
	[ALG_HS256] = "HS256",
	[ALG_RS256] = "RS256",
	[ALG_EDDSA] = "EdDSA",
};

int alg_find(const char *name, enum alg *out)
{
	for (int i = 0; i < ALG_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*out = (enum alg)i;
			return 0;
		}
	}
	return -1;
}

const char *alg_name(enum alg alg)
{
	assert(alg >= 0 && alg < ALG_COUNT);
	return names[alg];
}
