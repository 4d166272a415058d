/* prove_report: what the child of a trial has said so far, and the sentence that its end makes of
 * it. Owner: the asker, on whose stack it lies. Thread: the asker's. */
#ifndef RELOAD_PROVE_REPORT_H
#define RELOAD_PROVE_REPORT_H

#include "base/err.h"
#include "reload/prove_wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prove_line {
	int level; /* ACT_LOG_* */
	char *text;
};

struct prove_report {
	char cookie[PROVE_COOKIE_SIZE];
	char line[PROVE_LINE_MAX]; /* not whole yet */
	size_t len;
	bool skipping; /* a line that is longer than any of the child's */
	bool begun;
	enum prove_step step; /* the last one that began */
	bool ok, refused;
	struct err sentence; /* of a refusal */
	struct prove_line lines[PROVE_LINES_MAX];
	uint32_t line_count;
	struct err notes[PROVE_STEPS];
	uint32_t note_count;
};

/* Makes the cookie. 0; -1: the system has no random number. */
int prove_report_init(struct prove_report *report, struct err *why);
void prove_report_free(struct prove_report *report);

/* Takes what came through the pipe, in pieces of any size. True: another step has begun. */
bool prove_report_feed(struct prove_report *report, const char *bytes, size_t len);

/* 0, or -1 and the sentence. `late`: a step did not end within `deadline_ms`; otherwise `status` is
 * how the process ended, as waitpid(2) gives it. */
int prove_report_judge(const struct prove_report *report, bool late, uint32_t deadline_ms,
                       int status, struct err *why);

/* Writes the plugin's lines and the notes to the server's log. */
void prove_report_log(const struct prove_report *report, const char *name, bool refused);

#endif
