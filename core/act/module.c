#include "act/module.h"

#include "act/table.h"
#include "base/check.h"
#include "base/mem.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

struct module {
	void *handle;
	const act_plugin *table;
	char *path; /* as the loader keeps it */
};

/* A question about the objects that are mapped, for dl_iterate_phdr(3). */
struct search {
	const char *path;
	const void *at; /* with `size`: is this range in a segment of the object? */
	size_t size;
	bool mapped;
	bool holds_range;
	bool never_unloads; /* it was linked with -z nodelete */
};

static bool segment_holds(const struct dl_phdr_info *object, const ElfW(Phdr) * segment,
                          const void *at, size_t size)
{
	uintptr_t start = object->dlpi_addr + segment->p_vaddr, from = (uintptr_t)at;
	return segment->p_type == PT_LOAD && from >= start && size <= segment->p_memsz &&
	       from - start <= segment->p_memsz - size;
}

static bool has_nodelete(const struct dl_phdr_info *object, const ElfW(Phdr) * segment)
{
	const ElfW(Dyn) * entry;
	if (segment->p_type != PT_DYNAMIC)
		return false;
	entry = (const ElfW(Dyn) *)(object->dlpi_addr + segment->p_vaddr);
	for (; entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_FLAGS_1)
			return (entry->d_un.d_val & DF_1_NODELETE) != 0;
	return false;
}

static int search_object(struct dl_phdr_info *object, size_t size, void *context)
{
	struct search *search = context;
	int i;
	(void)size;
	if (strcmp(object->dlpi_name, search->path) != 0)
		return 0;
	search->mapped = true;
	for (i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		if (segment_holds(object, segment, search->at, search->size))
			search->holds_range = true;
		if (has_nodelete(object, segment))
			search->never_unloads = true;
	}
	return 1;
}

static struct search search_for(const char *path, const void *at, size_t size)
{
	struct search search = { path, at, size, false, false, false };
	dl_iterate_phdr(search_object, &search);
	return search;
}

/* The loader's own words, without the path of the private copy, which says nothing to people. */
static int loader_error(const char *path, struct err *why)
{
	const char *text = dlerror();
	size_t len = strlen(path);
	const char *hint = "";
	if (text == NULL)
		text = "no reason given";
	if (strncmp(text, path, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		text += len + 2;
	if (strstr(text, "undefined symbol") != NULL)
		hint = "; link it with the library that has this symbol";
	else if (strstr(text, "cannot open shared object") != NULL)
		hint = "; install that library, or link it into the plugin";
	return err_set(why, "it cannot be loaded: %s%s", text, hint);
}

/* The symbol may also come from a library that the plugin is linked with: then it is not the
 * plugin's. */
static int check_symbol(const struct module *module, const void *at, uint64_t *size,
                        struct err *why)
{
	Dl_info info;
	void *entry = NULL;
	const ElfW(Sym) * symbol;
	if (!search_for(module->path, at, 1).holds_range ||
	    dladdr1(at, &info, &entry, RTLD_DL_SYMENT) == 0)
		return err_set(why, "its act_plugin_v1 comes from a library that it is linked "
		                    "with: expected one of its own");
	symbol = entry;
	if (symbol == NULL || info.dli_saddr != at || ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT)
		return err_set(why, "its act_plugin_v1 is not data: expected a table of type "
		                    "act_plugin");
	*size = symbol->st_size;
	return 0;
}

/* The table must lie wholly within its symbol, and with it in memory that the object owns. */
static int find_table(struct module *module, struct err *why)
{
	const act_plugin *table = dlsym(module->handle, "act_plugin_v1");
	uint64_t size = 0;
	if (table == NULL)
		return err_set(why, "it does not export act_plugin_v1: expected a table of that "
		                    "name marked ACT_EXPORT (in C++ inside extern \"C\")");
	if (check_symbol(module, table, &size, why) != 0)
		return -1;
	if (size < MANIFEST_PLUGIN_SIZE_MIN)
		return err_set(why,
		               "its act_plugin_v1 has %" PRIu64 " bytes, expected a table of at "
		               "least %u: define it as an act_plugin",
		               size, MANIFEST_PLUGIN_SIZE_MIN);
	if (!search_for(module->path, table, size).holds_range)
		return err_set(why, "its act_plugin_v1 goes beyond what is loaded: the file is "
		                    "damaged, build or copy it again");
	if (table->size > size)
		return err_set(why,
		               "its table says that it has %u bytes, but act_plugin_v1 has %" PRIu64
		               ": set act_plugin.size to sizeof(act_plugin)",
		               table->size, size);
	module->table = table;
	return 0;
}

static int load(struct module *module, const char *path, struct err *why)
{
	struct link_map *map = NULL;
	if (search_for(path, NULL, 0).mapped)
		return err_set(why,
		               "%s is in memory already, and the loader would return the old "
		               "code: copy it to a new name",
		               path);
	module->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (module->handle == NULL)
		return loader_error(path, why);
	CHECK(dlinfo(module->handle, RTLD_DI_LINKMAP, &map) == 0);
	module->path = mem_text(map->l_name);
	return 0;
}

int module_open(const char *path, const struct manifest *manifest, struct module **out,
                struct err *why)
{
	struct module *module = mem_new(1, sizeof *module);
	CHECK(strchr(path, '/') != NULL);
	if (load(module, path, why) != 0) {
		free(module);
		return -1;
	}
	if (find_table(module, why) != 0 || plugin_table_check(module->table, manifest, why) != 0) {
		module_close(module, NULL);
		return -1;
	}
	*out = module;
	return 0;
}

const act_plugin *module_table(const struct module *module)
{
	return module->table;
}

bool module_close(struct module *module, struct err *resident_why)
{
	struct search after;
	int rc = dlclose(module->handle);
	CHECK(rc == 0);
	after = search_for(module->path, NULL, 0);
	if (after.never_unloads)
		err_set(resident_why, "it stays in memory: it was linked with -z nodelete; link it "
		                      "without");
	else if (after.mapped)
		err_set(resident_why, "it stays in memory: a C++ thread_local with a destructor "
		                      "that a thread has yet to run, a symbol that is unique in "
		                      "the process (GNU_UNIQUE: export act_plugin_v1 alone, by a "
		                      "version script), or a library that holds on to it");
	free(module->path);
	free(module);
	return !after.mapped;
}
