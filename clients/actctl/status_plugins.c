#include "status_plugins.h"

#include "admin.h"

#include <stdio.h>
#include <string.h>

/* ---- words ---- */

static const cJSON *list_of(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* "812 ms", "8.1 s", "42 min" */
static const char *duration(double ms, char *out, size_t size)
{
	if (ms < 1000)
		snprintf(out, size, "%.0f ms", ms);
	else if (ms < 600000)
		snprintf(out, size, "%.1f s", ms / 1000);
	else
		snprintf(out, size, "%.0f min", ms / 60000);
	return out;
}

static const char *ms_of(const cJSON *object, const char *name, char *out, size_t size)
{
	return duration(admin_number(object, name), out, size);
}

static void print_label(const char *label)
{
	printf("  %-13s", label);
}

/* ---- what comes next ---- */

static void print_step(const cJSON *step, const char *label)
{
	static const struct {
		const char *what;
		const char *words;
	} sentences[] = {
		{ "decision", "actctl reload --promote or --rollback decides" },
		{ "release", "it is given up" },
		{ "stop", "its stop() returns" },
		{ "hurry", "its open calls are told to hurry" },
		{ "fail", "the calls that are left are answered with an error" },
		{ "return", "what runs in it returns: that is waited for, for however long" },
		{ "users", "those that use its services end" },
		{ "leave", "its worker_leave() returns on the workers below" },
		{ "destroy", "its destroy() returns, and it is unloaded" },
	};
	char text[32];
	const char *what = admin_text(step, "what"), *words = what;
	for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++)
		if (strcmp(sentences[i].what, what) == 0)
			words = sentences[i].words;
	print_label(label);
	if (list_of(step, "in_ms") != NULL)
		printf("in %s (%s) ", ms_of(step, "in_ms", text, sizeof text),
		       admin_text(step, "at"));
	puts(words);
}

static void print_next(const cJSON *plugin)
{
	const cJSON *step;
	const char *label = "next";
	cJSON_ArrayForEach(step, list_of(plugin, "next"))
	{
		print_step(step, label);
		label = "then";
	}
}

/* ---- who holds it ---- */

static void print_conn(const cJSON *object)
{
	if (list_of(object, "connection") == NULL)
		return;
	const char *conn = admin_text(object, "connection");
	if (conn[0] != '\0')
		printf(", connection %s", conn);
	else
		printf(", its connection is gone");
}

static void print_more(const cJSON *holders, const char *name, const char *label)
{
	double more = admin_number(holders, name);
	if (more == 0)
		return;
	print_label(label);
	printf("and %.0f more\n", more);
}

static void print_calls(const cJSON *holders)
{
	const cJSON *call;
	char text[32];
	cJSON_ArrayForEach(call, list_of(holders, "calls"))
	{
		print_label("call");
		printf("code %.0f %s", admin_number(call, "code"), admin_text(call, "action"));
		print_conn(call);
		printf(": %s", admin_text(call, "where"));
		if (list_of(call, "thread") != NULL)
			printf(" (%s)", admin_text(call, "thread"));
		printf(", open for %s\n", ms_of(call, "ms", text, sizeof text));
	}
	print_more(holders, "calls_more", "call");
}

static void print_threads(const cJSON *holders)
{
	const cJSON *thread;
	char text[32];
	cJSON_ArrayForEach(thread, list_of(holders, "threads"))
	{
		print_label("thread");
		printf("%s is inside %s", admin_text(thread, "thread"),
		       admin_text(thread, "function"));
		if (list_of(thread, "code") != NULL)
			printf(", code %.0f", admin_number(thread, "code"));
		print_conn(thread);
		printf(", for %s\n", ms_of(thread, "ms", text, sizeof text));
	}
}

static void print_handles(const cJSON *holders)
{
	const cJSON *handle;
	char text[32];
	cJSON_ArrayForEach(handle, list_of(holders, "handles"))
	{
		print_label("service");
		printf("a %s of %s, generation %.0f, open for %s\n", admin_text(handle, "kind"),
		       admin_text(handle, "consumer"), admin_number(handle, "generation"),
		       ms_of(handle, "ms", text, sizeof text));
	}
	print_more(holders, "handles_more", "service");
}

static void print_counts(const cJSON *holders)
{
	static const struct {
		const char *name;
		const char *words;
	} counts[] = {
		{ "runs", "calls on another thread, or on their way there" },
		{ "steps", "of its life: create, start, stop, destroy" },
		{ "work", "given to workers by it" },
		{ "notices", "of connections and users, on their way" },
		{ "services", "calls of its services, transactions and cursors" },
		{ "parked", "messages and notices, until the hand-over ends" },
		{ "timers", "they end with stop" },
		{ "watches", "of descriptors; they end with stop" },
	};
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		double count = admin_number(holders, counts[i].name);
		if (count == 0)
			continue;
		print_label(counts[i].name);
		printf("%.0f (%s)\n", count, counts[i].words);
	}
}

static void print_workers(const cJSON *holders)
{
	const cJSON *worker;
	const char *before = "";
	if (cJSON_GetArraySize(list_of(holders, "worker_leave")) == 0)
		return;
	print_label("worker_leave");
	cJSON_ArrayForEach(worker, list_of(holders, "worker_leave"))
	{
		printf("%s%s", before, cJSON_IsString(worker) ? worker->valuestring : "");
		before = ", ";
	}
	putchar('\n');
}

static void print_users(const cJSON *plugin)
{
	const cJSON *user;
	cJSON_ArrayForEach(user, list_of(plugin, "used_by"))
	{
		print_label("used by");
		printf("%s, generation %.0f\n", admin_text(user, "name"),
		       admin_number(user, "generation"));
	}
}

/* ---- all ---- */

static void print_block(const cJSON *plugin)
{
	const cJSON *holders = list_of(plugin, "holders");
	printf("\n%s %s, generation %.0f: %s since %s\n", admin_text(plugin, "name"),
	       admin_text(plugin, "version"), admin_number(plugin, "generation"),
	       admin_text(plugin, "state"), admin_text(plugin, "since"));
	if (admin_text(plugin, "why")[0] != '\0') {
		print_label("why");
		puts(admin_text(plugin, "why"));
	}
	print_label("file");
	puts(admin_text(plugin, "file"));
	print_next(plugin);
	print_label("pins");
	printf("%.0f\n", admin_number(plugin, "pins"));
	print_calls(holders);
	print_threads(holders);
	print_handles(holders);
	print_counts(holders);
	print_workers(holders);
	print_users(plugin);
}

static void print_ended(const cJSON *status)
{
	const cJSON *one;
	if (cJSON_GetArraySize(list_of(status, "ended")) == 0)
		return;
	puts("\nENDED");
	cJSON_ArrayForEach(one, list_of(status, "ended"))
	{
		const char *why = admin_text(one, "why");
		printf("%s %s, generation %.0f: %s since %s%s%s\n", admin_text(one, "name"),
		       admin_text(one, "version"), admin_number(one, "generation"),
		       admin_text(one, "state"), admin_text(one, "since"),
		       why[0] != '\0' ? ": " : "", why);
	}
	double more = admin_number(status, "ended_more");
	if (more > 0)
		printf("and %.0f more that are resident\n", more);
}

void status_plugins_print(const cJSON *status, bool all)
{
	const cJSON *plugin;
	cJSON_ArrayForEach(plugin, list_of(status, "plugins"))
	{
		if (all || strcmp(admin_text(plugin, "state"), "serving") != 0)
			print_block(plugin);
	}
	print_ended(status);
}
