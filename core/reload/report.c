#include "reload/report.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *say(const char *format, va_list args)
{
	char *text = NULL;
	CHECK(vasprintf(&text, format, args) >= 0);
	return text;
}

static void keep(struct report_lines *lines, char *line)
{
	lines->lines = mem_grow(lines->lines, lines->count + 1, sizeof *lines->lines);
	lines->lines[lines->count++] = line;
}

static void forget(struct report_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->lines[i]);
	free(lines->lines);
}

void report_begin(struct reload_report *report, unsigned number)
{
	*report = (struct reload_report){ .number = number };
}

void report_free(struct reload_report *report)
{
	for (size_t i = 0; i < report->plugin_count; i++) {
		free(report->plugins[i].name);
		free(report->plugins[i].sentence);
	}
	free(report->plugins);
	for (size_t i = 0; i < report->section_count; i++) {
		free(report->sections[i].name);
		free(report->sections[i].sentence);
	}
	free(report->sections);
	free(report->sentence);
	forget(&report->errors);
	forget(&report->warnings);
	*report = (struct reload_report){ 0 };
}

void report_plugin(struct reload_report *report, const char *name, enum reload_result result,
                   const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct report_plugin plugin = { mem_text(name), result, say(format, args) };
	va_end(args);
	log_line(result == RESULT_REFUSED ? LOG_WARN : LOG_INFO, "reload", "plugin %s: %s",
	         plugin.name, plugin.sentence);
	report->plugins =
		mem_grow(report->plugins, report->plugin_count + 1, sizeof *report->plugins);
	report->plugins[report->plugin_count++] = plugin;
}

void report_section(struct reload_report *report, const char *name, const char *sentence)
{
	log_info("reload", "config %s: %s", name, sentence);
	report->sections =
		mem_grow(report->sections, report->section_count + 1, sizeof *report->sections);
	report->sections[report->section_count++] =
		(struct report_section){ mem_text(name), mem_text(sentence) };
}

void report_error(struct reload_report *report, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *line = say(format, args);
	va_end(args);
	log_error("reload", "%s", line);
	keep(&report->errors, line);
}

void report_error_lines(struct reload_report *report, const char *text)
{
	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, "\n");
		report_error(report, "%.*s", (int)len, text);
		text += len + (text[len] == '\n' ? 1 : 0);
	}
}

void report_warning(struct reload_report *report, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *line = say(format, args);
	va_end(args);
	log_warn("reload", "%s", line);
	keep(&report->warnings, line);
}

static char *sentence_of(const struct reload_report *report, size_t serving)
{
	static const char *const words[] = {
		[RELOAD_TAKEN] = "taken",
		[RELOAD_PARTIAL] = "partial",
		[RELOAD_ROLLED_BACK] = "rolled back",
		[RELOAD_PROMOTED] = "promoted",
	};
	char name[24] = "start";
	/* To promote or take back what no reload brought. */
	if (report->number == 0 && report->verdict == RELOAD_REFUSED)
		return mem_text("refused: nothing has changed");
	if (report->number != 0)
		snprintf(name, sizeof name, "reload %u", report->number);
	if (report->verdict == RELOAD_REFUSED)
		return mem_format("%s refused: nothing has changed", name);
	return mem_format("%s %s: %zu plugins serve%s", name, words[report->verdict], serving,
	                  report->verdict == RELOAD_PARTIAL ? "; the log says what was refused"
	                                                    : "");
}

void report_end(struct reload_report *report, enum reload_verdict verdict, size_t serving)
{
	static const enum log_level levels[] = {
		[RELOAD_TAKEN] = LOG_INFO,    [RELOAD_PARTIAL] = LOG_WARN,
		[RELOAD_REFUSED] = LOG_ERROR, [RELOAD_ROLLED_BACK] = LOG_WARN,
		[RELOAD_PROMOTED] = LOG_WARN,
	};
	CHECK((size_t)verdict < sizeof levels / sizeof levels[0]);
	report->verdict = verdict;
	report->sentence = sentence_of(report, serving);
	clock_gettime(CLOCK_REALTIME, &report->at);
	if (report->number != 0)
		log_line(levels[verdict], "reload", "%s", report->sentence);
}

const char *report_verdict_name(enum reload_verdict verdict)
{
	static const char *const names[] = {
		[RELOAD_TAKEN] = "taken",       [RELOAD_PARTIAL] = "partial",
		[RELOAD_REFUSED] = "refused",   [RELOAD_ROLLED_BACK] = "rolled_back",
		[RELOAD_PROMOTED] = "promoted",
	};
	CHECK((size_t)verdict < sizeof names / sizeof names[0]);
	return names[verdict];
}

const char *report_result_name(enum reload_result result)
{
	static const char *const names[] = {
		[RESULT_UNCHANGED] = "unchanged",     [RESULT_LOADED] = "loaded",
		[RESULT_REPLACED] = "replaced",       [RESULT_RETIRED] = "retired",
		[RESULT_REFUSED] = "refused",         [RESULT_OFF] = "off",
		[RESULT_ROLLED_BACK] = "rolled_back",
	};
	CHECK((size_t)result < sizeof names / sizeof names[0]);
	return names[result];
}
