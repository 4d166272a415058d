// The same for C++: the headers mean there what they mean in C.
#include <type_traits>

#define TYPE(name, ...) static_assert(std::is_same<name, __VA_ARGS__>::value, #name);
#define CONSTANT(name, type, number)                                                               \
	static_assert((name) == (number) && std::is_same<decltype(name), type>::value, #name);
#define TEXT(name, value) static_assert(__builtin_strcmp(name, value) == 0, #name);
#define STRUCT(name, size, align)                                                                  \
	static_assert(sizeof(name) == (size) && alignof(name) == (align), #name);                  \
	static_assert(std::is_standard_layout<name>::value, #name);
#define MEMBER(type, member, offset, size, align, ...)                                             \
	static_assert(offsetof(type, member) == (offset), #type "." #member);                      \
	static_assert(sizeof(type::member) == (size), #type "." #member);                          \
	static_assert(alignof(decltype(type::member)) == (align), #type "." #member);              \
	static_assert(std::is_same<decltype(type::member), __VA_ARGS__>::value, #type "." #member);

#include "layout.def"
