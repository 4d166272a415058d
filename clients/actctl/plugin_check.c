#include "plugin.h"

#include "base/mem.h"
#include "file.h"
#include "finding.h"
#include "plugin_trial.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is given ---- */

/* "ACTION=PAYLOAD", or "ACTION=@FILE", or "ACTION". */
static enum outcome read_call(const char *text, struct trial_call *call)
{
	const char *equals = strchr(text, '=');
	if (equals == text)
		return say_failure(USAGE, "as in: --call 'greet={\"name\":\"Bob\"}'",
		                   "--call: expected ACTION=PAYLOAD, found \"%s\"", text);
	call->action = mem_text_n(text, equals != NULL ? (size_t)(equals - text) : strlen(text));
	if (equals == NULL)
		return DONE;
	if (equals[1] == '@')
		return file_read(equals + 2, &call->payload);
	if (buffer_put_text(&call->payload, equals + 1) == 0)
		return DONE;
	return say_failure(USAGE, "put less into it", "--call: the payload is too long");
}

static enum outcome read_settings(const char *text, struct buffer *settings)
{
	enum outcome outcome = DONE;
	if (text != NULL && text[0] == '@')
		outcome = file_read(text + 1, settings);
	else
		buffer_put_text(settings, text != NULL ? text : "{}");
	if (outcome != DONE)
		return outcome;
	cJSON *json = cJSON_Parse(settings->at != NULL ? (const char *)settings->at : "");
	bool good = cJSON_IsObject(json);
	cJSON_Delete(json);
	return good ? DONE
	            : say_failure(USAGE, "as in: --settings '{\"word\":\"Hello\"}'",
	                          "--settings: expected a JSON object");
}

/* ---- what the file says ---- */

static void look_at_exports(const struct plugin_elf *elf, struct findings *findings)
{
	const char *other = NULL;
	size_t others = 0;
	for (size_t i = 0; i < elf->exported_count; i++) {
		if (strcmp(elf->exported[i], "act_plugin_v1") == 0 ||
		    strncmp(elf->exported[i], "__", 2) == 0)
			continue;
		other = elf->exported[i];
		others++;
	}
	if (others == 0)
		finding_add(findings, FINDING_GOOD, "it exports act_plugin_v1 and nothing else");
	else
		finding_add(
			findings, FINDING_NOTE,
			"it exports more than act_plugin_v1 (names: %zu, one is %s): compile with "
			"-fvisibility=hidden, or use actd_add_plugin()",
			others, other);
}

static void look_at_libraries(const struct plugin_elf *elf, struct findings *findings)
{
	char *names = mem_text("");
	for (size_t i = 0; i < elf->library_count; i++) {
		char *more = mem_format("%s%s%s", names, i > 0 ? ", " : "", elf->libraries[i]);
		free(names);
		names = more;
	}
	finding_add(findings, FINDING_GOOD, "libraries: %s", names[0] != '\0' ? names : "none");
	free(names);
	if (elf->run_path != NULL)
		finding_add(findings, FINDING_NOTE,
		            "it looks for libraries in %s first (RPATH): link without -rpath, or "
		            "set CMAKE_SKIP_RPATH",
		            elf->run_path[0] != '\0' ? elf->run_path : "the current folder");
}

static void look_at_segments(const struct plugin_elf *elf, struct findings *findings)
{
	if (elf->code_is_writable)
		finding_add(findings, FINDING_NOTE,
		            "a part of it is writable and executable at once: "
		            "which object or linker script asks for that?");
	if (elf->stack_runs)
		finding_add(
			findings, FINDING_NOTE,
			"it asks for an executable stack: assembler without .note.GNU-stack, or "
			"a function inside a function?");
	if (elf->text_relocations)
		finding_add(findings, FINDING_NOTE,
		            "the loader has to write into its code: compile all of it with -fPIC");
	if (elf->stays)
		finding_add(findings, FINDING_NOTE,
		            "it was linked with -z nodelete: it stays in memory after each reload");
	if (elf->unique != NULL)
		finding_add(findings, FINDING_NOTE,
		            "the symbol %s is \"unique\": it stays in memory after each reload; "
		            "compile with -fno-gnu-unique",
		            elf->unique);
}

