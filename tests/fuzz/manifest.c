/* Any bytes as a plugin file: what elf.h and manifest.h take or refuse, and how they say so. */
#include "act/manifest.h"
#include "act/elf.h"
#include "memory_file.h"
#include "sentence.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_ids(const char (*ids)[MANIFEST_ID_SIZE], uint32_t count, uint32_t max)
{
	CHECK(count <= max);
	for (uint32_t i = 0; i < count; i++) {
		const char *end = memchr(ids[i], '\0', MANIFEST_ID_SIZE);
		CHECK(end != NULL && end != ids[i] && strchr(ids[i], '/') != NULL);
	}
}

static void check_taken(const struct manifest *m)
{
	CHECK(m->abi_major == ACT_ABI_MAJOR && m->abi_minor <= ACT_ABI_MINOR);
	CHECK(m->plugin_size >= MANIFEST_PLUGIN_SIZE_MIN && m->plugin_size % 8 == 0);
	CHECK(m->host_size >= MANIFEST_HOST_SIZE_MIN && m->host_size % 8 == 0);
	size_t name_len = strspn(m->name, NAME_BYTES);
	CHECK(name_len >= 1 && name_len < sizeof m->name && m->name[name_len] == '\0');
	size_t version_len = strnlen(m->version, sizeof m->version);
	CHECK(version_len < sizeof m->version);
	sentence_check(m->version, version_len);
	check_ids(m->needs, m->need_count, MANIFEST_NEEDS_MAX);
	check_ids(m->provides, m->provide_count, MANIFEST_PROVIDES_MAX);
	for (uint32_t i = 0; i < m->need_count; i++)
		CHECK(manifest_needs(m, m->needs[i]));
	for (uint32_t i = 0; i < m->provide_count; i++)
		CHECK(manifest_provides(m, m->provides[i]));
}

/* What elf_check() has taken lies in the file, notes and all. */
static bool read_elf(int fd, size_t len)
{
	static struct elf elf;
	struct elf_note note = { 0, 0 };
	struct err why = { "" };
	if (elf_check(fd, &elf, &why) != 0) {
		sentence_check(why.text, strlen(why.text));
		return false;
	}
	CHECK(elf.size == len && elf.segment_count <= ELF_SEGMENTS_MAX);
	for (uint32_t i = 0; i < elf.segment_count; i++) {
		const Elf64_Phdr *segment = &elf.segments[i];
		CHECK(segment->p_offset <= len && segment->p_filesz <= len - segment->p_offset);
	}
	int count = elf_find_note(&elf, ACT_NOTE_OWNER, ACT_NOTE_TYPE, &note, &why);
	if (count < 0)
		sentence_check(why.text, strlen(why.text));
	if (count > 0)
		CHECK(note.offset <= len && note.size <= len - note.offset);
	return count == 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct manifest manifest;
	struct err why = { "" };
	int fd = memory_file_put(bytes, len);
	bool has_note = read_elf(fd, len);
	if (manifest_read(fd, &manifest, &why) == 0) {
		CHECK(has_note);
		check_taken(&manifest);
	} else {
		sentence_check(why.text, strlen(why.text));
	}
	return 0;
}
