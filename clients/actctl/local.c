#include "local.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum outcome local_config(const struct options *options, const char *why, struct config **out)
{
	struct config_errors errors = { 0 };
	enum outcome outcome = DONE;
	if (config_load(options->config, options->overrides.texts, options->overrides.count, out,
	                &errors) != 0) {
		const char *first = errors.text;
		outcome = say_failure(USAGE,
		                      access(options->config, R_OK) == 0
		                              ? "actctl check-config lists all that is wrong"
		                              : "name the server's config with --config FILE, or "
		                                "in $ACTD_CONFIG",
		                      "the server's config is needed %s: %.*s", why,
		                      (int)strcspn(first, "\n"), first);
	}
	config_errors_free(&errors);
	return outcome;
}
