/* config_changes: in what one config differs from the one before, section by section, in words.
 *
 * A section is a member of the whole: "limits", "actions", "threads". Threads: any; nothing is
 * kept. */
#ifndef BASE_CONFIG_CHANGES_H
#define BASE_CONFIG_CHANGES_H

struct config;

/* Calls each() for every section that differs, in the order of the later config's file, then those
 * that it has no more. `sentence` says what was changed, and whether that takes a restart; it is
 * borrowed. */
void config_changes(const struct config *before, const struct config *after,
                    void (*each)(void *context, const char *section, const char *sentence),
                    void *context);

#endif
