/* Unfit, if at all, by what the build sets: flags, a code, how it is linked (CMakeLists.txt). */
#include "plain.h"

PLAIN_PLUGIN;
