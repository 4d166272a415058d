#include "plugin_elf.h"

#include "act/elf.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is read through: the file, its sections, the length of its strings. */
struct reader {
	struct elf file;
	Elf64_Shdr *sections;
	size_t section_count;
	uint64_t strings_len;
};

static int read_sections(struct reader *reader, struct err *why)
{
	Elf64_Ehdr head;
	if (elf_read(&reader->file, 0, &head, sizeof head, why) != 0)
		return -1;
	reader->section_count = head.e_shnum;
	reader->sections = mem_new((size_t)head.e_shnum + 1, sizeof *reader->sections);
	return elf_read(&reader->file, head.e_shoff, reader->sections,
	                head.e_shnum * sizeof *reader->sections, why);
}

static const Elf64_Shdr *find_section(const struct reader *reader, uint32_t type)
{
	for (size_t i = 0; i < reader->section_count; i++)
		if (reader->sections[i].sh_type == type)
			return &reader->sections[i];
	return NULL;
}

/* A section's bytes with a zero byte behind them. Free them. */
static int read_section(const struct reader *reader, const Elf64_Shdr *section, uint64_t max,
                        void *out, struct err *why)
{
	if (section->sh_size > max || section->sh_type == SHT_NOBITS)
		return err_set(why, "a section has no plausible size: %lu bytes",
		               (unsigned long)section->sh_size);
	char *bytes = mem_new(section->sh_size + 1, 1);
	if (elf_read(&reader->file, section->sh_offset, bytes, section->sh_size, why) != 0) {
		free(bytes);
		return -1;
	}
	memcpy(out, &bytes, sizeof bytes);
	return 0;
}

/* A text in the strings; "?" where it would lie beyond them. */
static const char *text_at(const struct plugin_elf *elf, const struct reader *reader, uint64_t at)
{
	return at < reader->strings_len ? elf->strings + at : "?";
}

/* ---- its parts ---- */

static void take_segments(const struct elf *file, struct plugin_elf *out)
{
	for (uint32_t i = 0; i < file->segment_count; i++) {
		const Elf64_Phdr *segment = &file->segments[i];
		if (segment->p_type == PT_LOAD &&
		    (segment->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
			out->code_is_writable = true;
		if (segment->p_type == PT_GNU_STACK && (segment->p_flags & PF_X) != 0)
			out->stack_runs = true;
	}
}

static void take_dynamic_entry(const Elf64_Dyn *entry, const struct reader *reader,
                               struct plugin_elf *out)
{
	uint64_t value = entry->d_un.d_val;
	switch (entry->d_tag) {
	case DT_NEEDED:
		if (out->library_count < PLUGIN_LIBRARIES_MAX)
			out->libraries[out->library_count++] = text_at(out, reader, value);
		break;
	case DT_RPATH:
	case DT_RUNPATH:
		out->run_path = text_at(out, reader, value);
		break;
	case DT_TEXTREL:
		out->text_relocations = true;
		break;
	case DT_FLAGS:
		out->text_relocations |= (value & DF_TEXTREL) != 0;
		break;
	case DT_FLAGS_1:
		out->stays = (value & DF_1_NODELETE) != 0;
		break;
	default:
		break;
	}
}

static int take_dynamic(const struct reader *reader, const Elf64_Shdr *section,
                        struct plugin_elf *out, struct err *why)
{
	Elf64_Dyn *entries = NULL;
	size_t count = section->sh_size / sizeof *entries;
	if (read_section(reader, section, ELF_DYNAMIC_MAX * sizeof *entries, &entries, why) != 0)
		return -1;
	for (size_t i = 0; i < count && entries[i].d_tag != DT_NULL; i++)
		take_dynamic_entry(&entries[i], reader, out);
	free(entries);
	return 0;
}

static void take_symbol(const Elf64_Sym *symbol, const struct reader *reader,
                        struct plugin_elf *out)
{
	unsigned bind = ELF64_ST_BIND(symbol->st_info),
		 seen = ELF64_ST_VISIBILITY(symbol->st_other);
	const char *name = text_at(out, reader, symbol->st_name);
	if (bind == STB_LOCAL || name[0] == '\0')
		return;
	if (symbol->st_shndx == SHN_UNDEF) {
		if (bind == STB_GLOBAL)
			out->undefined[out->undefined_count++] = name;
		return;
	}
	if (bind == STB_GNU_UNIQUE)
		out->unique = name;
	if (seen == STV_DEFAULT || seen == STV_PROTECTED)
		out->exported[out->exported_count++] = name;
}

static int take_symbols(const struct reader *reader, const Elf64_Shdr *section,
                        struct plugin_elf *out, struct err *why)
{
	Elf64_Sym *symbols = NULL;
	size_t count = section->sh_size / sizeof *symbols;
	if (read_section(reader, section, PLUGIN_SYMBOLS_MAX * sizeof *symbols, &symbols, why) != 0)
		return -1;
	out->undefined = mem_new(count + 1, sizeof *out->undefined);
	out->exported = mem_new(count + 1, sizeof *out->exported);
	for (size_t i = 0; i < count; i++)
		take_symbol(&symbols[i], reader, out);
	free(symbols);
	return 0;
}

static int take_all(struct reader *reader, struct plugin_elf *out, struct err *why)
{
	if (read_sections(reader, why) != 0)
		return -1;
	const Elf64_Shdr *symbols = find_section(reader, SHT_DYNSYM);
	const Elf64_Shdr *dynamic = find_section(reader, SHT_DYNAMIC);
	if (symbols == NULL || dynamic == NULL || symbols->sh_link >= reader->section_count)
		return err_set(why, "it has no table of its dynamic symbols: was it stripped with "
		                    "--strip-section-headers?");
	const Elf64_Shdr *strings = &reader->sections[symbols->sh_link];
	if (read_section(reader, strings, PLUGIN_STRINGS_MAX, &out->strings, why) != 0)
		return -1;
	reader->strings_len = strings->sh_size;
	take_segments(&reader->file, out);
	if (take_dynamic(reader, dynamic, out, why) != 0)
		return -1;
	return take_symbols(reader, symbols, out, why);
}

int plugin_elf_read(const char *path, struct plugin_elf *out, struct err *why)
{
	struct reader reader = { 0 };
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	*out = (struct plugin_elf){ 0 };
	if (fd < 0)
		return err_set(why, "the file cannot be opened: %s", strerror(errno));
	rc = elf_check(fd, &reader.file, why);
	if (rc == 0)
		rc = take_all(&reader, out, why);
	free(reader.sections);
	close(fd);
	if (rc != 0)
		plugin_elf_free(out);
	return rc;
}

void plugin_elf_free(struct plugin_elf *elf)
{
	free(elf->strings);
	free(elf->undefined);
	free(elf->exported);
	*elf = (struct plugin_elf){ 0 };
}
