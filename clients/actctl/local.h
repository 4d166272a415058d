/* local: the server's config, read by a command that runs beside the server. */
#ifndef ACTCTL_LOCAL_H
#define ACTCTL_LOCAL_H

#include "base/config.h"
#include "options.h"

/* Reads --config with --override. DONE, and config_free() is the caller's; or it was said what is
 * wrong. `why` tells what the config is read for: "to make a token". */
enum outcome local_config(const struct options *options, const char *why, struct config **out);

#endif
