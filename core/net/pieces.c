#include "net/pieces.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 4096, TRUSTED_ROOM = 65536 };

/* Room for what comes, and for what is announced, as far as an announcement alone is worth memory:
 * beyond that the room doubles as the bytes arrive. */
static bool make_room(struct pieces *pieces, size_t len, uint64_t ahead)
{
	size_t need = pieces->len + len;
	if (pieces->room >= need)
		return true;
	size_t room = pieces->room != 0 ? 2 * pieces->room : FIRST_ROOM;
	size_t trusted = room > TRUSTED_ROOM ? room : TRUSTED_ROOM;
	if (ahead <= trusted && need + ahead <= trusted)
		room = need + (size_t)ahead;
	while (room < need)
		room *= 2;
	uint8_t *bytes = realloc(pieces->bytes, room);
	if (bytes == NULL)
		return false;
	pieces->bytes = bytes;
	pieces->room = room;
	return true;
}

bool pieces_add(struct pieces *pieces, const uint8_t *bytes, size_t len, uint64_t ahead)
{
	if (!make_room(pieces, len, ahead))
		return false;
	if (len != 0)
		memcpy(pieces->bytes + pieces->len, bytes, len);
	pieces->len += len;
	return true;
}

void pieces_forget(struct pieces *pieces)
{
	free(pieces->bytes);
	*pieces = (struct pieces){ 0 };
}
