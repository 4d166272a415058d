/* plugin_template: the folder of a new plugin, made of the installed templates.
 *
 * A template is a folder tree. Each file ends in ".in", which goes; NAME in a file's name, and
 * @NAME@, @IDENT@, @CODE@, @COMPILER@ in its text, are replaced. */
#ifndef ACTCTL_PLUGIN_TEMPLATE_H
#define ACTCTL_PLUGIN_TEMPLATE_H

#include "base/err.h"

#include <stdint.h>

struct plugin_words {
	const char *name;
	const char *language; /* "c", "cpp" or "rust" */
	uint32_t code;
};

/* Makes the folder `target`, which must not be there, with the files for that language. 0; or -1
 * and a sentence, and nothing is left behind. */
int plugin_template_expand(const struct plugin_words *words, const char *target, struct err *why);

#endif
