/* What the manifest reader says of good, unfit, damaged and random files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../bad/find.h"
#include "act/manifest.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The good plugin in memory, and a file without a name that holds it. */
static unsigned char *good;
static size_t good_size;
static int file = -1;

static int load_good(void **state)
{
	struct stat st;
	int fd = open(bad_path("good_a.so"), O_RDONLY | O_CLOEXEC);
	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	good_size = (size_t)st.st_size;
	good = malloc(good_size);
	assert_non_null(good);
	assert_int_equal(read(fd, good, good_size), (ssize_t)good_size);
	close(fd);
	file = memfd_create("plugin", MFD_CLOEXEC);
	assert_true(file >= 0);
	return 0;
}

static int free_good(void **state)
{
	(void)state;
	close(file);
	free(good);
	return 0;
}

static void put(const void *bytes, size_t size, size_t offset)
{
	assert_int_equal(pwrite(file, bytes, size, (off_t)offset), (ssize_t)size);
}

static void restore(void)
{
	assert_int_equal(ftruncate(file, (off_t)good_size), 0);
	put(good, good_size, 0);
}

static size_t note_offset(void)
{
	static const char mark[] = "act\0ACT1"; /* the owner and the magic number */
	void *at = memmem(good, good_size, mark, sizeof mark - 1);
	assert_non_null(at);
	return (size_t)((unsigned char *)at - good) - offsetof(act_note, owner);
}

static size_t manifest_offset(void)
{
	return note_offset() + offsetof(act_note, manifest);
}

static void refused_with(const char *expected)
{
	struct manifest m;
	struct err why = { "" };
	assert_int_equal(manifest_read(file, &m, &why), -1);
	if (strstr(why.text, expected) == NULL)
		fail_msg("expected \"…%s…\", found \"%s\"", expected, why.text);
}

static void reads_a_good_one(void **state)
{
	struct manifest m;
	struct err why = { "" };
	(void)state;
	assert_int_equal(manifest_read_path(bad_path("good_b.so"), &m, &why), 0);
	assert_string_equal(m.name, "swap");
	assert_string_equal(m.version, "1.1");
	assert_int_equal(m.abi_major, ACT_ABI_MAJOR);
	assert_int_equal(m.abi_minor, ACT_ABI_MINOR);
	assert_int_equal(m.plugin_size, sizeof(act_plugin));
	assert_int_equal(m.host_size, sizeof(act_host));
	assert_int_equal(m.need_count, 0);
	assert_int_equal(m.provide_count, 0);
	assert_false(manifest_needs(&m, "act.sql/1"));
}

static void names_what_is_wrong_with_a_file(void **state)
{
	static const struct {
		const char *file, *expected;
	} cases[] = {
		{ "bad_abi_major.so", "built for ABI 9.0, this server has 0.10" },
		{ "bad_abi_minor.so", "built for ABI 0.99, this server has 0.10" },
		{ "bad_no_manifest.so", "without a manifest" },
		{ "bad_two_manifests.so", "carries 2 manifests, expected one" },
		{ "bad_truncated.so", "cut off" },
		{ "bad_zero.so", "begins with zero bytes" },
		{ "bad_empty.so", "the file is empty" },
		{ "bad_text.so", "found text: \"#!/bin/sh\"" },
		{ "bad_elf32.so", "a 32-bit shared object" },
		{ "bad_machine.so", "build it for this machine" },
		{ "no_such_file.so", "cannot be opened: No such file" },
		{ "", "found a folder" },
	};
	size_t i;
	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct manifest m;
		struct err why = { "" };
		assert_int_equal(manifest_read_path(bad_path(cases[i].file), &m, &why), -1);
		if (strstr(why.text, cases[i].expected) == NULL)
			fail_msg("%s: expected \"…%s…\", found \"%s\"", cases[i].file,
			         cases[i].expected, why.text);
	}
}

static void takes_no_device_or_pipe(void **state)
{
	struct manifest m;
	struct err why = { "" };
	char path[] = "/tmp/actd_manifest_XXXXXX", pipe_path[sizeof path + 8];
	(void)state;
	assert_int_equal(manifest_read_path("/dev/zero", &m, &why), -1);
	assert_non_null(strstr(why.text, "found a device, pipe or socket"));
	assert_non_null(mkdtemp(path));
	snprintf(pipe_path, sizeof pipe_path, "%s/p.so", path);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_int_equal(manifest_read_path(pipe_path, &m, &why), -1);
	assert_non_null(strstr(why.text, "found a device, pipe or socket"));
	unlink(pipe_path);
	rmdir(path);
}

