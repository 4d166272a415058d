/* The least that shows abidiff(1) the whole interface: a shared object with a variable for each
 * public type. Compiled by layout.py, never run. */
#define TYPE(name, ...) extern name *surface_##name;
#define STRUCT(name, size, align) extern name *surface_##name;
#define CONSTANT(...)
#define TEXT(...)
#define MEMBER(...)
#include "layout.def"

#undef TYPE
#undef STRUCT
#define TYPE(name, ...) name *surface_##name;
#define STRUCT(name, size, align) name *surface_##name;
#include "layout.def"
