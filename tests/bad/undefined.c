/* Calls a function that no library has. */
#include <act/plugin.h>

act_rc bad_missing_function(const act_host *h, void **self);
#define BAD_CREATE bad_missing_function
#include "plain.h"

PLAIN_PLUGIN;
