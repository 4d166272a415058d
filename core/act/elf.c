#include "act/elf.h"

#include "base/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE EM_AARCH64
#elif defined(__riscv)
#define THIS_MACHINE EM_RISCV
#elif defined(__powerpc64__)
#define THIS_MACHINE EM_PPC64
#else
#error "add this machine's number from <elf.h>"
#endif
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "headers are read as they lie in memory");

/* How many entries of a table are read at once. */
enum { BATCH = 64 };

static const char *machine_name(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86-64";
	case EM_AARCH64:
		return "AArch64";
	case EM_386:
		return "32-bit x86";
	case EM_ARM:
		return "32-bit ARM";
	case EM_RISCV:
		return "RISC-V";
	case EM_PPC64:
		return "64-bit PowerPC";
	case EM_S390:
		return "S/390";
	default:
		return "an unknown machine";
	}
}

/* Without the sum, which may overflow. */
static bool lies_within(uint64_t offset, uint64_t size, uint64_t whole)
{
	return offset <= whole && size <= whole - offset;
}

static int cut_off(const struct elf *elf, const char *what, uint64_t offset, uint64_t size,
                   struct err *why)
{
	return err_set(why,
	               "the file is cut off or damaged: %s is %" PRIu64 " bytes from byte %" PRIu64
	               " on, but the file ends at byte %" PRIu64
	               "; copy it again beside its place and rename it",
	               what, size, offset, elf->size);
}

static int damaged(const char *how, struct err *why)
{
	return err_set(why, "the file is damaged: %s; build or copy it again", how);
}

