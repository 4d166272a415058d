/* elf: a shared object on disk, judged without mapping or running any of it.
 *
 * The loader of the C library trusts a file: a truncated one kills the process with SIGBUS. So the
 * headers are read here first, with pread(2), and a file is taken only where everything that they
 * point at lies inside it. elf(5) describes the structures.
 * Threads: any, also several at once on one descriptor; nothing here moves its offset. */
#ifndef ACT_ELF_H
#define ACT_ELF_H

#include "base/err.h"

#include <elf.h>
#include <stdint.h>

/* Bounds of what is looked at: the linkers write around ten segments, forty dynamic entries. */
enum { ELF_SEGMENTS_MAX = 128, ELF_DYNAMIC_MAX = 4096, ELF_NOTES_MAX = 256 };

/* A file that elf_check() has taken. The descriptor stays the caller's. */
struct elf {
	int fd;
	uint64_t size; /* of the file in bytes, when it was checked */
	uint32_t segment_count;
	Elf64_Phdr segments[ELF_SEGMENTS_MAX];
};

/* Is this a complete 64-bit shared object for this machine? 0 and `*out`; or -1 and a sentence
 * that says what the file is instead. Any content is survived; a file that shrinks meanwhile is
 * reported as cut off. */
int elf_check(int fd, struct elf *out, struct err *why);

/* Reads exactly `size` bytes at `offset` of the file; -1 and a sentence where they are not there.
 */
int elf_read(const struct elf *elf, uint64_t offset, void *to, uint64_t size, struct err *why);

/* Where the descriptor of a note lies in the file. */
struct elf_note {
	uint64_t offset; /* in bytes from the start of the file */
	uint32_t size;   /* in bytes */
};

/* Looks through the notes (the PT_NOTE segments) for those of `owner` with `type`. Returns how many
 * there are, with the first in `*out`; or -1 and a sentence where the notes are damaged. */
int elf_find_note(const struct elf *elf, const char *owner, uint32_t type, struct elf_note *out,
                  struct err *why);

#endif
