/* plugin_elf: what a shared object says to the loader: libraries, symbols, paths, segments. Read
 * from the file (elf(5)); nothing of it is mapped or run. Owner: the caller. Thread: any. */
#ifndef ACTCTL_PLUGIN_ELF_H
#define ACTCTL_PLUGIN_ELF_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Bounds; what is beyond is an error. */
enum { PLUGIN_LIBRARIES_MAX = 64, PLUGIN_SYMBOLS_MAX = 1 << 20, PLUGIN_STRINGS_MAX = 64 << 20 };

struct plugin_elf {
	char *strings;                               /* the string table, terminated */
	const char *libraries[PLUGIN_LIBRARIES_MAX]; /* DT_NEEDED, in `strings`, as all below */
	size_t library_count;
	const char **undefined; /* functions and data that a library must have */
	size_t undefined_count;
	const char **exported; /* what it has for others */
	size_t exported_count;
	const char *unique;    /* a symbol that keeps it in memory (STB_GNU_UNIQUE); or NULL */
	const char *run_path;  /* DT_RPATH or DT_RUNPATH; or NULL */
	bool stays;            /* linked with -z nodelete */
	bool text_relocations; /* the loader writes into its code */
	bool code_is_writable; /* a segment that is both */
	bool stack_runs;       /* asks for a stack that can be executed */
};

/* Reads it. 0, and plugin_elf_free() is the caller's; or -1 and a sentence. */
int plugin_elf_read(const char *path, struct plugin_elf *out, struct err *why);
/* Gives the memory back. */
void plugin_elf_free(struct plugin_elf *elf);

#endif
