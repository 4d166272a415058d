/* report: what became of a reload: a sentence for each plugin, what was wrong, and the verdict.
 *
 * Each line goes to the log as it is made, and is kept for whoever asks later. Owner: the reload,
 * which keeps the last one. Thread: main. */
#ifndef RELOAD_REPORT_H
#define RELOAD_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum reload_verdict {
	RELOAD_TAKEN,
	RELOAD_PARTIAL,     /* some plugin was refused; what it was before goes on */
	RELOAD_REFUSED,     /* nothing has changed */
	RELOAD_ROLLED_BACK, /* what served before it serves again */
	RELOAD_PROMOTED,    /* what it brought serves all connections */
	RELOAD_VERDICTS,
};

enum reload_result {
	RESULT_UNCHANGED,
	RESULT_LOADED,
	RESULT_REPLACED,
	RESULT_RETIRED, /* its file is gone */
	RESULT_REFUSED, /* the one before, if any, goes on */
	RESULT_OFF,     /* switched off in the config */
	RESULT_ROLLED_BACK,
};

struct report_plugin {
	char *name; /* or the path of a file that does not tell it */
	enum reload_result result;
	char *sentence; /* as in the log, behind the name */
};

/* A member of the config that has changed. */
struct report_section {
	char *name;
	char *sentence;
};

struct report_lines {
	char **lines;
	size_t count;
};

struct reload_report {
	unsigned number; /* 0: the start */
	enum reload_verdict verdict;
	char *sentence;     /* the verdict in words, one line */
	struct timespec at; /* the end of it, CLOCK_REALTIME */
	struct report_plugin *plugins;
	size_t plugin_count;
	struct report_section *sections;
	size_t section_count;
	struct report_lines
		errors; /* what refused it, or went wrong: with its place, where it has one */
	struct report_lines warnings;
};

void report_begin(struct reload_report *report, unsigned number);
/* The verdict; `serving`: how many plugins serve from now on. The start is not said in the log. */
void report_end(struct reload_report *report, enum reload_verdict verdict, size_t serving);
/* Frees what it holds; report_begin() may follow. */
void report_free(struct reload_report *report);

__attribute__((format(printf, 4, 5))) void report_plugin(struct reload_report *report,
                                                         const char *name,
                                                         enum reload_result result,
                                                         const char *format, ...);
/* A section of the config is another than before; `sentence` says in what, and is copied. */
void report_section(struct reload_report *report, const char *name, const char *sentence);
__attribute__((format(printf, 2, 3))) void report_error(struct reload_report *report,
                                                        const char *format, ...);
/* An error for each line of `text` (or NULL), which struct config_errors has. */
void report_error_lines(struct reload_report *report, const char *text);
__attribute__((format(printf, 2, 3))) void report_warning(struct reload_report *report,
                                                          const char *format, ...);

/* "taken", "partial", "refused"; "unchanged", "loaded", …: what the two enums are called. */
const char *report_verdict_name(enum reload_verdict verdict);
const char *report_result_name(enum reload_result result);

#endif
