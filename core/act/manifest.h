/* manifest: what a plugin file says of itself, read before any of its code runs.
 *
 * A plugin carries an ELF note (ACT_MANIFEST in act/plugin.h). It is read with pread(2) and only
 * after the file was found to be a complete shared object for this machine (act/elf.h).
 * Owner: the caller; a manifest is a plain value and can be copied. Threads: any. */
#ifndef ACT_MANIFEST_H
#define ACT_MANIFEST_H

#include "base/err.h"

#include <act/plugin.h>

#include <stdbool.h>
#include <stdint.h>

enum {
	MANIFEST_ID_SIZE = 64,     /* a service id with its terminating zero */
	MANIFEST_NEEDS_MAX = 32,   /* what fits into act_manifest.needs: "a/1," is the shortest */
	MANIFEST_PROVIDES_MAX = 16 /* the same of act_manifest.provides */
};

struct manifest {
	uint16_t abi_major;
	uint16_t abi_minor;   /* the smallest that the plugin needs */
	uint32_t plugin_size; /* bytes of act_plugin, as the plugin compiled it */
	uint32_t host_size;   /* bytes of act_host, as the plugin compiled it */
	char name[32];        /* letters, digits, '_', '-'; terminated; 1 to 31 bytes */
	char version[16];     /* printable ASCII without blanks; terminated; 1 to 15 bytes */
	uint32_t need_count;
	uint32_t provide_count;
	char needs[MANIFEST_NEEDS_MAX][MANIFEST_ID_SIZE]; /* "act.sql/1"; each once */
	char provides[MANIFEST_PROVIDES_MAX][MANIFEST_ID_SIZE];
};

/* The smallest tables that this server takes: up to the members that have always been there. */
#define MANIFEST_PLUGIN_SIZE_MIN ((uint32_t)offsetof(act_plugin, cancel))
#define MANIFEST_HOST_SIZE_MIN ((uint32_t)offsetof(act_host, reply))

/* Reads and checks the plugin file behind `fd` (open for reading; its offset is neither used nor
 * moved). 0 and `*out`; or -1 and one sentence, without the file's name, that says what was
 * expected, what was found and what to do. Survives any content. */
int manifest_read(int fd, struct manifest *out, struct err *why);

/* The same for a path, which may also be a pipe or a folder (then refused, never waited for). */
int manifest_read_path(const char *path, struct manifest *out, struct err *why);

bool manifest_needs(const struct manifest *manifest, const char *id);
bool manifest_provides(const struct manifest *manifest, const char *id);

/* Is this a name as plugins, actions and pushes have: letters, digits, '_', '-', 1 to `max` bytes?
 */
bool manifest_is_name(const char *text, size_t max);

#endif
