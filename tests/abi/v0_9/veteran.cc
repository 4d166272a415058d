// The same plugin, compiled as C++.
#include "veteran.c"