static void put_minor(uint16_t minor)
{
	restore();
	put(&minor, sizeof minor, manifest_offset() + offsetof(act_manifest, abi_minor_required));
}

static void takes_each_minor_up_to_its_own(void **state)
{
	struct manifest m;
	struct err why = { "" };
	uint16_t minor;
	(void)state;
	for (minor = 9; minor <= ACT_ABI_MINOR; minor++) {
		put_minor(minor);
		assert_int_equal(manifest_read(file, &m, &why), 0);
		assert_int_equal(m.abi_minor, minor);
	}
	put_minor(ACT_ABI_MINOR + 1);
	refused_with("built for ABI 0.11, this server has 0.10 and takes 0.9 to 0.10: rebuild it");
	put_minor(8); /* before the first: such a header was never given out */
	refused_with("built for ABI 0.8, this server has 0.10 and takes 0.9 to 0.10: rebuild it");
}

/* Compiled from a later header, by an author who uses no more than this server has. */
static void takes_longer_tables(void **state)
{
	static const uint32_t plugin = sizeof(act_plugin) + 8, host = sizeof(act_host) + 64;
	struct manifest m;
	struct err why = { "" };
	(void)state;
	restore();
	put(&plugin, 4, manifest_offset() + offsetof(act_manifest, plugin_size));
	put(&host, 4, manifest_offset() + offsetof(act_manifest, host_size));
	assert_int_equal(manifest_read(file, &m, &why), 0);
	assert_int_equal(m.plugin_size, plugin);
	assert_int_equal(m.host_size, host);
}

static void checks_each_value(void **state)
{
	static const uint32_t odd = 185, small = 8, large = 65544;
	static const struct {
		size_t offset, size;
		const void *bytes;
		const char *expected;
	} cases[] = {
#define AT(member) offsetof(act_manifest, member)
#define TEXT(text) sizeof text, text
		{ AT(magic), TEXT("XXX"), "magic number" },
		{ AT(plugin_size), 4, &odd, "act_plugin has 185 bytes" },
		{ AT(plugin_size), 4, &small, "act_plugin has 8 bytes" },
		{ AT(plugin_size), 4, &large, "act_plugin has 65544 bytes" },
		{ AT(host_size), 4, &small, "act_host has 8 bytes" },
		{ AT(host_size), 4, &large, "act_host has 65544 bytes" },
		{ AT(name), TEXT(""), "the name in its manifest is not one" },
		{ AT(name), TEXT("a/b"), "the name in its manifest is not one" },
		{ AT(name), 32, "0123456789012345678901234567890123", "string that does not end" },
		{ AT(version), TEXT(""), "the version in its manifest is not one" },
		{ AT(version), TEXT("1 0"), "the version in its manifest is not one" },
		{ AT(version), TEXT("1\x80"), "the version in its manifest is not one" },
		{ AT(needs), TEXT("act.sql"), "\"needs\" in its manifest, item 1" },
		{ AT(needs), TEXT("act.sql/"), "\"needs\" in its manifest, item 1" },
		{ AT(needs), TEXT("/1"), "\"needs\" in its manifest, item 1" },
		{ AT(needs), TEXT("act.sql/1x"), "\"needs\" in its manifest, item 1" },
		{ AT(needs), TEXT("a/1, b/1"), "\"needs\" in its manifest, item 2" },
		{ AT(needs), TEXT("a/1,"), "\"needs\" in its manifest, item 2" },
		{ AT(needs), TEXT("a/1,b/1,a/1"), "names a/1 twice" },
		{ AT(provides), TEXT("A/1"), "\"provides\" in its manifest, item 1" },
		{ AT(provides), 64,
		  "0123456789012345678901234567890123456789012345678901234567890123",
		  "string that does not end" },
		{ AT(needs),
		  TEXT("0123456789012345678901234567890123456789012345678901234567890/1"
		       "2"),
		  "item 1" },
	};
	size_t i;
	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		restore();
		put(cases[i].bytes, cases[i].size, manifest_offset() + cases[i].offset);
		refused_with(cases[i].expected);
	}
}

