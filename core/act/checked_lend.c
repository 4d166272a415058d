#include "act/checked_lend.h"

#include "act/bytes.h"
#include "act/fatal_text.h"
#include "act/generation.h"
#include "base/config.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* As many as threads can be inside handle() at once, and those that are kept. */
enum { LOANS = CHECKED_LOANS_KEPT + CONFIG_THREADS_MAX + POOL_THREADS_MAX };

enum loan_state { LOAN_FREE, LOAN_OUT, LOAN_OVER };

/* In static memory, so that the handler of signals can read them whatever has happened. */
struct checked_loan {
	_Atomic int state; /* enum loan_state */
	uint8_t *pages;
	size_t size;
	const act_call *view;   /* on the pages */
	const uint8_t *payload; /* on them too; its end is that of the last page but one */
	uint64_t number;        /* of the generation */
	uint32_t code;
	act_conn conn;
	char plugin[32];
	char action[64];
};

static struct checked_loan loans[LOANS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Those that are over, the oldest first. */
static struct checked_loan *kept[CHECKED_LOANS_KEPT];
static size_t kept_first, kept_count;

static struct checked_loan *take_free(void)
{
	struct checked_loan *found = NULL;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < LOANS && found == NULL; i++)
		if (atomic_load(&loans[i].state) == LOAN_FREE)
			found = &loans[i];
	if (found != NULL)
		atomic_store(&found->state, LOAN_OUT);
	pthread_mutex_unlock(&lock);
	return found;
}

static void end(struct checked_loan *loan)
{
	munmap(loan->pages, loan->size);
	loan->pages = NULL;
	atomic_store(&loan->state, LOAN_FREE);
}

static size_t whole_pages(size_t size, size_t page)
{
	return (size + page - 1) / page * page;
}

/* [ the struct, the user, the trace ][ the payload, at the end ][ nothing ] */
static void copy_view(struct checked_loan *loan, const act_call *view, size_t page)
{
	size_t payload_pages = whole_pages(view->payload.len, page);
	uint8_t *guard = loan->pages + loan->size - page;
	uint8_t *at = loan->pages + sizeof *view;
	act_call *copy = (act_call *)(void *)loan->pages;
	*copy = *view;
	copy->user = bytes_put(&at, view->user);
	copy->trace = bytes_put(&at, view->trace);
	loan->payload = guard - view->payload.len;
	if (view->payload.len != 0)
		memcpy(guard - view->payload.len, view->payload.ptr, view->payload.len);
	copy->payload.ptr = loan->payload;
	loan->view = copy;
	mprotect(loan->pages, loan->size - page, PROT_READ);
	mprotect(guard - payload_pages, payload_pages + page, PROT_NONE);
	if (payload_pages != 0)
		mprotect(guard - payload_pages, payload_pages, PROT_READ);
}

struct checked_loan *checked_lend(const struct generation *generation, const act_call *view)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t head = sizeof *view + view->user.len + view->trace.len;
	struct checked_loan *loan = take_free();
	if (loan == NULL)
		return NULL;
	loan->size = whole_pages(head, page) + whole_pages(view->payload.len, page) + page;
	void *pages =
		mmap(NULL, loan->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED) {
		atomic_store(&loan->state, LOAN_FREE);
		return NULL;
	}
	loan->pages = pages;
	loan->number = generation->number;
	loan->code = view->code;
	loan->conn = view->conn;
	snprintf(loan->plugin, sizeof loan->plugin, "%s", generation->manifest.name);
	snprintf(loan->action, sizeof loan->action, "%s",
	         table_action(generation->table, view->action)->name);
	copy_view(loan, view, page);
	return loan;
}

const act_call *checked_loan_view(const struct checked_loan *loan)
{
	return loan->view;
}

void checked_take_back(struct checked_loan *loan)
{
	/* Another mapping in the same place: unreadable, and without memory behind it. */
	if (mmap(loan->pages, loan->size, PROT_NONE,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
		mprotect(loan->pages, loan->size, PROT_NONE);
	pthread_mutex_lock(&lock);
	if (kept_count == CHECKED_LOANS_KEPT) {
		end(kept[kept_first]);
		kept_first = (kept_first + 1) % CHECKED_LOANS_KEPT;
		kept_count--;
	}
	kept[(kept_first + kept_count++) % CHECKED_LOANS_KEPT] = loan;
	atomic_store(&loan->state, LOAN_OVER);
	pthread_mutex_unlock(&lock);
}

void checked_put_borrowed(struct fatal_text *text, const void *address)
{
	const uint8_t *at = address;
	const struct checked_loan *loan = NULL;
	for (size_t i = 0; i < LOANS && loan == NULL; i++) {
		const uint8_t *pages = loans[i].pages;
		if (atomic_load(&loans[i].state) != LOAN_FREE && at >= pages &&
		    at < pages + loans[i].size)
			loan = &loans[i];
	}
	if (loan == NULL)
		return;
	bool over = atomic_load(&loan->state) == LOAN_OVER;
	fatal_put(text, "; check: plugin ");
	fatal_put(text, loan->plugin);
	fatal_put(text, " (generation ");
	fatal_put_number(text, loan->number);
	fatal_put(text, ") ");
	if (over)
		fatal_put(text, "used borrowed memory after handle() returned");
	else if (at >= loan->payload + loan->view->payload.len)
		fatal_put(text, "went past the end of the borrowed payload");
	else
		fatal_put(text, "wrote to borrowed memory");
	fatal_put(text, ", of ");
	fatal_put(text, loan->action);
	fatal_put(text, ", code ");
	fatal_put_number(text, loan->code);
	fatal_put(text, ", connection ");
	fatal_put_number(text, loan->conn);
	fatal_put(text, ": rule 3");
}
