/* What the server owes, and what settles it. */
#include "play.h"

#include "base/check.h"
#include "base/status.h"
#include "plugin.h"

#include <string.h>

struct debt *play_owe(struct play *play)
{
	struct debt *debt = &play->debts[play->debt_count++];
	CHECK(play->debt_count <= PLAY_DEBTS_MAX);
	*debt = (struct debt){ 0 };
	return debt;
}

struct debt *play_find(struct play *play, uint32_t code, uint32_t seq, bool control,
                       uint32_t status)
{
	struct debt *oldest = NULL;
	bool again = false; /* an older one has the same seq */
	for (size_t i = 0; i < play->debt_count; i++) {
		struct debt *debt = &play->debts[i];
		if (debt->close != 0 || debt->seq != seq || debt->control != control)
			continue;
		if (debt->code == code && ((status == STATUS_BAD_FRAME && debt->refused) ||
		                           (status == STATUS_DUPLICATE && again)))
			return debt;
		if (debt->code == code && oldest == NULL) {
			oldest = debt;
			/* A seq of a call that is open is refused; the server's own have none. */
			CHECK(!again || control || status == STATUS_BAD_FRAME);
		}
		again = true;
	}
	CHECK(oldest != NULL);
	return oldest;
}

void play_settle(struct play *play, struct debt *debt)
{
	size_t at = (size_t)(debt - play->debts);
	CHECK(at < play->debt_count);
	play->debt_count--;
	memmove(debt, debt + 1, (play->debt_count - at) * sizeof *debt);
}

void play_check_answer(const struct debt *debt, const void *body, size_t len)
{
	CHECK(!debt->refused);
	switch (debt->code) {
	case PLUGIN_FAIL + 1:
	case PLUGIN_SILENT + 1:
		CHECK(false);
		break;
	case PLUGIN_NOTE + 1:
		CHECK(len == 0);
		break;
	case PLUGIN_WRONG + 1:
		break;
	default:
		CHECK(len == debt->len && (len == 0 || memcmp(body, debt->body, len) == 0));
	}
}

/* What the server says of a code that is no action of the plugin's, by the configuration in
 * server.c. STATUS_OK: it is one. */
static uint32_t status_of_code(uint32_t code)
{
	bool served = (code >= 1 && code < PLUGIN_ACTIONS) || (code >= 30 && code <= 40);
	return served ? STATUS_OK : code == 20 ? STATUS_UNAVAILABLE : STATUS_UNKNOWN_ACTION;
}

static bool can_end_with(uint32_t code, uint32_t status)
{
	switch (code) {
	case PLUGIN_FAIL + 1:
		return true;
	case PLUGIN_HOLD + 1:
	case PLUGIN_ONE + 1:
		return status == STATUS_DEADLINE || status == STATUS_OVERLOADED;
	case PLUGIN_PRIVATE + 1:
		return status == STATUS_NOT_LOGGED_IN;
	case PLUGIN_BYTES + 1:
	case PLUGIN_BIND + 1:
		return status == STATUS_PAYLOAD_REFUSED;
	case PLUGIN_SHORT + 1:
		return status == STATUS_TOO_LARGE;
	case PLUGIN_RATED + 1:
		return status == STATUS_RATE_LIMITED;
	case PLUGIN_WRONG + 1:
	case PLUGIN_SILENT + 1:
		return status == STATUS_PLUGIN_FAILED;
	default:
		return status == status_of_code(code);
	}
}

void play_check_error(const struct debt *debt, uint32_t status)
{
	CHECK(!debt->refused || status == STATUS_BAD_FRAME);
	CHECK(debt->refused || (status == STATUS_DUPLICATE && debt->seq != 0) ||
	      can_end_with(debt->code, status));
}

uint32_t play_status(const char *name, size_t len)
{
	static const char own[] = "plugin_error";
	for (uint32_t status = 1; status_info(status) != NULL; status++) {
		const char *known = status_info(status)->name;
		if (strlen(known) == len && memcmp(known, name, len) == 0)
			return status;
	}
	CHECK(len == sizeof own - 1 && memcmp(name, own, len) == 0);
	return STATUS_OWN;
}
