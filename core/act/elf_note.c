#include "act/elf.h"

#include "base/check.h"

#include <string.h>

/* The longest owner that is compared, with its terminating zero. */
enum { OWNER_MAX = 16 };

/* How far a walk through the notes has come. */
struct walk {
	const char *owner;
	uint32_t type;
	uint32_t seen;  /* notes of any kind, over all segments */
	uint32_t found; /* notes that were asked for */
	struct elf_note *first;
};

static int note_damaged(struct err *why)
{
	return err_set(why,
	               "the file is damaged: its notes do not fit into their segment; build or "
	               "copy it again");
}

static uint64_t round_up(uint64_t size, uint64_t to)
{
	return (size + to - 1) / to * to;
}

/* Compares the owner at `offset`, which is terminated in the file. */
static int note_is_owned(const struct elf *elf, uint64_t offset, uint32_t size, const char *owner,
                         struct err *why)
{
	char name[OWNER_MAX];
	if (size != strlen(owner) + 1)
		return 0;
	if (elf_read(elf, offset, name, size, why) != 0)
		return -1;
	return memcmp(name, owner, size) == 0;
}

/* Takes the note at the start of `left` bytes. Returns the bytes up to the next one, or -1. Zeros
 * are walked over in small steps: clang's address sanitizer pads every variable with them, the one
 * that is the note too. */
static int64_t walk_note(const struct elf *elf, uint64_t offset, uint64_t left, uint64_t align,
                         struct walk *walk, struct err *why)
{
	static const Elf64_Nhdr zeros;
	Elf64_Nhdr head = { 0, 0, 0 };
	uint64_t body, end, size = left < sizeof head ? left : sizeof head;
	int owned;
	if (elf_read(elf, offset, &head, size, why) != 0)
		return -1;
	if (memcmp(&head, &zeros, sizeof head) == 0)
		return (int64_t)(left < align ? left : align);
	if (size < sizeof head)
		return note_damaged(why);
	/* Both sizes have 32 bits: these sums cannot overflow 64. */
	body = round_up(sizeof head + head.n_namesz, align);
	end = body + head.n_descsz;
	if (end > left)
		return note_damaged(why);
	owned = note_is_owned(elf, offset + sizeof head, head.n_namesz, walk->owner, why);
	if (owned < 0)
		return -1;
	if (owned && head.n_type == walk->type && walk->found++ == 0)
		*walk->first = (struct elf_note){ offset + body, head.n_descsz };
	end = round_up(end, align);
	return (int64_t)(end < left ? end : left);
}

static int walk_segment(const struct elf *elf, const Elf64_Phdr *segment, struct walk *walk,
                        struct err *why)
{
	uint64_t done = 0, align = segment->p_align == 8 ? 8 : 4;
	while (done < segment->p_filesz) {
		int64_t step;
		if (++walk->seen > ELF_NOTES_MAX)
			return err_set(why, "the file has more than %d notes, expected a few",
			               ELF_NOTES_MAX);
		step = walk_note(elf, segment->p_offset + done, segment->p_filesz - done, align,
		                 walk, why);
		if (step < 0)
			return -1;
		CHECK(step > 0);
		done += (uint64_t)step;
	}
	return 0;
}

int elf_find_note(const struct elf *elf, const char *owner, uint32_t type, struct elf_note *out,
                  struct err *why)
{
	struct walk walk = { owner, type, 0, 0, out };
	uint32_t i;
	CHECK(strlen(owner) < OWNER_MAX);
	for (i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].p_type == PT_NOTE &&
		    walk_segment(elf, &elf->segments[i], &walk, why) != 0)
			return -1;
	return (int)walk.found;
}
