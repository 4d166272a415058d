#include "base/config_doc.h"

#include "base/check.h"
#include "base/json_scan.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- where things came from ---------------------------------------------------------------- */

static int by_item(const void *a, const void *b)
{
	const struct config_origin *x = a, *y = b;
	return (x->item > y->item) - (x->item < y->item);
}

void config_doc_note(struct config_doc *doc, const cJSON *item, size_t offset, int override)
{
	if (doc->origin_count == doc->origin_room) {
		doc->origin_room = doc->origin_room == 0 ? 64 : doc->origin_room * 2;
		doc->origins = mem_grow(doc->origins, doc->origin_room, sizeof *doc->origins);
	}
	doc->origins[doc->origin_count++] = (struct config_origin){ item, offset, override };
}

void config_doc_note_end(struct config_doc *doc)
{
	qsort(doc->origins, doc->origin_count, sizeof *doc->origins, by_item);
}

const struct config_origin *config_doc_origin(const struct config_doc *doc, const cJSON *item)
{
	struct config_origin wanted = { .item = item };
	const struct config_origin *origin =
		bsearch(&wanted, doc->origins, doc->origin_count, sizeof wanted, by_item);
	CHECK(origin != NULL);
	return origin;
}

struct config_place config_doc_place(const struct config_doc *doc, const cJSON *item)
{
	const struct config_origin *origin = config_doc_origin(doc, item);
	struct config_place place = { 0, 0 };
	if (origin->override < 0)
		json_text_position(doc->text, doc->len, origin->offset, &place.line, &place.column);
	return place;
}

void config_doc_where(const struct config_doc *doc, const cJSON *item, char *out, size_t size)
{
	const struct config_origin *origin = config_doc_origin(doc, item);
	struct config_place place = config_doc_place(doc, item);
	const char *text = origin->override >= 0 ? doc->overrides[origin->override] : NULL;
	if (text != NULL)
		snprintf(out, size, "-o %.*s", config_cut(text, 200), text);
	else
		snprintf(out, size, "%s:%d:%d", doc->path, place.line, place.column);
}

/* ---- the same key twice -------------------------------------------------------------------- */

struct member {
	const cJSON *item;
	size_t order;
};

static int by_name(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int rc = strcmp(x->item->string, y->item->string);
	return rc != 0 ? rc : (x->order > y->order) - (x->order < y->order);
}

static void find_twice_here(struct config_doc *doc, const cJSON *object, size_t count)
{
	struct member *members = mem_new(count, sizeof *members);
	size_t n = 0;
	for (const cJSON *child = object->child; child != NULL; child = child->next, n++)
		members[n] = (struct member){ child, n };
	qsort(members, count, sizeof *members, by_name);
	for (size_t i = 1; i < count; i++) {
		char where[400];
		if (strcmp(members[i - 1].item->string, members[i].item->string) != 0)
			continue;
		config_doc_where(doc, members[i - 1].item, where, sizeof where);
		config_doc_finding(
			doc, members[i].item,
			"expected each key once, found it again; it stands at %s already", where);
	}
	free(members);
}

void config_doc_find_twice(struct config_doc *doc, const cJSON *item)
{
	size_t count = 0;
	for (const cJSON *child = item->child; child != NULL; child = child->next) {
		config_doc_find_twice(doc, child);
		count++;
	}
	if (cJSON_IsObject(item) && count > 1)
		find_twice_here(doc, item, count);
}

/* ---- the file ------------------------------------------------------------------------------ */

static int fail_errno(struct config_doc *doc, int number)
{
	char room[128];
	config_errors_add(doc->errors, "%s: the config cannot be read: %s", doc->path,
	                  strerror_r(number, room, sizeof room));
	return -1;
}

static int fail_fault(struct config_doc *doc, const struct json_fault *fault)
{
	int line, column;
	json_text_position(doc->text, doc->len, fault->offset, &line, &column);
	config_errors_add(doc->errors, "%s:%d:%d: %s", doc->path, line, column, fault->text);
	return -1;
}

/* `size`: of the file when it was looked at; it may grow meanwhile. */
static int read_all(struct config_doc *doc, int fd, size_t size)
{
	size_t room = (size < CONFIG_FILE_MAX ? size : CONFIG_FILE_MAX) + 1; /* to see the end */
	doc->text = mem_new(room, 1);
	while (doc->len <= CONFIG_FILE_MAX) {
		if (doc->len == room) {
			room = room < CONFIG_FILE_MAX / 2 ? room * 2 : CONFIG_FILE_MAX + 1;
			doc->text = mem_grow(doc->text, room, 1);
		}
		ssize_t n = read(fd, doc->text + doc->len, room - doc->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(doc, errno);
		if (n == 0)
			return 0;
		doc->len += (size_t)n;
	}
	config_errors_add(doc->errors, "%s: expected at most %d bytes, found more", doc->path,
	                  CONFIG_FILE_MAX);
	return -1;
}

static int read_file(struct config_doc *doc)
{
	struct stat about;
	int rc;
	int fd = open(doc->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hang us */
	if (fd < 0)
		return fail_errno(doc, errno);
	if (fstat(fd, &about) != 0) {
		rc = fail_errno(doc, errno);
	} else if (!S_ISREG(about.st_mode)) {
		config_errors_add(doc->errors, "%s: expected a file, found %s", doc->path,
		                  S_ISDIR(about.st_mode) ? "a folder" : "a pipe or a device");
		rc = -1;
	} else {
		rc = read_all(doc, fd, (size_t)about.st_size);
	}
	close(fd);
	return rc;
}

/* ---- the tree ------------------------------------------------------------------------------ */

/* The scanner recorded the places in the order of this walk. */
static void note_places(struct config_doc *doc, const cJSON *item, const struct json_places *places,
                        size_t *next)
{
	CHECK(*next < places->count);
	config_doc_note(doc, item, places->offset[(*next)++], -1);
	for (const cJSON *child = item->child; child != NULL; child = child->next)
		note_places(doc, child, places, next);
}

static int parse(struct config_doc *doc)
{
	struct json_places places;
	struct json_fault fault;
	size_t next = 0;
	if (json_text_blank(doc->text, doc->len, &fault) != 0 ||
	    json_scan(doc->text, doc->len, &places, &fault) != 0)
		return fail_fault(doc, &fault);
	doc->root = cJSON_ParseWithLength(doc->text, doc->len);
	CHECK(doc->root != NULL); /* the scan let nothing through that cJSON would not */
	note_places(doc, doc->root, &places, &next);
	CHECK(next == places.count);
	json_places_free(&places);
	config_doc_note_end(doc);
	if (!cJSON_IsObject(doc->root)) {
		char found[128];
		config_doc_found(doc->root, found, sizeof found);
		config_doc_finding(doc, doc->root, "expected an object {…}, found %s", found);
		return -1;
	}
	config_doc_find_twice(doc, doc->root);
	return 0;
}

int config_doc_open(struct config_doc *doc, const char *path, const char *const *overrides,
                    size_t override_count, struct config_errors *errors)
{
	*doc = (struct config_doc){ .path = path, .overrides = overrides, .errors = errors };
	if (read_file(doc) != 0 || parse(doc) != 0)
		return -1;
	doc->replaced = cJSON_CreateArray();
	CHECK(doc->replaced != NULL);
	for (size_t i = 0; i < override_count; i++)
		config_override_apply(doc, (int)i);
	return 0;
}

void config_doc_close(struct config_doc *doc)
{
	cJSON_Delete(doc->root);
	cJSON_Delete(doc->replaced);
	free(doc->origins);
	free(doc->text);
	*doc = (struct config_doc){ 0 };
}
