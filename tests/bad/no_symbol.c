/* Has a manifest, but exports no table. Beside plain.c: a second manifest. */
#include "plain.h"

ACT_MANIFEST(BAD_NAME, BAD_VERSION, "", "");
