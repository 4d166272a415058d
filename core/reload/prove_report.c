#include "reload/prove_report.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>

int prove_report_init(struct prove_report *report, struct err *why)
{
	uint64_t number;
	*report = (struct prove_report){ 0 };
	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		return err_set(why, "cannot be tried: no random number: %s", strerror(errno));
	snprintf(report->cookie, sizeof report->cookie, "%016" PRIx64, number);
	return 0;
}

void prove_report_free(struct prove_report *report)
{
	for (uint32_t i = 0; i < report->line_count; i++)
		free(report->lines[i].text);
	report->line_count = 0;
}

/* ---- lines ---- */

/* What stands behind `word` where the line begins with it; NULL: it begins otherwise. */
static const char *behind(const char *line, const char *word)
{
	size_t len = strlen(word);
	if (strncmp(line, word, len) != 0)
		return NULL;
	if (line[len] == ' ')
		return line + len + 1;
	return line[len] == '\0' ? line + len : NULL;
}

static bool take_step(struct prove_report *report, const char *text)
{
	unsigned long step = strtoul(text, NULL, 10);
	if (step >= PROVE_STEPS)
		return false;
	/* Each step comes once: time that is won by saying it again would have no end. */
	bool next = !report->begun || step > (unsigned long)report->step;
	report->begun = true;
	report->step = (enum prove_step)step;
	return next;
}

static void take_log(struct prove_report *report, const char *text)
{
	char *rest;
	long level = strtol(text, &rest, 10);
	if (report->line_count == PROVE_LINES_MAX || *rest != ' ')
		return;
	report->lines[report->line_count++] = (struct prove_line){ (int)level, mem_text(rest + 1) };
}

static bool take_line(struct prove_report *report)
{
	const char *text, *line = behind(report->line, report->cookie);
	if (line == NULL)
		return false;
	if ((text = behind(line, PROVE_STEP)) != NULL)
		return take_step(report, text);
	if ((text = behind(line, PROVE_LOG)) != NULL) {
		take_log(report, text);
	} else if ((text = behind(line, PROVE_NOTE)) != NULL) {
		if (report->note_count < PROVE_STEPS)
			err_set(&report->notes[report->note_count++], "%s", text);
	} else if ((text = behind(line, PROVE_REFUSED)) != NULL) {
		report->refused = true;
		err_set(&report->sentence, "%s", text);
	} else if (behind(line, PROVE_OK) != NULL) {
		report->ok = true;
	}
	return false;
}

bool prove_report_feed(struct prove_report *report, const char *bytes, size_t len)
{
	bool moved = false;
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n') {
			report->skipping =
				report->skipping || report->len == sizeof report->line - 1;
			if (!report->skipping)
				report->line[report->len++] = bytes[i];
			continue;
		}
		report->line[report->len] = '\0';
		if (!report->skipping && take_line(report))
			moved = true;
		report->len = 0;
		report->skipping = false;
	}
	return moved;
}

/* ---- sentences ---- */

static const struct {
	const char *who;   /* whose fault it is */
	const char *where; /* when the process was ended */
	const char *hint;  /* where a signal ended it */
} steps[PROVE_STEPS] = {
	[PROVE_LOAD] = { "its constructor", "while being loaded",
	                 "; if it has none, the file is damaged" },
	[PROVE_CREATE] = { "its create", "in create", "" },
	[PROVE_EXTENSION] = { "its extension", "in extension", "" },
	[PROVE_START] = { "its start", "in start", "" },
	[PROVE_STOP] = { "its stop", "in stop", "" },
	[PROVE_LEAVE] = { "its worker_leave", "in worker_leave", "" },
	[PROVE_DESTROY] = { "its destroy", "in destroy", "" },
	[PROVE_UNLOAD] = { "its destructor", "while being unloaded",
	                   "; it may be a function that it gave to atexit(3)" },
	[PROVE_END] = { "the end of a thread that had run its code", "when a thread ended",
	                ": does it leave a pthread key with a destructor? pthread_key_delete(3) "
	                "belongs into destroy" },
};

static int explain_late(const struct prove_report *report, uint32_t deadline_ms, struct err *why)
{
	bool unloads = report->step == PROVE_UNLOAD;
	if (report->step == PROVE_LOAD || unloads)
		return err_set(why,
		               "it did not finish %s within %" PRIu32
		               " ms (load_ms in the config): does a %s wait for something?",
		               unloads ? "unloading" : "loading", deadline_ms,
		               unloads ? "destructor" : "constructor");
	return err_set(why, "%s did not end within load_ms (%" PRIu32 " ms) in its trial",
	               steps[report->step].who + (report->step == PROVE_END ? 0 : strlen("its ")),
	               deadline_ms);
}

static int explain_signal(const struct prove_report *report, int number, struct err *why)
{
	const char *text = sigdescr_np(number);
	if (number == SIGKILL)
		return err_set(why,
		               "the process that tried it was killed from outside %s (signal 9): "
		               "by hand, or for want of memory; try again",
		               steps[report->step].where);
	return err_set(why, "%s killed the process that tried it: signal %d (%s)%s",
	               steps[report->step].who, number, text != NULL ? text : "unknown",
	               steps[report->step].hint);
}

static int explain_exit(const struct prove_report *report, int code, struct err *why)
{
	if (code == PROVE_EXIT_CLOSED)
		return err_set(why,
		               "it closed a descriptor that is not its own, or put another in its "
		               "place, %s: the server would lose its connections",
		               steps[report->step].where);
	return err_set(why, "it ended the process with exit(%d) %s", code,
	               steps[report->step].where);
}

int prove_report_judge(const struct prove_report *report, bool late, uint32_t deadline_ms,
                       int status, struct err *why)
{
	if (report->refused)
		return err_set(why, "%s", report->sentence.text);
	if (report->ok && !late)
		return 0;
	if (late)
		return explain_late(report, deadline_ms, why);
	if (!report->begun)
		return err_set(why,
		               "cannot be tried: the process that was to try it ended before it "
		               "began (wait status 0x%x); its reason may stand on stderr",
		               (unsigned)status);
	if (WIFSIGNALED(status))
		return explain_signal(report, WTERMSIG(status), why);
	return explain_exit(report, WEXITSTATUS(status), why);
}

/* ---- the log ---- */

static enum log_level level_of(int level)
{
	return level < LOG_DEBUG   ? LOG_DEBUG
	       : level > LOG_ERROR ? LOG_ERROR
	                           : (enum log_level)level;
}

/* A plugin that is fit says the same again when it is made for real; then, too, what it said about
 * an empty folder would mislead. */
void prove_report_log(const struct prove_report *report, const char *name, bool refused)
{
	char room[64];
	snprintf(room, sizeof room, "plugin %s (trial)", name);
	for (uint32_t i = 0; i < report->line_count; i++)
		log_line(refused ? level_of(report->lines[i].level) : LOG_DEBUG, room, "%s",
		         report->lines[i].text);
	for (uint32_t i = 0; i < report->note_count; i++)
		log_warn(room, "%s", report->notes[i].text);
}
