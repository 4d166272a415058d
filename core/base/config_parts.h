/* config_parts: the steps of config_load(), each for one part of the config.
 *
 * Each reads its part of the tree into `config` and makes a finding of what is wrong there. Values
 * that config_check() has refused already are passed over in silence. Internal to config_load().
 * Threads: one. */
#ifndef BASE_CONFIG_PARTS_H
#define BASE_CONFIG_PARTS_H

#include "base/config_doc.h"

/* Unknown keys, wrong types, numbers out of range: all that the table of keys tells. */
void config_check(struct config_doc *doc);

/* listen and tls.listen, and "auth": "none" where others can reach it. After config_key_fill(). */
void config_read_listen(struct config_doc *doc, struct config *config);

/* tls.cert and tls.key, with what is in the files. After config_read_listen(). */
void config_read_tls(struct config_doc *doc, struct config *config);

/* plugin_dir, state_dir, log.file. */
void config_read_paths(struct config_doc *doc, struct config *config);

/* admin. After config_read_listen(). */
void config_read_admin(struct config_doc *doc, struct config *config);

/* login and origins. After config_key_fill(). */
void config_read_login(struct config_doc *doc, struct config *config);

/* Each sorts what it reads. */
void config_read_actions(struct config_doc *doc, struct config *config);
void config_read_pushes(struct config_doc *doc, struct config *config);
void config_read_endpoints(struct config_doc *doc, struct config *config);
void config_read_plugins(struct config_doc *doc, struct config *config);
void config_read_services(struct config_doc *doc, struct config *config);

/* ---- shared by the steps ------------------------------------------------------------------- */

/* The member of the whole under `name` where it has members, or NULL; and how many it has. */
const cJSON *config_part(const struct config_doc *doc, const char *name, size_t *count);

/* 1 to `max` letters, digits, '_' and '-'? */
bool config_is_name(const char *text, size_t len, size_t max);
#define CONFIG_PLUGIN_NAME_MAX 31
#define CONFIG_ACTION_NAME_MAX 63

/* "HOST:PORT" into `out`, whose texts are the caller's then. False: it is not that. */
bool config_parse_address(const char *text, struct config_listen *out);

/* Reads an address to listen on, a string; a finding where it is none. */
void config_read_address(struct config_doc *doc, const cJSON *item, struct config_listen *out);

/* Can both not be listened on? Port 0 is another free port each time. */
bool config_is_same_address(const struct config_listen *a, const struct config_listen *b);

/* The string under `name` in `object`, or NULL where there is none or it is empty. */
const cJSON *config_text_item(const cJSON *object, const char *name);

/* Splits "plugin.action" into copies that the caller frees; `item` is the string. 0; or -1 and a
 * finding that says what is expected ("plugin.action" or "plugin.push": `shape`). */
int config_split_name(struct config_doc *doc, const cJSON *item, const char *shape, char **plugin,
                      char **name);

/* `path` as an absolute path, in memory of the caller's: relative to the config file's folder where
 * `item` stands in the file, to the current folder where it comes from -o. */
char *config_absolute(const struct config_doc *doc, const cJSON *item, const char *path);

#endif