static void reads_lists_of_services(void **state)
{
	struct manifest m;
	struct err why = { "" };
	char full[128] = "";
	int i;
	(void)state;
	restore();
	put("act.sql/1,act.auth/12", 22, manifest_offset() + AT(needs));
	put("x_y-z.0/3", 10, manifest_offset() + AT(provides));
	assert_int_equal(manifest_read(file, &m, &why), 0);
	assert_int_equal(m.need_count, 2);
	assert_string_equal(m.needs[0], "act.sql/1");
	assert_string_equal(m.needs[1], "act.auth/12");
	assert_true(manifest_needs(&m, "act.auth/12"));
	assert_false(manifest_needs(&m, "act.auth/1"));
	assert_int_equal(m.provide_count, 1);
	assert_true(manifest_provides(&m, "x_y-z.0/3"));

	/* As many as the room holds. */
	for (i = 0; i < MANIFEST_NEEDS_MAX; i++)
		snprintf(full + 4 * i, sizeof full - 4 * (size_t)i, "%c/%d,", 'a' + i % 26, i / 26);
	full[sizeof full - 1] = '\0';
	put(full, sizeof full, manifest_offset() + AT(needs));
	assert_int_equal(manifest_read(file, &m, &why), 0);
	assert_int_equal(m.need_count, MANIFEST_NEEDS_MAX);
}

static void a_short_manifest_is_named(void **state)
{
	uint32_t size = 128;
	(void)state;
	restore();
	/* The rest of the old manifest must still be a note: it is made one of another owner. */
	put(&size, sizeof size, note_offset() + offsetof(act_note, manifest_size));
	put((const uint32_t[]){ 4, 112, 1, 0 }, 16, manifest_offset() + size);
	refused_with("its manifest has 128 bytes, expected at least 256");
}

static void checks_the_headers(void **state)
{
	static const uint16_t rel = ET_REL, exec = ET_EXEC, core = ET_CORE, none = 0, many = 60000;
	static const uint64_t far = UINT64_MAX - 8, beyond = 1u << 30;
	static const struct {
		size_t offset, size;
		const void *bytes;
		const char *expected;
	} cases[] = {
#define HEAD(member) offsetof(Elf64_Ehdr, member)
		{ EI_DATA, 1, "\2", "big-endian machine" },
		{ EI_CLASS, 1, "\7", "neither 32 nor 64 bits" },
		{ EI_VERSION, 1, "\7", "unknown version of ELF" },
		{ 0, 4, "PK\3\4", "begins with 50 4b 03 04 instead of 7f 45 4c 46" },
		{ HEAD(e_type), 2, &rel, "not linked yet" },
		{ HEAD(e_type), 2, &exec, "it is a program" },
		{ HEAD(e_type), 2, &core, "found ELF type 4" },
		{ HEAD(e_phnum), 2, &none, "program headers have no plausible" },
		{ HEAD(e_phnum), 2, &many, "program headers have no plausible" },
		{ HEAD(e_phentsize), 2, &none, "program headers have no plausible" },
		{ HEAD(e_phoff), 8, &far, "the table of its segments" },
		{ HEAD(e_phoff), 8, &beyond, "the table of its segments" },
		{ HEAD(e_shoff), 8, &far, "the table of its sections" },
		{ HEAD(e_shnum), 2, &many, "the table of its sections" },
		{ HEAD(e_shentsize), 2, &none, "section headers have no plausible size" },
	};
	size_t i;
	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		restore();
		put(cases[i].bytes, cases[i].size, cases[i].offset);
		refused_with(cases[i].expected);
	}
}

/* The offset of the header of the first segment of `type`. */
static size_t segment_offset(uint32_t type)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)(void *)good;
	size_t i;
	for (i = 0; i < head->e_phnum; i++) {
		size_t at = head->e_phoff + i * sizeof(Elf64_Phdr);
		if (memcmp(good + at, &type, sizeof type) == 0)
			return at;
	}
	fail_msg("the good plugin has no segment of type %u", type);
	return 0;
}

static void checks_the_segments(void **state)
{
	static const uint32_t null = PT_NULL;
	static const uint64_t far = UINT64_MAX - 8, zero = 0, huge = (uint64_t)INT64_MAX;
	static const struct {
		uint32_t type;
		size_t offset, size;
		const void *bytes;
		const char *expected;
	} cases[] = {
#define SEGMENT(member) offsetof(Elf64_Phdr, member)
		{ PT_LOAD, SEGMENT(p_filesz), 8, &far, "a loaded segment is" },
		{ PT_LOAD, SEGMENT(p_offset), 8, &far, "a loaded segment is" },
		{ PT_LOAD, SEGMENT(p_memsz), 8, &zero, "longer than its place" },
		{ PT_LOAD, SEGMENT(p_vaddr), 8, &huge, "longer than its place" },
		{ PT_DYNAMIC, SEGMENT(p_type), 4, &null, "no dynamic section" },
		{ PT_DYNAMIC, SEGMENT(p_filesz), 8, &zero, "names no symbols, or has no end" },
		{ PT_DYNAMIC, SEGMENT(p_offset), 8, &far, "a segment is" },
		{ PT_NOTE, SEGMENT(p_filesz), 8, &huge, "a segment is" },
	};
	size_t i;
	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t at = segment_offset(cases[i].type) + cases[i].offset;
		restore();
		put(cases[i].bytes, cases[i].size, at);
		refused_with(cases[i].expected);
	}
}

