/* reload_private: what the files of the transaction share: reload.c (its order), reload_swap.c (the
 * moment that counts), reload_trial.c (what comes after). Thread: main. */
#ifndef RELOAD_RELOAD_PRIVATE_H
#define RELOAD_RELOAD_PRIVATE_H

#include "act/world.h"
#include "reload/previous.h"
#include "reload/reload.h"
#include "reload/retire.h"
#include "reload/stage.h"

struct reload {
	struct act *act;
	struct reload_source source;
	struct folder folder;
	struct config *started; /* the first one: what needs a restart is as it says */
	struct config *config;
	struct site *site;
	struct world *world;
	struct plugin *plugins; /* those that are loaded */
	size_t plugin_count;
	struct retire *retire;
	struct previous previous;    /* what can serve again */
	struct reload_report report; /* of the last one */
	bool ended;                  /* reload_end() has ended all of them */
};

/* What is to be swapped in. */
struct next {
	struct config *config;
	struct site *site;
	struct world *world;
	struct plan plan;
	struct stage stage;
};

/* ---- reload_swap.c ---- */

/* Swaps the next world in; nothing can fail any more. */
void reload_swap(struct reload *reload, struct next *next);
/* A line for one plugin. */
void reload_report_entry(struct reload_report *report, const struct plan_entry *entry);
/* Ends a plugin that nothing leads to any more. */
void reload_retire(struct reload *reload, struct plugin *plugin);

/* ---- reload_trial.c ---- */

/* Before the swap: what is replaced will be kept, if the config says so. */
void reload_keep(struct reload *reload, const struct next *next);
/* After it: for a time, or until somebody decides. */
void reload_begin_trial(struct reload *reload);
/* Nothing leads to the world before any more: what it had beside the new one ends. */
void reload_release(struct reload *reload);
/* The report of the last reload gives way to another. */
void reload_begin_report(struct reload *reload, unsigned number);
enum reload_verdict reload_finish(struct reload *reload, enum reload_verdict verdict);

#endif