int elf_read(const struct elf *elf, uint64_t offset, void *to, uint64_t size, struct err *why)
{
	char *at = to;
	if (!lies_within(offset, size, elf->size) || offset + size > INT64_MAX)
		return cut_off(elf, "what is to be read", offset, size, why);
	while (size > 0) {
		ssize_t got = pread(elf->fd, at, size, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(why, "the file cannot be read: %s", strerror(errno));
		if (got == 0)
			return err_set(why, "the file became shorter while it was read; "
			                    "write the new one beside it and rename it");
		at += got;
		offset += (uint64_t)got;
		size -= (uint64_t)got;
	}
	return 0;
}

/* What is it, when it is not ELF? `start` holds its first bytes. */
static int not_elf(const unsigned char *start, size_t size, struct err *why)
{
	size_t i, zeros = 0, printable = 0;
	for (i = 0; i < size; i++) {
		zeros += start[i] == 0;
		printable += (start[i] >= 0x20 && start[i] < 0x7F) || start[i] == '\n' ||
		             start[i] == '\r' || start[i] == '\t';
	}
	if (zeros == size)
		return err_set(why, "the file begins with zero bytes: it was not written to its "
		                    "end; copy it again beside its place and rename it");
	if (printable == size) {
		char line[25] = "";
		for (i = 0; i < size && i < sizeof line - 1 && start[i] >= 0x20; i++)
			line[i] = (char)start[i];
		return err_set(why, "expected a shared object, found text: \"%s\"", line);
	}
	if (size < SELFMAG)
		return err_set(why, "expected a shared object, found a file of %zu bytes", size);
	return err_set(why,
	               "expected a shared object, found a file that begins with "
	               "%02x %02x %02x %02x instead of 7f 45 4c 46 (ELF)",
	               start[0], start[1], start[2], start[3]);
}

static int check_kind_of_file(struct elf *elf, struct err *why)
{
	struct stat st;
	if (fstat(elf->fd, &st) != 0)
		return err_set(why, "the file cannot be looked at: %s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(why, "expected a shared object, found a folder");
	if (!S_ISREG(st.st_mode))
		return err_set(why, "expected a shared object, found a device, pipe or socket");
	if (st.st_size == 0)
		return err_set(why, "the file is empty");
	elf->size = (uint64_t)st.st_size;
	return 0;
}

/* The first bytes, which say how the rest is to be read. */
static int check_identity(struct elf *elf, Elf64_Ehdr *head, struct err *why)
{
	uint64_t size = elf->size < sizeof *head ? elf->size : sizeof *head;
	memset(head, 0, sizeof *head);
	if (elf_read(elf, 0, head, size, why) != 0)
		return -1;
	if (size < SELFMAG || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
		return not_elf((const unsigned char *)head, size, why);
	if (size < sizeof *head)
		return cut_off(elf, "its header", 0, sizeof *head, why);
	if (head->e_ident[EI_CLASS] == ELFCLASS32)
		return err_set(why, "it is a 32-bit shared object; this server is a 64-bit "
		                    "program: build it without -m32");
	if (head->e_ident[EI_CLASS] != ELFCLASS64)
		return damaged("its header names neither 32 nor 64 bits", why);
	if (head->e_ident[EI_DATA] != ELFDATA2LSB)
		return err_set(why, "it is for a big-endian machine; this server runs on %s",
		               machine_name(THIS_MACHINE));
	if (head->e_ident[EI_VERSION] != EV_CURRENT || head->e_version != EV_CURRENT)
		return damaged("its header names an unknown version of ELF", why);
	return 0;
}

static int check_head(const Elf64_Ehdr *head, struct err *why)
{
	if (head->e_machine != THIS_MACHINE)
		return err_set(why,
		               "it is for %s (ELF machine %u); this server runs on %s (%u): "
		               "build it for this machine",
		               machine_name(head->e_machine), head->e_machine,
		               machine_name(THIS_MACHINE), (unsigned)THIS_MACHINE);
	if (head->e_type == ET_REL)
		return err_set(why, "it is an object file that was not linked yet; link it with "
		                    "-shared");
	if (head->e_type == ET_EXEC)
		return err_set(why, "it is a program, not a shared object; link it with -shared");
	if (head->e_type != ET_DYN)
		return err_set(why, "expected a shared object (ELF type 3), found ELF type %u",
		               head->e_type);
	if (head->e_phnum == 0 || head->e_phnum > ELF_SEGMENTS_MAX ||
	    head->e_phentsize != sizeof(Elf64_Phdr))
		return damaged("its program headers have no plausible number or size", why);
	if (head->e_shnum != 0 && head->e_shentsize != sizeof(Elf64_Shdr))
		return damaged("its section headers have no plausible size", why);
	return 0;
}

static const char *segment_name(uint32_t type)
{
	return type == PT_LOAD ? "a loaded segment" : "a segment";
}

static int check_segments(struct elf *elf, const Elf64_Ehdr *head, struct err *why)
{
	uint32_t i, loaded = 0;
	uint64_t size = head->e_phnum * sizeof(Elf64_Phdr);
	if (!lies_within(head->e_phoff, size, elf->size))
		return cut_off(elf, "the table of its segments", head->e_phoff, size, why);
	if (elf_read(elf, head->e_phoff, elf->segments, size, why) != 0)
		return -1;
	elf->segment_count = head->e_phnum;
	for (i = 0; i < elf->segment_count; i++) {
		const Elf64_Phdr *segment = &elf->segments[i];
		if (!lies_within(segment->p_offset, segment->p_filesz, elf->size))
			return cut_off(elf, segment_name(segment->p_type), segment->p_offset,
			               segment->p_filesz, why);
		if (segment->p_type != PT_LOAD)
			continue;
		if (segment->p_memsz < segment->p_filesz ||
		    !lies_within(segment->p_vaddr, segment->p_memsz, INT64_MAX))
			return damaged("a segment is longer than its place in memory", why);
		loaded++;
	}
	return loaded > 0 ? 0 : damaged("it has nothing to load", why);
}

/* Nothing of the sections is loaded, but they end the file: one that lost its tail shows here. */
static int check_sections(const struct elf *elf, const Elf64_Ehdr *head, struct err *why)
{
	Elf64_Shdr batch[BATCH];
	uint64_t size = head->e_shnum * sizeof batch[0], done = 0;
	if (!lies_within(head->e_shoff, size, elf->size))
		return cut_off(elf, "the table of its sections", head->e_shoff, size, why);
	while (done < head->e_shnum) {
		uint64_t i, count = head->e_shnum - done;
		if (count > BATCH)
			count = BATCH;
		if (elf_read(elf, head->e_shoff + done * sizeof batch[0], batch,
		             count * sizeof batch[0], why) != 0)
			return -1;
		for (i = 0; i < count; i++)
			if (batch[i].sh_type != SHT_NOBITS && batch[i].sh_type != SHT_NULL &&
			    !lies_within(batch[i].sh_offset, batch[i].sh_size, elf->size))
				return cut_off(elf, "a section", batch[i].sh_offset,
				               batch[i].sh_size, why);
		done += count;
	}
	return 0;
}

/* Does memory that the loader fills from the file hold this address? */
static bool is_from_file(const struct elf *elf, uint64_t address)
{
	uint32_t i;
	for (i = 0; i < elf->segment_count; i++) {
		const Elf64_Phdr *segment = &elf->segments[i];
		if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
		    address - segment->p_vaddr < segment->p_filesz)
			return true;
	}
	return false;
}

/* What the entries of the dynamic section have shown so far. */
struct dynamic_seen {
	bool strings, symbols, end;
};

static int check_dynamic_entry(const struct elf *elf, const Elf64_Dyn *entry,
                               struct dynamic_seen *seen, struct err *why)
{
	switch (entry->d_tag) {
	case DT_NULL:
		seen->end = true;
		return 0;
	case DT_STRTAB:
		seen->strings = true;
		break;
	case DT_SYMTAB:
		seen->symbols = true;
		break;
	case DT_HASH:
	case DT_GNU_HASH:
	case DT_RELA:
	case DT_JMPREL:
	case DT_VERSYM:
	case DT_VERNEED:
		break;
	default:
		return 0;
	}
	if (!is_from_file(elf, entry->d_un.d_ptr))
		return damaged("its dynamic section points outside of what is loaded", why);
	return 0;
}

static int check_dynamic(const struct elf *elf, const Elf64_Phdr *segment, struct err *why)
{
	Elf64_Dyn batch[BATCH];
	struct dynamic_seen seen = { false, false, false };
	uint64_t total = segment->p_filesz / sizeof batch[0], done = 0;
	if (total > ELF_DYNAMIC_MAX)
		return damaged("its dynamic section has no plausible size", why);
	while (done < total && !seen.end) {
		uint64_t i, count = total - done < BATCH ? total - done : BATCH;
		if (elf_read(elf, segment->p_offset + done * sizeof batch[0], batch,
		             count * sizeof batch[0], why) != 0)
			return -1;
		for (i = 0; i < count && !seen.end; i++)
			if (check_dynamic_entry(elf, &batch[i], &seen, why) != 0)
				return -1;
		done += count;
	}
	if (!seen.end || !seen.strings || !seen.symbols)
		return damaged("its dynamic section names no symbols, or has no end", why);
	return 0;
}

/* There is one dynamic section, and the loader believes each word of it. */
static int check_linkage(const struct elf *elf, struct err *why)
{
	const Elf64_Phdr *dynamic = NULL;
	uint32_t i;
	for (i = 0; i < elf->segment_count; i++) {
		if (elf->segments[i].p_type != PT_DYNAMIC)
			continue;
		if (dynamic != NULL)
			return damaged("it has two dynamic sections", why);
		dynamic = &elf->segments[i];
	}
	if (dynamic == NULL)
		return damaged("it has no dynamic section", why);
	return check_dynamic(elf, dynamic, why);
}

int elf_check(int fd, struct elf *out, struct err *why)
{
	Elf64_Ehdr head;
	CHECK(fd >= 0);
	memset(out, 0, sizeof *out);
	out->fd = fd;
	if (check_kind_of_file(out, why) != 0 || check_identity(out, &head, why) != 0 ||
	    check_head(&head, why) != 0 || check_segments(out, &head, why) != 0 ||
	    check_sections(out, &head, why) != 0 || check_linkage(out, why) != 0)
		return -1;
	return 0;
}
