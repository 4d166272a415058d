#include "admin.h"
#include "command.h"
#include "status_plugins.h"

#include <stdio.h>
#include <string.h>

/* 93784 s: "1 d 2 h 3 min" */
static void print_uptime(double seconds)
{
	static const struct {
		const char *unit;
		unsigned long seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 } };
	unsigned long left = seconds > 0 && seconds < 1e12 ? (unsigned long)seconds : 0;
	bool begun = false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		unsigned long part = left / units[i].seconds;
		left %= units[i].seconds;
		/* Of days and hours nobody asks for the seconds. */
		if ((part == 0 && (begun || units[i].seconds != 1)) ||
		    (begun && units[i].seconds == 1))
			continue;
		printf("%s%lu %s", begun ? " " : "", part, units[i].unit);
		begun = true;
	}
}

static void print_reload(const cJSON *reload)
{
	if (admin_number(reload, "number") == 0)
		printf("loaded       at the start, %s", admin_text(reload, "verdict"));
	else
		printf("loaded       by reload %.0f, %s", admin_number(reload, "number"),
		       admin_text(reload, "verdict"));
	printf(", %s\n", admin_text(reload, "at"));
}

static bool is_silent(const cJSON *loop)
{
	return cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(loop, "answered"));
}

static void print_head(const cJSON *status)
{
	const cJSON *loop, *reload = cJSON_GetObjectItemCaseSensitive(status, "reload");
	printf("actd %s, process %.0f, up ", admin_text(status, "version"),
	       admin_number(status, "pid"));
	print_uptime(admin_number(status, "uptime_s"));
	printf(", %s\n", cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(status, "ready"))
	                         ? "ready"
	                         : "NOT READY");
	printf("config       %s\n", admin_text(status, "config"));
	printf("connections  %.0f\n", admin_number(status, "connections"));
	cJSON_ArrayForEach(loop, cJSON_GetObjectItemCaseSensitive(status, "loops"))
	{
		printf("loop %-8.0f%.0f connections, %.1f ms late%s\n", admin_number(loop, "index"),
		       admin_number(loop, "connections"), admin_number(loop, "lag_ms"),
		       is_silent(loop) ? "; IT DOES NOT ANSWER, its calls are not listed" : "");
	}
	if (cJSON_IsObject(reload))
		print_reload(reload);
}

/* "  110 add, 112 answer", and what a raw endpoint leads to: "/echo raw". */
static void print_actions(const cJSON *plugin)
{
	const cJSON *item;
	const char *before = "  ";
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(plugin, "actions"))
	{
		printf("%s%.0f %s", before, admin_number(item, "code"), admin_text(item, "name"));
		before = ", ";
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(plugin, "raw"))
	{
		printf("%s%s %s", before, admin_text(item, "endpoint"), admin_text(item, "name"));
		before = ", ";
	}
}

static void print(const cJSON *status)
{
	const cJSON *plugin;
	print_head(status);
	printf("\n%-16s %-10s %10s  %-9s %5s  %s\n", "PLUGIN", "VERSION", "GENERATION", "STATE",
	       "CALLS", "ACTIONS");
	cJSON_ArrayForEach(plugin, cJSON_GetObjectItemCaseSensitive(status, "plugins"))
	{
		printf("%-16s %-10s %10.0f  %-9s %5.0f", admin_text(plugin, "name"),
		       admin_text(plugin, "version"), admin_number(plugin, "generation"),
		       admin_text(plugin, "state"), admin_number(plugin, "open_calls"));
		print_actions(plugin);
		putchar('\n');
	}
	status_plugins_print(status, say_verbose());
}

enum outcome command_status(const struct options *options)
{
	cJSON *status = NULL;
	enum outcome outcome = admin_ask(options, "GET", "/v1/status", &status);
	if (outcome != DONE)
		return outcome;
	if (options->json) {
		say_object(status);
	} else {
		print(status);
		cJSON_Delete(status);
	}
	return DONE;
}
