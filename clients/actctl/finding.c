#include "finding.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void finding_add(struct findings *findings, enum finding_kind kind, const char *format, ...)
{
	va_list args;
	char *text;
	if (findings->count == FINDINGS_MAX)
		return;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	CHECK(len >= 0);
	findings->list[findings->count].kind = kind;
	findings->list[findings->count++].text = text;
}

size_t finding_count(const struct findings *findings, enum finding_kind kind)
{
	size_t count = 0;
	for (size_t i = 0; i < findings->count; i++)
		count += findings->list[i].kind == kind;
	return count;
}

void finding_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->list[i].text);
	findings->count = 0;
}
