#include "dialect.h"

#include <string.h>

const struct dialect *dialect_find(const char *name)
{
	static const struct dialect *const all[] = { &dialect_base, &dialect_v1, &dialect_json };
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}
