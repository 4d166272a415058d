#include "failure.h"

#include <act/easy.h>

/* vsnprintf(3), cut between two characters where it is too long. */
static void write_text(char *text, size_t size, const char *format, va_list args)
{
	if (vsnprintf(text, size, format, args) < 0)
		text[0] = '\0';
	text[act_utf8_span(text, strlen(text))] = '\0';
}

static bool wants(const act_sql_error *why)
{
	return why != NULL && why->size >= sizeof *why;
}

act_rc failure_set(act_sql_error *why, act_rc rc, uint32_t kind, const char *format, ...)
{
	if (wants(why)) {
		va_list args;
		va_start(args, format);
		why->kind = kind;
		write_text(why->text, sizeof why->text, format, args);
		va_end(args);
	}
	return rc;
}

void failure_prefix(act_sql_error *why, const char *format, ...)
{
	char prefix[120];
	act_sql_error before;
	va_list args;
	if (!wants(why))
		return;
	va_start(args, format);
	write_text(prefix, sizeof prefix, format, args);
	va_end(args);
	before = *why;
	failure_set(why, ACT_OK, before.kind, "%s: %s", prefix, before.text);
}

bool failure_breaks(int rc)
{
	switch (rc & 0xFF) {
	case SQLITE_IOERR:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CANTOPEN:
	case SQLITE_FULL:
	case SQLITE_READONLY: /* also: the file was moved away under the connection */
		return true;
	default:
		return false;
	}
}

act_rc failure_step(sqlite3 *db, int rc, act_sql_error *why)
{
	const char *words = sqlite3_errmsg(db);
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return failure_set(why, ACT_E_FAIL, ACT_SQL_E_UNIQUE, "%s", words);
	default:
		break;
	}
	switch (rc & 0xFF) {
	case SQLITE_CONSTRAINT:
		return failure_set(why, ACT_E_FAIL, ACT_SQL_E_CONSTRAINT, "%s", words);
	case SQLITE_BUSY:
		return failure_set(why, ACT_E_BUSY, ACT_SQL_E_BUSY, "%s", words);
	case SQLITE_NOMEM:
		return failure_set(why, ACT_E_NOMEM, ACT_SQL_E_OTHER, "%s", words);
	default:
		return failure_set(why, ACT_E_FAIL, ACT_SQL_E_OTHER, "%s", words);
	}
}
