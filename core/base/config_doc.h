/* config_doc: the config's file and the -o settings as one tree in which every value knows where it
 * came from, and the list of what is wrong with it.
 *
 * Internal to config_load(). Owner: config_load(). Threads: one. */
#ifndef BASE_CONFIG_DOC_H
#define BASE_CONFIG_DOC_H

#include "base/config.h"

#include <cjson/cJSON.h>

/* The largest file that is read. */
#define CONFIG_FILE_MAX 1048576

/* Findings beyond are counted and not listed. */
#define CONFIG_FINDINGS_MAX 1000

/* Where one value of the tree came from. */
struct config_origin {
	const cJSON *item;
	size_t offset; /* in the file */
	int override;  /* index of the -o setting, or -1: the file */
};

struct config_doc {
	const char *path;
	const char *const *overrides;
	char *text; /* of the file, without its comments */
	size_t len;
	cJSON *root;
	cJSON *replaced; /* what -o put aside; kept, so that no later item gets such an address */
	struct config_origin *origins; /* by address, from config_doc_note_end() on */
	size_t origin_count;
	size_t origin_room;
	struct config_errors *errors;
};

/* Reads the file, parses it and lays the -o settings over it. 0, and findings where single settings
 * are wrong; or -1 where there is nothing to look at (unreadable, not JSON), which is then the
 * finding. config_doc_close() in both cases. `path`, `overrides` and `errors` must outlive `doc`.
 */
int config_doc_open(struct config_doc *doc, const char *path, const char *const *overrides,
                    size_t override_count, struct config_errors *errors);
void config_doc_close(struct config_doc *doc);

/* Lays -o setting `index` over the tree. What is wrong with it becomes a finding. */
void config_override_apply(struct config_doc *doc, int index);

/* Remembers where `item` came from; after the last of a batch comes config_doc_note_end(). */
void config_doc_note(struct config_doc *doc, const cJSON *item, size_t offset, int override);
void config_doc_note_end(struct config_doc *doc);

/* Where `item` came from; it must be in the tree. */
const struct config_origin *config_doc_origin(const struct config_doc *doc, const cJSON *item);
struct config_place config_doc_place(const struct config_doc *doc, const cJSON *item);

/* The same for sentences: "conf/actd.json:12:3", or "-o limits.connections=5" (cut if long). */
void config_doc_where(const struct config_doc *doc, const cJSON *item, char *out, size_t size);

/* Findings for members that stand twice in one object, anywhere in `item`. */
void config_doc_find_twice(struct config_doc *doc, const cJSON *item);

/* A finding about `item`, with its place and its path in front. */
__attribute__((format(printf, 3, 4))) void
config_doc_finding(struct config_doc *doc, const cJSON *item, const char *format, ...);

/* A finding about a whole -o setting. */
__attribute__((format(printf, 3, 4))) void
config_doc_override_finding(struct config_doc *doc, int index, const char *format, ...);

/* "the number 7", "the string \"x\"", "an array": what was found instead, cut if long. */
void config_doc_found(const cJSON *item, char *out, size_t size);

/* How much of `text` to show where `max` bytes are enough: whole characters, for "%.*s". */
int config_cut(const char *text, int max);

#endif
