#include "plugin_trial_private.h"

#include <dlfcn.h>
#include <string.h>

enum { SYMBOLS_SHOWN = 20 };

static bool is_of_sanitizer(const char *name)
{
	return strncmp(name, "__asan_", 7) == 0 || strncmp(name, "__ubsan_", 8) == 0 ||
	       strncmp(name, "__tsan_", 7) == 0 || strncmp(name, "__sanitizer_", 12) == 0;
}

static bool one_has(void *const *libraries, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (dlsym(libraries[i], name) != NULL)
			return true;
	return is_of_sanitizer(name);
}

/* What the server happens to have is found too, until the server no longer has it. */
void trial_symbols(const struct run *run)
{
	const struct plugin_elf *elf = run->trial->elf;
	void *libraries[PLUGIN_LIBRARIES_MAX];
	size_t count = 0, missing = 0;
	trial_tell(run, 's', "loading its libraries");
	for (size_t i = 0; i < elf->library_count; i++) {
		libraries[count] = dlopen(elf->libraries[i], RTLD_LAZY | RTLD_LOCAL);
		if (libraries[count] != NULL)
			count++;
	}
	for (size_t i = 0; i < elf->undefined_count && missing < SYMBOLS_SHOWN; i++) {
		const char *name = elf->undefined[i];
		if (one_has(libraries, count, name))
			continue;
		missing++;
		if (dlsym(RTLD_DEFAULT, name) != NULL)
			trial_tell(run, FINDING_NOTE,
			           "the symbol %s is in none of its libraries, and is found by "
			           "chance in "
			           "the program that loads it: link the library that has it",
			           name);
		else
			trial_tell(
				run, FINDING_BAD,
				"the symbol %s is undefined: link the library that has it, or name "
				"its function static",
				name);
	}
	if (missing == 0)
		trial_tell(run, FINDING_GOOD, "its libraries have all %zu symbols that it asks for",
		           elf->undefined_count);
	while (count > 0)
		dlclose(libraries[--count]);
}
