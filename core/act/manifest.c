#include "act/manifest.h"

#include "act/elf.h"
#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum {
	/* The largest table that is believed; ours is under 300 bytes. A table longer than ours is
	 * of a later header, and its plugin says that it can do without the rest. */
	TABLE_SIZE_LIMIT = 65536,
	/* While the major number is 0: the minor number that the rule of versions begins with. */
	ABI_MINOR_FIRST = 9
};

_Static_assert(sizeof(act_manifest) == 256, "the manifest has no holes and never shrinks");
_Static_assert(sizeof((struct manifest *)0)->name == sizeof((act_manifest *)0)->name, "");
_Static_assert(sizeof((struct manifest *)0)->version == sizeof((act_manifest *)0)->version, "");
_Static_assert(MANIFEST_NEEDS_MAX * 4 >= sizeof((act_manifest *)0)->needs, "");
_Static_assert(MANIFEST_PROVIDES_MAX * 4 >= sizeof((act_manifest *)0)->provides, "");

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool manifest_is_name(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1), i;
	for (i = 0; i < len && i < max; i++) {
		char c = text[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !is_digit(c) &&
		    c != '_' && c != '-')
			return false;
	}
	return len >= 1 && len <= max;
}

/* Finds the note and reads as much of it as both sides know. A later minor may add to the tail. */
static int read_note(int fd, act_manifest *raw, struct err *why)
{
	struct elf elf;
	struct elf_note note = { 0, 0 };
	int count;
	uint64_t size;
	if (elf_check(fd, &elf, why) != 0)
		return -1;
	count = elf_find_note(&elf, ACT_NOTE_OWNER, ACT_NOTE_TYPE, &note, why);
	if (count < 0)
		return -1;
	if (count == 0)
		return err_set(why, "it is a shared object without a manifest, so not a plugin: "
		                    "put ACT_MANIFEST(…) of act/plugin.h into one of its sources");
	if (count > 1)
		return err_set(why,
		               "it carries %d manifests, expected one: put ACT_MANIFEST(…) into "
		               "one source only",
		               count);
	memset(raw, 0, sizeof *raw);
	size = note.size < sizeof *raw ? note.size : sizeof *raw;
	if (elf_read(&elf, note.offset, raw, size, why) != 0)
		return -1;
	/* The version comes first: with it a shorter manifest of another version is named so. */
	if (size < offsetof(act_manifest, plugin_size) || raw->magic != ACT_MAGIC)
		return err_set(why,
		               "its manifest does not begin with the magic number 0x%08x: "
		               "rebuild it with ACT_MANIFEST(…)",
		               ACT_MAGIC);
	return (int)size;
}

static int check_abi(const act_manifest *raw, struct err *why)
{
	uint16_t first = ACT_ABI_MAJOR == 0 ? ABI_MINOR_FIRST : 0;
	if (raw->abi_major == ACT_ABI_MAJOR && raw->abi_minor_required >= first &&
	    raw->abi_minor_required <= ACT_ABI_MINOR)
		return 0;
	return err_set(why,
	               "built for ABI %u.%u, this server has %u.%u and takes %u.%u to %u.%u: "
	               "rebuild it against this server's act/plugin.h",
	               raw->abi_major, raw->abi_minor_required, ACT_ABI_MAJOR, ACT_ABI_MINOR,
	               ACT_ABI_MAJOR, first, ACT_ABI_MAJOR, ACT_ABI_MINOR);
}

static int check_table_size(const char *which, uint32_t found, uint32_t min, struct err *why)
{
	if (found >= min && found <= TABLE_SIZE_LIMIT && found % 8 == 0)
		return 0;
	return err_set(
		why,
		"its manifest says that %s has %u bytes, expected a multiple of 8 from %u to "
		"%d: rebuild it against this server's act/plugin.h",
		which, found, min, TABLE_SIZE_LIMIT);
}

static bool is_terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static int check_strings(const act_manifest *raw, struct err *why)
{
	size_t i;
	if (!is_terminated(raw->name, sizeof raw->name) ||
	    !is_terminated(raw->version, sizeof raw->version) ||
	    !is_terminated(raw->needs, sizeof raw->needs) ||
	    !is_terminated(raw->provides, sizeof raw->provides))
		return err_set(why,
		               "its manifest has a string that does not end (name up to %zu "
		               "bytes, version %zu, needs %zu, provides %zu): shorten it",
		               sizeof raw->name - 1, sizeof raw->version - 1, sizeof raw->needs - 1,
		               sizeof raw->provides - 1);
	if (!manifest_is_name(raw->name, sizeof raw->name - 1))
		return err_set(why,
		               "the name in its manifest is not one: expected 1 to %zu "
		               "letters, digits, '_' or '-'",
		               sizeof raw->name - 1);
	for (i = 0; raw->version[i] != '\0'; i++)
		if (raw->version[i] <= 0x20 || raw->version[i] >= 0x7F)
			break;
	if (i == 0 || raw->version[i] != '\0')
		return err_set(why,
		               "the version in its manifest is not one: expected 1 to %zu "
		               "printable ASCII characters without blanks, such as \"1.0\"",
		               sizeof raw->version - 1);
	return 0;
}