static void finds_each_cut(void **state)
{
	size_t size, step = good_size / 3000 + 1;
	(void)state;
	restore();
	for (size = good_size - 1; size > step; size -= step) {
		struct manifest m;
		struct err why = { "" };
		assert_int_equal(ftruncate(file, (off_t)size), 0);
		if (manifest_read(file, &m, &why) != -1)
			fail_msg("taken when cut to %zu of %zu bytes", size, good_size);
		assert_true(why.text[0] != '\0');
	}
}

static uint32_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32);
}

/* Most of the bytes that matter are in the headers, the tables and the note. */
static size_t choose_offset(uint64_t *state)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)(void *)good;
	uint32_t where = next_random(state) % 8, more = next_random(state);
	Elf64_Phdr dynamic;
	memcpy(&dynamic, good + segment_offset(PT_DYNAMIC), sizeof dynamic);
	if (where == 0)
		return more % sizeof *head;
	if (where <= 2)
		return head->e_phoff + more % (head->e_phnum * sizeof(Elf64_Phdr));
	if (where == 3)
		return head->e_shoff + more % (head->e_shnum * sizeof(Elf64_Shdr));
	if (where == 4)
		return dynamic.p_offset + more % dynamic.p_filesz;
	if (where <= 6)
		return note_offset() + more % sizeof(act_note);
	return more % good_size;
}

static void mutate(uint64_t *state, size_t offset)
{
	static const unsigned char telling[] = { 0, 1, 4, 8, 0x7F, 0x80, 0xFF };
	uint32_t choice = next_random(state);
	unsigned char value = (unsigned char)(choice >> 8);
	if (choice % 2 == 0)
		value = telling[value % sizeof telling];
	put(&value, 1, offset);
}

static void check_survivor(const struct manifest *m)
{
	uint32_t i;
	assert_true(manifest_is_name(m->name, 31));
	assert_true(m->version[0] != '\0' && strnlen(m->version, 16) < 16);
	assert_in_range(m->plugin_size, MANIFEST_PLUGIN_SIZE_MIN, 65536);
	assert_in_range(m->host_size, MANIFEST_HOST_SIZE_MIN, 65536);
	assert_in_range(m->need_count, 0, MANIFEST_NEEDS_MAX);
	for (i = 0; i < m->need_count; i++)
		assert_true(strnlen(m->needs[i], MANIFEST_ID_SIZE) < MANIFEST_ID_SIZE);
}

static void survives_random_damage(void **state)
{
	enum { ROUNDS = 20000, CHANGES_MAX = 8 };
	uint64_t seed = 0x9E3779B97F4A7C15u;
	int round, taken = 0, refused = 0;
	(void)state;
	restore();
	for (round = 0; round < ROUNDS; round++) {
		size_t offsets[CHANGES_MAX], i, count = 1 + next_random(&seed) % CHANGES_MAX;
		struct manifest m;
		struct err why = { "" };
		for (i = 0; i < count; i++)
			mutate(&seed, offsets[i] = choose_offset(&seed));
		if (manifest_read(file, &m, &why) == 0) {
			check_survivor(&m);
			taken++;
		} else {
			assert_true(why.text[0] != '\0');
			refused++;
		}
		for (i = 0; i < count; i++)
			put(good + offsets[i], 1, offsets[i]);
	}
	/* Both happen a lot, or the damage does not reach what is checked. */
	assert_true(taken > ROUNDS / 100);
	assert_true(refused > ROUNDS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_good_one),
		cmocka_unit_test(names_what_is_wrong_with_a_file),
		cmocka_unit_test(takes_no_device_or_pipe),
		cmocka_unit_test(takes_each_minor_up_to_its_own),
		cmocka_unit_test(takes_longer_tables),
		cmocka_unit_test(checks_each_value),
		cmocka_unit_test(reads_lists_of_services),
		cmocka_unit_test(a_short_manifest_is_named),
		cmocka_unit_test(checks_the_headers),
		cmocka_unit_test(checks_the_segments),
		cmocka_unit_test(finds_each_cut),
		cmocka_unit_test(survives_random_damage),
	};
	return cmocka_run_group_tests_name("manifest", tests, load_good, free_good);
}