/* ---- the verdict ---- */

static const char *word_of(enum finding_kind kind)
{
	switch (kind) {
	case FINDING_GOOD:
		return "ok";
	case FINDING_CALL:
		return "call";
	case FINDING_NOTE:
		return "note";
	case FINDING_BAD:
		return "bad";
	}
	return "";
}

static bool is_fit(const struct options *options, const struct findings *findings)
{
	return finding_count(findings, FINDING_BAD) == 0 &&
	       (!options->strict || finding_count(findings, FINDING_NOTE) == 0);
}

static void print(const char *file, const struct findings *findings, bool fit)
{
	for (size_t i = 0; i < findings->count; i++) {
		say_clean(findings->list[i].text);
		printf("  %-6s%s\n", word_of(findings->list[i].kind), findings->list[i].text);
	}
	printf("%s: %s\n", file, fit ? "fit" : "unfit");
}

static void print_object(const char *file, const struct findings *findings, bool fit)
{
	cJSON *line = cJSON_CreateObject();
	cJSON_AddStringToObject(line, "file", file);
	cJSON_AddBoolToObject(line, "fit", fit);
	cJSON *list = cJSON_AddArrayToObject(line, "findings");
	for (size_t i = 0; i < findings->count; i++) {
		cJSON *item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "kind", word_of(findings->list[i].kind));
		cJSON_AddStringToObject(item, "text", findings->list[i].text);
		cJSON_AddItemToArray(list, item);
	}
	say_object(line);
}

/* ---- the whole ---- */

static void look(const char *path, struct trial *trial, struct findings *findings)
{
	struct manifest manifest;
	struct plugin_elf elf;
	struct err why;
	if (manifest_read_path(path, &manifest, &why) != 0) {
		finding_add(findings, FINDING_BAD, "%s", why.text);
		return;
	}
	finding_add(findings, FINDING_GOOD, "the plugin %s %s, for the interface %u.%u or later",
	            manifest.name, manifest.version, manifest.abi_major, manifest.abi_minor);
	if (plugin_elf_read(path, &elf, &why) != 0) {
		finding_add(findings, FINDING_BAD, "%s", why.text);
		return;
	}
	look_at_exports(&elf, findings);
	look_at_libraries(&elf, findings);
	look_at_segments(&elf, findings);
	trial->path = path;
	trial->manifest = &manifest;
	trial->elf = &elf;
	plugin_trial(trial, findings);
	plugin_elf_free(&elf);
}

static enum outcome judge(const struct options *options, const char *file, struct trial *trial)
{
	struct findings *findings = mem_new(1, sizeof *findings);
	char *path = realpath(file, NULL); /* the loader wants a slash in it */
	look(path != NULL ? path : file, trial, findings);
	bool fit = is_fit(options, findings);
	if (options->json)
		print_object(file, findings, fit);
	else
		print(file, findings, fit);
	finding_free(findings);
	free(findings);
	free(path);
	return fit ? DONE : REFUSED;
}

enum outcome plugin_check(const struct options *options, const char *file)
{
	struct trial_call calls[OPTIONS_LIST_MAX] = { 0 };
	struct buffer settings = { 0 };
	enum outcome outcome = read_settings(options->settings, &settings);
	for (size_t i = 0; outcome == DONE && i < options->calls.count; i++)
		outcome = read_call(options->calls.texts[i], &calls[i]);
	struct trial trial = {
		.settings = (const char *)settings.at,
		.user = options->user,
		.providers = &options->providers,
		.calls = calls,
		.call_count = options->calls.count,
		.deadline_ms = (uint32_t)options->timeout_ms,
	};
	if (outcome == DONE)
		outcome = judge(options, file, &trial);
	for (size_t i = 0; i < OPTIONS_LIST_MAX; i++) {
		free(calls[i].action);
		buffer_free(&calls[i].payload);
	}
	buffer_free(&settings);
	return outcome;
}