/* "act.sql/1": lower-case letters, digits, '.', '_', '-'; a slash; a number. */
static bool is_service_id(const char *text, size_t len)
{
	size_t i = 0, slash;
	while (i < len && ((text[i] >= 'a' && text[i] <= 'z') || is_digit(text[i]) ||
	                   text[i] == '.' || text[i] == '_' || text[i] == '-'))
		i++;
	slash = i;
	if (slash == 0 || slash + 1 >= len || text[slash] != '/')
		return false;
	for (i = slash + 1; i < len; i++)
		if (!is_digit(text[i]))
			return false;
	return true;
}

static bool has_id(const char (*ids)[MANIFEST_ID_SIZE], uint32_t count, const char *id)
{
	uint32_t i;
	for (i = 0; i < count; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

static int parse_ids(const char *which, const char *text, char (*ids)[MANIFEST_ID_SIZE],
                     uint32_t max, uint32_t *count, struct err *why)
{
	*count = 0;
	if (text[0] == '\0')
		return 0;
	for (;;) {
		size_t len = strcspn(text, ",");
		char id[MANIFEST_ID_SIZE] = "";
		if (len >= sizeof id || !is_service_id(text, len))
			return err_set(why,
			               "\"%s\" in its manifest, item %u: expected the id of a "
			               "service such as \"act.sql/1\" (at most %d bytes; items are "
			               "separated by commas alone)",
			               which, *count + 1, MANIFEST_ID_SIZE - 1);
		memcpy(id, text, len);
		if (has_id((const char(*)[MANIFEST_ID_SIZE])ids, *count, id))
			return err_set(why, "\"%s\" in its manifest names %s twice", which, id);
		CHECK(*count < max);
		memcpy(ids[(*count)++], id, sizeof id);
		if (text[len] == '\0')
			return 0;
		text += len + 1;
	}
}

static void copy_values(const act_manifest *raw, struct manifest *out)
{
	out->abi_major = raw->abi_major;
	out->abi_minor = raw->abi_minor_required;
	out->plugin_size = raw->plugin_size;
	out->host_size = raw->host_size;
	memcpy(out->name, raw->name, sizeof out->name);
	memcpy(out->version, raw->version, sizeof out->version);
}

int manifest_read(int fd, struct manifest *out, struct err *why)
{
	act_manifest raw;
	int size = read_note(fd, &raw, why);
	memset(out, 0, sizeof *out);
	if (size < 0 || check_abi(&raw, why) != 0)
		return -1;
	if ((size_t)size < sizeof raw)
		return err_set(why,
		               "its manifest has %d bytes, expected at least %zu: rebuild it with "
		               "ACT_MANIFEST(…)",
		               size, sizeof raw);
	if (check_table_size("act_plugin", raw.plugin_size, MANIFEST_PLUGIN_SIZE_MIN, why) != 0 ||
	    check_table_size("act_host", raw.host_size, MANIFEST_HOST_SIZE_MIN, why) != 0 ||
	    check_strings(&raw, why) != 0 ||
	    parse_ids("needs", raw.needs, out->needs, MANIFEST_NEEDS_MAX, &out->need_count, why) !=
	            0 ||
	    parse_ids("provides", raw.provides, out->provides, MANIFEST_PROVIDES_MAX,
	              &out->provide_count, why) != 0)
		return -1;
	copy_values(&raw, out);
	return 0;
}

int manifest_read_path(const char *path, struct manifest *out, struct err *why)
{
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_set(why, "the file cannot be opened: %s", strerror(errno));
	rc = manifest_read(fd, out, why);
	close(fd);
	return rc;
}

bool manifest_needs(const struct manifest *manifest, const char *id)
{
	return has_id(manifest->needs, manifest->need_count, id);
}

bool manifest_provides(const struct manifest *manifest, const char *id)
{
	return has_id(manifest->provides, manifest->provide_count, id);
}
