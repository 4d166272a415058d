/* dev_build: builds the source of a plugin by its own means, and puts what comes out in place.
 * Thread: one. */
#ifndef ACTCTL_DEV_BUILD_H
#define ACTCTL_DEV_BUILD_H

#include "base/err.h"

#include <stdint.h>

/* Builds the folder: with CMake where it has a CMakeLists.txt (into build/, configured first where
 * that was not done), with cargo where it has a Cargo.toml. What the tools say goes to the standard
 * error. 0; or -1 and a sentence, also after `deadline_ms`. */
int dev_build(const char *folder, uint32_t deadline_ms, struct err *why);

/* Puts each plugin that the build made into `plugin_dir`, as NAME.so, by renaming. Returns how many
 * there were; or -1 and a sentence: none was there, or one is not fit to be loaded. */
int dev_place(const char *folder, const char *plugin_dir, struct err *why);

#endif
