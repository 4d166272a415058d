#include "watch.h"

/* plugin_count where there is none. */
static size_t find(const struct watch *watch, uint32_t code)
{
	size_t i = 0;
	while (i < watch->plugin_count && watch->plugins[i].decade != code / 10)
		i++;
	return i;
}

void watch_add(struct watch *watch, uint32_t code)
{
	if (find(watch, code) == watch->plugin_count)
		watch->plugins[watch->plugin_count++].decade = code / 10;
}

void watch_begin(struct watch *watch)
{
	watch->number = ++watch->last;
	for (size_t i = 0; i < watch->plugin_count; i++)
		watch->plugins[i] = (struct watch_plugin){ .decade = watch->plugins[i].decade };
}

void watch_end(struct watch *watch)
{
	watch->number = 0;
}

bool watch_sees(struct watch *watch, struct watch_memory *memory, uint32_t number, uint32_t code,
                char build)
{
	size_t at = find(watch, code);
	struct watch_plugin *plugin = &watch->plugins[at];
	if (number == 0 || number != watch->number)
		return true;
	if (memory->number != number)
		*memory = (struct watch_memory){ .number = number };
	char before = memory->builds[at];
	memory->builds[at] = build;
	plugin->builds |= 1u << (build - 'a');
	plugin->answers++;
	plugin->compared += before != '\0';
	return before == '\0' || before == build;
}

void watch_write(const struct watch *watch, FILE *out)
{
	for (size_t i = 0; i < watch->plugin_count; i++) {
		const struct watch_plugin *plugin = &watch->plugins[i];
		fprintf(out, "%c\"%u\":{\"answers\":%llu,\"compared\":%llu,\"builds\":\"",
		        i == 0 ? '{' : ',', plugin->decade, (unsigned long long)plugin->answers,
		        (unsigned long long)plugin->compared);
		for (int letter = 0; letter < 26; letter++)
			if (plugin->builds >> letter & 1)
				fputc('a' + letter, out);
		fputs("\"}", out);
	}
	fputs("}\n", out);
}
