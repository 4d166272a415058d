/* option_value: the value of one option, or of an argument, read and held against its bounds. */
#ifndef ACTCTL_OPTION_VALUE_H
#define ACTCTL_OPTION_VALUE_H

#include "say.h"

#include <stdint.h>

/* What a value is, and what it is kept in. */
enum option_kind {
	KIND_FLAG,     /* bool; there is no value */
	KIND_TEXT,     /* const char *; not empty */
	KIND_HEADER,   /* struct option_list; "Name: value" */
	KIND_LIST,     /* struct option_list; not empty */
	KIND_NUMBER,   /* uint32_t; from 1 */
	KIND_SECONDS,  /* int64_t, ms; from 0.001 to OPTION_SECONDS_MAX seconds */
	KIND_TRACE,    /* const char *; 1 to 64 bytes of UTF-8 */
	KIND_PROTOCOL, /* const char *; a name of dialect.h */
};

/* About a month. */
#define OPTION_SECONDS_MAX 2592000

/* Reads `text` (NULL with KIND_FLAG) into `*to`. DONE, or USAGE and it was said why. */
enum outcome option_value_read(enum option_kind kind, const char *name, const char *text, void *to);

/* An action's code as it is written in the config: 1 to 4294967295, or in hex, 0x6e. */
enum outcome option_value_code(const char *text, uint32_t *code);

#endif
