/* status: the whole server on one page, for people and for actctl. */
#ifndef ADMIN_STATUS_H
#define ADMIN_STATUS_H

#include "admin/board.h"

/* [admin] As JSON text; free() it. docs/operating.md tells what its members mean. */
char *status_text(struct board *board);

#endif
