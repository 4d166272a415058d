/* The public headers, compiled as C, lay out what layout.def says; where they do not, this file
 * does not compile. (That a text has the right letters only C++ can say: layout.cc.) */
#define SAME(a, ...) _Generic((__typeof__(a) *)0, __typeof__(__VA_ARGS__) * : 1, default : 0)

#define TYPE(name, ...) _Static_assert(SAME(name, __VA_ARGS__), #name);
#define CONSTANT(name, type, value) _Static_assert((name) == (value) && SAME(name, type), #name);
#define TEXT(name, value) _Static_assert(sizeof(name) == sizeof(value), #name);
#define STRUCT(name, size, align)                                                                  \
	_Static_assert(sizeof(name) == (size) && _Alignof(name) == (align), #name);
#define PLACE(type, member) (((type *)0)->member)
#define MEMBER(type, member, offset, size, align, ...)                                             \
	_Static_assert(offsetof(type, member) == (offset), #type "." #member);                     \
	_Static_assert(sizeof(PLACE(type, member)) == (size), #type "." #member);                  \
	_Static_assert(_Alignof(__typeof__(PLACE(type, member))) == (align), #type "." #member);   \
	_Static_assert(SAME(PLACE(type, member), __VA_ARGS__), #type "." #member);

#include "layout.def"
